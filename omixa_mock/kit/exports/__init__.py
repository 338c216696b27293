"""Recorded calls as a curl command, as a pytest test, and as a HAR."""

from __future__ import annotations

from .curl import write_curl
from .har import write_har
from .not_exportable import NotExportable
from .pytest_test import write_test

__all__ = ["NotExportable", "write_curl", "write_har", "write_test"]
