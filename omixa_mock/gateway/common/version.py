"""The version, which every response carries so that nobody mistakes the fake for the gateway."""

from __future__ import annotations

__all__ = ["STAMP", "VERSION"]

VERSION = "0.1.0"
STAMP = ("x-omixa-mock", VERSION)
