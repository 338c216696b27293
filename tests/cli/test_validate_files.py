"""`omixa-mock validate PATH…`: files checked, messages on each, and exit code."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]
GOOD = json.dumps({"model": "gpt-image-1.5", "prompt": "a cat"})
BAD = json.dumps({"model": "gpt-image-1.5", "prompt": "a cat", "n": 11})
REFUSAL = {"error": {"message": "No route.", "type": "routing_error", "code": "no_healthy_route"}}


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with files of each kind; it is the working directory."""
    files = {"a.json": GOOD, "b.jsonl": f"{GOOD}\n{GOOD}\n", "in/c.ndjson": GOOD, "in/deep/d.json": GOOD}
    for name, text in {**files, ".git/e.json": BAD, "notes.txt": BAD, "bad/f.json": BAD}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def checked(result: Result) -> list[str]:
    """Return the files that a run reported on."""
    return [line.partition(":")[0] for line in result.stderr.splitlines() if ": a valid" in line or ", all" in line]


FOUND: dict[str, tuple[list[str], list[str]]] = {
    "files": (["a.json", "b.jsonl"], ["a.json", "b.jsonl"]),
    "folder": (["in"], ["in/c.ndjson", "in/deep/d.json"]),
    "pattern": (["*.json*"], ["a.json", "b.jsonl"]),
    "deep pattern": (["in/**/*.json"], ["in/deep/d.json"]),
    "pattern of folders": (["i*"], ["in/c.ndjson", "in/deep/d.json"]),
    "two stars at the end": (["in/**"], ["in/c.ndjson", "in/deep/d.json"]),
    "the same file twice": (["a.json", "./a.json", "*.json"], ["a.json"]),
}


@pytest.mark.parametrize(("paths", "files"), FOUND.values(), ids=FOUND)
def test_paths_expand_to_files(run: Run, tree: Path, paths: list[str], files: list[str]) -> None:
    assert tree.exists()
    result = run("validate", *paths)
    assert (result.exit_code, checked(result)) == (0, files), result.output


def test_name_with_brackets_is_a_name_if_the_file_exists(run: Run, tree: Path) -> None:
    (tree / "[x].json").write_text(GOOD)
    assert run("validate", "[x].json").exit_code == 0


def test_standard_input_can_be_one_of_several(run: Run, tree: Path) -> None:
    assert tree.exists()
    assert checked(run("validate", "a.json", "-", input=GOOD)) == ["a.json", "-"]


@pytest.mark.parametrize("body", [f"{GOOD}\n{GOOD}\n", f"{GOOD}\n\n{GOOD}"])
def test_standard_input_can_be_json_lines(run: Run, body: str) -> None:
    assert run("validate", input=body).stderr == "-: 2 requests, all valid\n"


NO_HAR = "this is no HAR: it has no log.entries; accepted: a JSON object with log.entries. Save it again, or rename it."
NOTHING: dict[str, tuple[list[str], str]] = {
    "no such file": (["nothing.json"], "nothing.json: cannot be read: No such file or directory"),
    "no match": (["*.xml"], "*.xml: nothing to check: no file matches. Compare the pattern with `ls`."),
    "empty folder": (
        ["empty"],
        "empty: nothing to check: no .json, .jsonl, .ndjson, .har, .har.zip file and no VCR cassette is in it.",
    ),
    "empty lines": (
        ["empty.jsonl"],
        "empty.jsonl: not a document I know: it is empty. Record it again, or leave it out.",
    ),
    "other addresses": (["other.har"], "other.har: nothing to check; skipped: entries of other addresses (1)"),
    "no HAR": (["no.har"], f"no.har: {NO_HAR}"),
}


@pytest.mark.parametrize(("paths", "message"), NOTHING.values(), ids=NOTHING)
def test_nothing_to_check_is_reported_with_its_reason(run: Run, tree: Path, paths: list[str], message: str) -> None:
    (tree / "empty").mkdir()
    (tree / "empty.jsonl").write_text("\n")
    (tree / "other.har").write_text(json.dumps({"log": {"entries": [{"request": {"url": "https://x/"}}]}}))
    (tree / "no.har").write_text("{}")
    result = run("validate", *paths)
    assert (result.exit_code, result.stderr.splitlines()[0]) == (3, message)


@pytest.mark.parametrize(
    ("paths", "code"),
    [(["a.json"], 0), (["a.json", "bad"], 1), (["a.json", "nothing"], 3), (["bad", "nothing"], 3), (["--as", "x"], 2)],
)
def test_exit_code(run: Run, tree: Path, paths: list[str], code: int) -> None:
    assert tree.exists()
    assert run("validate", *paths).exit_code == code


def test_readable_files_are_checked_beside_unreadable_ones(run: Run, tree: Path) -> None:
    assert tree.exists()
    assert run("validate", "nothing", "bad").stdout.startswith("bad/f.json:1:")


def test_several_files_have_a_total(run: Run, tree: Path) -> None:
    assert tree.exists()
    last = run("validate", ".", "nothing").stderr.splitlines()[-1]
    assert last == "6 files, 6 documents: 1 broken rule; 1 could not be checked"


