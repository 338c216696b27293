"""Identification of the call that made an image file, with the result in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from omixa_mock.gateway import Call
from omixa_mock.gateway.calls import LINE_MAX, cut, present
from omixa_mock.gateway.contract import media_type_of
from omixa_mock.gateway.http import without_images

from .identify import PIXELS_MAX, count_pixels, identify

__all__ = ["Identification", "find_makers", "identify_call"]

SHOWN = 5


class Identification(Struct, frozen=True):
    """Result of the search for the call that made an image.

    Attributes:
        fingerprint: The fingerprint in the image, in hex; None if there is none.
        calls: The calls that made it, oldest first: equal requests get equal images.
        message: The result in one line.
    """

    fingerprint: str | None
    calls: tuple[Call, ...]
    message: str

    def as_json(self) -> dict[str, Any]:
        """Return the result as JSON."""
        return {
            "identified": self.fingerprint is not None,
            "fingerprint": self.fingerprint,
            "calls": [describe_maker(call, self.fingerprint or "") for call in self.calls],
            "message": self.message,
        }


def identify_call(data: bytes, calls: Sequence[Call]) -> Identification:
    """Return which of some calls made an image file; any bytes are accepted.

    Args:
        data: The bytes of the file.
        calls: The calls.
    """
    try:
        fingerprint = identify(data)
    except ImportError as error:
        return Identification(None, (), f"Its metadata has no mark, and {error}.")
    if fingerprint is None:
        return Identification(None, (), explain_nothing(data))
    makers = find_makers(calls, fingerprint)
    return Identification(fingerprint, makers, explain_makers(makers, fingerprint))


def find_makers(calls: Sequence[Call], fingerprint: str) -> tuple[Call, ...]:
    """Return the calls that made the image with a fingerprint."""
    return tuple(call for call in calls if fingerprint in call.fingerprints)


def describe_maker(call: Call, fingerprint: str) -> dict[str, Any]:
    """Return a call as JSON: number, operation, prompt, and which of its images it is."""
    return {
        "number": call.number,
        "operation": call.operation,
        "prompt": without_images(call.fields.get("prompt")),
        "image": call.fingerprints.index(fingerprint) + 1,
        "images": len(call.fingerprints),
    }


def explain_makers(makers: Sequence[Call], fingerprint: str) -> str:
    """Return in one line which calls made an image."""
    if not makers:
        return (
            f"omixa-mock drew it (fingerprint {fingerprint}), and no call of this key made it: it is of another key or "
            "of an earlier run, or the journal has evicted the call."
        )
    first = describe_maker(makers[0], fingerprint)
    numbers = ", ".join(f"#{call.number}" for call in makers[:SHOWN])
    more = f" and {len(makers) - SHOWN} more" if len(makers) > SHOWN else ""
    which = f", image {first['image']} of {first['images']}" if first["images"] > 1 else ""
    subject = f"Call {numbers}" if len(makers) == 1 else f"Calls {numbers}{more}, with equal requests,"
    return cut(f"{subject} made it: {first['operation']}, prompt {present(first['prompt'])}{which}.", LINE_MAX)


def explain_nothing(data: bytes) -> str:
    """Return in one line why no call can be found."""
    if not data:
        return "It is empty."
    pixels = count_pixels(data)
    if pixels > PIXELS_MAX:
        return f"Its metadata has no mark, and it has {pixels:,} pixels: no more than {PIXELS_MAX:,} are read."
    if media_type_of(data) is None:
        return "It is no image. Give the file itself, neither its base64 nor the JSON around it."
    return "omixa-mock did not draw it; or it was cropped, or scaled so far that its mark cannot be read."
