"""Properties of collected tests; evaluated for every test of every run, so imports are light."""

from __future__ import annotations

import pytest

__all__ = [
    "DECORATED",
    "goes_live",
    "is_of_function",
    "may_intercept_within_hypothesis",
    "takes_a_fixture",
    "use_marked_fixture",
    "uses_a_fake",
]

FIXTURES = frozenset({"omixa_mock", "omixa_mock_server", "omixa_mock_session"})
# The attribute of a function decorated by `intercept()`: the name of the parameter that takes the mock.
DECORATED = "omixa_mock_parameter"


def uses_a_fake(item: pytest.Item) -> bool:
    """Return True if a test uses one of the fixtures, or has the marker."""
    return takes_a_fixture(item) or item.get_closest_marker("omixa_mock") is not None


def takes_a_fixture(item: pytest.Item) -> bool:
    """Return True if a test uses one of the fixtures by name."""
    return not FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))


def goes_live(item: pytest.Item) -> bool:
    """Return True if the closest marker that has `live` lets a test make real calls."""
    allowed = (mark.kwargs["live"] for mark in item.iter_markers("omixa_mock") if "live" in mark.kwargs)
    return next(allowed, False) is True


def use_marked_fixture(item: pytest.Item) -> None:
    """Let a test with the marker use `omixa_mock`, unless it takes one of the fixtures, or goes live."""
    if not isinstance(item, pytest.Function) or takes_a_fixture(item) or goes_live(item):
        return
    # Behind the fixtures of wider scope, as pytest sorts them. A list of its own: parametrized tests share one.
    names = item.fixturenames
    place = next((index for index, name in enumerate(names) if is_of_function(item, name)), len(names))
    item.fixturenames = [*names[:place], "omixa_mock", *names[place:]]


def is_of_function(item: pytest.Function, name: str) -> bool:
    """Return True if a fixture has the scope of a function."""
    found = item._fixtureinfo.name2fixturedefs.get(name)  # noqa: SLF001  # pytest has no public name for it
    return found is not None and found[-1].scope == "function"


def may_intercept_within_hypothesis(item: pytest.Item) -> bool:
    """Return True if a test has Hypothesis examples and its module names `intercept`."""
    examples = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
    return examples and not {"omixa_mock", "intercept"}.isdisjoint(vars(getattr(item, "module", None) or item))
