"""Tests of a real OPENAI_API_KEY in the shell: under our fixtures it reaches no host."""

from __future__ import annotations

from typing import Any

import pytest

SOURCE = """
@pytest.mark.parametrize("name", ["omixa_mock", "omixa_mock_server"])
def test_it(request, name):
    mock = request.getfixturevalue(name)
    assert os.environ.get("OPENAI_API_KEY") == EXPECTED(mock)
    assert "OPENAI_BASE_URL" not in os.environ

def test_session(omixa_mock_session):
    assert os.environ.get("OPENAI_API_KEY") == SHELL

def test_after():
    assert os.environ.get("OPENAI_API_KEY") == SHELL
"""


@pytest.mark.parametrize("key", ["sk-real", ""])
def test_key_of_the_shell_is_replaced_during_a_test(run_pytest_in_process: Any, key: str) -> None:
    expected = "lambda mock: mock.api_key" if key else "lambda mock: SHELL"
    source = f"SHELL = {key!r}\nEXPECTED = {expected}\n{SOURCE}"
    assert run_pytest_in_process(source, env={"OPENAI_API_KEY": key}).passed()


def test_key_is_not_set_if_the_shell_has_none(run_pytest_in_process: Any) -> None:
    assert run_pytest_in_process(f"SHELL = None\nEXPECTED = lambda mock: None\n{SOURCE}").passed()
