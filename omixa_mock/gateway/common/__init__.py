"""Domain-independent helpers: cache, redaction, legible text, spelling suggestions, version."""

from __future__ import annotations

from .bounded_cache import BoundedCache
from .legible import legible
from .nearest import hint_at, nearest
from .redaction import Redacted
from .version import STAMP, VERSION

__all__ = ["STAMP", "VERSION", "BoundedCache", "Redacted", "hint_at", "legible", "nearest"]
