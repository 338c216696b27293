"""Calls of the pure core with growing bodies, image counts, journals, workspaces and plans."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from functools import partial

from omixa_mock import Gateway, Settings, shipped_contract
from omixa_mock.gateway import Cut, ReadBody, Request, Send, Step, with_changes
from omixa_mock.gateway.images import draw
from omixa_mock.transports.flow_driver import drive

from .bodies import SMALL, generate
from .servers import PATH

__all__ = ["Situation", "bodies", "images", "journals", "keys", "plans"]

# Takes a size, returns the call to measure.
Situation = Callable[[int], Callable[[], None]]
KEY = "omx_live_growth"


def bodies(size: int) -> Callable[[], None]:
    """Return a call with a body of about so many bytes, nearly all of them an image's."""
    weight = max(0, size - 200) * 3 // 4
    png = draw(bytes(12), width=64, height=64, output_format="png", weight=weight)
    return varied_call(funded_gateway(), generate(png))


def images(n: int) -> Callable[[], None]:
    """Return a call that requests n images."""
    body = json.dumps({"model": "gpt-image-1.5", "prompt": "a cat", "n": n}).encode()
    return varied_call(funded_gateway(), body)


def journals(length: int) -> Callable[[], None]:
    """Return a call to a gateway whose journal has so many calls."""
    call = varied_call(funded_gateway(), SMALL)
    for _ in range(length):
        call()
    return call


def keys(number: int) -> Callable[[], None]:
    """Return a call to a gateway in which so many keys have a workspace."""
    gateway = funded_gateway()
    for index in range(number):
        send(gateway, SMALL, f"{KEY}{index}")
    return varied_call(gateway, SMALL, f"{KEY}0")


def plans(number: int) -> Callable[[], None]:
    """Return a call that has to be matched against so many planned faults, and matches none of them."""
    gateway = funded_gateway()
    workspace = gateway.workspaces.open(KEY)
    for index in range(number):
        workspace.plan({"fail": "no_route", "when": {"prompt": f"dog {index}"}})
    return varied_call(gateway, SMALL)


def funded_gateway() -> Gateway:
    """Return a gateway whose wallets never run empty."""
    return Gateway(shipped_contract(), with_changes(Settings(), {"default_balance": "1000000000"}))


def varied_call(gateway: Gateway, body: bytes, key: str = KEY) -> Callable[[], None]:
    """Return a call whose prompt differs each time, since a repeated body is cached."""
    before, prompt, after = body.partition(b"a cat")
    numbers = itertools.count()
    return lambda: send(gateway, b"%b%b %d%b" % (before, prompt, next(numbers), after), key)


def send(gateway: Gateway, body: bytes, key: str = KEY) -> None:
    """Send a request, as a transport does."""
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json", "content-length": str(len(body))}
    drive(gateway.handle(Request("POST", PATH, headers, {})), partial(perform, body))


def perform(body: bytes, step: Step) -> bytes | None:
    """Perform a step of a flow.

    Raises:
        RuntimeError: The response is not a 200.
    """
    match step:
        case ReadBody():
            return body
        case Send(response) if response.status == 200:
            return None
        case Send(response) | Cut(response=response):
            raise RuntimeError(f"expected a 200, got {response}")
    return None
