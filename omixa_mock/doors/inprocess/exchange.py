"""One call answered in process: performs a journey's steps on bytes that are already here."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from omixa_mock.doors.drive import drive, drive_async
from omixa_mock.gateway import ClientGone, Journey, ReadBody, Reply, Request, Send, Step, Wait

__all__ = ["Answering", "Impatient", "answer", "answer_async", "is_omixa", "visible_body"]

HOSTS = frozenset({"omixa.cloud", "www.omixa.cloud"})

# Who answers a request: a journey, or None where the call is none of theirs.
Answering = Callable[[Request], Journey | None]


def is_omixa(host: str) -> bool:
    """Whether a host name is one of the paid gateway's."""
    return host.rstrip(".").lower() in HOSTS


def visible_body(reply: Reply, method: str) -> bytes:
    """What of a reply's body a client sees: nothing after HEAD (RFC 9110 §9.3.2)."""
    return b"" if method == "HEAD" else reply.body


class Impatient(Exception):  # noqa: N818  # what the client is, not an error of ours
    """The gateway would have waited longer than the client's read timeout."""


class Exchange:
    """A request's body, and the reply that a journey sends.

    Args:
        body: All of the request's body.
        patience: The client's read timeout in seconds; None where it has none.
    """

    def __init__(self, body: bytes, patience: float | None) -> None:
        self._body = body
        self._patience = patience
        self._gave_up = False
        self._reply: Reply | None = None

    def perform(self, step: Step) -> bytes | None:
        """Perform a step, sleeping where it waits.

        Raises:
            ClientGone: The client's patience is shorter than a wait; told at once, without waiting.
        """
        if isinstance(step, Wait):
            time.sleep(self.patient_seconds(step))
            return None
        return self.perform_now(step)

    def perform_now(self, step: ReadBody | Send) -> bytes | None:
        """Perform a step that takes no time."""
        match step:
            case ReadBody(limit):
                return self._body if len(self._body) <= limit else None
            case Send(reply):
                self._reply = reply
        return None

    def patient_seconds(self, wait: Wait) -> float:
        """The seconds of a wait, where the client would wait so long."""
        if self._patience is not None and wait.seconds > self._patience:
            self._gave_up = True
            raise ClientGone
        return wait.seconds

    def result(self) -> Reply:
        """The reply that was sent.

        Raises:
            Impatient: The client had given up before.
        """
        if self._gave_up or self._reply is None:
            raise Impatient
        return self._reply


def answer(journey: Journey, body: bytes, patience: float | None) -> Reply:
    """Drive a journey to its reply.

    Raises:
        Impatient: The client's read timeout is shorter than a planned wait.
    """
    exchange = Exchange(body, patience)
    drive(journey, exchange.perform)
    return exchange.result()


async def answer_async(
    journey: Journey, body: bytes, patience: float | None, sleep: Callable[[float], Awaitable[None]]
) -> Reply:
    """Drive a journey to its reply in an event loop; `sleep` is that loop's own.

    Raises:
        Impatient: The client's read timeout is shorter than a planned wait.
    """
    exchange = Exchange(body, patience)

    async def perform(step: Step) -> bytes | None:
        if isinstance(step, Wait):
            await sleep(exchange.patient_seconds(step))
            return None
        return exchange.perform_now(step)

    await drive_async(journey, perform)
    return exchange.result()
