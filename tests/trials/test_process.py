"""Tests of client processes: they end, with all that they started."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from omixa_mock.trials.process import RunningProcesses, run_process


def run(folder: Path, code: str, timeout: float = 10.0) -> object:
    folder = folder / "work"
    folder.mkdir()
    command = [sys.executable, "-S", "-c", code]
    ending = run_process(command, folder, {"NAME": "value"}, timeout, RunningProcesses())
    return ending.exit_code, ending.last_words


def test_exit_code_and_last_line_are_returned(tmp_path: Path) -> None:
    code = "import sys; print('first\\nlast\\n', file=sys.stderr); sys.exit(7)"
    assert run(tmp_path, code) == (7, "last")


def test_exception_is_named_and_not_the_advice_below_it(tmp_path: Path) -> None:
    code = (
        "import sys; print('httpx.ReadTimeout: slow\\nValueError: no\\nFor more see x', file=sys.stderr); sys.exit(1)"
    )
    assert run(tmp_path, code) == (1, "ValueError: no")


def test_end_of_a_long_standard_error_is_read(tmp_path: Path) -> None:
    assert run(tmp_path, "import sys; sys.stderr.write('x' * 10**6 + '\\nlast')") == (0, "last")


def test_signal_is_a_negative_exit_code(tmp_path: Path) -> None:
    assert run(tmp_path, "import os; os.kill(os.getpid(), 11)") == (-11, "")


def test_processes_that_were_all_ended_end_at_once(tmp_path: Path) -> None:
    running = RunningProcesses()
    running.end_all()
    (tmp_path / "work").mkdir()
    command = [sys.executable, "-S", "-c", "import time; time.sleep(60)"]
    assert run_process(command, tmp_path / "work", {}, 30, running).exit_code == -9


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
        run_process(["no-such-program"], tmp_path, {}, 1, RunningProcesses())
