"""Tests that the docs cover every setting, flag, command, route, fault and public name."""

from __future__ import annotations

import importlib.util
import inspect
import json
import re
from pathlib import Path
from types import ModuleType

import click
import pytest

import omixa_mock
from omixa_mock import faults, strategies
from omixa_mock.cli import COMMANDS, main
from omixa_mock.cli.serve import serve
from omixa_mock.gateway import CATALOGUE, Gateway, Plan, Settings, describe_settings
from omixa_mock.mock import OmixaMock
from omixa_mock.mock.assertions import Assertions
from omixa_mock.shipped import shipped_contract
from omixa_mock.transports.control import PREFIX, ControlPolicy
from omixa_mock.transports.control.routes import Control
from omixa_mock.trials.cases import CASES

ROOT = Path(__file__).parents[2]
PAGES = {path.name: path.read_text("utf-8") for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))}
ALL = "\n".join(PAGES.values())


def load_tables() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_tables", ROOT / "docs" / "tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda path: path.name)
def test_tables_are_up_to_date(page: Path) -> None:
    text = page.read_text("utf-8")

    assert load_tables().fill(text) == text, "run: python docs/tables.py"


def test_schema_of_plans_is_up_to_date() -> None:
    text = (ROOT / "schemas" / "control" / "fault-plan.json").read_text("utf-8")

    assert load_tables().fill_schema(text) == text, "run: python docs/tables.py"


def test_every_setting_is_documented() -> None:
    assert not [name for name in describe_settings() if f"| `{name}` |" not in PAGES["settings.md"]]


def test_every_flag_of_serve_is_documented() -> None:
    flags = [flag for option in serve.params if isinstance(option, click.Option) for flag in option.opts]
    settings = {f"--{name.replace('_', '-')}" for name in describe_settings()}

    assert not [flag for flag in flags if flag not in settings and f"`{flag}`" not in PAGES["serving.md"]]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented(command: str) -> None:
    assert f"omixa-mock {command}" in ALL


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "serve"])
def test_every_flag_of_the_other_commands_is_documented(command: str) -> None:
    group = main.get_command(click.Context(main), command)
    assert group is not None
    flags = [flag for option in group.params if isinstance(option, click.Option) for flag in option.opts]

    assert not [flag for flag in flags if flag not in ALL]


def test_every_control_route_is_documented() -> None:
    control = Control(Gateway(shipped_contract(), Settings()), ControlPolicy())
    paths = [route.path.partition("{")[0] for route in control.routes()]

    assert not [path for path in paths if path != f"{PREFIX}/" and path not in PAGES["serving.md"]]


def public_methods(cls: type) -> list[str]:
    """Return the names of a class's public methods, including inherited ones."""
    return [name for name in dir(cls) if not name.startswith("_") and inspect.isfunction(getattr(cls, name))]


@pytest.mark.parametrize("name", [*CATALOGUE, "ok"])
def test_every_fault_is_documented_and_can_be_planned_by_name(name: str) -> None:
    assert f"`{name}`" in PAGES["faults.md"] or f"{name}()" in PAGES["faults.md"]
    assert getattr(faults, name)().outcomes
    assert name in faults.__all__


def test_every_client_is_measured_under_every_fault() -> None:
    tables = load_tables()
    measured = json.loads(tables.MEASURED.read_text("utf-8"))
    faults = [case.outcome for case in CASES if not case.always]

    assert {client for client, row in measured.items() if [*row] != faults} == set()
    assert sorted(client for names in tables.CLIENT_NAMES.values() for client in names) == sorted(measured)


@pytest.mark.parametrize("name", public_methods(OmixaMock))
def test_every_method_of_the_mock_is_documented(name: str) -> None:
    assert f"{name}(" in ALL


@pytest.mark.parametrize("name", [name for name in public_methods(Assertions) if name.startswith("assert_")])
def test_every_assertion_is_shown_in_a_test(name: str) -> None:
    assert f"omixa_mock.{name}(" in ALL


@pytest.mark.parametrize("name", public_methods(Plan))
def test_every_method_of_a_plan_is_documented(name: str) -> None:
    assert f".{name}(" in PAGES["faults.md"]


@pytest.mark.parametrize("name", omixa_mock.__all__)
def test_every_public_name_can_be_imported_and_has_a_docstring(name: str) -> None:
    value = getattr(omixa_mock, name)

    assert name == "__version__" or value.__doc__


@pytest.mark.parametrize("name", strategies.__all__)
def test_every_strategy_is_documented(name: str) -> None:
    assert name in PAGES["strategies.md"]


def test_public_names_are_sorted() -> None:
    assert sorted(omixa_mock.__all__) == omixa_mock.__all__


def test_unknown_public_name_is_refused_with_the_known_names() -> None:
    with pytest.raises(AttributeError, match=r"has no attribute 'sevre'; there are: .*serve"):
        omixa_mock.sevre  # noqa: B018


def test_links_between_documents_have_targets() -> None:
    for name, text in PAGES.items():
        folder = ROOT if name == "README.md" else ROOT / "docs"
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
            assert (folder / target).exists(), f"{name}: {target}"
