"""Image files (PNG, JPEG, WebP) that carry the fingerprint of their request."""

from __future__ import annotations

from .drawing import draw
from .mark import MARK_BITS, find_mark, fingerprint_in_bits
from .mosaic import CELL

__all__ = ["CELL", "MARK_BITS", "draw", "find_mark", "fingerprint_in_bits"]
