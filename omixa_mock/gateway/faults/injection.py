"""How a fault strikes a call: it refuses it, lets it wait, or severs its connection."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from typing import Literal

from omixa_mock.gateway.calls import Call
from omixa_mock.gateway.contract import Settings, random_fraction
from omixa_mock.gateway.http import CHALLENGE, Cut, Hang, Problem, Response, Send, Step, Wait

from .catalogue import OK, Fault, Moment

__all__ = ["ABORTED", "BROKEN", "MESSAGES", "ConnectionAborted", "deliver", "inject", "provider_seconds", "wait_for"]

MESSAGES: Mapping[str, str] = {
    "invalid_key": "Missing or invalid API key.",
    # The one text that a page shows.
    "insufficient_balance": "Insufficient wallet balance.",
    "model_not_allowed": "This key is not allowed to use the requested model.",
    "invalid_request": "Payload validation failed.",
    "no_route": "No healthy route is currently available.",
    "rate_limited": "Too many requests. Come back after the seconds that Retry-After says.",
    "moderation_refused": "The request was refused by the content filter.",
    "internal_error": "The gateway failed on this request.",
    "bad_gateway": "The provider answered with something that is no response.",
    "gateway_timeout": "The provider did not answer in time.",
}
# Errors that come as something else than the documented envelope; `variants` writes it.
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
# What nearly every call meets: a generator for nothing would cost more than looking.
NO_STEPS: tuple[Step, ...] = ()


class ConnectionAborted(Exception):  # noqa: N818  # an end of the journey, not an error of ours
    """The connection is to be cut without a response.

    Attributes:
        kind: How the client experiences it.
    """

    def __init__(self, kind: Kind) -> None:
        super().__init__(kind)
        self.kind = kind


def inject(fault: Fault, moment: Moment, call: Call, settings: Settings) -> Iterable[Step]:
    """The steps of a fault, if this is its moment; it strikes as they are taken.

    Raises:
        Problem: The planned refusal, marked by `X-Omixa-Mock-Fault`.
        ConnectionAborted: The connection ends here.
    """
    return _apply(fault, call, settings) if fault is not OK and fault.applies_at(moment) else NO_STEPS


def _apply(fault: Fault, call: Call, settings: Settings) -> Generator[Step, object, None]:
    """Let a fault strike now."""
    call.fault, call.lost_to_fault = str(fault), leaves_nothing(fault, call)
    if fault.name == "delay":
        yield from wait_for(draw_seconds(fault, call, settings), call, settings)
    elif fault.name == "hang":
        yield Hang(settings.hang_limit)
    elif fault.name in ABORTED:
        raise ConnectionAborted(ABORTED[fault.name])
    elif (error := DISGUISED.get(fault.name, fault.name)) in MESSAGES:
        headers = {"invalid_key": CHALLENGE, "rate_limited": (("retry-after", str(settings.retry_after)),)}
        mark = ("x-omixa-mock-fault", str(fault))
        raise Problem(error, MESSAGES[error], headers=(*headers.get(error, ()), mark), planned=True)


def leaves_nothing(fault: Fault, call: Call) -> bool:
    """Return True if a fault leaves the client without a usable image."""
    # One image less than one is none; of several, those that are left can be used.
    return len(call.fingerprints) == 1 if fault.name in SPOILS_ONE else fault.loses


SPOILS_ONE = frozenset({"fewer_images", "corrupt_image"})


def wait_for(seconds: float, call: Call, settings: Settings) -> Iterable[Step]:
    """The step that keeps a client waiting and writes down how long it stayed; none for no time."""
    scaled = seconds * settings.time_scale
    return pass_time(scaled, call) if scaled else NO_STEPS


def pass_time(seconds: float, call: Call) -> Generator[Step, object, None]:
    """Let time pass."""
    yield Wait(seconds)
    call.waited += seconds


def provider_seconds(call: Call, settings: Settings) -> float:
    """How long the provider takes for a call, with the routes that failed before one succeeded."""
    seconds = 0.0
    for attempt in call.attempts:
        with_duration = settings.latency if attempt.outcome == "up" else settings.failover_latency
        if with_duration.most:
            seconds += with_duration.draw(random_fraction(settings.seed, call.random_key, attempt.route))
    return seconds


def draw_seconds(fault: Fault, call: Call, settings: Settings) -> float:
    """How long a fault lasts for this call."""
    return fault.effective_duration.draw(random_fraction(settings.seed, call.random_key, fault.name))


def deliver(fault: Fault, response: Response, call: Call, settings: Settings) -> Send | Cut:
    """How a response goes over the wire under a fault."""
    if fault.name in BROKEN:
        kind, framing = BROKEN[fault.name]
        return Cut(kind, response, framing)
    if fault.name == "drip":
        pause = draw_seconds(fault, call, settings) * settings.time_scale / (PIECES - 1)
        return Send(response, PIECES, pause)
    return Send(response)
