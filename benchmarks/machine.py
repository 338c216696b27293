"""What was measured with, and when: figures mean nothing without it."""

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

    Where PYTHONDONTWRITEBYTECODE is set, it would be compiled anew at each start.
    """
    for name in OWN:
        compileall.compile_dir(ROOT / name, quiet=2)


def describe(how: str, packages: Iterable[str] = PACKAGES) -> str:
    """One line: when, on what, with which versions, how."""
    day = dt.datetime.now(tz=dt.UTC).date()
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    return f"{day}, {processor()}, {os.cpu_count()} cores, Python {platform.python_version()}, {versions}; {how}."


def processor() -> str:
    """The name that the processor gives itself."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
