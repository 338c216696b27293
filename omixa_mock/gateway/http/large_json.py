"""JSON with long images in it, parsed without holding up everybody else.

A parser takes 50 ms for 20 MB, and Python's lock with it. So an image's data URL is cut out of the text before that is
parsed, and put in its place afterwards: each of these steps takes a quarter of the time at the most. A text that is
broken, or whose base64 is, goes to the parser as a whole.
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
# What is shorter is parsed in less time than it takes to cut it out.
LONG = 64 * 1024
INTERCEPTING = b'"data:image/'
HEAD = re.compile(rb'"data:image/[a-z]+;base64,')


def parse_json(text: Body) -> Json:
    """The value of a JSON text: what `orjson.loads` gives.

    Raises:
        orjson.JSONDecodeError: It is no JSON.
    """
    if len(text) <= LONG or not (places := list(find_images(text))):
        return orjson.loads(text)
    rest = [bytes(text[end:begin]) for (_, end), (begin, _) in pairwise([(0, 0), *places, (len(text), 0)])]
    # Nobody can write into a text what it hashes to: nothing but a stand-in reads like one.
    name = sha256(b"".join(rest)).hexdigest()
    stand_ins = [f"{name}:{number}" for number in range(len(places))]
    try:
        value = orjson.loads(b"".join(chain.from_iterable(zip(rest, [*map(str.encode, stand_ins), b""], strict=True))))
    except orjson.JSONDecodeError:
        return orjson.loads(text)  # fails as well, and says where
    urls = dict(zip(stand_ins, (str(memoryview(text)[begin:end], "ascii") for begin, end in places), strict=True))
    # Of a name, of part of other text, and of what a second field of the same name replaces, nothing is found.
    return value if put_back(value, urls) == len(urls) else orjson.loads(text)


def find_images(text: Body) -> Iterator[tuple[int, int]]:
    """Where each long data URL begins and ends, its quotes left out.

    What is base64 has no escape in it: it says what it spells, and ends where the next quote is. Decoding is
    the fastest way to see that.
    """
    place = text.find(INTERCEPTING)
    while place >= 0:
        head = HEAD.match(text, place)
        end = text.find(b'"', place + len(INTERCEPTING))
        if head and end - head.end() >= LONG and is_base64(memoryview(text)[head.end() : end]):
            yield place + 1, end
        place = text.find(INTERCEPTING, end) if end >= 0 else end


def put_back(value: Json, urls: Mapping[str, str]) -> int:
    """Put URLs where their stand-ins are, within lists and objects; says how many stand-ins there were."""
    nodes, found = [value], 0
    while nodes:
        node = nodes.pop()
        rows = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for place, child in rows:
            if not isinstance(child, str):
                nodes.append(child)
            elif child in urls:
                node[place] = urls[child]
                found += 1
    return found
