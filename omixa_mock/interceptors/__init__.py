"""Interceptors: a client library's calls to Omixa's hosts get their response without a socket.

There is one module per library. Each performs the gateway's steps by that library's own means, and raises that
library's own exceptions.
"""

from __future__ import annotations

from .call_stack import calling_line
from .exchange import ClientHasNoTimeout, StartFlow, is_omixa, run_flow
from .install import installed_patches, start_interception
from .patching import PatchFailed
from .registry import ACTIVE, CURRENT, Interception
from .retry_waits import unscaled_time
from .tripwire import TRIPWIRE, Attempt, LiveCallBlocked, current_test

__all__ = [
    "ACTIVE",
    "CURRENT",
    "TRIPWIRE",
    "Attempt",
    "ClientHasNoTimeout",
    "Interception",
    "LiveCallBlocked",
    "PatchFailed",
    "StartFlow",
    "calling_line",
    "current_test",
    "installed_patches",
    "is_omixa",
    "run_flow",
    "start_interception",
    "unscaled_time",
]
