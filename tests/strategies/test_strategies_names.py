"""The public module: its names, its docstrings, and that nobody pays for it who does not use it."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

from omixa_mock import strategies

NAMES = strategies.__all__
DRAWN = [name for name in NAMES if name.islower()]


@pytest.mark.parametrize("name", DRAWN)
def test_every_strategy_says_how_it_shrinks(name: str) -> None:
    assert "Shrinks to " in (inspect.getdoc(getattr(strategies, name)) or "")


@pytest.mark.parametrize("name", NAMES)
def test_every_name_has_a_docstring(name: str) -> None:
    assert inspect.getdoc(getattr(strategies, name))


def test_the_machine_says_how_it_shrinks() -> None:
    assert "Shrinks to " in (inspect.getdoc(strategies.GatewayMachine) or "")


def test_names_are_sorted() -> None:
    assert sorted(NAMES) == NAMES


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


@pytest.mark.parametrize("module", ["omixa_mock", "omixa_mock.kit.validation", "omixa_mock.interception"])
def test_nothing_else_imports_hypothesis(module: str) -> None:
    assert run_python(f"import sys, {module}; print('hypothesis' in sys.modules)") == "False\n"


def test_without_hypothesis_it_says_how_to_get_it() -> None:
    code = """
import sys
sys.modules["hypothesis"] = None
try:
    import omixa_mock.strategies
except ImportError as error:
    print(error)
"""

    assert "pip install 'omixa-mock[hypothesis]'" in run_python(code)


def test_strategies_print_no_images() -> None:
    shown = [repr(strategies.data_urls()), repr(strategies.masks()), repr(strategies.image_requests())]

    assert not [text for text in shown if "base64" in text]
