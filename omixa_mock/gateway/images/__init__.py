"""Image files (PNG, JPEG, WebP) that carry the fingerprint of their request, and a caption."""

from __future__ import annotations

from .caption import Caption
from .drawing import draw
from .mark import MARK_BITS, find_mark, fingerprint_in_bits
from .panel import CELL, cells_outside

__all__ = ["CELL", "MARK_BITS", "Caption", "cells_outside", "draw", "find_mark", "fingerprint_in_bits"]
