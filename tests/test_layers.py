"""Imports run one way, files stay small, and the core touches nothing but what it is given."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import omixa_mock

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "omixa_mock"
MODULES = sorted(PACKAGE.rglob("*.py"))
GATEWAY = sorted((PACKAGE / "gateway").rglob("*.py"))

# Which layers a layer may import, itself apart.
LAYERS = {
    "gateway": set[str](),
    "doors": {"gateway"},
    "kit": {"gateway"},
    "handle": {"gateway", "kit"},
    "root": {"gateway", "doors", "kit", "handle"},
    "cli": {"gateway", "doors", "kit", "root"},
}
# The steps of a journey: each raises a Problem or goes on, and only the journey knows their order.
STEPS = {
    "answers",
    "batch",
    "endpoints",
    "input_images",
    "parse",
    "payment",
    "routing",
    "strikes",
    "triggers",
    "validation",
    "variants",
}
# What steps share: values and tables, a workspace's state, the sentences of refusals.
SHARED = {
    "arrival",
    "base64_text",
    "budget",
    "conditions",
    "contract",
    "discreet",
    "durations",
    "faults",
    "gzip_file",
    "hints",
    "images",
    "journal",
    "json_values",
    "judge",
    "keys",
    "ledger",
    "lifting",
    "messages",
    "nearest",
    "notes",
    "order",
    "pictures",
    "planning",
    "plans",
    "prices",
    "problems",
    "recent",
    "records",
    "repair",
    "rules",
    "runs",
    "setting_values",
    "settings",
    "shares",
    "sheets",
    "tombstones",
    "version",
    "transcript",
    "wallet",
    "workspace",
    "workspaces",
}
# Who knows the steps: the journey; `openapi` is a document, made beside every journey.
KNOWING = {"__init__", "gateway", "openapi"}
# Clocks, files, sockets, chance and tasks belong to the doors. `threading` is there for the locks of these.
OUTSIDE = {"asyncio", "io", "os", "pathlib", "random", "secrets", "select", "socket", "ssl", "subprocess", "sys"}
LOCKED = {"budget.py", "ledger.py", "recent.py", "tombstones.py", "wallet.py", "workspace.py", "workspaces.py"}
OUTSIDE |= {"tempfile", "threading", "time", "urllib", "uuid"}
LINES_MAX = 250


def name_of(path: Path) -> str:
    """A module's dotted name; a package goes by its own."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in it, by its absolute dotted name."""
    name = name_of(path)
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def layer_of(name: str) -> str:
    """The layer of a dotted name below `omixa_mock`."""
    part = (*name.split("."), "")[1]
    return part if part in LAYERS else "root"


def module_of(name: str) -> str:
    """The module of the gateway that a dotted name below it belongs to."""
    return (*name.split("."), "", "")[2] or "__init__"


def inner_imports(path: Path) -> set[str]:
    """Which modules of the gateway a module of it imports, itself apart."""
    found = {module_of(name) for name in imports_of(path) if name.startswith("omixa_mock.gateway.")}
    return found - {module_of(name_of(path))}


def where(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", MODULES, ids=where)
def test_imports_run_one_way(path: Path) -> None:
    layer = layer_of(name_of(path))
    imported = {layer_of(name) for name in imports_of(path) if name.split(".")[0] == "omixa_mock"}
    # The package's lazy list of names is no import at all, except to a type checker.
    assert imported - {layer} <= LAYERS[layer]


@pytest.mark.parametrize("path", sorted((ROOT / "contract_tests").glob("*.py")), ids=where)
def test_contract_tests_know_no_more_than_a_user_does(path: Path) -> None:
    imported = {name for name in imports_of(path) if name.split(".")[0] == "omixa_mock"}
    public = {f"omixa_mock.{name}" for name in omixa_mock.__all__} | {"omixa_mock"}
    assert {name for name in imported if not name.startswith("omixa_mock.kit.")} <= public


def test_every_module_of_the_gateway_has_its_place() -> None:
    assert {module_of(name_of(path)) for path in GATEWAY} == STEPS | SHARED | KNOWING


@pytest.mark.parametrize("step", sorted(STEPS))
def test_a_step_imports_no_other_step(step: str) -> None:
    imported = {name for path in GATEWAY if module_of(name_of(path)) == step for name in inner_imports(path)}
    assert imported <= SHARED


@pytest.mark.parametrize("shared", sorted(SHARED))
def test_what_steps_share_knows_no_step(shared: str) -> None:
    imported = {name for path in GATEWAY if module_of(name_of(path)) == shared for name in inner_imports(path)}
    assert imported <= SHARED


@pytest.mark.parametrize("path", GATEWAY, ids=where)
def test_the_core_imports_nothing_of_the_outside(path: Path) -> None:
    forbidden = {name for name in imports_of(path) if name.split(".")[0] in OUTSIDE}
    assert forbidden <= ({"threading.Lock"} if path.name in LOCKED else set())


@pytest.mark.parametrize("path", GATEWAY, ids=where)
def test_the_core_opens_no_file_and_asks_no_clock(path: Path) -> None:
    calls = [node.func for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
    names = {func.id for func in calls if isinstance(func, ast.Name)}
    methods = {func.attr for func in calls if isinstance(func, ast.Attribute)}
    assert not names & {"open", "input", "print", "exec", "eval", "__import__"}
    assert not methods & {"now", "utcnow", "today", "read_text", "read_bytes", "write_text", "write_bytes"}


@pytest.mark.parametrize("path", GATEWAY, ids=where)
def test_the_core_has_no_global_statement(path: Path) -> None:
    assert not any(isinstance(node, ast.Global) for node in ast.walk(ast.parse(path.read_text("utf-8"))))


@pytest.mark.parametrize("path", MODULES, ids=where)
def test_module_is_short(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= LINES_MAX


@pytest.mark.parametrize("path", MODULES, ids=where)
def test_module_says_what_it_exports(path: Path) -> None:
    body = ast.parse(path.read_text("utf-8")).body
    targets = [target for node in body if isinstance(node, ast.Assign) for target in node.targets]
    named = "__all__" in {target.id for target in targets if isinstance(target, ast.Name)}
    assert named or not body[1:], "only a file of nothing but its docstring exports nothing"


def test_every_package_is_packaged() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    tree = {name_of(path) for path in PACKAGE.rglob("__init__.py")}
    assert set(settings["packages"]) == tree | set(settings["package-dir"])


def test_a_wrong_import_would_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    path = tmp_path / "omixa_mock" / "gateway" / "parse.py"
    path.parent.mkdir(parents=True)
    path.write_text("from . import routing\nfrom ..doors import drive\nfrom .answers import READS\nimport time as t\n")
    found = ["omixa_mock.gateway.routing", "omixa_mock.doors.drive", "omixa_mock.gateway.answers.READS", "time"]
    assert (list(imports_of(path)), inner_imports(path)) == (found, {"routing", "answers"})
