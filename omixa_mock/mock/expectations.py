"""Whether a call is the one that a test expects, and the sentence when none is.

Messages are bounded: base64 is never shown, and nothing grows beyond 2 KB.
"""

from __future__ import annotations

import binascii
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import pybase64

from omixa_mock.gateway import Call
from omixa_mock.gateway.common import hint_at
from omixa_mock.gateway.contract import show, show_bytes
from omixa_mock.gateway.faults import FIELDS, value_of

__all__ = ["cut", "describe_call", "describe_calls", "explain_miss", "head_of", "matches", "refuse_unknown_fields"]

SHOWN_CALLS = 5
# In bytes of UTF-8, the mark of the cut included.
MESSAGE_MAX = 2000
LINE_MAX = 600


def matches(call: Call, fields: Mapping[str, Any]) -> bool:
    """Whether a call has all of `fields`; a value may be anything that compares, as dirty-equals does."""
    return all(value_of(call, name) == wanted for name, wanted in fields.items())


def refuse_unknown_fields(fields: Mapping[str, Any]) -> None:
    """Refuse a field that no call can have: it would only ever miss."""
    __tracebackhide__ = True
    for name in fields:
        if name not in FIELDS:
            raise TypeError(f"A call has no field {name!r}. {hint_at(name, FIELDS)}")


def explain_miss(calls: Sequence[Call], unmatched_calls: Sequence[Call], fields: Mapping[str, Any]) -> str:
    """Why no call matched: the nearest one, with a tick or a cross a field."""
    wanted = cut(", ".join(f"{name}={present(value)}" for name, value in fields.items()), LINE_MAX)
    if not calls:
        expected = f"Expected a call with {wanted}" if fields else "Expected a call"
        return cut(f"{expected}; the gateway was not called.{mention_unmatched(unmatched_calls)}")
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
        return f"  ✓ {name} = {present(came)}"
    return f"  ✗ {name} = {present(came)}, wanted {present(wanted)}{difference(came, wanted)}"


def difference(came: Any, wanted: Any) -> str:
    """Where two long texts part."""
    if not (isinstance(came, str) and isinstance(wanted, str)) or max(len(came), len(wanted)) <= 60:
        return ""
    if came.startswith("data:") or wanted.startswith("data:"):
        return ""  # Of base64 there is nothing to see.
    place = next((i for i, (a, b) in enumerate(zip(came, wanted, strict=False)) if a != b), min(len(came), len(wanted)))
    start = max(0, place - 20)
    return (
        f"\n      they part at character {place}: {show(came[start : place + 30])} / {show(wanted[start : place + 30])}"
    )


def present(value: Any) -> str:
    """A value for a message: images by what they are, anything else as JSON or as Python shows it, cut short."""
    images = tuple(images_in(value))
    if images:
        return f"[{', '.join(images)}]" if isinstance(value, list | tuple) else images[0]
    try:
        return show(value)
    except (TypeError, ValueError):
        # No JSON: a matcher, a Decimal, an object of the user's own.
        return cut(repr(value), 80)


def images_in(value: Any) -> Sequence[str]:
    """The data URLs within a value, each by type, size and digest."""
    if isinstance(value, Mapping):
        return [found for child in value.values() for found in images_in(child)]
    if isinstance(value, list | tuple):
        return [found for child in value for found in images_in(child)]
    return [describe_data_url(value)] if isinstance(value, str) and value.startswith("data:") else []


def describe_data_url(url: str) -> str:
    """An image in a data URL, with the digest by which one is told from another."""
    head, _, text = url.partition(",")
    kind = head.removeprefix("data:").removeprefix("image/").partition(";")[0][:20]
    try:
        data = pybase64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return f"<{kind}, not base64, {len(text):,} characters>"
    return f"<{kind}, {show_bytes(len(data))}, sha256:{sha256(data).hexdigest()[:8]}…>"


def describe_calls(
    calls: Sequence[Call], unmatched_calls: Sequence[Call] = (), none: str = "The gateway was not called."
) -> str:
    """The newest calls, one a line; `none` where there are none."""
    if not calls:
        return cut(f"{none}{mention_unmatched(unmatched_calls)}")
    left_out = len(calls) - SHOWN_CALLS
    lines = [f"… {left_out} earlier {'call' if left_out == 1 else 'calls'}"] if left_out > 0 else []
    lines += [describe_call(call) for call in calls[-SHOWN_CALLS:]]
    return cut("\n".join(lines))


def mention_unmatched(unmatched_calls: Sequence[Call]) -> str:
    """That calls came without the test's own key, which are none of its calls."""
    if not unmatched_calls:
        return ""
    came = "1 call" if len(unmatched_calls) == 1 else f"{len(unmatched_calls)} calls"
    return f"\nBut {came} came without this test's key, the last one: {describe_call(unmatched_calls[-1])}"


def describe_call(call: Call) -> str:
    """A call in one line: number, status, what it asked for, what it cost, why it was refused."""
    told = f": {first_line(call.error.message)}" if call.error else ""
    return f"{head_of(call)}{told}"


def head_of(call: Call) -> str:
    """A call in one line: number, status, what it asked for, what it cost."""
    image_request = call.image_request
    asked = (
        f" {image_request.operation} n={image_request.n} {image_request.output_format} {image_request.size} {image_request.quality}"
        if image_request
        else ""
    )
    prompt = f" {present(call.fields['prompt'])}" if "prompt" in call.fields else ""
    end = f", {call.charge} USD" if call.charge is not None else ""
    struck = f", {call.fault}" if call.fault else ""
    left = f"{struck}, the client had left" if call.client_left else struck
    number = f"#{call.number} " if call.number else ""
    return f"{number}{call.status or '---'} {call.method} {call.path[:120]}{asked}{prompt}{end}{left}"


def first_line(text: str) -> str:
    """A message's beginning."""
    line = " ".join(text.split())
    return line if len(line) <= 160 else f"{line[:160]}…"


def cut(text: str, limit: int = MESSAGE_MAX) -> str:
    """A message within a bound, in bytes."""
    data = text.encode("utf-8", "backslashreplace")
    return text if len(data) <= limit else f"{data[: limit - 3].decode('utf-8', 'ignore')}…"
