"""JSON Schema of the configuration file: it accepts what `serve --config` accepts."""

from __future__ import annotations

import json
import string
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from omixa_mock import SettingError, shipped_contract
from omixa_mock.cli import main
from omixa_mock.config_schema import describe_config
from omixa_mock.configuration import ALIASES, read_tables
from omixa_mock.file_names import PROFILE_NAMES, SERVER_NAMES
from omixa_mock.gateway import describe_settings

SCHEMA = describe_config(shipped_contract())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
NAMES = [
    *((name, "") for name in SERVER_NAMES),
    *((name, "settings") for name in describe_settings()),
    *((name, "profile") for name in PROFILE_NAMES if name != "observed"),
]
# Values of all types in TOML, and texts in all forms that some name accepts.
TEXTS = (
    *(
        "",
        "all",
        "none",
        "refused",
        "any",
        "issued",
        "ignore",
        "refuse",
        "422",
        "2MB",
        "64KiB",
        "7b",
        "-1",
        "1.5",
        ".5",
    ),
    *(
        "500ms",
        "2m",
        "uniform:1s..5s",
        "uniform:1s",
        "lognormal:8s",
        "http://localhost:3000",
        "gpt-image-1.5",
        "no_route",
    ),
)
SCALARS = st.one_of(
    st.sampled_from(TEXTS),
    st.text(string.ascii_lowercase, max_size=5),
    st.booleans(),
    st.integers(-5, 70_000),
    st.sampled_from([0.5, 1.5, -0.5, 100_000.5]),
)
VALUES = st.one_of(
    SCALARS, st.lists(st.sampled_from(TEXTS), max_size=2), st.dictionaries(st.just("a"), SCALARS, max_size=1)
)
# The rules of these go further than types: `serve` checks them when all is read.
CHECKED_LATER = {"host", "keys", "control_token", "log", "faults", "journal_bytes", "prices", "routes", "errors"}


def is_accepted(document: dict[str, Any], path: Path) -> bool:
    """Return True if a file with this document is read."""
    lines = [f"{name} = {json.dumps(value)}" for name, value in document.items() if not isinstance(value, dict)]
    lines += [
        f"{name} = {inline(value)}"
        for name, value in document.items()
        if name not in {"settings", "profile"} and isinstance(value, dict)
    ]
    for table in ("settings", "profile"):
        rows = document.get(table, {})
        lines += (
            [f"[{table}]", *(f"{name} = {inline(value)}" for name, value in rows.items())] if table in document else []
        )
    path.write_text("\n".join(lines), "utf-8")
    try:
        read_tables(path)
    except SettingError:
        return False
    return True


def inline(value: Any) -> str:
    """Return a value as TOML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {json.dumps(item)}" for name, item in value.items()) + "}"
    return json.dumps(value)


@pytest.mark.parametrize(("name", "table"), [case for case in NAMES if case[0] not in CHECKED_LATER], ids=str)
@settings(deadline=None)  # a busy machine needs longer than Hypothesis allows
@given(value=VALUES)
def test_schema_accepts_what_is_read(name: str, table: str, value: Any, tmp_path_factory: Any) -> None:
    document = {table: {name: value}} if table else {name: value}
    path = tmp_path_factory.getbasetemp() / "config.toml"
    assert VALIDATOR.is_valid(document) is is_accepted(document, path)


@pytest.mark.parametrize(("name", "table"), NAMES, ids=str)
def test_every_name_is_in_the_schema(name: str, table: str) -> None:
    properties = (SCHEMA["properties"][table] if table else SCHEMA)["properties"]
    spellings = {name, name.replace("_", "-"), *([ALIASES[name]] if name in ALIASES else [])}
    assert spellings <= properties.keys()


@pytest.mark.parametrize("document", [{"prot": 1}, {"seed": 1}, {"settings": {"sed": 1}}, {"faults": [{"fail": "no"}]}])
def test_unknown_names_and_faults_are_refused(document: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid(document)


@pytest.mark.parametrize(
    "document",
    [
        {
            "keys": ["omx_live_ci"],
            "log": "none",
            "journal_bytes": "16MB",
            "faults": [{"fail": "no_route", "times": 2}, "hang"],
        },
        {"settings": {"prices": {"gpt-image-1.5": "0.05"}, "routes": {"gpt-image-1.5": ["google"]}}},
        {"settings": {"errors": {"not_found": {"code": "x"}}}, "profile": {"observed": ["auto_size"]}},
    ],
)
def test_tables_and_plans_are_accepted(document: dict[str, Any]) -> None:
    VALIDATOR.validate(document)


def test_command_prints_it() -> None:
    result = CliRunner().invoke(main, ["schema", "config"])
    assert json.loads(result.output) == json.loads(json.dumps(SCHEMA))


def test_package_is_the_command() -> None:
    command = [sys.executable, "-m", "omixa_mock", "--version"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.startswith("omixa-mock, version ")
