"""Shipped request examples: the gateway validates them as their file names indicate."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from omixa_mock import Gateway, shipped_contract

Ask = Callable[..., Any]
EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples"
VALID = sorted((EXAMPLES / "valid").glob("request--*.json"))
INVALID = sorted(
    path for folder in ("invalid", "invalid-beyond-schema") for path in (EXAMPLES / folder).glob("request.*")
)
# Sixteen images, some of them more than once.
REPEATS = "request--merge-of-16"


@pytest.fixture(scope="module")
def every_model(make_gateway: Callable[..., Gateway]) -> Gateway:
    """Return a gateway that serves all models, partial ones included."""
    return make_gateway(models=list(shipped_contract().requests), default_balance=10**6)


def stem(path: Path) -> str:
    return path.stem


@pytest.mark.parametrize("path", VALID, ids=stem)
def test_valid_example_gets_images(path: Path, every_model: Gateway, ask: Ask) -> None:
    assert ask(every_model, path.read_bytes()).status == 200


@pytest.mark.parametrize("path", VALID, ids=stem)
def test_valid_example_has_an_advisory_only_if_its_name_has(path: Path, every_model: Gateway, ask: Ask) -> None:
    advised = "x-omixa-mock-warn" in ask(every_model, path.read_bytes()).headers
    assert advised == ("--advisory-" in path.stem or path.stem == REPEATS)


@pytest.mark.parametrize("path", INVALID, ids=stem)
def test_invalid_example_is_refused_by_the_rule_in_its_name_only(path: Path, every_model: Gateway, ask: Ask) -> None:
    result = ask(every_model, path.read_bytes())
    assert (result.status, result.rules) == (422, [path.stem.split("--")[0]])


@pytest.mark.parametrize("path", [path for path in INVALID if path.stem != "request.type"], ids=stem)
def test_refusal_of_an_example_names_its_rule_in_the_message(path: Path, every_model: Gateway, ask: Ask) -> None:
    assert f"[{path.stem.split('--')[0]}; " in ask(every_model, path.read_bytes()).message


def test_there_are_examples() -> None:
    assert (len(VALID) > 40, len(INVALID) > 100) == (True, True)
