"""Description of the machine, the versions and the date, without which figures mean nothing."""

from __future__ import annotations

import compileall
import datetime as dt
import os
import platform
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

__all__ = ["PACKAGES", "ROOT", "compile_packages", "describe"]

PACKAGES = ("omixa-mock", "starlette", "uvicorn", "httptools", "uvloop", "orjson", "jsonschema-rs", "pybase64", "httpx")


ROOT = Path(__file__).parents[1]
OWN = ("omixa_mock", "pytest_plugin", "contract_tests", "schemas", "benchmarks")


def compile_packages() -> None:
    """Compile this checkout, as the installation of a package does.

    If PYTHONDONTWRITEBYTECODE is set, each start would compile it again.
    """
    for name in OWN:
        compileall.compile_dir(ROOT / name, quiet=2)


def describe(method: str, packages: Iterable[str] = PACKAGES) -> str:
    """Return one line with date, machine, versions and method."""
    day = dt.datetime.now(tz=dt.UTC).date()
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    return f"{day}, {processor()}, {os.cpu_count()} cores, Python {platform.python_version()}, {versions}; {method}."


def processor() -> str:
    """Return the processor's model name."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
