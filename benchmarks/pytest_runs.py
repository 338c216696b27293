"""Benchmark of pytest: the cost of a run in which the plugin is installed and unused."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from statistics import median

from .goals import Figure
from .rounds import Pace, interleave, ratios

__all__ = ["MEASURES"]

OURS = "omixa_mock"
CALLGRIND = ("--tool=callgrind", "--callgrind-out-file=/dev/null")
COUNTED = re.compile(r"Collected : (\d+)")


def measure_unused_plugin(pace: Pace) -> Iterator[Figure]:
    """Measure one empty test with the plugin, and without it."""
    commands = {"with": pytest_command(), "without": [*pytest_command(), "-p", f"no:{OURS}"]}
    with empty_suite() as folder:
        contestants = {name: partial(cpu_time, command, folder) for name, command in commands.items()}
        interleave(contestants, 1)  # the first run compiles what both import
        results = interleave(contestants, pace.at_least(15))
        note = f"{1000 * median(results['with']):.0f} ÷ {1000 * median(results['without']):.0f} ms"
        if pace.instructions:
            note += f"; {compare_instructions(commands, folder)}"
    yield Figure("11", ratios(results["with"], results["without"]), note)


def pytest_command() -> list[str]:
    """Return the command that runs one test, with no third-party plugin but ours."""
    plugins = sorted({plugin.name for plugin in entry_points(group="pytest11")} - {OURS})
    return [sys.executable, "-m", "pytest", "-q", *(word for name in plugins for word in ("-p", f"no:{name}"))]


def cpu_time(command: Sequence[str], folder: Path) -> float:
    """Return the seconds of user and system time of a command.

    Raises:
        RuntimeError: The command failed.
    """
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command!r} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def compare_instructions(commands: Mapping[str, Sequence[str]], folder: Path) -> str:
    """Return the ratio of instructions, which is free of noise."""
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        return "valgrind is not on this machine: no instructions were counted"
    counts = {name: count_instructions([valgrind, *CALLGRIND, *command], folder) for name, command in commands.items()}
    return f"{counts['with'] / counts['without']:.4f} by {counts['without'] / 1e6:,.0f} million instructions"


def count_instructions(command: Sequence[str], folder: Path) -> int:
    """Return the number of instructions of a command under callgrind.

    Raises:
        RuntimeError: callgrind counted nothing.
    """
    environment = os.environ | {"PYTHONHASHSEED": "0"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    count = COUNTED.search(done.stderr)
    if count is None:
        raise RuntimeError(f"callgrind counted nothing; its output: {done.stderr}")
    return int(count[1])


@contextmanager
def empty_suite() -> Iterator[Path]:
    """Yield a folder with one empty test and its own pytest.ini, which makes it pytest's rootdir."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_nothing.py").write_text("def test_nothing():\n    pass\n", "ascii")
        (folder / "pytest.ini").write_text("[pytest]\n", "ascii")
        yield folder


MEASURES: Mapping[str, Callable[[Pace], Iterator[Figure]]] = {"11": measure_unused_plugin}
