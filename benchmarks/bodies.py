"""Request bodies: a small one, and one with an image of 2 MB."""

from __future__ import annotations

import base64
import json
from functools import cache

from omixa_mock.gateway.images import draw

__all__ = ["IMAGE", "MARK", "SMALL", "generate", "large", "spoiled"]

# The part that is replaced to make every request different. Base64 may contain it too.
MARK = b"0" * 16
# A file of so many bytes is a data URL of two million characters.
IMAGE = 1_500_000
# 300 bytes, like a client's smallest requests.
SMALL = b'{"model":"gpt-image-1.5","size":"1024x1024","prompt":"%s"}' % (b"a cat on a sofa %s " % MARK).ljust(244, b".")


def generate(image: bytes) -> bytes:
    """Return a request body with one input image."""
    url = f"data:image/png;base64,{base64.b64encode(image).decode()}"
    part = {"type": "image_url", "image_url": {"url": url}}
    return json.dumps({"model": "gpt-image-1.5", "prompt": "a cat on a sofa", "input_images": [part]}).encode()


@cache
def large() -> bytes:
    """Return a request body with a PNG of 1.5 MB; its mark lies after the end of the file, which no decoder reads."""
    png = draw(bytes(12), width=1024, height=1024, output_format="png", weight=IMAGE)
    return generate(png + bytes(-len(png) % 3) + base64.b64decode(MARK))


@cache
def spoiled() -> bytes:
    """Return the large body with a character near its end that is not base64."""
    return large().replace(MARK, MARK[:-4] + b"*000")
