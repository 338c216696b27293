"""The package version, and the response header that carries it.

Every response has the header, so that the fake cannot be mistaken for the real gateway.
"""

from __future__ import annotations

__all__ = ["STAMP", "VERSION"]

VERSION = "0.1.0"
STAMP = ("x-omixa-mock", VERSION)
