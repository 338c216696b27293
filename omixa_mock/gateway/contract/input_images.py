"""Validation of input images and masks beyond JSON Schema.

Each check here is a rule of `x-omixa-beyond` in the request schema, which has
the rule's reason and provenance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from string import whitespace
from typing import Any

import pybase64
from msgspec import Struct

from omixa_mock.gateway.http import decode_base64

from .image_files import ImageReading, InputImage, media_type_of, read_dimensions
from .image_integrity import find_damage
from .rules import Provenance, resolve
from .settings import Settings
from .violation import Violation, pointer

__all__ = ["read_input_images"]

Json = Any
Path = tuple[str | int, ...]
ACCEPTED = ("image/png", "image/jpeg", "image/webp")
PLACEHOLDER = "<base64-reference>"
# One pixel, a working replacement for the placeholder in the documentation's sample.
TINY_PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNgAAAAAgAB5Sfe/AAAAABJRU5ErkJggg=="
)
# RFC 3986 §3.1, RFC 2397 §3 and RFC 2045 §5.1: scheme, media type and `base64` in any case.
HEAD = re.compile(r"data:(image/(?:png|jpe?g|webp));base64(?:,|\Z)", re.IGNORECASE)


class Flaw(Struct, frozen=True):
    """Broken rule: its name in the schema, and a message with the correction."""

    rule: str
    message: str


NONE_TAKEN: Mapping[str, bytes] = {}


def read_input_images(
    document: Mapping[str, Any], schema: Json, settings: Settings, taken: Mapping[str, bytes] = NONE_TAKEN
) -> ImageReading:
    """Parse every image of a request body that is valid by its schema.

    Args:
        document: The request body.
        schema: The schema of its model.
        settings: The settings.
        taken: The images that were taken out of the body, by the token in place of their base64.
    """
    if "input_images" not in document and "mask" not in document:
        return NO_IMAGES
    images: list[InputImage] = []
    flaws: list[tuple[Path, Flaw]] = []
    mask: InputImage | None = None
    for path, url in image_urls(document):
        image = read_image(url, settings, taken)
        if isinstance(image, Flaw):
            flaws.append((path, image))
        elif path[0] == "mask":
            mask = image
        else:
            images.append(image)
    if settings.image_checks != "ignore" and mask and images and (flaw := compare_mask(mask, images[0])):
        flaws.append((("mask",), flaw))
    return ImageReading(tuple(images), mask, tuple(violation(path, flaw, schema) for path, flaw in flaws))


NO_IMAGES = ImageReading()


def image_urls(document: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Yield the path and value of each image URL in a request body; the schema refuses parts of another shape."""
    parts = document.get("input_images")
    for index, part in enumerate(parts if isinstance(parts, list) else ()):
        if (url := url_of(part)) is not None:
            yield ("input_images", index, "image_url", "url"), url
    mask = document.get("mask")
    if isinstance(mask, str):
        yield ("mask",), mask
    elif (url := url_of(mask)) is not None:
        yield ("mask", "image_url", "url"), url


def url_of(part: Any) -> str | None:
    """Return the URL in an image part; None if it has none."""
    inner = part.get("image_url") if isinstance(part, dict) else None
    url = inner.get("url") if isinstance(inner, dict) else None
    return url if isinstance(url, str) else None


def read_image(url: str, settings: Settings, taken: Mapping[str, bytes] = NONE_TAKEN) -> InputImage | Flaw:
    """Parse the image in a URL; return the first broken rule if it is invalid."""
    declared = HEAD.match(url)
    if declared is None:
        # The schema refuses it, or `remote_images = "accept"` accepts it; it is never fetched.
        return InputImage.remote(url)
    data = (taken.get(url[declared.end() :]) if taken else None) or decode(url, declared.end())
    if not isinstance(data, Flaw):
        return check_header(declared[1].lower(), data, settings)
    return DOCUMENTATION_PLACEHOLDER if PLACEHOLDER in url else data


DOCUMENTATION_PLACEHOLDER = Flaw(
    "placeholder",
    f"the documentation's placeholder {PLACEHOLDER} was sent unchanged; "
    f"put an image's base64 in its place. A tiny one that works: {TINY_PNG}",
)


def decode(text: str, begin: int = 0) -> bytes | Flaw:
    """Decode the canonical base64 in `text[begin:]`; return the broken rule if it is invalid."""
    data = decode_base64(text, begin)
    if data is None:
        return Flaw("base64", describe_bad_base64(text[begin:]))
    tail = text[-4:]
    # RFC 4648 §3.5: unused bits are zero.
    if data and pybase64.b64encode(data[-(3 - tail.count("=")) :]).decode() != tail:
        return Flaw("base64", "the base64 ends in a character whose unused bits are not zero. Encode the file again.")
    return data


