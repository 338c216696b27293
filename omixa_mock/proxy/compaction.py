"""Bodies with their images taken out, so that a body of many megabytes is never in the memory twice.

Each image is decoded, and a short token stands in its place. The text of the image is what encoding it gives again:
base64 in another form is left where it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import count

import pybase64
from msgspec import Struct

__all__ = ["CompactBody", "compact"]

# Shorter images are not worth it.
IMAGE = re.compile(rb'"(?:data:image/[a-z]{2,10};base64,)?([A-Za-z0-9+/]{4096,}+={0,2})"')
TOKEN = re.compile(r"omixaMockImage[0-9]{8}AA")


class CompactBody(Struct, frozen=True):
    """Body without its images.

    Attributes:
        body: The body, with tokens in place of images; each is valid base64.
        images: The images by token.
    """

    body: bytes
    images: Mapping[str, bytes]

    def pieces(self) -> Iterator[bytes]:
        """Yield the body as it was."""
        text = self.body.decode("latin-1")
        end = 0
        for found in TOKEN.finditer(text):
            if found[0] in self.images:
                yield text[end : found.start()].encode("latin-1")
                yield pybase64.b64encode(self.images[found[0]])
                end = found.end()
        yield text[end:].encode("latin-1")


def compact(body: bytes | bytearray) -> CompactBody:
    """Take the images out of a body, which is emptied if it is long."""
    if not isinstance(body, bytearray):
        body = bytearray(body)
    images: dict[str, bytes] = {}
    numbers = count()
    # From the last to the first: the bytes before stay where they are.
    for start, end in reversed([found.span(1) for found in IMAGE.finditer(body)]):
        with memoryview(body)[start:end] as run:
            data = decode(run)
        if data is not None:
            token = f"omixaMockImage{next(numbers):08}AA"
            images[token] = data
            body[start:end] = token.encode()
    rest = bytes(body)
    body.clear()
    return CompactBody(rest, images)


def decode(run: memoryview) -> bytes | None:
    """Return the bytes of base64; None if encoding them would give another text."""
    if len(run) % 4:
        return None
    data = pybase64.b64decode(run, validate=True)
    return (
        data if pybase64.b64encode(data[-3:] if len(data) % 3 == 0 else data[-(len(data) % 3) :]) == run[-4:] else None
    )
