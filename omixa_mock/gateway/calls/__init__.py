"""The journal: call records, their bounds, their JSON form."""

from __future__ import annotations

from .bounded_log import BoundedLog
from .call import LIGHT, Call
from .descriptions import LINE_MAX, cut, describe_call, describe_calls, head_of, present
from .fair_share import CALLS_MAX, ENTRIES_MAX, TRIM_EVERY, trim_largest
from .memory_budget import JOURNAL_BYTES, BodyByteBudget
from .serialization import read_call, write_call

__all__ = [
    "CALLS_MAX",
    "ENTRIES_MAX",
    "JOURNAL_BYTES",
    "LIGHT",
    "LINE_MAX",
    "TRIM_EVERY",
    "BodyByteBudget",
    "BoundedLog",
    "Call",
    "cut",
    "describe_call",
    "describe_calls",
    "head_of",
    "present",
    "read_call",
    "trim_largest",
    "write_call",
]
