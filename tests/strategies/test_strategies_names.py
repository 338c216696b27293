"""The public module has documented names, and is imported only on use."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

from omixa_mock import strategies

NAMES = strategies.__all__
DRAWN = [name for name in NAMES if name.islower()]


@pytest.mark.parametrize("name", DRAWN)
def test_every_strategy_documents_its_shrinking(name: str) -> None:
    assert "Shrinks to " in (inspect.getdoc(getattr(strategies, name)) or "")


@pytest.mark.parametrize("name", NAMES)
def test_every_name_has_a_docstring(name: str) -> None:
    assert inspect.getdoc(getattr(strategies, name))


def test_the_machine_documents_its_shrinking() -> None:
    assert "Shrinks to " in (inspect.getdoc(strategies.GatewayMachine) or "")


def test_names_are_sorted() -> None:
    assert sorted(NAMES) == NAMES


def run_python(code: str) -> str:
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return process.stdout


@pytest.mark.parametrize("module", ["omixa_mock", "omixa_mock.kit.validation", "omixa_mock.interception"])
def test_nothing_else_imports_hypothesis(module: str) -> None:
    assert run_python(f"import sys, {module}; print('hypothesis' in sys.modules)") == "False\n"


def test_without_hypothesis_the_error_names_the_command_that_installs_it() -> None:
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
