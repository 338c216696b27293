"""Tests of the wheel, built from the source distribution, and of the editable installation."""

from __future__ import annotations

import configparser
import email.message
import email.policy
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

import pytest

import omixa_mock

pytestmark = pytest.mark.acceptance  # builds the package

REPOSITORY = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))
# Folders with names too generic to be installed, and the sub-packages under which they are installed.
MAPPED: dict[str, str] = {
    folder: package
    for package, folder in PROJECT["tool"]["setuptools"]["package-dir"].items()
    if package != "omixa_mock"
}


@pytest.fixture(scope="module")
def built(clean_tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the source distribution of a clean tree, and the wheel from it; return their folder."""
    folder = tmp_path_factory.mktemp("dist")
    # Setuptools comes from the test group: nothing is fetched.
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(clean_tree)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Iterator[zipfile.ZipFile]:
    (path,) = built.glob("*.whl")
    with zipfile.ZipFile(path) as wheel:
        yield wheel


@pytest.fixture(scope="module")
def files(wheel: zipfile.ZipFile) -> set[str]:
    """Return the names of the wheel's files, without its metadata."""
    return {name for name in wheel.namelist() if ".dist-info/" not in name}


@pytest.fixture(scope="module")
def raw_metadata(wheel: zipfile.ZipFile) -> bytes:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return wheel.read(name)


@pytest.fixture(scope="module")
def metadata(raw_metadata: bytes) -> email.message.EmailMessage:
    return email.message_from_bytes(raw_metadata, policy=email.policy.default)


def shipped() -> dict[str, Path]:
    """Return the files that the wheel must have: name in the wheel → file in the tree."""
    expected = {}
    for folder, package in {"omixa_mock": "omixa_mock", **MAPPED}.items():
        root = REPOSITORY / folder
        for path in root.rglob("*"):
            if path.suffix in {".py", ".json", ".ini", ".css", ".html", ".js", ".svg"} or path.name == "py.typed":
                expected[f"{package.replace('.', '/')}/{path.relative_to(root).as_posix()}"] = path
    return expected


def module_names() -> list[str]:
    """Return the installed names of the tree's Python modules."""
    parts = (name.removesuffix(".py").removesuffix("/__init__") for name in shipped() if name.endswith(".py"))
    return sorted(part.replace("/", ".") for part in parts)


def test_configuration_lists_the_packages_of_the_tree() -> None:
    packages = [name.rpartition("/")[0].replace("/", ".") for name in shipped() if name.endswith("/__init__.py")]
    assert PROJECT["tool"]["setuptools"]["packages"] == sorted(packages)


def test_wheel_has_the_files_of_the_tree(files: set[str]) -> None:
    assert files == set(shipped())


def test_wheel_has_the_files_byte_for_byte(wheel: zipfile.ZipFile) -> None:
    assert [name for name, path in shipped().items() if wheel.read(name) != path.read_bytes()] == []


def test_wheel_has_one_top_level_name(files: set[str]) -> None:
    assert {name.partition("/")[0] for name in files} == {"omixa_mock"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("Name", PROJECT["project"]["name"]),
        ("Version", omixa_mock.__version__),
        ("Requires-Python", PROJECT["project"]["requires-python"]),
        ("License-Expression", PROJECT["project"]["license"]),
        ("Description-Content-Type", "text/markdown"),
    ],
)
def test_metadata_has_the_field(metadata: email.message.EmailMessage, field: str, value: str) -> None:
    assert metadata[field] == value


def test_metadata_has_the_whole_readme(raw_metadata: bytes) -> None:
    _, _, description = raw_metadata.partition(b"\n\n")
    assert description.decode().strip() == (REPOSITORY / "README.md").read_text("utf-8").strip()


def test_entry_points_are_the_command_and_the_plugin(wheel: zipfile.ZipFile) -> None:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/entry_points.txt"))
    points = configparser.ConfigParser()
    points.read_string(wheel.read(name).decode())
    assert dict(points["console_scripts"]) == {"omixa-mock": "omixa_mock.cli:main"}
    assert dict(points["pytest11"]) == {"omixa_mock": "omixa_mock.pytest_plugin"}


def test_source_distribution_has_the_tests(built: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        assert any(name.endswith(f"/tests/{Path(__file__).name}") for name in archive.getnames())


@pytest.fixture(scope="module")
def installed() -> Distribution:
    """Return the installation in which the tests run."""
    # Searched by path: the tree may precede it on sys.path, with the metadata folder of a build.
    for distribution in distributions(name="omixa-mock", path=[sysconfig.get_path("purelib")]):
        if '"editable": true' in (distribution.read_text("direct_url.json") or ""):
            return distribution
    pytest.skip("the tests do not run in an editable installation, as `make test` makes one")


@pytest.fixture(scope="module")
def importable(installed: Distribution, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Return the modules that a process in another folder can find, of the wheel's and of the tree's top level."""
    assert installed
    code = (
        "import importlib.util, sys\n"
        "print(*[name for name in sys.argv[1:] if importlib.util.find_spec(name) is not None], sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *module_names(), *MAPPED, "tests", "docs", "examples"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=tmp_path_factory.mktemp("other"),
    )
    return set(done.stdout.split())


def test_editable_installation_has_the_wheel_s_modules_and_no_others(importable: set[str]) -> None:
    assert sorted(importable) == module_names()
