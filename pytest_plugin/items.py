"""Properties of collected tests; evaluated for every test of every run, so imports are light."""

from __future__ import annotations

import pytest

__all__ = ["may_intercept_within_hypothesis", "takes_a_fixture", "uses_a_fake"]

FIXTURES = frozenset({"omixa_mock", "omixa_mock_server", "omixa_mock_session"})


def uses_a_fake(item: pytest.Item) -> bool:
    """Return True if a test uses one of the fixtures, or has the marker."""
    return takes_a_fixture(item) or item.get_closest_marker("omixa_mock") is not None


def takes_a_fixture(item: pytest.Item) -> bool:
    """Return True if a test uses one of the fixtures by name."""
    return not FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))


def may_intercept_within_hypothesis(item: pytest.Item) -> bool:
    """Return True if a test has Hypothesis examples and its module names `intercept`."""
    examples = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
    return examples and not {"omixa_mock", "intercept"}.isdisjoint(vars(getattr(item, "module", None) or item))
