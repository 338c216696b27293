"""Provider routing and failover. [docs/models/gpt-image-1.5: the gateway resolves routes and failover]"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from omixa_mock.gateway.http import Attempt, Problem

__all__ = ["refuse_without_route", "try_routes"]


@lru_cache(maxsize=64)
def try_routes(routes: tuple[str, ...], down: frozenset[str]) -> tuple[Attempt, ...]:
    """Return the routes in order of preference, up to and including the first that is up."""
    ups = [place for place, route in enumerate(routes) if route not in down]
    tried = routes[: ups[0] + 1] if ups else routes
    return tuple(Attempt(route, "down" if route in down else "up") for route in tried)


def refuse_without_route(attempts: Sequence[Attempt], model: str) -> None:
    """Refuse a call for which every route is down. [docs/errors: 503]"""
    if not attempts or attempts[-1].outcome != "up":
        # "Provider diagnostics never reach the user" [docs/errors]: no route is named here.
        raise Problem(
            "no_route",
            f"No healthy route is currently available for {model}. Try again later, with a backoff of your own.",
            rules=("gateway.routing.automatic",),
        )
