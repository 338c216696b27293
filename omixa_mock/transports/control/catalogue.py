"""The fault catalogue in the control routes: what may be planned, and when."""

from __future__ import annotations

from typing import Any

from omixa_mock.gateway import CATALOGUE, Contract

__all__ = ["describe_catalogue"]


def describe_catalogue(contract: Contract) -> Any:
    """Return the faults that this transport can inject, as JSON."""
    return {
        "faults": [
            {
                "name": name,
                "family": kind.family,
                "text": kind.text,
                "moments": list(kind.moments),
                "duration": None if kind.duration is None else str(kind.duration),
                "provenance": kind.provenance,
            }
            for name, kind in CATALOGUE.items()
            if name not in contract.refused_faults
        ]
    }
