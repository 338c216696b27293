"""Every option in every configuration file of pytest, as text and as a native TOML value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import pytest

pytestmark = pytest.mark.acceptance  # starts a pytest run for each kind of file

OPTIONS = import_module("omixa_mock.pytest_plugin.options").OPTIONS
# Each option's native value, and the text that the plugin works with.
VALUES: Mapping[str, tuple[str | bool | float, str]] = {
    "url": ("http://127.0.0.1:1", "http://127.0.0.1:1"),
    "control_token": (1234, "1234"),
    "seed": (7, "7"),
    "profile": ("omixa.toml", "omixa.toml"),
    "strict": (False, "False"),
    "target": ("http://127.0.0.1:2", "http://127.0.0.1:2"),
    "max_spend": (0.1, "0.1"),
    "cov": (True, "True"),
    "cov_json": ("met.json", "met.json"),
    "cov_fail_under": (0.0, "0.0"),
    "block_live": (True, "True"),
}
# The name of a file, and the heading of the plugin's options in it.
FILES = {
    "pyproject, native table": ("pyproject.toml", "[tool.pytest]"),
    "pyproject, ini table": ("pyproject.toml", "[tool.pytest.ini_options]"),
    "pytest.toml": ("pytest.toml", "[pytest]"),
    "pytest.ini": ("pytest.ini", "[pytest]"),
}
CONFTEST = """
import json
from pathlib import Path

from omixa_mock.pytest_plugin.options import OPTIONS, is_on, option

def pytest_configure(config):
    values = {name: option(config, name) for name, *_ in OPTIONS}
    values["switches"] = [is_on(config, name) for name in ("strict", "cov", "block_live")]
    Path("options.json").write_text(json.dumps(values))
"""
FORMS = [(file, native) for file in FILES for native in (True, False) if not (native and file == "pytest.ini")]


def text_of(name: str) -> str:
    return VALUES[name][1].lower()


def run_with(run: Any, file: str, values: Mapping[str, str]) -> Any:
    """Run a child pytest whose configuration file has values, as they are written there."""
    name, heading = FILES[file]
    text = "\n".join([heading, *(f"omixa_mock_{option} = {value}" for option, value in values.items())])
    # pytest prefers an ini file, even an empty one, to any other.
    files = {"pytest.ini": "", name: text, "conftest.py": CONFTEST, "omixa.toml": "[settings]\nseed = 1"}
    return run("def test_it(): pass", "-c", name, files=files)


def written(name: str, file: str, *, native: bool) -> str:
    """Return a value as a file has it: JSON's notation is TOML's too."""
    value = text_of(name)
    return json.dumps(VALUES[name][0]) if native else value if file == "pytest.ini" else json.dumps(value)


@pytest.fixture(params=FORMS, ids=[f"{file}, {'native' if native else 'text'}" for file, native in FORMS])
def options(request: pytest.FixtureRequest, run_pytest: Any) -> dict[str, Any]:
    file, native = request.param
    if pytest.version_tuple < (9,) and "ini" not in file:
        pytest.skip("native tables begin with pytest 9")
    run = run_with(run_pytest, file, {name: written(name, file, native=native) for name in VALUES})
    assert run.passed()
    found: dict[str, Any] = json.loads((run.folder / "options.json").read_text())
    return found


@pytest.mark.parametrize("name", [name for name, *_ in OPTIONS])
def test_option_is_read_from_every_file(options: dict[str, Any], name: str) -> None:
    assert options[name].lower() == text_of(name)


def test_switch_is_read_from_every_file(options: dict[str, Any]) -> None:
    assert options["switches"] == [False, True, True]


# A native value of the wrong kind, and the message.
REFUSED = {
    "strict": ("1.5", "omixa_mock_strict = '1.5' is not accepted; accepted: true, false"),
    "block_live": ('"maybe"', "omixa_mock_block_live = 'maybe' is not accepted; accepted: true, false"),
    "cov": ('["a"]', "omixa_mock_cov = ['a'] is not accepted; accepted: a text, a number, true or false"),
    "cov_json": (
        "{a = 1}",
        "omixa_mock_cov_json = {'a': 1} is not accepted; accepted: a text, a number, true or false",
    ),
    "cov_fail_under": ("101", "omixa_mock_cov_fail_under = '101' is not accepted; accepted: 0 to 100"),
}


@pytest.mark.skipif(pytest.version_tuple < (9,), reason="native tables begin with pytest 9")
@pytest.mark.parametrize("name", REFUSED)
def test_native_value_of_the_wrong_kind_is_a_usage_error(run_pytest: Any, name: str) -> None:
    value, message = REFUSED[name]
    run = run_with(run_pytest, "pytest.toml", {name: value})
    assert (run.code, f"ERROR: {message}" in run.output, "INTERNALERROR" in run.output) == (4, True, False), run.output
