"""Parsing of JSON that contains long data URLs.

The parser needs 50 ms for 20 MB, and holds the interpreter lock all the time. Therefore each long data URL is replaced
by a placeholder before the text is parsed, and restored in the parsed value. Each of these steps takes at most a
quarter of the time. Malformed JSON, and JSON with malformed base64, is parsed without the replacement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from itertools import chain, pairwise
from typing import Any

import orjson

from .base64_text import is_base64
from .messages import Body

__all__ = ["LONG", "parse_json"]

Json = Any
# A shorter text is parsed in less time than the replacement takes.
LONG = 64 * 1024
URL_START = b'"data:image/'
URL_HEAD = re.compile(rb'"data:image/[a-z]+;base64,')


def parse_json(text: Body) -> Json:
    """Parse a JSON text; the result is that of `orjson.loads`.

    Raises:
        orjson.JSONDecodeError: The text is not JSON.
    """
    if len(text) <= LONG or not (spans := list(find_images(text))):
        return orjson.loads(text)
    rest = [bytes(text[end:begin]) for (_, end), (begin, _) in pairwise([(0, 0), *spans, (len(text), 0)])]
    # No text can contain its own hash, so no other string of the text equals a placeholder.
    name = sha256(b"".join(rest)).hexdigest()
    placeholders = [f"{name}:{number}" for number in range(len(spans))]
    try:
        value = orjson.loads(
            b"".join(chain.from_iterable(zip(rest, [*map(str.encode, placeholders), b""], strict=True)))
        )
    except orjson.JSONDecodeError:
        return orjson.loads(text)  # raises too, with the position in the original text
    urls = dict(zip(placeholders, (str(memoryview(text)[begin:end], "ascii") for begin, end in spans), strict=True))
    # A placeholder is not found if it is a name, a part of other text, or the value of a repeated name.
    return value if restore_images(value, urls) == len(urls) else orjson.loads(text)


def find_images(text: Body) -> Iterator[tuple[int, int]]:
    """Yield the begin and end of each long data URL, without its quotes.

    Base64 contains no escape sequences, so the URL ends at the next quote. Decoding is the fastest way to validate it.
    """
    begin = text.find(URL_START)
    while begin >= 0:
        head = URL_HEAD.match(text, begin)
        end = text.find(b'"', begin + len(URL_START))
        if head and end - head.end() >= LONG and is_base64(memoryview(text)[head.end() : end]):
            yield begin + 1, end
        begin = text.find(URL_START, end) if end >= 0 else end


def restore_images(value: Json, urls: Mapping[str, str]) -> int:
    """Replace the placeholders in lists and objects by their URLs, and return how many there were."""
    nodes, found = [value], 0
    while nodes:
        node = nodes.pop()
        children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for key, child in children:
            if not isinstance(child, str):
                nodes.append(child)
            elif child in urls:
                node[key] = urls[child]
                found += 1
    return found
