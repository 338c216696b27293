"""Tests of the memory that the proxy holds for a call with large images."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import os
import struct
import tracemalloc
import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

import omixa_mock
from omixa_mock.proxy.bodies import Policy
from omixa_mock.proxy.compaction import CompactBody, compact
from omixa_mock.proxy.exchange import Exchange
from omixa_mock.proxy.setup import ProxyOptions, set_up_proxy

from .conftest import CAT, GENERATE, entries_of
from .test_passing_on import raw_server

JSON_FIELDS = ((b"Authorization", b"Bearer omx_live_someone"), (b"Content-Type", b"application/json"))
GZIP_FIELDS = ((b"Content-Type", b"application/json"), (b"Content-Encoding", b"gzip"))
LARGE = 6_000_000
# One byte for a byte, three quarters for the decoded image, and an eighth more for a buffer that grows.
FACTOR = 2


def make_png(size: int) -> bytes:
    """Return a valid PNG of about a size."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1024, 1024, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", os.urandom(size)) + chunk(b"IEND", b"")


IMAGE = base64.b64encode(make_png(LARGE)).decode()


def success(image: str) -> bytes:
    usage = {"billed_amount": "0.039000"}
    return json.dumps({"created": 1780660800, "data": [{"b64_json": image, "url": None}], "usage": usage}).encode()


def edit(image: str) -> bytes:
    part = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{image}"}}
    return json.dumps({**CAT, "input_images": [part]}).encode()


def exchange_of(request: bytes, response: bytes, coding: str = "") -> Exchange:
    """Return a finished exchange, whose bodies came in pieces."""
    exchange = Exchange(1, datetime.now(UTC), "POST", GENERATE.encode(), GENERATE, "1.1", JSON_FIELDS)
    exchange.status = 200
    exchange.response_fields = GZIP_FIELDS if coding else JSON_FIELDS[1:]
    for keep, body in ((exchange.keep_request, request), (exchange.keep_response, response)):
        for start in range(0, len(body), 65_536):
            keep(body[start : start + 65_536], 2**30)
    return exchange


def observe(exchange: Exchange) -> list[str]:
    """Validate and record an exchange as a proxy does, and return the broken rules."""
    proxy = set_up_proxy(omixa_mock.shipped_contract(), ProxyOptions("http://127.0.0.1:1"))

    async def run() -> None:
        proxy.observer.take(exchange, None)
        await proxy.observer.catch_up()

    asyncio.run(run())
    assert not proxy.observer.trouble
    return [found.rule for result in exchange.results.values() for found in result.violations]


BODIES: Mapping[str, tuple[bytes, bytes, str]] = {
    "input image": (edit(IMAGE), success(base64.b64encode(make_png(9)).decode()), ""),
    "image": (json.dumps(CAT).encode(), success(IMAGE), ""),
    "image in gzip": (json.dumps(CAT).encode(), gzip.compress(success(IMAGE), 1), "gzip"),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_call_holds_less_than_twice_the_body(name: str) -> None:
    observe(exchange_of(json.dumps(CAT).encode(), success("")))  # loads what is loaded once
    tracemalloc.start()
    try:
        exchange = exchange_of(*BODIES[name])
        rules = observe(exchange)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert rules == []
    assert peak < FACTOR * len(edit(IMAGE))


@pytest.mark.parametrize(
    "options", [{}, {"max_spend": 9}, {"on_bad_request": "refuse"}], ids=["streamed", "held", "validated before"]
)
@pytest.mark.parametrize("policy", [Policy(), Policy("keep", prompts=True)], ids=["hash", "keep"])
def test_a_large_request_reaches_the_gateway_as_it_was(
    options: Any, policy: Policy, start: Callable[..., Any], har: Path
) -> None:
    answer = success("")
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(answer)
    image = base64.b64encode(make_png(60_000)).decode()
    content = edit(image) + b" \n"
    with raw_server(head + answer) as (url, received):
        proxy = start(url, record=har, policy=policy, **options)
        httpx.post(f"{proxy.url}{GENERATE}", content=content, headers=dict(JSON_FIELDS))
        proxy.stop()

    assert received[0].partition(b"\r\n\r\n")[2] == content
    assert proxy.observer.exchanges[0].results["request"].ok
    if policy.images == "keep":
        assert (har.parent / entries_of(har)[0]["request"]["postData"]["_file"]).read_bytes() == content


def test_a_body_that_has_a_token_of_ours_is_not_changed() -> None:
    body = edit(IMAGE[:8000]).replace(b"a cat", b"omixaMockImage00000000AA")

    assert b"".join(compact(bytearray(body)).pieces()) == body


@pytest.mark.parametrize(
    "member",
    [
        '"prompt": "%s"',
        '"prompt": "data:image/png;base64,%s"',
        '"user": "%s"',
        '"%s": 1',
        '"input_images": [1, "%s"]',
        '"prompt": "\\"url\\": \\"data:image/png;base64,%s"',
    ],
)
def test_base64_in_the_place_of_no_image_stays(member: str) -> None:
    body = f"{{{member % ('A' * 8000)}}}".encode()

    assert compact(body) == CompactBody(body, {})


@pytest.mark.parametrize(
    "member",
    [
        '"b64_json": "%s"',
        '"mask":"data:image/webp;base64,%s"',
        '"url" : "data:image/jpg;base64,%s"',
        '"input_images": ["data:image/png;base64,%s"]',
    ],
)
def test_an_image_in_its_place_is_taken_out(member: str) -> None:
    taken = compact(f"{{{member % ('A' * 8000)}}}".encode())

    assert (len(taken.body) < 100, [len(image) for image in taken.images.values()]) == (True, [6000])


@pytest.mark.parametrize("text", ["A" * 8001, "A" * 7999 + "B=", "A" * 7998 + "B==", "A" * 7998 + "-_"])
def test_base64_that_no_encoder_writes_stays(text: str) -> None:
    body = f'{{"b64_json": "{text}"}}'.encode()

    assert compact(body).images == {}
