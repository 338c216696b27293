"""Warnings with `OmixaAdvisory`, at the user's own line."""

from __future__ import annotations

import sys
import warnings

from omixa_mock.advisory import OmixaAdvisory
from omixa_mock.interceptors import calling_line

__all__ = ["warn_user"]


def warn_user(message: str) -> None:
    """Warn with an `OmixaAdvisory` that names the innermost line of the user's own code."""
    path, _, line = calling_line(sys._getframe(1)).rpartition(":")  # noqa: SLF001  # no other access to the stack
    warnings.warn_explicit(message, OmixaAdvisory, path or "omixa_mock", int(line or 1))
