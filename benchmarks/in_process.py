"""Rows within one process: a call without a socket, and an image, in CPU time."""

from __future__ import annotations

import asyncio
import io
import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from statistics import median

import httpx
import pybase64
from PIL import Image

import omixa_mock
from omixa_mock.gateway.images import draw

from .bodies import SMALL
from .goals import Figure
from .rounds import Pace, interleave, ratios, timed
from .servers import HEADERS, PATH

__all__ = ["MEASURES", "URL", "ask_for", "ask_for_async", "intercepted"]

URL = f"https://www.omixa.cloud{PATH}"
# More than a benchmark can spend.
RICH = {"default_balance": "1000000000"}


def calling(pace: Pace) -> Iterator[Figure]:
    """A small call by httpx, answered by the fake, and by a transport that has the fake's answer ready."""
    mock = httpx.MockTransport(ready())
    for kind, ask in (("sync", ask_for), ("async", ask_for_async)):
        contestants = {
            "fake": partial(intercepted, partial(ask, seconds=pace.seconds)),
            "mock": partial(ask, mock, seconds=pace.seconds),
        }
        results = interleave(contestants, pace.rounds)
        fake, plain = ([1e6 * each for each in results[name]] for name in ("fake", "mock"))
        yield Figure(f"10 {kind}", ratios(fake, plain), f"{median(fake):.0f} ÷ {median(plain):.0f} µs")


def intercepted(ask: Callable[[], float]) -> float:
    """Ask while the fake answers this process."""
    with omixa_mock.intercept(settings=RICH):
        return ask()


def ready() -> Callable[[httpx.Request], httpx.Response]:
    """What answers as the fake does, from bytes that are ready."""
    with omixa_mock.intercept():
        response = httpx.post(URL, content=SMALL, headers=HEADERS)
    headers, body = dict(response.headers), response.content
    return lambda _: httpx.Response(200, headers=headers, content=body)


def ask_for(transport: httpx.BaseTransport | None = None, *, seconds: float) -> float:
    """Seconds of CPU time that a call takes."""

    def ask() -> None:
        client.post(URL, content=SMALL, headers=HEADERS).raise_for_status()

    with httpx.Client(transport=transport) as client:
        ask()
        return timed(ask, seconds)


def ask_for_async(transport: httpx.AsyncBaseTransport | None = None, *, seconds: float) -> float:
    """The same in an event loop."""
    return asyncio.run(ask_in_loop(transport, seconds))


async def ask_in_loop(transport: httpx.AsyncBaseTransport | None, seconds: float) -> float:
    """Seconds of CPU time that an awaited call takes."""
    async with httpx.AsyncClient(transport=transport) as client:
        (await client.post(URL, content=SMALL, headers=HEADERS)).raise_for_status()
        calls, begin = 0, time.process_time()
        while (passed := time.process_time() - begin) < seconds or not calls:
            (await client.post(URL, content=SMALL, headers=HEADERS)).raise_for_status()
            calls += 1
    return passed / calls


def drawing(pace: Pace) -> Iterator[Figure]:
    """An image as every new request needs one, beside the least that Pillow can be asked for."""
    contestants = {name: partial(timed, make(), pace.seconds) for name, make in (("fake", fresh), ("pillow", flat))}
    results = interleave(contestants, pace.rounds)
    fake, pillow = ([1e6 * each for each in results[name]] for name in ("fake", "pillow"))
    yield Figure("13", ratios(fake, pillow), f"{median(fake):.1f} ÷ {median(pillow):,.0f} µs")


def fresh() -> Callable[[], bytes]:
    """Makes the base64 of another default image each time."""
    numbers = itertools.count()

    def make() -> bytes:
        mark = next(numbers).to_bytes(12, "big")
        return pybase64.b64encode(draw(mark, width=1024, height=1024, output_format="png"))

    return make


def flat() -> Callable[[], bytes]:
    """Makes a PNG of one colour by Pillow, without its base64."""

    def make() -> bytes:
        file = io.BytesIO()
        Image.new("RGB", (1024, 1024), "teal").save(file, "PNG")
        return file.getvalue()

    return make


MEASURES: Mapping[str, Callable[[Pace], Iterator[Figure]]] = {"10": calling, "13": drawing}
