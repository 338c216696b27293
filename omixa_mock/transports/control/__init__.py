"""Control routes below `/__omixa/`, and their access policy.

The application itself lies in `.routes`, which is imported with the first control call: Starlette takes long to import.
"""

from __future__ import annotations

from .access import PREFIX, ControlPolicy, is_loopback, refuse_access

__all__ = ["PREFIX", "ControlPolicy", "is_loopback", "refuse_access"]
