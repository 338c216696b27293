"""The row about pytest: what a run costs in which the plugin is installed and nobody uses it."""

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


def running(pace: Pace) -> Iterator[Figure]:
    """One empty test with the plugin beside the same without it."""
    commands = {"with": pytest(), "without": [*pytest(), "-p", f"no:{OURS}"]}
    with empty_suite() as folder:
        contestants = {name: partial(cpu_time, command, folder) for name, command in commands.items()}
        interleave(contestants, 1)  # whoever comes first compiles what both import
        results = interleave(contestants, pace.at_least(15))
        told = f"{1000 * median(results['with']):.0f} ÷ {1000 * median(results['without']):.0f} ms"
        if pace.instructions:
            told += f"; {counted(commands, folder)}"
    yield Figure("11", ratios(results["with"], results["without"]), told)


def pytest() -> list[str]:
    """Runs one test, without any plugin of third parties but ours."""
    others = sorted({each.name for each in entry_points(group="pytest11")} - {OURS})
    return [sys.executable, "-m", "pytest", "-q", *(word for name in others for word in ("-p", f"no:{name}"))]


def cpu_time(command: Sequence[str], folder: Path) -> float:
    """Seconds of CPU time that a command takes, its own and the kernel's.

    Raises:
        RuntimeError: The command failed.
    """
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command!r} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def counted(commands: Mapping[str, Sequence[str]], folder: Path) -> str:
    """The ratio of instructions, which no noise can hide."""
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        return "valgrind is not on this machine: no instructions were counted"
    numbers = {name: instructions([valgrind, *CALLGRIND, *command], folder) for name, command in commands.items()}
    return f"{numbers['with'] / numbers['without']:.4f} by {numbers['without'] / 1e6:,.0f} million instructions"


def instructions(command: Sequence[str], folder: Path) -> int:
    """How many instructions a command under callgrind takes.

    Raises:
        RuntimeError: callgrind counted nothing.
    """
    fixed = os.environ | {"PYTHONHASHSEED": "0"}
    done = subprocess.run(command, cwd=folder, env=fixed, capture_output=True, text=True, check=False)
    found = COUNTED.search(done.stderr)
    if found is None:
        raise RuntimeError(f"callgrind counted nothing; it said: {done.stderr}")
    return int(found[1])


@contextmanager
def empty_suite() -> Iterator[Path]:
    """A folder with one empty test, and settings of its own: pytest looks no further."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_nothing.py").write_text("def test_nothing():\n    pass\n", "ascii")
        (folder / "pytest.ini").write_text("[pytest]\n", "ascii")
        yield folder


MEASURES: Mapping[str, Callable[[Pace], Iterator[Figure]]] = {"11": running}
