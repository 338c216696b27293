"""VCR cassette parsing: recordings of vcrpy, Ruby's VCR and Betamax, in YAML or JSON.

YAML takes PyYAML, which whoever records such cassettes has.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from .exchanges import ElementLines, Exchange, decode_text, dig, read_exchange
from .har import read_json
from .items import NO_BODY, Item, Skip, Trouble
from .positions import Position

__all__ = ["find_json_cassette", "is_yaml_cassette", "read_json_cassette", "read_yaml_cassette"]

Json = Any
# vcrpy; VCR and Betamax.
LISTS = ("interactions", "http_interactions")
YAML_HEAD = re.compile(rb"^(?:http_)?interactions:", re.MULTILINE)
INSTALL = "this is a cassette in YAML, which takes PyYAML: pip install 'omixa-mock[yaml]'"
# RFC 1950 and RFC 1952: zlib recognises both heads with 32 added to the window size.
ANY_HEAD = 32 + zlib.MAX_WBITS
COMPRESSED = frozenset({"gzip", "x-gzip", "deflate"})


def is_yaml_cassette(text: bytes) -> bool:
    """Return True if a text has a cassette's list in YAML."""
    return not text.lstrip().startswith(b"{") and YAML_HEAD.search(text) is not None


def find_interactions(value: Json) -> tuple[str, list[Json]] | None:
    """Return the name and elements of a cassette's list; None for any other value, for instance a Pact."""
    if dig(value, "consumer") is not None:
        return None
    found = ((name, dig(value, name)) for name in LISTS)
    return next(((name, rows) for name, rows in found if isinstance(rows, list)), None)


def find_json_cassette(text: bytes) -> tuple[str, list[Json]] | None:
    """Return the name and elements of the list of a cassette in JSON; None for any other text."""
    if b'interactions"' not in text:
        return None
    try:
        return find_interactions(read_json(text))
    except (ValueError, RecursionError):
        return None


def read_json_cassette(text: bytes, name: str, rows: list[Json]) -> Iterator[Item]:
    """Yield the bodies of a cassette in JSON."""
    yield from read_interactions(name, rows, ElementLines(text, name))


def read_yaml_cassette(text: bytes) -> Iterator[Item]:
    """Yield the bodies of a cassette in YAML."""
    try:
        import yaml  # optional
    except ImportError:
        yield Trouble(INSTALL)
        return
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        node = loader.get_single_node()
        found = find_interactions(loader.construct_document(node)) if node else None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        yield Trouble(f"this cassette is not YAML: {' '.join(str(error).split())}. Record it again.")
        return
    if found is None:
        yield Trouble(f"this cassette has no list {' or '.join(LISTS)}. Record it again.")
        return
    name, rows = found
    starts = [row.start_mark for key, value in node.value if key.value == name for row in value.value]
    yield from read_interactions(name, rows, lambda index: Position(starts[index].line + 1, starts[index].column + 1))


def read_interactions(name: str, rows: list[Json], position: Callable[[int], Position]) -> Iterator[Item]:
    """Yield the bodies of calls to the generations endpoint of any host; skip other calls."""
    for index, row in enumerate(rows):
        yield from read_exchange(make_exchange(row, f"{name}[{index}]", partial(position, index)))


def make_exchange(row: Json, where: str, position: Callable[[], Position]) -> Exchange:
    """Return the exchange in an interaction."""
    request, response = dig(row, "request"), dig(row, "response")
    method, status = dig(request, "method"), dig(response, "status")
    return Exchange(
        where=where,
        position=position,
        method=method.upper() if isinstance(method, str) else method,  # a symbol in Ruby
        url=dig(request, "uri") or dig(request, "url"),
        status=dig(status, "code") if isinstance(status, dict) else dig(response, "status_code"),
        media_type=header_of(response, "content-type"),
        read_request=partial(read_body, request),
        read_response=partial(read_body, response),
    )


def header_of(message: Json, name: str) -> Json:
    """Return the first value of a recorded header; None if it is missing."""
    headers = dig(message, "headers")
    named = {str(key).lower(): value for key, value in headers.items()} if isinstance(headers, dict) else {}
    value = named.get(name)
    return value[0] if isinstance(value, list) and value else value


def read_body(message: Json, where: str) -> bytes | Skip | Trouble:
    """Return the bytes of a recorded body, without its content coding, or the reason for not reading it."""
    body = dig(message, "body")
    if isinstance(body, dict):
        text, encoding = (body["base64_string"], "base64") if "base64_string" in body else (body.get("string"), None)
    else:
        # Old cassettes of httpx have `content`.
        text, encoding = body if body is not None else dig(message, "content"), None
    raw = decode_text(text, encoding, where) if isinstance(text, str) else text
    if not raw:
        return Skip(NO_BODY)
    return decompress(raw, str(header_of(message, "content-encoding") or ""), where) if isinstance(raw, bytes) else raw


def decompress(body: bytes, coding: str, where: str) -> bytes | Trouble:
    """Return a body without its content coding; recorders also keep the header of a body that they have decoded."""
    try:
        if coding.strip().lower() in COMPRESSED:
            return zlib.decompressobj(ANY_HEAD).decompress(body, BODY_MAX)
        if coding:
            body.decode()
    except zlib.error:
        return body
    except UnicodeDecodeError:
        return Trouble(f"{where}: its recorded body is compressed ({coding}). Record it by decode_compressed_response.")
    return body


# Far more than ten of the largest images in base64.
BODY_MAX = 256 * 1024 * 1024
