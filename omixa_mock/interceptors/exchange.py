"""One exchange in process: performs the steps of a flow on a body that is already buffered."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeGuard

from omixa_mock.gateway import Body, ClientDisconnected, Cut, Flow, Hang, Request, Response, Send, Step, Wait
from omixa_mock.transports.flow_driver import begin, drive, drive_async

from .host_names import canonical_host
from .retry_waits import unscaled_waits

__all__ = [
    "ClientHasNoTimeout",
    "ClientTimedOut",
    "StartFlow",
    "is_omixa",
    "run_flow",
    "run_flow_async",
    "visible_body",
]

# The seconds recorded for a client without a timeout, which would wait for ever: longer than any test requires.
UNBOUNDED_WAIT = 86_400.0
HOSTS = frozenset({"omixa.cloud", "www.omixa.cloud"})

# Starts the flow of a request; None if the request belongs to another gateway.
StartFlow = Callable[[Request], Flow | None]


def is_omixa(host: str) -> bool:
    """Return True if a host name is one of the paid gateway's, in any spelling."""
    return canonical_host(host) in HOSTS


def visible_body(response: Response, method: str) -> bytes:
    """Return the body that the client receives: empty after HEAD (RFC 9110 §9.3.2)."""
    return b"" if method == "HEAD" else response.body


class ClientTimedOut(Exception):  # noqa: N818  # an event of the client, not an error of ours
    """The gateway would have waited longer than the client's read timeout.

    Attributes:
        begun: The response of which the client had received the head and the first piece; None if it had received
            nothing.
    """

    def __init__(self, begun: Send | None) -> None:
        super().__init__()
        self.begun = begun


class ClientHasNoTimeout(BaseException):
    """A client without a timeout met a hang; on a socket it would wait for ever.

    It is no `Exception`, so that no retry of the client swallows it.
    """

    def __init__(self, limit: float) -> None:
        super().__init__(
            "omixa-mock: a planned hang met a client that has no timeout; with the real gateway it would wait for "
            "ever. Give the client one, for instance timeout=60. A deadline of your own around an async call must be "
            f"shorter than the setting hang_limit ({limit:g} s)."
        )


def is_whole_response(step: Step) -> TypeGuard[Send]:
    """Return True if a step sends a whole response at once, as nearly every flow's first step does."""
    return isinstance(step, Send) and step.pieces == 1


class Exchange:
    """State of one exchange whose steps may take time.

    Args:
        read_timeout: The client's read timeout in seconds; None for no limit.
    """

    def __init__(self, read_timeout: float | None) -> None:
        self._read_timeout = math.inf if read_timeout is None else read_timeout
        self._ending: Send | Cut | None = None
        self._waited = 0.0
        self._hang_limit = 0.0
        self._begun: Send | None = None

    def perform(self, step: Step) -> None:
        """Perform a step, once its duration has passed.

        Raises:
            ClientDisconnected: The client would hang for ever; raised at once, without waiting.
        """
        match step:
            case Hang(limit) if self._read_timeout == math.inf:
                self._hang_limit = limit
                raise ClientDisconnected(UNBOUNDED_WAIT)
            case Send() | Cut():
                self._ending = step

    def duration_of(self, step: Step) -> float:
        """Return the seconds that a step takes.

        Raises:
            ClientDisconnected: The client's read timeout is shorter; raised at once, without waiting.
        """
        match step:
            case Wait(seconds):
                return self._spend(seconds)
            case Hang(limit):
                return self._spend(math.inf) if self._read_timeout < math.inf else limit
            case Send(_, pieces, pause):
                # The client has the head now; from here on, a read timeout is one between two pieces.
                self._begun, self._waited = step if pieces > 1 else None, 0.0
                return self._spend(pause) * (pieces - 1)
        return 0.0

    def _spend(self, seconds: float) -> float:
        """Return the seconds of a wait, if the read timeout allows them after the waits before."""
        if self._waited + seconds > self._read_timeout:
            raise ClientDisconnected(self._read_timeout - self._waited)
        self._waited += seconds
        return seconds

    def result(self) -> Send | Cut:
        """Return the last step of the flow.

        Raises:
            ClientTimedOut: The client had timed out before.
            ClientHasNoTimeout: The client would have waited for ever.
        """
        if self._hang_limit:
            raise ClientHasNoTimeout(self._hang_limit)
        if self._ending is None:
            raise ClientTimedOut(self._begun)
        return self._ending


def run_flow(flow: Flow, body: Body, read_timeout: float | None) -> Send | Cut:
    """Run a flow to its end, and return its last step.

    Raises:
        ClientTimedOut: The client's read timeout is shorter than a planned wait.
        ClientHasNoTimeout: The client has no timeout, and the flow hangs; raised at once.
    """
    step = begin(flow, body)
    if is_whole_response(step):
        next(flow, None)
        return step
    exchange = Exchange(read_timeout)

    def perform(step: Step) -> None:
        seconds = 0.0 if isinstance(step, Hang) and read_timeout is None else exchange.duration_of(step)
        if seconds:
            with unscaled_waits():
                time.sleep(seconds)
        exchange.perform(step)

    drive(flow, perform, step)
    return exchange.result()


async def run_flow_async(
    flow: Flow, body: bytes, read_timeout: float | None, sleep: Callable[[float], Awaitable[None]]
) -> Send | Cut:
    """Run a flow to its end in an event loop, and return its last step; `sleep` is that loop's own.

    Raises:
        ClientTimedOut: The client's read timeout is shorter than a planned wait.
        ClientHasNoTimeout: The client has no timeout, and the limit of `Hang` passed without a cancellation.
    """
    first = begin(flow, body)
    if is_whole_response(first):
        next(flow, None)
        return first
    exchange = Exchange(read_timeout)

    async def perform(step: Step) -> None:
        seconds = exchange.duration_of(step)
        if seconds:
            since = time.monotonic()
            try:
                await sleep(seconds)
            except BaseException:  # cancelled: a timeout around the call, which counts as the client's own
                with suppress(StopIteration):
                    flow.throw(ClientDisconnected(time.monotonic() - since))
                raise
        exchange.perform(step)

    await drive_async(flow, perform, first)
    return exchange.result()
