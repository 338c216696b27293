"""Benchmarks within one process, in CPU time: a call without a socket, and an image."""

from __future__ import annotations

import asyncio
import io
import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from statistics import median
from typing import Literal

import httpx
import pybase64
from PIL import Image

import omixa_mock
from omixa_mock.gateway.images import Caption, draw

from .bodies import SMALL
from .goals import Figure
from .rounds import Pace, interleave, ratios, timed
from .servers import HEADERS, PATH

__all__ = ["MEASURES", "URL", "intercepted", "time_call", "time_call_async"]

Format = Literal["png", "webp", "jpeg"]
FORMATS: tuple[Format, ...] = ("png", "webp", "jpeg")
URL = f"https://www.omixa.cloud{PATH}"
# More than a benchmark can spend.
FUNDED = {"default_balance": "1000000000"}


def measure_calls(pace: Pace) -> Iterator[Figure]:
    """Measure a small call of httpx, served by the fake, and by a transport with the fake's response ready."""
    transport = httpx.MockTransport(canned_response())
    for kind, time_calls in (("sync", time_call), ("async", time_call_async)):
        contestants = {
            "fake": partial(intercepted, partial(time_calls, seconds=pace.seconds)),
            "transport": partial(time_calls, transport, seconds=pace.seconds),
        }
        results = interleave(contestants, pace.rounds)
        fake, plain = ([1e6 * seconds for seconds in results[name]] for name in ("fake", "transport"))
        yield Figure(f"10 {kind}", ratios(fake, plain), f"{median(fake):.0f} ÷ {median(plain):.0f} µs")


def intercepted(time_calls: Callable[[], float]) -> float:
    """Time calls while the fake intercepts this process."""
    with omixa_mock.intercept(settings=FUNDED):
        return time_calls()


def canned_response() -> Callable[[httpx.Request], httpx.Response]:
    """Return a handler that returns the fake's response from bytes that are ready."""
    with omixa_mock.intercept():
        response = httpx.post(URL, content=SMALL, headers=HEADERS)
    headers, body = dict(response.headers), response.content
    return lambda _: httpx.Response(200, headers=headers, content=body)


def time_call(transport: httpx.BaseTransport | None = None, *, seconds: float) -> float:
    """Return the seconds of CPU time of a call."""

    def send() -> None:
        client.post(URL, content=SMALL, headers=HEADERS).raise_for_status()

    with httpx.Client(transport=transport) as client:
        send()
        return timed(send, seconds)


def time_call_async(transport: httpx.AsyncBaseTransport | None = None, *, seconds: float) -> float:
    """Return the seconds of CPU time of an awaited call."""
    return asyncio.run(time_call_in_loop(transport, seconds))


async def time_call_in_loop(transport: httpx.AsyncBaseTransport | None, seconds: float) -> float:
    """Return the seconds of CPU time of a call that this event loop awaits."""
    async with httpx.AsyncClient(transport=transport) as client:
        (await client.post(URL, content=SMALL, headers=HEADERS)).raise_for_status()
        calls, begin = 0, time.process_time()
        while (passed := time.process_time() - begin) < seconds or not calls:
            (await client.post(URL, content=SMALL, headers=HEADERS)).raise_for_status()
            calls += 1
    return passed / calls


def measure_drawing(pace: Pace) -> Iterator[Figure]:
    """Measure the image of a new request in each format, and Pillow's simplest PNG of the same size."""
    contestants = {
        "13": partial(timed, new_images("png", pybase64.b64encode), pace.seconds),
        **{f"13 {kind}": partial(timed, new_images(kind, bytes), pace.seconds) for kind in FORMATS},
        "pillow": partial(timed, flat_images(), pace.seconds),
    }
    results = interleave(contestants, pace.rounds)
    pillow = [1e6 * seconds for seconds in results.pop("pillow")]
    for name, times in results.items():
        fake = [1e6 * seconds for seconds in times]
        yield Figure(name, ratios(fake, pillow), f"{median(fake):.1f} ÷ {median(pillow):,.0f} µs")


def new_images(output_format: Format, finish: Callable[[bytes], bytes]) -> Callable[[], bytes]:
    """Return a function that draws a different default image each time, with another caption."""
    numbers = itertools.count()

    def make() -> bytes:
        number = next(numbers)
        caption = Caption(
            f"a small house by the sea, number {number}", ("generate", "1024x1024", "auto", output_format)
        )
        image = draw(number.to_bytes(12, "big"), width=1024, height=1024, output_format=output_format, caption=caption)
        return finish(image)

    return make


def flat_images() -> Callable[[], bytes]:
    """Return a function that makes a PNG of one colour with Pillow, without base64."""

    def make() -> bytes:
        file = io.BytesIO()
        Image.new("RGB", (1024, 1024), "teal").save(file, "PNG")
        return file.getvalue()

    return make


MEASURES: Mapping[str, Callable[[Pace], Iterator[Figure]]] = {"10": measure_calls, "13": measure_drawing}
