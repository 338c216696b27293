"""Bodies with their images taken out, so that a body of many megabytes is never in the memory twice.

Each image is decoded, and a short token stands in its place. The text of the image is what encoding it gives again:
base64 in another form is left where it is. An image is known by its place, so that no prompt is taken for one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import count

import pybase64
from msgspec import Struct

__all__ = ["CompactBody", "compact"]

# Shorter images are not worth it.
IMAGE = re.compile(rb'"(data:image/(?:png|jpe?g|webp);base64,)?([A-Za-z0-9+/]{4096,}+={0,2})"(?!\s*:)')
# The name before an image, or the beginning of an element of a list.
PLACE = re.compile(rb'(?:"(b64_json|image|image_url|mask|url)"\s*:|[\[,])\s*\Z')
PLACE_MAX = 64
MARK = b"omixaMockImage"
TOKEN = re.compile(MARK + rb"[0-9]{8}AA")
# Bytes of an image that are encoded at once; base64 turns three into four characters.
PIECE = 3 * 2**16


class CompactBody(Struct, frozen=True):
    """Body without its images.

    Attributes:
        body: The body, with tokens in place of images; each is valid base64.
        images: The images by token.
    """

    body: bytes | bytearray
    images: Mapping[str, bytes]

    def pieces(self) -> Iterator[bytes]:
        """Yield the body as it was."""
        end = 0
        for found in TOKEN.finditer(self.body) if self.images else ():
            yield bytes(self.body[end : found.start()])
            yield from encode(self.images[found[0].decode()])
            end = found.end()
        with memoryview(self.body) as view:
            yield from (bytes(view[start : start + PIECE]) for start in range(end, len(view), PIECE))


def encode(image: bytes) -> Iterator[bytes]:
    """Yield the base64 of an image."""
    with memoryview(image) as view:
        yield from (pybase64.b64encode(view[start : start + PIECE]) for start in range(0, len(view), PIECE))


def compact(body: bytes | bytearray) -> CompactBody:
    """Take the images out of a body; a `bytearray` is changed in place."""
    if MARK in body:
        return CompactBody(body, {})  # a token must not stand for anything else
    images: dict[str, bytes] = {}
    numbers = count()
    # From the last to the first: the bytes before stay where they are.
    for start, end in reversed([found.span(2) for found in IMAGE.finditer(body) if is_in_place(found, body)]):
        if not isinstance(body, bytearray):
            body = bytearray(body)
        with memoryview(body)[start:end] as run:
            data = decode(run)
        if data is not None:
            token = b"%b%08dAA" % (MARK, next(numbers))
            images[token.decode()] = data
            body[start:end] = token
    return CompactBody(bytes(body) if images else body, images)


def is_in_place(found: re.Match[bytes], body: bytes | bytearray) -> bool:
    """Return True if base64 is where the contract has an image: alone in `b64_json`, elsewhere in a data URL."""
    place = PLACE.search(body, max(found.start() - PLACE_MAX, 0), found.start())
    return place is not None and (place[1] == b"b64_json") != bool(found[1])


def decode(run: memoryview) -> bytes | None:
    """Return the bytes of base64; None if encoding them would give another text."""
    if len(run) % 4:
        return None
    data = pybase64.b64decode(run, validate=True)
    return (
        data if pybase64.b64encode(data[-3:] if len(data) % 3 == 0 else data[-(len(data) % 3) :]) == run[-4:] else None
    )
