"""Options of the plugin: flag > environment > ini file > default."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Literal

import pytest

__all__ = ["ITEM", "OPTIONS", "add_options", "is_on", "option"]

# Where the run keeps the test that runs now: the environment, which names it too, may have been cleared by it.
ITEM = pytest.StashKey[pytest.Item | None]()

# Name, default, what it does. Each is --omixa-mock-NAME, OMIXA_MOCK_NAME and omixa_mock_name.
OPTIONS = (
    ("url", "", "a running omixa-mock that omixa_mock_server uses, in place of a server of its own"),
    ("control_token", "", "what that one's control routes ask for"),
    ("seed", "0", "what the images of every test are drawn from"),
    ("strict", "true", "fail a test whose calls broke the contract, or whose planned failures never came"),
    ("target", "", "the gateway, real or fake, that omixa_mock.contract_tests examine"),
    ("max_spend", "0", "what that may cost at most, in USD"),
    ("cov", "false", "tell at the end how much of the contract the tests met"),
    ("cov_json", "", "file for what they met and what they did not"),
    ("cov_fail_under", "0", "fail the run where they met less, in per cent"),
    (
        "block_live",
        "false",
        "refuse real calls to Omixa in every run, also in one that uses no fixture of omixa-mock",
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
        # A flag without a value: with an optional one it would take the next path for it.
        action: dict[str, Any] = {"action": "store_const", "const": "true"} if name == "cov" else {}
        group.addoption(f"--omixa-mock-{name.replace('_', '-')}", default=None, help=text, **action)
        # Typed, since pytest's own TOML tables take `true` and `7` for nothing else.
        kind = TYPES.get(name, "string")
        parser.addini(f"omixa_mock_{name}", f"{text} (default: {default or 'none'})", type=kind, default="")


def option(config: pytest.Config, name: str) -> str:
    """The value of an option, as text."""
    default = next(default for known, default, _ in OPTIONS if known == name)
    flag = config.getoption(f"omixa_mock_{name}")
    if flag is not None:
        # As it is: an empty flag takes back what the environment or the file says.
        return str(flag)
    return os.environ.get(f"OMIXA_MOCK_{name.upper()}") or from_ini(config, name) or default


def from_ini(config: pytest.Config, name: str) -> str:
    """What the ini file says, as text; nothing for what is there without a value."""
    try:
        return str(config.getini(f"omixa_mock_{name}"))
    except pytest.UsageError as error:
        if str(error).endswith("''"):
            return ""
        raise


SWITCH = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}


def is_on(config: pytest.Config, name: str) -> bool:
    """Whether an option that is a switch is on.

    Raises:
        pytest.UsageError: Its value is neither true nor false.
    """
    value = option(config, name)
    if value.lower() not in SWITCH:
        raise pytest.UsageError(f"omixa_mock_{name} = {value!r} is not accepted; accepted: true, false")
    return SWITCH[value.lower()]
