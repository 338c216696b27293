"""Fault injection: refusals, delays, aborted connections."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from typing import Literal

from omixa_mock.gateway.calls import Call
from omixa_mock.gateway.contract import Settings, random_fraction
from omixa_mock.gateway.http import CHALLENGE, Cut, Hang, Problem, Refusal, Response, Send, Step, Wait

from .catalogue import OK, Fault, Moment, read_recorded
from .own_response import OwnResponse

__all__ = [
    "ABORTED",
    "BROKEN",
    "MESSAGES",
    "ConnectionAborted",
    "ResponseReplaced",
    "deliver",
    "fault_of",
    "inject",
    "provider_seconds",
    "wait_for",
]

MESSAGES: Mapping[str, str] = {
    "invalid_key": "Missing or invalid API key.",
    # The only documented error text.
    "insufficient_balance": "Insufficient wallet balance.",
    "model_not_allowed": "This key is not allowed to use the requested model.",
    "invalid_request": "Payload validation failed.",
    "no_route": "No healthy route is currently available.",
    "rate_limited": "Too many requests. Try again after the number of seconds in Retry-After.",
    "moderation_refused": "The request was refused by the content filter.",
    "internal_error": "The gateway failed on this request.",
    "bad_gateway": "The provider sent something that is not a response.",
    "gateway_timeout": "The provider did not respond in time.",
}
# Errors without the documented envelope; `mutations` writes their body.
DISGUISED = {"bad_gateway_page": "bad_gateway"}
Kind = Literal["reset", "close", "garbage"]
Framing = Literal["length", "close", "chunked"]
ABORTED: Mapping[str, Kind] = {
    "reset": "reset",
    "no_response": "close",
    "garbage": "garbage",
}
BROKEN: Mapping[str, tuple[Kind, Framing]] = {
    "reset_in_body": ("reset", "length"),
    "truncated": ("close", "length"),
    "truncated_without_length": ("close", "close"),
    "malformed_chunk": ("close", "chunked"),
}
PIECES = 10
# Nearly every call has no fault, and an empty tuple costs less than a generator.
NO_STEPS: tuple[Step, ...] = ()


class ConnectionAborted(Exception):  # noqa: N818  # ends the flow; not an error
    """Signal to cut the connection without a response.

    Attributes:
        kind: The way in which the connection ends.
    """

    def __init__(self, kind: Kind) -> None:
        super().__init__(kind)
        self.kind = kind


class ResponseReplaced(Exception):  # noqa: N818  # ends the flow; not an error
    """Signal to refuse a call with a response of the test's own.

    Attributes:
        response: The response.
        refusal: The record of the refusal.
    """

    def __init__(self, response: Response, refusal: Refusal) -> None:
        super().__init__()
        self.response = response
        self.refusal = refusal


def fault_of(call: Call) -> Fault:
    """Return the fault that was injected into a call; `ok` if none was."""
    return read_recorded(call.fault) if call.fault else OK


def inject(fault: Fault, moment: Moment, call: Call, settings: Settings) -> Iterable[Step]:
    """Return the steps of a fault, if it is injected at this moment; performing them injects it.

    Raises:
        Problem: The planned refusal, marked by `X-Omixa-Mock-Fault`.
        ConnectionAborted: The fault ends the connection.
        ResponseReplaced: A response of the test's own refuses the call.
    """
    return _apply(fault, call, settings) if fault is not OK and fault.applies_at(moment) else NO_STEPS


def _apply(fault: Fault, call: Call, settings: Settings) -> Generator[Step, object, None]:
    """Yield the steps of a fault, and record it in the call."""
    call.fault, call.lost_to_fault = str(fault), leaves_nothing(fault, call)
    if fault.name == "delay":
        yield from wait_for(draw_seconds(fault, call, settings), call, settings)
    elif fault.name == "hang":
        yield Hang(settings.hang_limit)
    elif isinstance(fault, OwnResponse):
        if not fault.succeeds:
            raise ResponseReplaced(*fault.refuse(call))
    elif fault.name in ABORTED:
        raise ConnectionAborted(ABORTED[fault.name])
    elif (error := DISGUISED.get(fault.name, fault.name)) in MESSAGES:
        headers = {"invalid_key": CHALLENGE, "rate_limited": (("retry-after", str(settings.retry_after)),)}
        mark = ("x-omixa-mock-fault", str(fault))
        raise Problem(error, MESSAGES[error], headers=(*headers.get(error, ()), mark), planned=True)


def leaves_nothing(fault: Fault, call: Call) -> bool:
    """Return True if a fault leaves the client without a usable image."""
    # One image less than one is none; of several images, the others are usable.
    return len(call.fingerprints) == 1 if fault.name in SPOILS_ONE else fault.loses


SPOILS_ONE = frozenset({"fewer_images", "corrupt_image"})


def wait_for(seconds: float, call: Call, settings: Settings) -> Iterable[Step]:
    """Return the step that delays a call and records the time; no steps for no time."""
    scaled = seconds * settings.time_scale
    return pass_time(scaled, call) if scaled else NO_STEPS


def pass_time(seconds: float, call: Call) -> Generator[Step, object, None]:
    """Yield one wait, and record the time if the client stays."""
    yield Wait(seconds)
    call.waited += seconds


def provider_seconds(call: Call, settings: Settings) -> float:
    """Return the provider's latency for a call, including the routes that failed before one succeeded."""
    seconds = 0.0
    for attempt in call.attempts:
        latency = settings.latency if attempt.outcome == "up" else settings.failover_latency
        if latency.most:
            seconds += latency.draw(random_fraction(settings.seed, call.random_key, attempt.route))
    return seconds


def draw_seconds(fault: Fault, call: Call, settings: Settings) -> float:
    """Draw the duration of a fault for this call, in seconds."""
    return fault.effective_duration.draw(random_fraction(settings.seed, call.random_key, fault.name))


def deliver(fault: Fault, response: Response, call: Call, settings: Settings) -> Send | Cut:
    """Return the step that sends a response under a fault."""
    if fault.name in BROKEN:
        kind, framing = BROKEN[fault.name]
        return Cut(kind, response, framing)
    if fault.name == "drip":
        pause = draw_seconds(fault, call, settings) * settings.time_scale / (PIECES - 1)
        return Send(response, PIECES, pause)
    return Send(response)
