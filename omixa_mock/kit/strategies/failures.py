"""Faults and plans of faults, as `fail` and `plan` take them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from omixa_mock.gateway import CATALOGUE, OK, Contract, Duration, Fault, Plan
from omixa_mock.gateway.common import hint_at

__all__ = ["draw_plan", "fault_conditions", "faults"]

Json = Any
LONGEST_MS = 10_000


def faults(*names: str) -> st.SearchStrategy[Fault]:
    """Faults of the catalogue, at every moment at which they may strike, and of every duration.

    Shrinks to the first that is named (of all, `invalid_key`), at its usual moment, for its usual time.

    Args:
        *names: Which faults, for instance `"reset"`; all of the catalogue unless told.

    Raises:
        ValueError: There is no such fault.
    """
    for name in names:
        if name not in CATALOGUE:
            raise ValueError(f"There is no fault {name!r}. {hint_at(name, CATALOGUE)}")
    kinds = {name: CATALOGUE[name] for name in names or CATALOGUE}
    struck = {name: [Fault(name).at(moment) for moment in kind.moments] for name, kind in kinds.items()}
    usual = st.sampled_from([fault for faults in struck.values() for fault in faults])
    timed = [fault for name, faults in struck.items() for fault in faults if kinds[name].duration]
    return usual | st.builds(Fault.with_duration, st.sampled_from(timed), durations()) if timed else usual


def durations() -> st.SearchStrategy[Duration]:
    """Lengths of time in whole milliseconds, up to ten seconds."""
    seconds = st.integers(0, LONGEST_MS).map(lambda milliseconds: milliseconds / 1000)
    fixed = seconds.map(lambda each: Duration("fixed", each, each))
    bounds = st.tuples(seconds, seconds).map(sorted)
    kinds = st.sampled_from(["uniform", "lognormal"])
    return fixed | st.builds(lambda kind, pair: Duration(kind, pair[0], pair[1]), kinds, bounds)


def fault_conditions(contract: Contract) -> st.SearchStrategy[dict[str, Json]]:
    """Which calls a plan means: those that say one thing of what the complete model's requests can say."""
    fields = next(iter(contract.requests.values()))["properties"]
    choices = {name: row["enum"] for name, row in fields.items() if "enum" in row}
    pairs = [(name, value) for name, values in choices.items() for value in values]
    return st.just({}) | st.sampled_from(pairs).map(lambda pair: {pair[0]: pair[1]})


@st.composite
def draw_plan(draw: st.DrawFn, fault: st.SearchStrategy[Fault], conditions: st.SearchStrategy[dict[str, Json]]) -> Plan:
    """One plan: a fault, and what follows it in a round."""
    outcomes = (draw(fault), *draw(st.lists(fault | st.just(OK), max_size=3)))
    plan = Plan(outcomes).times(draw(st.sampled_from([1, 2, 3, None])))
    plan = plan.after(draw(st.integers(0, 3))).when(draw(conditions))
    probability = draw(st.sampled_from([1.0, 0.5, 0.1]))
    return plan if probability == 1 else plan.with_probability(probability)
