"""Recognition of files that are not documents of the contract: archives, images, files of other tools."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from omixa_mock.gateway.contract import media_type_of

__all__ = ["EMPTY", "ZIP", "describe_foreign", "foreign_bytes", "foreign_document", "is_json", "is_wiremock"]

Json = Any
# RFC 1952 §2.3.1; APPNOTE §4.3.7 (and §4.3.16, an archive without files); RFC 8878 §3.1.1.
GZIP, ZIP, ZSTD = b"\x1f\x8b", (b"PK\x03\x04", b"PK\x05\x06"), b"\x28\xb5\x2f\xfd"
UNPACK = "Unpack it, and validate what was in it"
ACCEPTED = "Accepted: JSON of a request or a response, JSON Lines, a HAR, a VCR cassette"
YAML_LINE = re.compile(rb"(?:%YAML|---|#[^\n]*|- |[\w.\"'-]+:(?:\s|$))")
MARKUP = b"<"


def describe_foreign(what: str, cure: str = ACCEPTED) -> str:
    """Return the message about a file that is not a document."""
    return f"not a document I know: it is {what}. {cure}."


EMPTY = describe_foreign("empty", "Record it again, or leave it out")


def foreign_bytes(head: bytes) -> str:
    """Return the message about a file by its first bytes; empty if it may be text."""
    if head.startswith(GZIP):
        return describe_foreign("compressed (gzip)", f"{UNPACK}, for instance by `gunzip`")
    if head.startswith(ZSTD):
        return describe_foreign("compressed (zstd)", f"{UNPACK}, for instance by `unzstd`")
    media_type = media_type_of(head) or ""
    return describe_foreign(media_type) if media_type not in {"", "image/svg+xml"} else ""


def foreign_document(text: bytes, kind: str = "auto") -> str:
    """Return the message about a text that is not a document; empty if it may be one.

    Args:
        text: The text.
        kind: The kind that the user states. If it is not `auto`, any text but YAML is taken for a document.
    """
    start = text.lstrip()
    if start.startswith(b"{"):
        shape = shape_of(text)
        return describe_foreign(shape) if shape else ""
    if YAML_LINE.match(start):
        return describe_foreign("YAML or other text")
    if kind != "auto" or start.startswith(JSON_STARTS) or is_json(text):
        return ""
    return foreign_bytes(text) or describe_foreign("markup" if start.startswith(MARKUP) else "text without JSON")


JSON_STARTS = (b"[", b'"')


def is_json(text: bytes) -> bool:
    """Return True if a text is one complete JSON value."""
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


def shape_of(text: bytes) -> str:
    """Return the tool whose file an object is; empty if none is known."""
    if not is_json(text):
        return ""
    value = orjson.loads(text)
    return next((name for name, matches in SHAPES.items() if matches(value)), "")


def is_wiremock(value: Json) -> bool:
    """Return True if an object is a stub of WireMock, whose request is a pattern."""
    request, response = value.get("request"), value.get("response")
    if not isinstance(request, dict) or not isinstance(response, dict):
        return isinstance(value.get("mappings"), list)
    return "method" in request and any(name.startswith("url") for name in request)


# The tools' files, by the members that none of the contract's documents has.
SHAPES: Mapping[str, Callable[[dict[str, Json]], bool]] = {
    "a Pact": lambda value: {"consumer", "provider"} <= value.keys(),
    "a Postman collection": lambda value: {"info", "item"} <= value.keys(),
    "a Postman environment": lambda value: "_postman_variable_scope" in value,
    "a WireMock stub": is_wiremock,
    "an OpenAPI description": lambda value: bool({"openapi", "swagger"} & value.keys()),
    "a JSON Schema": lambda value: "$schema" in value and "model" not in value,
}
