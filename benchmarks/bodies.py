"""What clients send: a small order, and one with an image of 2 MB."""

from __future__ import annotations

import base64
import json
from functools import cache

from omixa_mock.gateway.images import draw

__all__ = ["IMAGE", "MARK", "SMALL", "generate", "large", "spoiled"]

# What is replaced, where every request is to be another one. Base64 may have it too.
MARK = b"0" * 16
# A file of so many bytes is a data URL of two million characters.
IMAGE = 1_500_000
# 300 bytes, as a client's smallest requests are.
SMALL = b'{"model":"gpt-image-1.5","size":"1024x1024","prompt":"%s"}' % (b"a cat on a sofa %s " % MARK).ljust(244, b".")


def generate(image: bytes) -> bytes:
    """An order that holds an image."""
    url = f"data:image/png;base64,{base64.b64encode(image).decode()}"
    part = {"type": "image_url", "image_url": {"url": url}}
    return json.dumps({"model": "gpt-image-1.5", "prompt": "a cat on a sofa", "input_images": [part]}).encode()


@cache
def large() -> bytes:
    """An order with a PNG; what the mark stands for comes after the file's end, where no reader looks."""
    png = draw(bytes(12), width=1024, height=1024, output_format="png", weight=IMAGE)
    return generate(png + bytes(-len(png) % 3) + base64.b64decode(MARK))


@cache
def spoiled() -> bytes:
    """The same with a character near the end that is not base64."""
    return large().replace(MARK, MARK[:-4] + b"*000")
