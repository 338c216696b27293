"""Messages about tests that `@intercept()` decorates: the mock is their last parameter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from omixa_mock.decorating import explain_last_parameter, parametrized_names

from .items import DECORATED

__all__ = ["hint_at_sequence", "refuse_parametrized"]


def refuse_parametrized(metafunc: pytest.Metafunc) -> None:
    """Refuse a test whose last parameter, which takes the mock, is parametrized.

    Raises:
        pytest.fail.Exception: With the right sequence of parameters.
    """
    marks = metafunc.definition.iter_markers("parametrize")
    if getattr(metafunc.function, DECORATED) in parametrized_names(marks):
        pytest.fail(explain_sequence(metafunc.function), pytrace=False)


def hint_at_sequence(item: pytest.Item, report: pytest.TestReport) -> None:
    """Add to the report of an unknown fixture where the mock of a decorated test is passed."""
    function = getattr(item, "function", None)
    if function is not None and hasattr(function, DECORATED):
        report.longrepr = f"{report.longreprtext}\n{explain_sequence(function)}"


def explain_sequence(function: Callable[..., Any]) -> str:
    """Return where the mock of a decorated function is passed."""
    return explain_last_parameter(function.__name__, getattr(function, DECORATED))
