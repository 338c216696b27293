"""The journal: call records, their bounds, their JSON form."""

from __future__ import annotations

from .bounded_log import Records
from .call import LIGHT, Call
from .fair_share import CALLS_MAX, ENTRIES_MAX, LOOK_EVERY, share_out
from .memory_budget import JOURNAL_BYTES, Budget
from .serialization import read_call, write_call

__all__ = [
    "CALLS_MAX",
    "ENTRIES_MAX",
    "JOURNAL_BYTES",
    "LIGHT",
    "LOOK_EVERY",
    "Budget",
    "Call",
    "Records",
    "read_call",
    "share_out",
    "write_call",
]