def test_file_without_permission_is_reported_as_unreadable(
    run: Run, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    result = run("validate", "a.json")
    assert (tree.exists(), result.exit_code, result.stderr) == (True, 3, "a.json: cannot be read: Permission denied\n")


def test_findings_beyond_the_bound_are_counted(run: Run) -> None:
    lines = run("validate", "--max-findings", "2", input=f"{BAD}\n" * 5).stdout.splitlines()
    assert (len(lines), lines[-1]) == (3, "… and 3 more findings, left out; --max-findings keeps more.")


def test_report_is_written_to_a_file(run: Run, tree: Path) -> None:
    result = run("validate", "bad", "-o", "report.txt")
    assert (result.stdout, "request.n.maximum" in (tree / "report.txt").read_text()) == ("", True)


def test_report_replaces_the_previous_one(run: Run, tree: Path) -> None:
    (tree / "report.txt").write_text("before" * 1000)
    run("validate", "a.json", "-o", "report.txt")
    assert (tree / "report.txt").read_text() == ""


def test_report_in_the_folder_is_not_checked_by_the_next_run(run: Run, tree: Path) -> None:
    arguments = ("validate", "in", "--format", "json", "-o", "in/report.json")
    assert ([run(*arguments).exit_code for _ in range(2)], tree.exists()) == ([0, 0], True)


def test_report_over_the_only_checked_file_is_a_usage_error(
    run: Run, tree: Path, error_of: Callable[[Result], str]
) -> None:
    assert "nothing to check but the file that the report goes to" in error_of(
        run("validate", "a.json", "-o", "a.json")
    )
    assert (tree / "a.json").read_text() == GOOD


def test_report_to_a_dash_is_printed(run: Run, tree: Path) -> None:
    assert (tree.exists(), run("validate", "bad", "-o", "-").stdout) == (True, run("validate", "bad").stdout)


def test_report_can_go_to_a_device(run: Run, tree: Path) -> None:
    assert (tree.exists(), run("validate", "a.json", "-o", os.devnull).exit_code) == (True, 0)


def test_report_has_the_mode_of_the_previous_one(run: Run, tree: Path) -> None:
    (tree / "report.txt").touch(0o640)
    run("validate", "a.json", "-o", "report.txt")
    assert (tree / "report.txt").stat().st_mode & 0o777 == 0o640


def test_report_that_cannot_be_written_leaves_nothing(
    run: Run, tree: Path, monkeypatch: pytest.MonkeyPatch, error_of: Callable[[Result], str]
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    before = sorted(tree.iterdir())
    assert error_of(run("validate", "a.json", "-o", "r.txt")) == "r.txt cannot be written: No space left on device"
    assert sorted(tree.iterdir()) == before


def test_report_into_no_folder_is_a_usage_error(run: Run, tree: Path, error_of: Callable[[Result], str]) -> None:
    assert tree.exists()
    assert "cannot be written: No such file" in error_of(run("validate", "a.json", "-o", "no/r.txt"))


def test_control_characters_do_not_reach_the_terminal(run: Run) -> None:
    body = json.dumps({"model": "gpt-image-1.5", "prompt": "a", "\x1b[31m\u202e": 1, "size": "\x9b"})
    output = run("validate", input=body).output
    assert {character for character in output if not character.isprintable()} == {"\n"}


def run_on_a_terminal(path: Path) -> str:
    """Return the standard error of a run on a terminal."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", "from omixa_mock.cli import main; main()", "validate", str(path)]
    subprocess.run(command, stderr=theirs, stdout=subprocess.PIPE, check=False, timeout=60)
    os.close(theirs)
    output = os.read(ours, 100_000)
    os.close(ours)
    return output.decode()


def test_progress_is_shown_on_a_terminal(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f"{GOOD}\n" * 3)
    assert "100%" in run_on_a_terminal(path)


def test_progress_is_shown_nowhere_else(run: Run, tree: Path) -> None:
    assert tree.exists()
    assert "%" not in run("validate", "b.jsonl").output


def test_fifo_in_a_folder_does_not_hang(run: Run, tree: Path) -> None:
    os.mkfifo(tree / "in" / "pipe.json")
    assert checked(run("validate", "in")) == ["in/c.ndjson", "in/deep/d.json"]


def test_fifo_that_a_pattern_matches_does_not_hang(run: Run, tree: Path) -> None:
    os.mkfifo(tree / "pipe.json")
    assert checked(run("validate", "*.json")) == ["a.json"]


def test_broken_link_in_a_folder_is_reported_as_unreadable(run: Run, tree: Path) -> None:
    (tree / "in" / "link.json").symlink_to("nothing")
    result = run("validate", "in")
    assert (result.exit_code, "in/link.json: cannot be read" in result.stderr) == (3, True)


NO_RESPONSE_BODY = {
    "request": {"method": "POST", "url": "https://x/api/v1/images/generations", "postData": {"text": GOOD}},
    "response": {"status": 200, "content": {"size": 1}},
}


@pytest.mark.parametrize(("flags", "code"), [([], 3), (["--allow-skipped"], 0), (["--as", "request"], 0)])
def test_body_that_was_not_recorded_decides_the_exit_code(run: Run, tree: Path, flags: list[str], code: int) -> None:
    (tree / "a.har").write_text(json.dumps({"log": {"entries": [NO_RESPONSE_BODY]}}))
    result = run("validate", "a.har", *flags)
    assert (result.exit_code, "--allow-skipped" in result.stderr) == (code, code == 3)
