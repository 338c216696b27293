"""Building blocks of the corpus: images as data URLs, workspaces, and the shipped examples."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from omixa_mock import shipped_contract
from omixa_mock.gateway.images import draw

# `tests` is not a package: an absolute name would find another one, or none.
from ..cases import BOTH_DOWN, CAT, GENERATE, KEY, Case, read  # noqa: TID252

__all__ = ["BOTH_DOWN", "CAT", "GENERATE", "KEY", "Case", "read"]

EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples"
MODELS = tuple(shipped_contract().requests)
EVERY_MODEL: Mapping[str, Any] = {"settings": {"models": list(MODELS)}}
CHUNKED = {"transfer-encoding": "chunked"}
LINK = "https://pictures.example/cat.png"
PNG, JPEG, WEBP = (draw(bytes(12), width=96, height=64, output_format=kind) for kind in ("png", "jpeg", "webp"))
TALL = draw(bytes(12), width=64, height=96, output_format="png")


def url(data: bytes, kind: str = "png") -> str:
    """Return an image as a data URL."""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def part(link: str) -> dict[str, Any]:
    """Return an item of `input_images`."""
    return {"type": "image_url", "image_url": {"url": link}}


def images(*links: str) -> dict[str, Any]:
    """Return the field `input_images`."""
    return {"input_images": [part(link) for link in links]}


def several(count: int) -> dict[str, Any]:
    """Return a number of distinct input images."""
    drawn = (draw(bytes([*[0] * 11, index]), width=64, height=64, output_format="webp") for index in range(count))
    return images(*(url(image, "webp") for image in drawn))


def cat(status: int = 200, /, *, under: Any = None, **fields: Any) -> Case:
    """Return a request for a cat, under some settings."""
    return Case(status, CAT | fields, workspace={"settings": under} if under else {})


def of_model(model: str, status: int = 200, **fields: Any) -> Case:
    """Return a request for a cat from any model."""
    return Case(status, CAT | {"model": model} | fields, workspace=EVERY_MODEL)


def raw(text: str | bytes, status: int = 422, **more: Any) -> Case:
    """Return a request with a raw body."""
    return Case(status, text.encode() if isinstance(text, str) else text, **more)


def example(path: Path) -> Case:
    """Return a shipped example that must be refused."""
    return Case(422, path.read_bytes(), workspace=EVERY_MODEL)


def one_example_a_rule() -> Iterator[tuple[str, tuple[Case, ...]]]:
    """Yield for each rule the first example that breaks it; for rules of image URLs, all examples."""
    seen = set()
    for folder in ("invalid", "invalid-beyond-schema"):
        for path in sorted((EXAMPLES / folder).glob("request.*.json")):
            rule = path.stem.split("--")[0]
            if rule not in seen or rule.startswith("request.input_images.item.image_url.url."):
                yield f"breaks {path.stem}", (example(path),)
            seen.add(rule)
