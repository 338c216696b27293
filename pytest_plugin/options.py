"""Options of the plugin: flag > environment > ini file > default."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pytest

__all__ = [
    "ITEM",
    "MARKER",
    "OPTIONS",
    "RefusedOption",
    "add_options",
    "is_given",
    "is_on",
    "option",
    "profile_path",
    "raise_usage_errors",
    "variable_of",
    "wants_coverage",
]

# The running test. The environment names it too, and a test may clear the environment.
ITEM = pytest.StashKey[pytest.Item | None]()

MARKER = (
    "omixa_mock(strict=True, live=False, openai=False, balance=..., models=..., routes_down=..., profile=..., "
    "**settings): how this test's fake gateway behaves; settings are those of `omixa-mock assumptions`."
)
# Name, default, description. Each is --omixa-mock-NAME, OMIXA_MOCK_NAME and omixa_mock_name; see `VARIABLES`.
OPTIONS = (
    ("url", "", "a running omixa-mock that omixa_mock_server uses, in place of a server of its own"),
    ("control_token", "", "the token of that fake's control routes"),
    ("seed", "0", "the seed of all images and random choices"),
    ("profile", "", "TOML file whose [settings] the fixtures begin with, for instance of omixa-mock verify --profile"),
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

TYPES: Mapping[str, Literal["bool", "float", "int", "string"]] = {
    "strict": "bool",
    "block_live": "bool",
    "cov": "bool",
    "seed": "int",
    "max_spend": "float",
    "cov_fail_under": "float",
}
# Environment variables that are not named after their option: one file for `serve` and the plugin.
VARIABLES: Mapping[str, str] = {"profile": "OMIXA_MOCK_CONFIG"}


def variable_of(name: str) -> str:
    """Return the environment variable of an option."""
    return VARIABLES.get(name, f"OMIXA_MOCK_{name.upper()}")


def add_options(parser: pytest.Parser) -> None:
    """Add each option as a flag and an ini name."""
    group = parser.getgroup("omixa-mock", "omixa-mock: the fake Omixa gateway")
    for name, default, text in OPTIONS:
        # A flag without a value: with an optional value it would consume the next path.
        action: dict[str, Any] = {"action": "store_const", "const": "true"} if name == "cov" else {}
        group.addoption(f"--omixa-mock-{name.replace('_', '-')}", default=None, help=text, **action)
        # Typed, since pytest's own TOML tables accept `true`, `7` and `0.1` only so.
        kind = TYPES.get(name, "string")
        parser.addini(f"omixa_mock_{name}", f"{text} (default: {default or 'none'})", type=kind, default="")


def option(config: pytest.Config, name: str) -> str:
    """Return the value of an option, as text."""
    default = next(default for known, default, _ in OPTIONS if known == name)
    flag = config.getoption(f"omixa_mock_{name}")
    if flag is not None:
        # Unchanged: an empty flag overrides the environment and the file.
        return str(flag)
    return os.environ.get(variable_of(name)) or from_ini(config, name) or default


def is_given(config: pytest.Config, name: str) -> bool:
    """Return True if an option has a value that is not its default's."""
    flag = config.getoption(f"omixa_mock_{name}")
    return bool(flag is not None or os.environ.get(variable_of(name)) or from_ini(config, name))


class RefusedOption(pytest.fail.Exception):  # type: ignore[name-defined,misc]  # pytest types it as a value
    """Failure of a test because an option of the run is not accepted."""

    # As pytest's own failures have it: the summary shows the name without its module.
    __module__ = "builtins"

    def __init__(self, message: str) -> None:
        super().__init__(message, pytrace=False)


@contextmanager
def raise_usage_errors(config: pytest.Config) -> Iterator[None]:
    """Raise a refused option as a usage error, which ends the run before its first test.

    A worker of xdist would crash from it. There each test that uses a fake fails.
    """
    try:
        yield
    except RefusedOption as error:
        if hasattr(config, "workerinput"):
            raise
        raise pytest.UsageError(str(error)) from None


def profile_path(config: pytest.Config) -> tuple[Path | None, str]:
    """Return the path of the profile, or None, and the name by which it was given.

    One in the ini file is relative to the rootdir, all others to the current folder.
    """
    path = option(config, "profile")
    if config.getoption("omixa_mock_profile") is not None:
        base, source = config.invocation_params.dir, "--omixa-mock-profile"
    elif os.environ.get(variable_of("profile")):
        base, source = config.invocation_params.dir, f"{variable_of('profile')} (for none: --omixa-mock-profile=)"
    else:
        base, source = config.rootpath, "omixa_mock_profile"
    return (base / path if path else None), source


def from_ini(config: pytest.Config, name: str) -> str:
    """Return the value in the ini file, as text; empty for a name without a value.

    pytest's own TOML tables hold typed values. There an option may be written as its type or as text.

    Raises:
        pytest.UsageError: The value is a list or a table.
    """
    key = f"omixa_mock_{name}"
    try:
        value = config.getini(key)
    except (pytest.UsageError, TypeError, ValueError):
        # Of another type than the option's. What is not accepted is refused by name where it is used.
        value = unchecked_value(config, key)
    if isinstance(value, (str, int, float)):
        return str(value)
    raise pytest.UsageError(f"{key} = {value!r} is not accepted; accepted: a text, a number, true or false")


def unchecked_value(config: pytest.Config, key: str) -> Any:
    """Return a value of the ini file as it stands there, whatever the type of its option."""
    # pytest 8 has `inicfg`; pytest 9 has deprecated that name, and has no other public one.
    value = getattr(config, "_inicfg", None) or config.inicfg
    return getattr(value[key], "value", value[key])


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
    threshold = option(config, "cov_fail_under")
    return is_on(config, "cov") or bool(option(config, "cov_json")) or threshold.strip("0.") != ""
