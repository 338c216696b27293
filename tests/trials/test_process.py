"""Tests of client processes: they end, with all that they started."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from omixa_mock.trials.descendants import new_mark
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


CHILDREN = {
    "child": "sleep 60 &",
    "session": "setsid sleep 60 &",
    "daemon": "(setsid sh -c 'sleep 60 & sleep 60' &)",
    "own variables": "NAME=other setsid sleep 60 &",
}


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere environments cannot be read")
@pytest.mark.parametrize("rest", ["sleep 60", ":"], ids=["hangs", "ends"])
@pytest.mark.parametrize("child", CHILDREN.values(), ids=CHILDREN)
def test_no_process_outlives_its_client(child: str, rest: str, tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    run_process(["sh", "-c", f"{child} {rest}"], folder, {}, 0.3, RunningProcesses())
    assert find_processes(folder) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups of this kind")
def test_group_ends_where_environments_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omixa_mock.trials.descendants.PROCESSES", tmp_path / "none")
    (tmp_path / "work").mkdir()
    run_process(["sh", "-c", "sleep 60 & echo $! >pid"], tmp_path / "work", {}, 10, RunningProcesses())
    assert has_ended(int((tmp_path / "work" / "pid").read_text()))


def test_process_of_another_client_goes_on(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"], env={**os.environ, new_mark(): "1"}, start_new_session=True) as other:
        run(tmp_path, "pass")
        assert other.poll() is None
        other.kill()


def find_processes(folder: Path) -> list[str]:
    """Return the processes in a working folder; a process that has ended is in none."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "cwd").readlink() == folder:
                found.append(process.name)
    return found


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
