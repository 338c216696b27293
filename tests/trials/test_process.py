"""Tests of client processes: they end, with all that they started."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from omixa_mock.trials.process import run_process


def run(folder: Path, code: str, timeout: float = 10.0) -> object:
    folder = folder / "work"
    folder.mkdir()
    ending = run_process([sys.executable, "-S", "-c", code], folder, {"NAME": "value"}, timeout)
    return ending.exit_code, ending.last_words


def test_exit_code_and_last_line_are_returned(tmp_path: Path) -> None:
    code = "import sys; print('first\\nlast\\n', file=sys.stderr); sys.exit(7)"
    assert run(tmp_path, code) == (7, "last")


def test_variables_are_set(tmp_path: Path) -> None:
    assert run(tmp_path, "import os; assert os.environ['NAME'] == 'value'") == (0, "")


def test_working_folder_is_the_given_one(tmp_path: Path) -> None:
    run(tmp_path, "open('here', 'w').close()")
    assert (tmp_path / "work" / "here").exists()


def test_standard_input_is_empty(tmp_path: Path) -> None:
    assert run(tmp_path, "import sys; assert sys.stdin.read() == ''") == (0, "")


def test_slow_process_is_ended_by_force(tmp_path: Path) -> None:
    assert run(tmp_path, "import time; time.sleep(60)", timeout=0.3) == (None, "")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups of this kind")
@pytest.mark.parametrize("rest", ["time.sleep(60)", "pass"], ids=["hangs", "ends"])
def test_no_child_outlives_its_client(rest: str, tmp_path: Path) -> None:
    code = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(60)'])\n"
        f"open('pid', 'w').write(str(child.pid)); {rest}"
    )
    run(tmp_path, code, timeout=1.5)
    child = int((tmp_path / "work" / "pid").read_text())
    assert has_ended(child)


def has_ended(number: int) -> bool:
    """Return True if a process ends within five seconds; its new parent may still have to notice."""
    for _ in range(500):
        try:
            os.kill(number, 0)
            state = Path(f"/proc/{number}/stat")
            if state.exists() and state.read_text().split()[2] == "Z":
                return True
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


def test_program_that_does_not_exist_raises(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        run_process(["no-such-program"], tmp_path, {}, 1)
