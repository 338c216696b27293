"""Helpers without a domain: caches, redaction, suggestions, version."""

from __future__ import annotations

from .bounded_cache import Recent
from .nearest import hint_at, nearest
from .redaction import Discreet
from .version import STAMP, VERSION

__all__ = ["STAMP", "VERSION", "Discreet", "Recent", "hint_at", "nearest"]