URLSAFE = frozenset("-_")
ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def describe_bad_base64(text: str) -> str:
    """Return a message that explains why text is not base64, with every correction that it needs."""
    unpadded = text.rstrip().rstrip(f"={whitespace}")
    # Few characters are left; megabytes as they came would take longer than decoding them.
    outside = unpadded.encode(errors="replace").translate(None, ALPHABET).decode(errors="replace")
    spaces = sum(map(outside.count, whitespace))
    foreign = {character for character in outside if character not in whitespace} - URLSAFE
    if foreign:
        return describe_foreign_character(next(character for character in outside if character in foreign))
    count = len(unpadded) - spaces
    repairs = [
        'the base64 is in the URL-safe alphabet (- and _); accepted: the standard alphabet. Use "+" and "/".'
        if URLSAFE & set(outside)
        else "",
        "the base64 is wrapped or has spaces in it; accepted: one run of characters. Remove the white space."
        if spaces or text[len(unpadded) :].strip("=")
        else "",
        "" if text.count("=") == -count % 4 else describe_bad_padding(count),
    ]
    return " Also, ".join(filter(None, repairs)) or "this is not base64. Encode the bytes of the file."


def describe_foreign_character(character: str) -> str:
    """Return a message about a character that no base64 has."""
    if character == "=":
        return "the base64 goes on after its padding (=); accepted: padding at the end. Encode the whole file at once."
    remedy = "It is percent-encoded: decode it once" if character == "%" else "Encode the bytes of the file"
    shown = character.encode(errors="replace")[:1]
    return f"the base64 holds {shown!r}, which is outside the alphabet; accepted: A-Z a-z 0-9 + / =. {remedy}."


def describe_bad_padding(count: int) -> str:
    """Return a message about base64 of `count` characters with the wrong padding."""
    problem = f"the base64 has {count:,} characters without its padding"
    if count % 4 == 1:
        return f"{problem}, which no file has: it was cut. Encode the file again."
    padding = "=" * (-count % 4)
    return (
        f'{problem}; accepted: padding to a multiple of four. End it with "{padding}".'
        if padding
        else (f"{problem}, a multiple of four; accepted: no padding then. Remove the =.")
    )


def check_header(declared: str, data: bytes, settings: Settings) -> InputImage | Flaw:
    """Compare the declared media type with the file's signature, read the size, and look for damage."""
    declared = declared.replace("image/jpg", "image/jpeg")
    if settings.image_checks == "ignore":
        return InputImage.from_bytes(declared, read_dimensions(data) or (0, 0), data)
    actual = media_type_of(data)
    if actual not in ACCEPTED:
        found = f"the bytes are {actual}" if actual else f"the bytes are not an image (they begin with {data[:8]!r})"
        accepted = f"accepted: {', '.join(ACCEPTED)}. Encode the bytes of such a file"
        return Flaw("media-type", f"{found}, declared as {declared}; {accepted}.")
    if actual != declared:
        return Flaw("media-type", f"declared as {declared}, but the bytes are {actual}. Write data:{actual};base64,…")
    size = read_dimensions(data)
    if size is None:
        return Flaw("header", describe_damage(actual, data, NO_SIZE))
    damage = find_damage(data)
    return (
        Flaw("header", describe_damage(actual, data, damage)) if damage else InputImage.from_bytes(actual, size, data)
    )


NO_SIZE = "width and height cannot be read"


def describe_damage(media_type: str, data: bytes, damage: str) -> str:
    """Return a message about a file that is not whole, with the correction."""
    return (
        f"this {media_type.removeprefix('image/')} file of {len(data):,} bytes is not whole: {damage}; "
        "accepted: whole files. Encode all bytes of the file."
    )


def compare_mask(mask: InputImage, image: InputImage) -> Flaw | None:
    """Return a flaw if the mask differs in size from the first input image; remote images have no known size."""
    expected = (image.width, image.height)
    if (mask.width, mask.height) == expected or not (mask.length and image.length):
        return None
    return Flaw(
        "dimensions",
        f"the mask is {mask.width}x{mask.height} and the first input image {expected[0]}x{expected[1]}. "
        f"Send a mask of {expected[0]}x{expected[1]} pixels.",
    )


def violation(path: Path, flaw: Flaw, schema: Json) -> Violation:
    """Return a flaw as a violation of the rule that the schema declares at this path."""
    node = schema
    names = ["item" if isinstance(step, int) else step for step in path]
    for name in names:
        node = resolve(
            schema, resolve(schema, node)["items"] if name == "item" else resolve(schema, node)["properties"][name]
        )
    entry = node["x-omixa-beyond"][flaw.rule]
    return Violation(pointer(path), ".".join(["request", *names, flaw.rule]), flaw.message, Provenance.read(entry))
