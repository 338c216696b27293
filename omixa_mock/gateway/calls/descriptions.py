"""Descriptions of calls for messages.

Messages are bounded: they never show base64, and none is longer than 2 KB.
"""

from __future__ import annotations

import binascii
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import pybase64

from omixa_mock.gateway.common import escape
from omixa_mock.gateway.contract import format_bytes, format_value

from .call import Call

__all__ = [
    "LINE_MAX",
    "cut",
    "describe_call",
    "describe_calls",
    "head_of",
    "present",
]

SHOWN_CALLS = 5
# In bytes of UTF-8, the ellipsis included.
MESSAGE_MAX = 2000
LINE_MAX = 600


def present(value: Any) -> str:
    """Return a value for a message: images by type and size, anything else as JSON or as its repr, cut short."""
    images = tuple(images_in(value))
    if images:
        return f"[{', '.join(images)}]" if isinstance(value, list | tuple) else images[0]
    try:
        return format_value(value)
    except (TypeError, ValueError):
        # Not JSON: a matcher, a Decimal, an object of the user.
        return cut(repr(value), 80)


def images_in(value: Any) -> Sequence[str]:
    """Return the data URLs within a value, each by type, size and digest."""
    if isinstance(value, Mapping):
        return [found for child in value.values() for found in images_in(child)]
    if isinstance(value, list | tuple):
        return [found for child in value for found in images_in(child)]
    return [describe_data_url(value)] if isinstance(value, str) and value[:5].lower() == "data:" else []


def describe_data_url(url: str) -> str:
    """Return the type, size and digest of an image in a data URL."""
    head, _, text = url.partition(",")
    kind = head.lower().removeprefix("data:").removeprefix("image/").partition(";")[0][:20]
    try:
        data = pybase64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return f"<{kind}, not base64, {len(text):,} characters>"
    return f"<{kind}, {format_bytes(len(data))}, sha256:{sha256(data).hexdigest()[:8]}…>"


def describe_calls(calls: Sequence[Call], none: object = "") -> str:
    """Return the newest calls, one per line; `none` if there are none."""
    if not calls:
        return cut(str(none))
    left_out = len(calls) - SHOWN_CALLS
    lines = [f"… {left_out} earlier {'call' if left_out == 1 else 'calls'}"] if left_out > 0 else []
    lines += [describe_call(call) for call in calls[-SHOWN_CALLS:]]
    return cut("\n".join(lines))


def describe_call(call: Call) -> str:
    """Return a call in one line: number, status, request, cost, reason of a refusal."""
    reason = f": {first_line(call.error.message)}" if call.error else ""
    return f"{head_of(call)}{reason}"


def head_of(call: Call) -> str:
    """Return a call in one line: number, status, request, cost."""
    request = call.image_request
    asked = (
        f" {request.operation} n={request.n} {request.output_format} {request.size} {request.quality}"
        if request
        else ""
    )
    prompt = f" {present(call.fields['prompt'])}" if "prompt" in call.fields else ""
    charge = f", {call.charge} USD" if call.charged else ""
    fault = f", {call.fault}" if call.fault else ""
    ending = f"{fault}, the client had left" if call.client_left else fault
    number = f"#{call.number} " if call.number else ""
    return (
        f"{number}{call.status or '---'} {escape(call.method)} {escape(call.path[:120])}{asked}{prompt}{charge}{ending}"
    )


def first_line(text: str) -> str:
    """Return the beginning of a message, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= 160 else f"{line[:160]}…"


def cut(text: str, limit: int = MESSAGE_MAX) -> str:
    """Return a message cut to a limit, in bytes."""
    data = text.encode("utf-8", "backslashreplace")
    return text if len(data) <= limit else f"{data[: limit - 3].decode('utf-8', 'ignore')}…"
