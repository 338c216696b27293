"""Strategies for faults and plans, as `fail` and `plan` accept them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from omixa_mock.gateway import CATALOGUE, OK, Contract, Duration, Fault, Plan
from omixa_mock.gateway.common import hint_at

__all__ = ["draw_plan", "fault_conditions", "faults", "weighted_faults"]

Json = Any
LONGEST_MS = 10_000


def faults(*names: str) -> st.SearchStrategy[Fault]:
    """Return faults of the catalogue, at all of their moments, and of every duration.

    Shrinks to the first named fault (of all faults, `invalid_key`), at its default moment, for its default duration.

    Args:
        *names: The names of faults, for instance `"reset"`; all of the catalogue by default.

    Raises:
        ValueError: There is no such fault.
    """
    for name in names:
        if name not in CATALOGUE:
            raise ValueError(f"There is no fault {name!r}. {hint_at(name, CATALOGUE)}")
    kinds = {name: CATALOGUE[name] for name in names or CATALOGUE}
    at_moments = {name: [Fault(name).at(moment) for moment in kind.moments] for name, kind in kinds.items()}
    default = st.sampled_from([fault for faults in at_moments.values() for fault in faults])
    timed = [fault for name, faults in at_moments.items() for fault in faults if kinds[name].duration]
    return default | st.builds(Fault.with_duration, st.sampled_from(timed), durations()) if timed else default


def weighted_faults() -> st.SearchStrategy[Fault]:
    """Return faults of which three quarters lose a response that was charged.

    A quarter each are an error, a response that does not arrive complete, and a 200 without a usable image. The last
    quarter are any of `faults()`. Shrinks to the first error after the charge.
    """
    families = ("assumed error", "delivery", "wrong success")
    quarters = (*(st.sampled_from([*charged_losses(family)]) for family in families), faults())
    # Not their union: it would draw from each branch of `faults()` as often as from a quarter.
    return st.sampled_from(quarters).flatmap(lambda quarter: quarter)


def charged_losses(family: str) -> Iterator[Fault]:
    """Yield the faults of a family that come after the charge, and leave the client without a usable image."""
    for name, kind in CATALOGUE.items():
        if kind.family == family and kind.loses and "after_capture" in kind.moments:
            yield Fault(name).at("after_capture")


def durations() -> st.SearchStrategy[Duration]:
    """Return durations in whole milliseconds, up to ten seconds."""
    seconds = st.integers(0, LONGEST_MS).map(lambda milliseconds: milliseconds / 1000)
    fixed = seconds.map(lambda length: Duration("fixed", length, length))
    bounds = st.tuples(seconds, seconds).map(sorted)
    kinds = st.sampled_from(["uniform", "lognormal"])
    return fixed | st.builds(lambda kind, pair: Duration(kind, pair[0], pair[1]), kinds, bounds)


def fault_conditions(contract: Contract) -> st.SearchStrategy[dict[str, Json]]:
    """Return conditions of a plan: no condition, or one value of a field of the complete model."""
    fields = next(iter(contract.requests.values()))["properties"]
    choices = {name: node["enum"] for name, node in fields.items() if "enum" in node}
    pairs = [(name, value) for name, values in choices.items() for value in values]
    return st.just({}) | st.sampled_from(pairs).map(lambda pair: {pair[0]: pair[1]})


@st.composite
def draw_plan(draw: st.DrawFn, fault: st.SearchStrategy[Fault], conditions: st.SearchStrategy[dict[str, Json]]) -> Plan:
    """Draw a plan: a fault, and up to three more outcomes of a round."""
    outcomes = (draw(fault), *draw(st.lists(fault | st.just(OK), max_size=3)))
    plan = Plan(outcomes).times(draw(st.sampled_from([1, 2, 3, None])))
    plan = plan.after(draw(st.integers(0, 3))).when(draw(conditions))
    probability = draw(st.sampled_from([1.0, 0.5, 0.1]))
    return plan if probability == 1 else plan.with_probability(probability)
