"""Tests of `@intercept()` on tests whose parameters have the wrong sequence: the mock is the last one."""

from __future__ import annotations

from typing import Any

import pytest

import omixa_mock

HINT = "@omixa_mock.intercept() passes the mock as the LAST parameter, and that of test_it() is {last}."

FOREIGN_FIXTURE = """
from omixa_mock import intercept

@intercept()
def test_it(gateway, tmp_path):
    pass
"""
PARAMETRIZED_ABOVE = """
from omixa_mock import intercept

@pytest.mark.parametrize("format", ["png", "webp"])
@intercept()
def test_it(gateway, format):
    pass
"""
PARAMETRIZED_BELOW = """
from omixa_mock import intercept

@intercept()
@pytest.mark.parametrize(("n", "format"), [(1, "png")])
def test_it(gateway, n, format):
    pass
"""


def test_unknown_fixture_is_explained(run_pytest_in_process: Any) -> None:
    text = run_pytest_in_process(FOREIGN_FIXTURE).text("test_it")
    assert "fixture 'gateway' not found" in text
    assert text.splitlines()[-1].startswith(HINT.format(last="tmp_path"))


@pytest.mark.parametrize("source", [PARAMETRIZED_ABOVE, PARAMETRIZED_BELOW], ids=["above", "below"])
def test_parametrized_last_parameter_is_explained(run_pytest_in_process: Any, source: str) -> None:
    assert HINT.format(last="format") in run_pytest_in_process(source).output


def test_right_sequence_works(run_pytest_in_process: Any) -> None:
    source = """
    from omixa_mock import intercept

    @pytest.mark.parametrize("n", [1, 2])
    @intercept()
    def test_it(tmp_path, n, gateway):
        draw(n=n)
        gateway.assert_called_once(n=n)
    """
    assert run_pytest_in_process(source).passed()


def test_other_unknown_fixture_is_not_explained(run_pytest_in_process: Any) -> None:
    assert "LAST" not in run_pytest_in_process("def test_it(gateway): pass").text("test_it")


def test_function_without_a_last_parameter_is_refused() -> None:
    with pytest.raises(TypeError, match=r"no last parameter for the mock, which is passed as the LAST one"):

        @omixa_mock.intercept()
        def nothing() -> None:
            pass
