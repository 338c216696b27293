"""Whether a call is the one that a test expects, and the sentence when none is.

Messages are bounded: base64 is never shown, and nothing grows beyond 2 KB.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from omixa_mock.gateway import Call
from omixa_mock.gateway.repair import show

__all__ = ["describe_call", "describe_calls", "explain_miss", "matches", "refuse_unknown_fields"]

SHOWN_CALLS = 5
MESSAGE_MAX = 2000
# What a call is asked beside the fields of its request.
TOLD = ("status", "operation", "route")


def value_of(call: Call, name: str) -> Any:
    """What a call says to a field: what was sent, or the default that was filled in."""
    if name in TOLD:
        return getattr(call, name)
    return call.fields.get(name)


def matches(call: Call, fields: Mapping[str, Any]) -> bool:
    """Whether a call has all of `fields`; a value may be anything that compares, as dirty-equals does."""
    return all(value_of(call, name) == wanted for name, wanted in fields.items())


FIELDS = (
    *TOLD,
    "model",
    "prompt",
    "n",
    "output_format",
    "size",
    "quality",
    "background",
    "moderation",
    "input_images",
    "input_fidelity",
    "mask",
    "aspect_ratio",
    "person_generation",
    "enhance_prompt",
    "add_watermark",
)


def refuse_unknown_fields(fields: Mapping[str, Any]) -> None:
    """Refuse a field that no call can have: it would only ever miss."""
    for name in fields:
        if name not in FIELDS:
            raise TypeError(f"assert_called() knows no field {name!r}; there are: {', '.join(FIELDS)}")


def explain_miss(calls: Sequence[Call], fields: Mapping[str, Any]) -> str:
    """Why no call matched: the nearest one, with a tick or a cross a field."""
    wanted = ", ".join(f"{name}={show(value)}" for name, value in fields.items())
    if not calls:
        return f"Expected a call with {wanted}; the gateway was not called."
    nearest = max(
        calls, key=lambda call: (sum(matches(call, {name: value}) for name, value in fields.items()), call.number)
    )
    lines = [f"No call had {wanted}.", f"Nearest of {len(calls)}: {describe_call(nearest)}"]
    lines += [compare(nearest, name, value) for name, value in fields.items()]
    return cut("\n".join(lines))


def compare(call: Call, name: str, wanted: Any) -> str:
    """One field of a call beside what was wanted."""
    came = value_of(call, name)
    if came == wanted:
        return f"  ✓ {name} = {show(came)}"
    return f"  ✗ {name} = {show(came)}, wanted {show(wanted)}{difference(came, wanted)}"


def difference(came: Any, wanted: Any) -> str:
    """Where two long texts part."""
    if not (isinstance(came, str) and isinstance(wanted, str)) or max(len(came), len(wanted)) <= 60:
        return ""
    place = next((i for i, (a, b) in enumerate(zip(came, wanted, strict=False)) if a != b), min(len(came), len(wanted)))
    start = max(0, place - 20)
    return (
        f"\n      they part at character {place}: {show(came[start : place + 30])} / {show(wanted[start : place + 30])}"
    )


def describe_calls(calls: Sequence[Call]) -> str:
    """The newest calls, one a line."""
    if not calls:
        return "There were no calls."
    left_out = len(calls) - SHOWN_CALLS
    lines = [f"… {left_out} earlier calls"] if left_out > 0 else []
    lines += [describe_call(call) for call in calls[-SHOWN_CALLS:]]
    return cut("\n".join(lines))


def describe_call(call: Call) -> str:
    """A call in one line: number, status, what it asked for, what it cost."""
    order = call.order
    asked = f" {order.operation} n={order.n} {order.output_format} {order.size} {order.quality}" if order else ""
    prompt = f" {show(call.fields['prompt'])}" if "prompt" in call.fields else ""
    end = f", {call.charge} USD" if call.charge is not None else ""
    told = f": {first_line(call.error.message)}" if call.error else ""
    left = ", the client had left" if call.client_left else ""
    number = f"#{call.number} " if call.number else ""
    return f"{number}{call.status or '---'} {call.method} {call.path}{asked}{prompt}{end}{left}{told}"


def first_line(text: str) -> str:
    """A message's beginning."""
    line = " ".join(text.split())
    return line if len(line) <= 160 else f"{line[:160]}…"


def cut(text: str) -> str:
    """A message within its bound."""
    return text if len(text) <= MESSAGE_MAX else f"{text[:MESSAGE_MAX]}…"
