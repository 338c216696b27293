"""Which provider route takes a call. [docs/models/gpt-image-1.5: routes and failover are the gateway's to resolve]"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from .journal import Attempt
from .problems import Problem

__all__ = ["refuse_without_route", "try_routes"]


def try_routes(routes: Sequence[str], down: Collection[str]) -> Iterator[Attempt]:
    """The routes in order of preference, up to and with the first that is up."""
    for route in routes:
        if route not in down:
            yield Attempt(route, "up")
            return
        yield Attempt(route, "down")


def refuse_without_route(attempts: Sequence[Attempt], model: str) -> None:
    """Refuse a call for which every route is down. [docs/errors: 503]"""
    if not attempts or attempts[-1].outcome != "up":
        # "Provider diagnostics never reach the user" [docs/errors]: no route is named here.
        raise Problem(
            "no_route",
            f"No healthy route is currently available for {model}. Try again later, with a backoff of your own.",
            rules=("gateway.routing.automatic",),
        )
