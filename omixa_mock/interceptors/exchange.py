"""One call answered in process: performs a journey's steps on bytes that are already here."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeGuard

from omixa_mock.gateway import ClientDisconnected, Cut, Flow, Hang, Request, Response, Send, Step, Wait
from omixa_mock.transports.flow_driver import begin, drive, drive_async

__all__ = ["ClientHasNoTimeout", "ClientTimedOut", "StartFlow", "answer", "answer_async", "is_omixa", "visible_body"]

# What is written down for a client that would have waited for ever: longer than any test asks for.
DAY = 86_400.0
HOSTS = frozenset({"omixa.cloud", "www.omixa.cloud"})

# Who answers a request: a journey, or None where the call is none of theirs.
StartFlow = Callable[[Request], Flow | None]


def is_omixa(host: str) -> bool:
    """Whether a host name is one of the paid gateway's."""
    return host.rstrip(".").lower() in HOSTS


def visible_body(response: Response, method: str) -> bytes:
    """What of a response's body a client sees: nothing after HEAD (RFC 9110 §9.3.2)."""
    return b"" if method == "HEAD" else response.body


class ClientTimedOut(Exception):  # noqa: N818  # what the client is, not an error of ours
    """The gateway would have waited longer than the client's read timeout.

    Attributes:
        in_body: Whether the client had the response's head by then.
    """

    def __init__(self, *, in_body: bool) -> None:
        super().__init__()
        self.in_body = in_body


class ClientHasNoTimeout(BaseException):
    """A client without a timeout met a hang: on a socket it would wait for ever.

    No `Exception`, so that no retry of the client swallows it.
    """

    def __init__(self, limit: float) -> None:
        super().__init__(
            "omixa-mock: a planned hang met a client that has no timeout; with the real gateway it would wait for "
            "ever. Give the client one, for instance timeout=60. A deadline of your own around an async call must be "
            f"shorter than the setting hang_limit ({limit:g} s)."
        )


def is_plain(step: Step) -> TypeGuard[Send]:
    """Whether a step hands a whole response over, as nearly every journey begins and ends."""
    return isinstance(step, Send) and step.pieces == 1


class Exchange:
    """What a journey ends with that may take its time.

    Args:
        patience: The client's read timeout in seconds; None where it has none.
    """

    def __init__(self, read_timeout: float | None) -> None:
        self._read_timeout = math.inf if read_timeout is None else read_timeout
        self._ending: Send | Cut | None = None
        self._spent = 0.0
        self._limit = 0.0
        self._in_body = False

    def perform(self, step: Step) -> None:
        """Perform a step that takes no time.

        Raises:
            ClientDisconnected: The client will not wait for what comes now; told at once, without waiting.
        """
        match step:
            case Hang(limit) if self._read_timeout == math.inf:
                self._limit = limit
                raise ClientDisconnected(DAY)
            case Send() | Cut():
                self._ending = step

    def seconds(self, step: Step) -> float:
        """How long a step takes.

        Raises:
            ClientDisconnected: The client is not so patient; told at once, without waiting.
        """
        match step:
            case Wait(seconds):
                return self._patient(seconds)
            case Hang(limit):
                return self._patient(math.inf) if self._read_timeout < math.inf else limit
            case Send(_, pieces, pause):
                # The head has come: from now on a timeout is one between two pieces.
                self._in_body, self._spent = pieces > 1, 0.0
                return self._patient(pause) * (pieces - 1)
        return 0.0

    def _patient(self, seconds: float) -> float:
        """The seconds of a wait, where the client waits so long, with what it has waited already."""
        if self._spent + seconds > self._read_timeout:
            raise ClientDisconnected(self._read_timeout - self._spent)
        self._spent += seconds
        return seconds

    def result(self) -> Send | Cut:
        """What the journey ended with.

        Raises:
            ClientTimedOut: The client had given up before.
            ClientHasNoTimeout: It never would.
        """
        if self._limit:
            raise ClientHasNoTimeout(self._limit)
        if self._ending is None:
            raise ClientTimedOut(in_body=self._in_body)
        return self._ending


def answer(flow: Flow, body: bytes, read_timeout: float | None) -> Send | Cut:
    """Drive a journey to its end.

    Raises:
        ClientTimedOut: The client's read timeout is shorter than a planned wait.
        ClientHasNoTimeout: It has none, and would wait for ever; told at once.
    """
    step = begin(flow, body)
    if is_plain(step):
        next(flow, None)
        return step
    exchange = Exchange(read_timeout)

    def perform(step: Step) -> None:
        seconds = 0.0 if isinstance(step, Hang) and read_timeout is None else exchange.seconds(step)
        if seconds:
            time.sleep(seconds)
        exchange.perform(step)

    drive(flow, perform, step)
    return exchange.result()


async def answer_async(
    flow: Flow, body: bytes, read_timeout: float | None, sleep: Callable[[float], Awaitable[None]]
) -> Send | Cut:
    """Drive a journey to its end in an event loop; `sleep` is that loop's own.

    Raises:
        ClientTimedOut: The client's read timeout is shorter than a planned wait.
        ClientHasNoTimeout: It has none, and waited as long as `Hang` allows: nothing around it cancelled the call.
    """
    first = begin(flow, body)
    if is_plain(first):
        next(flow, None)
        return first
    exchange = Exchange(read_timeout)

    async def perform(step: Step) -> None:
        seconds = exchange.seconds(step)
        if seconds:
            since = time.monotonic()
            try:
                await sleep(seconds)
            except BaseException:  # cancelled: a timeout around the call, which is the client's patience too
                with suppress(StopIteration):
                    flow.throw(ClientDisconnected(time.monotonic() - since))
                raise
        exchange.perform(step)

    await drive_async(flow, perform, first)
    return exchange.result()
