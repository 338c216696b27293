"""Detection of images in texts: by the place of a text in its body, and of a run of base64 by its form."""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256

import pybase64

from omixa_mock.gateway.contract import media_type_of, read_dimensions
from omixa_mock.kit.files.elided import ELIDED_IMAGE, elision

__all__ = ["RUN", "SNIFFED", "decode", "facts_of", "hide_images", "is_image", "sample_of"]

# Any long word, for texts without places; and one that may be wrapped as MIME and PEM wrap base64.
RUN = re.compile(r"[A-Za-z0-9+/_-]{64,}={0,2}")
WRAPPED = re.compile(r"[A-Za-z0-9+/_-]{64,}(?:\r?\n[A-Za-z0-9+/_-]+)*={0,2}")
BASE64 = re.compile(r"[A-Za-z0-9+/_\-\s]+={0,2}\s*")
IMAGE_NAMES = frozenset({"b64_json", "image", "image_url", "mask"})
# Below IMAGE_MIN, base64 is no image unless it begins like one; that much of it is decoded to see.
IMAGE_MIN, SNIFFED = 256, 88
# Base64 of a compressed file has nearly all of its 64 characters early on; a word, a hash or a filler text has few.
VARIED, VARIED_WITHIN = 40, 4096
# The characters of an image by which a text that quotes it is known: without the head that most files share.
SHARED_HEAD, SAMPLE = 20, 4096


def is_image(text: str, name: str) -> bool:
    """Return True if the value of a member is an image in base64, or long enough for one in the place of one."""
    if text[:5].casefold() == "data:":
        return True
    if (name not in IMAGE_NAMES and len(text) < SNIFFED) or not BASE64.fullmatch(text[:IMAGE_MIN]):
        return False
    if name == "b64_json" or (name in IMAGE_NAMES and len(text) >= IMAGE_MIN):
        return True
    return looks_like_image(text)


def looks_like_image(run: str) -> bool:
    """Return True if base64 begins as the files of a known format do, or has as many characters as compressed data."""
    if media_type_of(decode(run[:SNIFFED])) is not None:
        return True
    return len(run) >= IMAGE_MIN and len(set(run[:VARIED_WITHIN])) >= VARIED


def hide_images(text: str) -> str:
    """Return a text with a placeholder for each run of base64 that looks like an image."""
    if len(text) < SNIFFED:
        return text
    return WRAPPED.sub(lambda found: elision(ELIDED_IMAGE) if looks_like_image(found[0]) else found[0], text)


def sample_of(data: bytes, text: str) -> str:
    """Return the characters by which a text that quotes an image is known."""
    return pybase64.b64encode(data[:SAMPLE]).decode()[SHARED_HEAD:] if data else text[:SAMPLE]


def facts_of(data: bytes) -> Sequence[str]:
    """Return the hash, size, type and dimensions of an image."""
    dimensions = read_dimensions(data)
    return (
        f"sha256 {sha256(data).hexdigest()}",
        f"{len(data)} bytes",
        *filter(None, (media_type_of(data), f"{dimensions[0]}x{dimensions[1]}" if dimensions else "")),
    )


def decode(text: str) -> bytes:
    """Return the bytes of base64 in either alphabet, with or without padding; empty if it is none."""
    compact = "".join(text.split()).replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return pybase64.b64decode(compact + "=" * (-len(compact) % 4), validate=True)
    except ValueError:
        return b""
