"""A name that the handle does not have."""

from __future__ import annotations

import pytest

import omixa_mock


def test_a_name_of_the_module_is_told_to_be_there() -> None:
    with (
        omixa_mock.intercept() as gateway,
        pytest.raises(AttributeError, match=r"import omixa_mock as fake, and fake\.serve"),
    ):
        _ = gateway.serve  # type: ignore[attr-defined]


def test_another_name_is_just_refused() -> None:
    with omixa_mock.intercept() as gateway, pytest.raises(AttributeError, match=r"no attribute 'assert_paid'\.$"):
        _ = gateway.assert_paid  # type: ignore[attr-defined]
