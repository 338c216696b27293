"""Options of the plugin: flag > environment > ini file > default."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Literal

import pytest

__all__ = ["ITEM", "OPTIONS", "add_options", "is_on", "option", "wants_coverage"]

# The running test. The environment names it too, and a test may clear the environment.
ITEM = pytest.StashKey[pytest.Item | None]()

# Name, default, description. Each is --omixa-mock-NAME, OMIXA_MOCK_NAME and omixa_mock_name.
OPTIONS = (
    ("url", "", "a running omixa-mock that omixa_mock_server uses, in place of a server of its own"),
    ("control_token", "", "the token of that fake's control routes"),
    ("seed", "0", "the seed of all images and random choices"),
    ("strict", "true", "fail a test whose calls broke the contract, or whose planned faults never happened"),
    ("target", "", "the gateway, real or fake, that omixa_mock.contract_tests test"),
    ("max_spend", "0", "the most that those tests may cost, in USD"),
    ("cov", "false", "print at the end how much of the contract the tests met"),
    ("cov_json", "", "file for the rules that they met and those that they did not"),
    ("cov_fail_under", "0", "fail the run if they met less, in per cent"),
    (
        "block_live",
        "false",
        "refuse real calls to Omixa in every run, even if no test uses a fixture of omixa-mock",
    ),
)

TYPES: Mapping[str, Literal["bool", "int", "string"]] = {
    "strict": "bool",
    "block_live": "bool",
    "cov": "bool",
    "seed": "int",
}


def add_options(parser: pytest.Parser) -> None:
    """Add each option as a flag and an ini name."""
    group = parser.getgroup("omixa-mock", "omixa-mock: the fake Omixa gateway")
    for name, default, text in OPTIONS:
        # A flag without a value: with an optional value it would consume the next path.
        action: dict[str, Any] = {"action": "store_const", "const": "true"} if name == "cov" else {}
        group.addoption(f"--omixa-mock-{name.replace('_', '-')}", default=None, help=text, **action)
        # Typed, since pytest's own TOML tables accept `true` and `7` only so.
        kind = TYPES.get(name, "string")
        parser.addini(f"omixa_mock_{name}", f"{text} (default: {default or 'none'})", type=kind, default="")


def option(config: pytest.Config, name: str) -> str:
    """Return the value of an option, as text."""
    default = next(default for known, default, _ in OPTIONS if known == name)
    flag = config.getoption(f"omixa_mock_{name}")
    if flag is not None:
        # Unchanged: an empty flag overrides the environment and the file.
        return str(flag)
    return os.environ.get(f"OMIXA_MOCK_{name.upper()}") or from_ini(config, name) or default


def from_ini(config: pytest.Config, name: str) -> str:
    """Return the value in the ini file, as text; empty for a name without a value."""
    try:
        return str(config.getini(f"omixa_mock_{name}"))
    except pytest.UsageError as error:
        if str(error).endswith("''"):
            return ""
        raise


SWITCH = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}


def is_on(config: pytest.Config, name: str) -> bool:
    """Return True if a switch is on.

    Raises:
        pytest.UsageError: Its value is neither true nor false.
    """
    value = option(config, name)
    if value.lower() not in SWITCH:
        raise pytest.UsageError(f"omixa_mock_{name} = {value!r} is not accepted; accepted: true, false")
    return SWITCH[value.lower()]


def wants_coverage(config: pytest.Config) -> bool:
    """Return True if the coverage, or an option that needs it, is on."""
    return is_on(config, "cov") or bool(option(config, "cov_json")) or option(config, "cov_fail_under") not in {"", "0"}
