"""Clients that leave just before a planned cut: the server finds nobody there, and reports no error of its own."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import pytest

import omixa_mock
from omixa_mock.gateway import CATALOGUE

CUTS = (
    *("reset", "no_response", "garbage", "reset_in_body", "truncated", "truncated_without_length"),
    *("malformed_chunk", "drip"),
)
# The provider answers after this time in seconds, and the client leaves around then.
LATENCY = 0.005
ATTEMPTS = 25
NO_LINGER = struct.pack("ii", 1, 0)


@pytest.mark.parametrize("fault", CUTS)
def test_client_that_leaves_just_before_a_cut_causes_no_report(
    caplog: pytest.LogCaptureFixture, open_connection: Callable[..., Any], fault: str
) -> None:
    with omixa_mock.serve(settings={"latency": LATENCY}, faults=[fault]) as server:
        for _ in range(ATTEMPTS):
            connection = open_connection(server.url)
            connection.send(connection.generate())
            time.sleep(LATENCY * 1.1)
            connection.reset()
    assert caplog.record_tuples == []


async def send_and_leave(url: str, fault: str, source: random.Random) -> None:
    """Send a request, or a part of it, and leave at a random moment, in a random way."""
    parts = urlsplit(url)
    body = b'{"model": "gpt-image-1.5", "prompt": "a cat"}'
    head = f"POST /api/v1/images/generations HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer omx_live_fail_{fault}\r\n"
    data = f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(data[: source.choice([len(data), len(data), len(data), 300, 20])])
    end = source.choice(["reset", "reset", "close", "read"])
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(source.uniform(0, LATENCY * 2)):
            await reader.read()
    if end == "reset":
        with suppress(OSError):  # the server may have closed it
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        writer.transport.abort()
    writer.close()


async def run_clients(url: str, clients: int, calls: int) -> None:
    """Let many clients at once send requests with random faults and leave."""
    faults = [name for name, kind in CATALOGUE.items() if name not in {"delay", "hang"}]

    async def run(number: int) -> None:
        source = random.Random(number)
        for _ in range(calls):
            await send_and_leave(url, source.choice(faults), source)

    await asyncio.gather(*(run(number) for number in range(clients)))


@pytest.mark.acceptance
def test_150_random_clients_cause_no_report(caplog: pytest.LogCaptureFixture) -> None:
    with omixa_mock.serve(settings={"latency": LATENCY, "time_scale": 0.01}) as server:
        asyncio.run(run_clients(server.url, clients=150, calls=40))
    assert caplog.record_tuples == []
