"""Drawing of requested images, each with its caption."""

from __future__ import annotations

from typing import Any

from omixa_mock.gateway.images import Caption, draw

from .image_request import ImageRequest

__all__ = ["caption_of", "draw_image"]


def draw_image(
    image_request: ImageRequest, fingerprint: bytes, number: int = 1, count: int = 1, **changes: Any
) -> bytes:
    """Draw an image of a request, and return the bytes of its file.

    Args:
        image_request: The request.
        fingerprint: The image's fingerprint.
        number: The image's number, from 1.
        count: The number of images.
        changes: Arguments of `draw` in place of those that the request determines.
    """
    options: dict[str, Any] = {
        "width": image_request.width,
        "height": image_request.height,
        "output_format": image_request.output_format,
        "transparent": image_request.transparent,
    }
    caption = caption_of(image_request, number, count) if image_request.captioned else None
    return draw(fingerprint, caption=caption, **(options | changes))


def caption_of(image_request: ImageRequest, number: int, count: int) -> Caption:
    """Return the caption of one of the images of a request."""
    prompt = image_request.fields.get("prompt")
    return Caption(
        # A partial model's schema may not restrict it, so it can be any JSON value.
        prompt if isinstance(prompt, str) else "",
        (
            _operation(image_request.operation, len(image_request.input_images)),
            f"{image_request.width}x{image_request.height}",
            image_request.quality,
            image_request.output_format,
            *([f"{number} of {count}"] if count > 1 else []),
        ),
    )


def _operation(operation: str, count: int) -> str:
    return f"{operation} of {count} image{'s' if count > 1 else ''}" if count else operation
