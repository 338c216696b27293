"""A hook for Schemathesis: every data URL that it makes up becomes one of a real, small image.

    SCHEMATHESIS_HOOKS=omixa_mock.kit.schemathesis_hooks st run http://127.0.0.1:6649/__omixa/openapi.json

An OpenAPI document can say what a data URL looks like, not that its base64 is
an image; without the hook, valid requests would be found refused.
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
DATA_URL = re.compile(r"data:image/(png|jpe?g|webp);base64,")
# A mask must be as large as the first input image: all are.
SIDE = 64


@schemathesis.hook  # type: ignore[untyped-decorator,unused-ignore]  # it is of no environment that mypy sees
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Put images into a request just before it is sent, however it was made up."""
    del context, kwargs
    case.body = with_images(case.body)


def with_images(value: Json) -> Json:
    """A JSON value with an image in each data URL of one."""
    if isinstance(value, dict):
        return {name: with_images(child) for name, child in value.items()}
    if isinstance(value, list):
        return [with_images(child) for child in value]
    found = DATA_URL.match(value) if isinstance(value, str) else None
    return f"{found[0]}{image(found[1])}" if found else value


FORMATS: dict[str, Literal["png", "jpeg", "webp"]] = {"png": "png", "jpg": "jpeg", "jpeg": "jpeg", "webp": "webp"}


@cache
def image(subtype: str) -> str:
    """The base64 of a small image of a media type."""
    data = draw(bytes(12), width=SIDE, height=SIDE, output_format=FORMATS[subtype])
    return pybase64.b64encode(data).decode()
