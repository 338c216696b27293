"""Domain-independent helpers: cache, redaction, escaping, legible text, spelling suggestions, version."""

from __future__ import annotations

from .bounded_cache import BoundedCache
from .escaping import escape
from .legible import legible
from .nearest import hint_at, nearest
from .redaction import Redacted
from .version import STAMP, VERSION

__all__ = ["STAMP", "VERSION", "BoundedCache", "Redacted", "escape", "hint_at", "legible", "nearest"]
