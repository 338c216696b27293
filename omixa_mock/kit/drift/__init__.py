"""Comparison of a saved documentation page with `schemas/`.

`read_page` parses the page, and `find_drift` compares it. Both are pure: they open no file and no connection.
"""

from __future__ import annotations

from .columns import COLUMNS, parse_columns
from .comparison import Comparison, find_drift
from .difference import Drift
from .page import Page, PageError, read_page
from .table import Field

__all__ = ["COLUMNS", "Comparison", "Drift", "Field", "Page", "PageError", "find_drift", "parse_columns", "read_page"]
