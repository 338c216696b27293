"""Tests of the marker without a fixture: it acts like `usefixtures("omixa_mock")`."""

from __future__ import annotations

from typing import Any

import pytest

SOURCE = """
import unittest

POOR = pytest.mark.omixa_mock(balance="0.01")

@POOR
def test_function():
    assert draw().status_code == 402

@POOR
class TestClass:
    def test_method(self):
        assert draw().status_code == 402

class TestUnit(unittest.TestCase):
    @POOR
    def test_method(self):
        assert draw().status_code == 402

@POOR
@pytest.mark.asyncio
async def test_async():
    assert draw().status_code == 402

@pytest.mark.parametrize("status", [200, pytest.param(402, marks=POOR)])
def test_parameter(status, request):
    if status == 402:
        assert draw().status_code == status
    else:
        assert "omixa_mock" not in request.fixturenames

@POOR
@pytest.mark.usefixtures("omixa_mock_server")
def test_server(request):
    assert "omixa_mock" not in request.node.funcargs
    assert draw().status_code == 402

@POOR
def test_session_alone(omixa_mock_session, request):
    assert "omixa_mock" not in request.node.funcargs

@pytest.mark.omixa_mock(live=True)
def test_live(request):
    assert "omixa_mock" not in request.node.funcargs

@pytest.mark.omixa_mock(live=True)
class TestLive:
    @pytest.mark.omixa_mock(live=False)
    def test_closest_wins(self, request):
        assert "omixa_mock" in request.node.funcargs

@POOR
def test_strictness():
    draw(size="9x9")

@pytest.mark.omixa_mock(strict=False)
def test_lenient():
    draw(size="9x9")

@pytest.fixture(scope="module")
def wide():
    return "OMIXA_API_KEY" in os.environ

@pytest.fixture
def narrow():
    return draw().status_code

@POOR
def test_fixtures_come_in_the_sequence_of_usefixtures(narrow, wide):
    assert (narrow, wide) == (402, False)

@POOR
def test_by_name(request):
    assert str(request.getfixturevalue("omixa_mock").wallet.balance) == "0.010000"

def test_without_the_marker():
    assert "OMIXA_API_KEY" not in os.environ
"""


@pytest.fixture(scope="module")
def marked(run_pytest: Any) -> Any:
    return run_pytest(SOURCE, plugins=("asyncio",))


def test_marked_tests_use_the_fixture(marked: Any) -> None:
    others = {name: outcome for name, outcome in marked.outcomes.items() if outcome != "passed"}
    assert others == {"test_strictness": "failed"}, marked.output


def test_marker_without_options_is_enough(run_pytest_in_process: Any) -> None:
    assert run_pytest_in_process("@pytest.mark.omixa_mock\ndef test_it():\n    draw()\n").passed()


def test_options_of_a_live_test_are_warned_of(run_pytest_in_process: Any) -> None:
    source = "@pytest.mark.omixa_mock(live=True, balance='1')\ndef test_it(): pass\n"
    assert (
        "@pytest.mark.omixa_mock(balance=…) changes nothing, since the test goes live"
        in run_pytest_in_process(source, "-W", "default").output
    )
