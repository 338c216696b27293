"""Refusal of an unknown control route, with the routes that there are."""

from __future__ import annotations

from collections.abc import Iterable

from omixa_mock.gateway import Problem
from omixa_mock.gateway.common import nearest

from .access import PREFIX

__all__ = ["refuse_unknown_route"]

# What other fakes and people call them.
OTHER_NAMES = {
    **dict.fromkeys(("calls", "history", "journal", "log"), "requests"),
    **dict.fromkeys(("balance", "config", "settings"), "workspace"),
    **dict.fromkeys(("openapi", "spec"), "openapi.json"),
    **dict.fromkeys(("live", "ready", "status"), "health"),
    "plans": "faults",
    "verify": "verdict",
    "wallet": "ledger",
}


def refuse_unknown_route(path: str, patterns: Iterable[str]) -> Problem:
    """Return the refusal of a path that no route has.

    Args:
        path: The path, with the prefix of all control routes.
        patterns: The patterns of all routes, without that prefix.
    """
    known = sorted({pattern.strip("/") for pattern in patterns if "{" not in pattern})
    name = path.removeprefix(PREFIX).strip("/")
    near = OTHER_NAMES.get(name) or nearest(name, known)
    hint = f" Did you mean {PREFIX}/{near}?" if near else ""
    routes = ", ".join(f"{PREFIX}/{route}" for route in known)
    return Problem("not_found", f"There is no control route {path[:80]!r}.{hint} There are: {routes}.")
