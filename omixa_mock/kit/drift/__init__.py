"""Whether a saved page of Omixa's documentation still says what `schemas/` says.

`read_page` reads it, `find_drift` compares it. Both are functions of what they are given: no file, no connection.
"""

from __future__ import annotations

from .compare import Comparison, find_drift
from .difference import Drift
from .page import Page, PageError, read_page
from .table import Field

__all__ = ["Comparison", "Drift", "Field", "Page", "PageError", "find_drift", "read_page"]
