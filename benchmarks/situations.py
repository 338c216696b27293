"""What a call may meet in the pure core: bodies, journals, keys and plans of growing sizes."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from functools import partial

from omixa_mock import Gateway, Settings, shipped_contract
from omixa_mock.gateway import Cut, ReadBody, Request, Send, Step, changed
from omixa_mock.gateway.images import draw
from omixa_mock.transports.flow_driver import drive

from .bodies import SMALL, generate
from .servers import PATH

__all__ = ["Situation", "bodies", "images", "journals", "keys", "plans"]

# From a size, the call that meets it.
Situation = Callable[[int], Callable[[], None]]
KEY = "omx_live_growth"


def bodies(size: int) -> Callable[[], None]:
    """A body of about so many bytes, nearly all of them an image's."""
    weight = max(0, size - 200) * 3 // 4
    return asking(rich(), generate(draw(bytes(12), width=64, height=64, output_format="png", weight=weight)))


def images(n: int) -> Callable[[], None]:
    """An order of n images."""
    return asking(rich(), json.dumps({"model": "gpt-image-1.5", "prompt": "a cat", "n": n}).encode())


def journals(length: int) -> Callable[[], None]:
    """A journal with so many calls before this one."""
    call = asking(rich(), SMALL)
    for _ in range(length):
        call()
    return call


def keys(number: int) -> Callable[[], None]:
    """A gateway in which so many keys have a workspace."""
    gateway = rich()
    for each in range(number):
        ask(gateway, SMALL, f"{KEY}{each}")
    return asking(gateway, SMALL, f"{KEY}0")


def plans(number: int) -> Callable[[], None]:
    """So many faults, planned for other calls than this one: each has to be asked."""
    gateway = rich()
    workspace = gateway.workspaces.open(KEY)
    for each in range(number):
        workspace.plan({"fail": "no_route", "when": {"prompt": f"dog {each}"}})
    return asking(gateway, SMALL)


def rich() -> Gateway:
    """A gateway whose wallets never run empty."""
    return Gateway(shipped_contract(), changed(Settings(), {"default_balance": "1000000000"}))


def asking(gateway: Gateway, body: bytes, key: str = KEY) -> Callable[[], None]:
    """A call whose prompt is another one each time: a body that comes again is known again."""
    before, prompt, after = body.partition(b"a cat")
    numbers = itertools.count()
    return lambda: ask(gateway, b"%b%b %d%b" % (before, prompt, next(numbers), after), key)


def ask(gateway: Gateway, body: bytes, key: str = KEY) -> None:
    """Ask once, as a door does."""
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json", "content-length": str(len(body))}
    drive(gateway.handle(Request("POST", PATH, headers, {})), partial(perform, body))


def perform(body: bytes, step: Step) -> bytes | None:
    """Do what a journey says.

    Raises:
        RuntimeError: It ended in no 200.
    """
    match step:
        case ReadBody():
            return body
        case Send(response) if response.status == 200:
            return None
        case Send(response) | Cut(response=response):
            raise RuntimeError(f"a 200 was expected, and this came: {response}")
    return None
