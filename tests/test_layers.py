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
INSTALLED = sorted(
    [
        *MODULES,
        *(path for folder in ("pytest_plugin", "contract_tests", "schemas") for path in (ROOT / folder).rglob("*.py")),
    ]
)
GATEWAY = sorted((PACKAGE / "gateway").rglob("*.py"))

# The folders below `omixa_mock`, highest first: a module imports its own folder and those after it. `root` is what lies
# in the package itself. Three of them are installed below the package and lie beside it in the tree. `advisory` is a
# module that all may import: a warnings filter names its class, so that it imports nothing.
FOLDERS = (
    *("cli", "pytest_plugin", "contract_tests", "proxy", "root"),
    *("trials", "learning", "mock", "interceptors", "transports", "kit", "gateway", "schemas", "advisory"),
)
# The rooms of the gateway, highest first, by the same rule; `gateway` is the module that knows the order of the steps.
ROOMS = (
    *("gateway", "pipeline", "workspaces", "verdict", "faults", "calls"),
    *("contract", "http", "money", "images", "common"),
)
BESIDE = ("pytest_plugin", "contract_tests", "schemas")
# Clocks, files, sockets, chance and tasks belong to the doors. `threading` is there for the locks of these.
OUTSIDE = {"asyncio", "io", "os", "pathlib", "random", "secrets", "select", "socket", "ssl", "subprocess", "sys"}
LOCKED = {
    *("bounded_cache.py", "closed_keys.py", "ledger.py", "memory_budget.py"),
    *("registry.py", "wallet.py", "workspace.py"),
}
OUTSIDE |= {"tempfile", "threading", "time", "urllib", "uuid"}
LINES_MAX = 250


def name_of(path: Path) -> str:
    """A module's dotted name, as installed; a package goes by its own."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    parts = ("omixa_mock", *parts) if parts[0] in BESIDE else parts
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


def folder_of(name: str) -> str:
    """The folder of a dotted name below `omixa_mock`."""
    part = (*name.split("."), "")[1]
    if part == "__main__":
        return "cli"  # `python -m omixa_mock` is the command
    return part if part in FOLDERS else "root"


def room_of(name: str) -> str:
    """The room of a dotted name below `omixa_mock.gateway`."""
    part = (*name.split("."), "", "")[2]
    return part if part in ROOMS else "gateway"


def sources_of(path: Path) -> Iterator[str]:
    """The package or module that each `from` import of a file takes its names from."""
    found = {name.rpartition(".")[0] for name in imports_of(path)}
    yield from (name for name in found if name.startswith("omixa_mock."))


def where(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", INSTALLED, ids=where)
def test_imports_run_one_way(path: Path) -> None:
    below = FOLDERS[FOLDERS.index(folder_of(name_of(path))) :]
    imported = {folder_of(name) for name in imports_of(path) if name.split(".")[0] == "omixa_mock"}
    assert imported <= set(below)


@pytest.mark.parametrize("path", GATEWAY, ids=where)
def test_rooms_of_the_gateway_import_those_after_them(path: Path) -> None:
    if name_of(path) == "omixa_mock.gateway":
        return  # the public names of all rooms
    below = ROOMS[ROOMS.index(room_of(name_of(path))) :]
    imported = {room_of(name) for name in imports_of(path) if name.startswith("omixa_mock.gateway.")}
    assert imported <= set(below)


@pytest.mark.parametrize("path", INSTALLED, ids=where)
def test_nobody_outside_a_room_imports_a_module_of_it(path: Path) -> None:
    own = ".".join(name_of(path).split(".")[:3]) if path.parent.parent == PACKAGE / "gateway" else ""
    deep = {source for source in sources_of(path) if source.startswith("omixa_mock.gateway.") and source.count(".") > 2}
    assert {source for source in deep if not own or not source.startswith(f"{own}.")} == set()


@pytest.mark.parametrize("path", sorted((ROOT / "contract_tests").glob("*.py")), ids=where)
def test_contract_tests_know_no_more_than_a_user_does(path: Path) -> None:
    imported = {name for name in imports_of(path) if name.split(".")[0] == "omixa_mock"}
    public = {f"omixa_mock.{name}" for name in omixa_mock.__all__} | {"omixa_mock"}
    assert {
        name for name in imported if not name.startswith(("omixa_mock.kit.", "omixa_mock.contract_tests."))
    } <= public


def test_the_gateway_has_few_loose_modules() -> None:
    loose = {path.name for path in (PACKAGE / "gateway").glob("*.py")}
    assert loose == {"__init__.py", "gateway.py"}
    assert {path.name for path in (PACKAGE / "gateway").iterdir() if path.is_dir()} - {"__pycache__"} == {*ROOMS[1:]}


@pytest.mark.parametrize("path", sorted((PACKAGE / "gateway" / "pipeline").glob("[a-z]*.py")), ids=where)
def test_a_step_imports_no_other_step(path: Path) -> None:
    assert not [name for name in imports_of(path) if name.startswith("omixa_mock.gateway.pipeline")]


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
    path = tmp_path / "omixa_mock" / "gateway" / "http" / "parse.py"
    path.parent.mkdir(parents=True)
    path.write_text(
        "from . import problems\nfrom ...kit import files\nfrom ..calls.call import Call\nimport time as t\n"
    )
    found = [
        *("omixa_mock.gateway.http.problems", "omixa_mock.kit.files"),
        *("omixa_mock.gateway.calls.call.Call", "time"),
    ]
    rooms = {room_of(name) for name in found if name.startswith("omixa_mock.gateway.")}
    assert (list(imports_of(path)), rooms, folder_of(found[1])) == (found, {"http", "calls"}, "kit")
