"""Tests of the runner of a client program: workspaces, holds, parallel runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from omixa_mock.program_trials import Program, find_output_flaw, run_trials, serve_trials
from omixa_mock.trials.cases import Case
from omixa_mock.trials.formats import render_golden
from omixa_mock.trials.report import GauntletReport

FEW = [Case("no_route"), Case("reset_in_body"), Case("internal_error", always=True), Case("null_image")]


def run(command: list[str], cases: list[Case], parallel: int = 2, timeout: float = 5.0) -> Any:
    """Return the trials of a client, and the server, which has stopped."""
    with serve_trials({}) as server:
        trials = list(run_trials(server, Program(tuple(command), timeout=timeout), cases, parallel, lambda: None))
        return trials, server


@pytest.mark.acceptance
def test_client_that_was_ended_leaves_no_hold(client: Any) -> None:
    command = client("plain")
    Path(command[-1]).write_text(Path(command[-1]).read_text().replace("timeout=5", "timeout=60"))
    _, server = run(command, [Case("hang"), Case("hang", after_capture=True)], timeout=1)
    assert [workspace.wallet.held for workspace in server.gateway.workspaces] == [0, 0]


def test_every_case_has_a_workspace_of_its_own(client: Any) -> None:
    _, server = run(client("plain"), FEW)
    assert [workspace.journal.appended for workspace in server.gateway.workspaces] == [1, 1, 1, 1]


def test_trials_are_in_the_sequence_of_the_cases(client: Any) -> None:
    trials, _ = run(client("plain"), FEW, parallel=4)
    assert [trial.case for trial in trials] == FEW


def test_file_that_cannot_be_read_is_a_flaw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    (tmp_path / "out.png").touch()
    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert find_output_flaw(Program((), "*.png"), tmp_path, ()) == "*.png cannot be read: Permission denied"


@pytest.mark.acceptance
@pytest.mark.parametrize("name", ["plain", "blind", "silent"])
def test_two_runs_of_a_deterministic_client_are_equal(name: str, client: Any) -> None:
    first, second = (render_golden(GauntletReport(tuple(run(client(name), FEW)[0]))) for _ in range(2))
    assert first == second
