"""What several workers cannot do, since they share nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from omixa_mock.configuration import read_faults
from omixa_mock.gateway import Gateway, SettingError

__all__ = ["refuse_what_must_be_shared", "tell_what_is_not_shared"]

INSTEAD = "Serve with one worker, or run replicas behind a proxy that shards by key (docs/serving.md)."


def refuse_what_must_be_shared(count: int, gateway: Gateway) -> None:
    """Refuse what would be wrong, rather than merely approximate, in several processes.

    Raises:
        SettingError: With what to do instead.
    """
    if sys.platform != "linux":
        raise SettingError(
            f"workers = {count} needs Linux, which alone spreads connections over processes by SO_REUSEPORT; "
            f"this is {sys.platform}. {INSTEAD}"
        )
    if gateway.workspaces.keys == "issued":
        raise SettingError(
            f"workers = {count} does not go with keys = issued: nobody could open a key in all workers. "
            f"Name the keys instead, for instance --key omx_live_ci. {INSTEAD}"
        )
    if gateway.workspaces.terms.settings.idempotency_key == "replay":
        raise SettingError(
            f"workers = {count} does not go with idempotency_key = replay: a repeated key may reach another worker, "
            f"which does not know the first response and charges again. {INSTEAD}"
        )


def tell_what_is_not_shared(count: int, gateway: Gateway, faults: Sequence[Any]) -> Iterator[str]:
    """A sentence for each thing that was asked for, and that each worker counts by itself."""
    if gateway.workspaces.terms.settings.vary == "call":
        yield f"vary = call: each of the {count} workers counts by itself, so an image may come {count} times."
    if any(counts(plan) for plan in read_faults(faults)):
        yield f"faults with times or after: each of the {count} workers counts by itself, in each workspace."


def counts(plan: Mapping[str, Any]) -> bool:
    """Whether a plan depends on how many calls there were, rather than on the call alone."""
    unsaid = None if "probability" in plan else 1
    return bool(plan.get("after")) or plan.get("times", unsaid) is not None
