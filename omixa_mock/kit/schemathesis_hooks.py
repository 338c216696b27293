"""Schemathesis hook that replaces generated data URLs with data URLs of real, small images.

    SCHEMATHESIS_HOOKS=omixa_mock.kit.schemathesis_hooks st run http://127.0.0.1:6649/__omixa/openapi.json

OpenAPI cannot express that the base64 of a data URL is an image. Without the
hook, Schemathesis would report refused valid requests.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Literal

import pybase64
import schemathesis

from omixa_mock.gateway.images import draw

__all__ = ["before_call", "with_images"]

Json = Any
DATA_URL = re.compile(r"data:image/(png|jpe?g|webp);base64,", re.IGNORECASE)
# A mask must have the size of the first input image, so all images have one size.
SIDE = 64


@schemathesis.hook  # type: ignore[untyped-decorator,unused-ignore]  # Schemathesis is not installed where mypy runs
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Replace the data URLs of a request just before it is sent."""
    del context, kwargs
    case.body = with_images(case.body)


def with_images(value: Json) -> Json:
    """Return a copy of a JSON value with a real image in each data URL."""
    if isinstance(value, dict):
        return {name: with_images(child) for name, child in value.items()}
    if isinstance(value, list):
        return [with_images(child) for child in value]
    match = DATA_URL.match(value) if isinstance(value, str) else None
    return f"{match[0]}{image(match[1].lower())}" if match else value


FORMATS: dict[str, Literal["png", "jpeg", "webp"]] = {"png": "png", "jpg": "jpeg", "jpeg": "jpeg", "webp": "webp"}


@cache
def image(subtype: str) -> str:
    """Return the base64 of a small image of a media type."""
    data = draw(bytes(12), width=SIDE, height=SIDE, output_format=FORMATS[subtype])
    return pybase64.b64encode(data).decode()
