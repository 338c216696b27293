"""The journal: call records, their bounds, their JSON form."""

from __future__ import annotations

from .bounded_log import BoundedLog
from .call import LIGHT, Call
from .fair_share import CALLS_MAX, ENTRIES_MAX, TRIM_EVERY, trim_largest
from .memory_budget import JOURNAL_BYTES, BodyByteBudget
from .serialization import read_call, write_call

__all__ = [
    "CALLS_MAX",
    "ENTRIES_MAX",
    "JOURNAL_BYTES",
    "LIGHT",
    "TRIM_EVERY",
    "BodyByteBudget",
    "BoundedLog",
    "Call",
    "read_call",
    "trim_largest",
    "write_call",
]
