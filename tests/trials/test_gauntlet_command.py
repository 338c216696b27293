"""Tests of `omixa-mock gauntlet`: verdicts on clients of a few lines, reports, exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import xmlschema
from click.testing import CliRunner

from omixa_mock.cli import main
from omixa_mock.trials.cases import CASES
from omixa_mock.trials.descendants import find_marked

XSD = xmlschema.XMLSchema(Path(__file__).parents[1] / "cli" / "junit.xsd")
FEW = ("--faults", "no_route,reset_in_body,url_and_empty_b64")


def verdicts(result: Any) -> dict[str, list[str]]:
    """Return the outcomes of each case in a JSON report."""
    trials = json.loads(result.stdout)["trials"]
    return {trial["case"]: [outcome["name"] for outcome in trial["outcomes"]] for trial in trials}


# Verdicts


def test_plain_client_swallows_an_empty_file(gauntlet: Any) -> None:
    result = gauntlet("plain", *FEW, "--output", "out.png", "--format", "json")
    assert verdicts(result) == {
        "no_route once": ["ended loudly"],
        "no_route always": ["ended loudly"],
        "reset_in_body once": ["ended loudly"],
        "reset_in_body always": ["ended loudly"],
        "url_and_empty_b64 once": ["swallowed"],
        "url_and_empty_b64 always": ["swallowed"],
    }


def test_blind_retry_pays_again(gauntlet: Any) -> None:
    result = gauntlet("blind", "--faults", "reset_in_body", "--output", "out.png", "--format", "json")
    assert verdicts(result) == {
        "reset_in_body once": ["paid again", "recovered"],
        "reset_in_body always": ["paid again", "ended loudly"],
    }


@pytest.mark.usefixtures("busy_machine")
def test_blind_retry_has_no_backoff(gauntlet: Any) -> None:
    result = gauntlet("blind", "--faults", "rate_limited", "-k", "once", "--format", "json")
    assert verdicts(result) == {"rate_limited once": ["recovered", "no backoff", "Retry-After ignored"]}


def test_blind_retry_of_a_refusal_is_in_vain(gauntlet: Any) -> None:
    result = gauntlet("blind", "--faults", "invalid_request", "-k", "always", "--format", "json")
    assert verdicts(result) == {"invalid_request always": ["ended loudly", "retried in vain"]}


def test_silent_client_swallows_everything(gauntlet: Any) -> None:
    result = gauntlet("silent", "--faults", "no_route", "--format", "json")
    assert verdicts(result) == {"no_route once": ["swallowed"], "no_route always": ["swallowed"]}


def test_missing_file_is_swallowed(gauntlet: Any) -> None:
    result = gauntlet("silent", "--faults", "no_route", "-k", "once", "--output", "out.png")
    assert "swallowed: it ended as a success, and no file matches out.png" in result.stdout


@pytest.mark.acceptance
def test_hung_client_is_ended(client: Any) -> None:
    command = client("plain")
    Path(command[-1]).write_text(Path(command[-1]).read_text().replace("timeout=5", "timeout=60"))
    result = CliRunner().invoke(main, ["gauntlet", "--faults", "hang", "-k", "once", "--timeout", "1", "--", *command])
    assert "FAIL hang once" in result.stdout


# Exit codes


def test_failure_ends_with_1(gauntlet: Any) -> None:
    assert gauntlet("silent", "--faults", "no_route").exit_code == 1


def test_client_without_a_failure_ends_with_0(gauntlet: Any) -> None:
    assert gauntlet("plain", "--faults", "no_route").exit_code == 0


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("broken", "made 0 calls, 0 charged; ended loudly: not today"),
        ("twice", "made 2 calls, 2 charged; paid again: 2 calls were charged"),
    ],
)
def test_client_without_a_baseline_ends_with_3(name: str, reason: str, gauntlet: Any) -> None:
    result = gauntlet(name)
    assert (result.exit_code, reason in result.output) == (3, True)


def test_client_that_writes_another_file_ends_with_3(gauntlet: Any) -> None:
    result = gauntlet("silent", "--output", "other.png")
    assert (result.exit_code, "no file matches other.png" in result.output) == (3, True)


@pytest.mark.acceptance
def test_client_that_hangs_without_a_fault_ends_with_3(gauntlet: Any) -> None:
    assert gauntlet("deaf", "--timeout", "1").exit_code == 3


def test_program_that_does_not_exist_ends_with_3() -> None:
    result = CliRunner().invoke(main, ["gauntlet", "--", "no-such-program"])
    assert (result.exit_code, "CMD cannot be started" in result.output) == (3, True)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--faults", "no_rout", "--", "x"),
        ("-k", "none such", "--", "x"),
        ("--update", "--", "x"),
        ("--timeout", "0", "--", "x"),
        ("-j", "0", "--", "x"),
        ("--allow", "/no/such/file", "--", "x"),
        ("--output", "/absolute.png", "--", "x"),
        ("--output", "**.png", "--", "x"),
        ("--golden", "/no/such/folder/x", "--", "x"),
        ("-o", "/no/such/folder/x", "--", "x"),
        ("--timeout", "nan", "--", "x"),
    ],
)
def test_invalid_argument_ends_with_2(arguments: tuple[str, ...]) -> None:
    assert CliRunner().invoke(main, ["gauntlet", *arguments]).exit_code == 2


# The command


def test_list_has_every_case() -> None:
    result = CliRunner().invoke(main, ["gauntlet", "--list"])
    assert result.stdout.splitlines() == [case.name for case in CASES]


def test_placeholders_stand_for_url_and_key(client: Any) -> None:
    command = client("plain")
    text = Path(command[-1]).read_text()
    for name, number in (("OMIXA_BASE_URL", 1), ("OMIXA_API_KEY", 2)):
        text = text.replace(f'os.environ["{name}"]', f"sys.argv[{number}]")
    Path(command[-1]).write_text(text)
    arguments = ["gauntlet", "--faults", "no_route", "--", *command, "{url}", "{key}"]
    assert CliRunner().invoke(main, arguments).exit_code == 0


def test_openai_variables_are_set_on_demand(client: Any) -> None:
    command = client("plain")
    text = Path(command[-1]).read_text().replace("OMIXA_", "OPENAI_")
    Path(command[-1]).write_text(text)
    arguments = ["gauntlet", "--openai", "--faults", "no_route", "--", *command]
    assert CliRunner().invoke(main, arguments).exit_code == 0


def test_relative_program_is_found_from_its_folder(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    *command, path = client("plain")
    monkeypatch.chdir(Path(path).parent)
    arguments = ["gauntlet", "--faults", "no_route", "--", *command, Path(path).name]
    assert CliRunner().invoke(main, arguments).exit_code == 0


@pytest.mark.parametrize("inline", [False, True], ids=["behind a script", "without a script"])
def test_file_of_the_user_is_not_overwritten(
    inline: bool, client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = Path(client("plain")[-1]).read_text().replace('"out.png"', "sys.argv[1]")
    command = [sys.executable, "-S", "-c", code] if inline else [*client("plain")[:-1], str(tmp_path / "plain.py")]
    (tmp_path / "plain.py").write_text(code)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out.png").write_text("precious")
    arguments = ["gauntlet", "--faults", "no_route", "--output", "out.png", "--", *command, "out.png"]
    assert (CliRunner().invoke(main, arguments).exit_code, (tmp_path / "out.png").read_text()) == (0, "precious")


def test_script_of_any_length_is_a_word(client: Any) -> None:
    code = Path(client("plain")[-1]).read_text() + "#" * 300
    arguments = ["gauntlet", "--faults", "no_route", "--", sys.executable, "-S", "-c", code]
    assert CliRunner().invoke(main, arguments).exit_code == 0


def test_image_of_an_earlier_run_is_swallowed(client: Any, tmp_path: Path) -> None:
    command, kept = client("plain"), tmp_path / "kept.png"
    program = Path(command[-1])
    # It keeps its image, and restores it after any error.
    body = program.read_text().replace(
        "write(order())",
        f"""
import shutil
try:
    write(order()); shutil.copy("out.png", {str(kept)!r})
except Exception:
    shutil.copy({str(kept)!r}, "out.png")
""",
    )
    program.write_text(body)
    arguments = ["gauntlet", "--faults", "truncated", "-k", "once", "--output", "out.png", "--format", "json"]
    result = CliRunner().invoke(main, [*arguments, "--", *command])
    assert verdicts(result) == {"truncated once": ["swallowed"]}


# It makes its image; in every run but the first it also starts a process of another session, and hangs.
HANGING = """
import subprocess
if os.path.exists("{flag}"):
    subprocess.Popen(["sleep", "60"], start_new_session=True)
    open("{flag}.hangs", "w").close()
    time.sleep(60)
open("{flag}", "w").close()
"""


@pytest.mark.acceptance
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere environments cannot be read")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_signal_ends_the_gauntlet_and_its_clients(
    number: signal.Signals, code: int, client: Any, tmp_path: Path
) -> None:
    command, flag, mark = client("plain"), tmp_path / "flag", f"OMIXA_TEST_{uuid4().hex}"
    Path(command[-1]).write_text(Path(command[-1]).read_text() + HANGING.format(flag=flag))
    process = subprocess.Popen(
        [Path(sys.executable).with_name("omixa-mock"), "gauntlet", "--faults", "extra_fields", "--", *command],
        stdout=subprocess.DEVNULL,
        env={**os.environ, mark: "1"},
    )
    while not (tmp_path / "flag.hangs").exists():
        time.sleep(0.01)
    process.send_signal(number)
    assert (process.wait(10), [*find_marked(mark)]) == (code, [])


def test_handlers_of_signals_are_restored(gauntlet: Any) -> None:
    before = signal.getsignal(signal.SIGTERM)
    gauntlet("plain", "--faults", "no_route")
    assert signal.getsignal(signal.SIGTERM) == before


TO_STANDARD_OUTPUT = 'sys.stdout.buffer.write(base64.b64decode(order()["data"][0]["b64_json"] or ""))'


def test_standard_output_may_be_the_image(client: Any) -> None:
    command = client("plain")
    Path(command[-1]).write_text(Path(command[-1]).read_text().replace("write(order())", TO_STANDARD_OUTPUT))
    arguments = ["gauntlet", "--faults", "null_image,other_format", "-k", "once", "--output", "-", "--", *command]
    lines = CliRunner().invoke(main, arguments).stdout.splitlines()
    assert [line.partition(", and ")[2].partition(" [")[0] for line in lines[:2]] == [
        "its standard output is empty",
        "its standard output is a jpeg; requested: png",
    ]


def test_every_image_of_a_request_is_needed(gauntlet: Any) -> None:
    result = gauntlet("two images", "--faults", "fewer_images", "-k", "once", "--output", "out*.png")
    assert "1 of 2 images were written" in result.stdout


def test_settings_of_the_fake_are_those_of_a_file(client: Any, tmp_path: Path) -> None:
    command = client("plain")
    path = Path(command[-1])
    path.write_text(path.read_text().replace("order()", "order(response_format='b64_json')"))
    (tmp_path / "profile.toml").write_text('[settings]\nallowed_fields = ["response_format"]\n')
    arguments = ["gauntlet", "--config", str(tmp_path / "profile.toml"), "--faults", "no_route", "--", *command]
    assert CliRunner().invoke(main, arguments).exit_code == 0


def test_bad_settings_end_with_2(client: Any, tmp_path: Path) -> None:
    (tmp_path / "profile.toml").write_text("[settings]\nseeds = 1\n")
    arguments = ["gauntlet", "--config", str(tmp_path / "profile.toml"), "--", *client("plain")]
    assert CliRunner().invoke(main, arguments).exit_code == 2


# Reports


def test_last_line_is_the_verdict(gauntlet: Any) -> None:
    result = gauntlet("silent", "--faults", "no_route")
    assert result.stdout.splitlines()[-1] == "failed: 2 cases, 2 failed (2 swallowed)"


def test_report_in_a_file_leaves_the_verdict(gauntlet: Any, tmp_path: Path) -> None:
    result = gauntlet("plain", "--faults", "no_route", "-o", str(tmp_path / "report.txt"))
    assert [result.stdout.rstrip()] == (tmp_path / "report.txt").read_text().splitlines()[-1:]


def test_junit_report_is_valid(gauntlet: Any) -> None:
    XSD.validate(gauntlet("silent", "--faults", "no_route", "--format", "junit").stdout)


def test_junit_report_fails_failures(gauntlet: Any) -> None:
    suite = ET.fromstring(gauntlet("silent", "--faults", "no_route", "--format", "junit").stdout)
    assert [failure.get("type") for failure in suite.findall(".//failure")] == ["swallowed", "swallowed"]


def test_github_report_has_an_error_for_each_failure(gauntlet: Any) -> None:
    lines = gauntlet("silent", "--faults", "no_route", "--format", "github").stdout.splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["::error", "::error", "::error"]


# Golden files


def test_golden_file_is_written_on_demand(gauntlet: Any, tmp_path: Path) -> None:
    path = tmp_path / "golden.txt"
    gauntlet("plain", "--faults", "no_route", "--golden", str(path), "--update")
    assert path.read_text().splitlines()[0] == "no_route once: ended loudly; 1 call, 0 charges"


@pytest.mark.acceptance
def test_equal_run_passes(gauntlet: Any, tmp_path: Path) -> None:
    options = ("--faults", "no_route,reset", "--golden", str(tmp_path / "golden.txt"))
    gauntlet("plain", *options, "--update")
    assert gauntlet("plain", *options).exit_code == 0


def test_cases_that_were_not_tried_are_no_difference(gauntlet: Any, tmp_path: Path) -> None:
    golden = ("--golden", str(tmp_path / "golden.txt"))
    gauntlet("plain", "--faults", "no_route,reset", *golden, "--update")
    assert gauntlet("plain", "--faults", "no_route", *golden).exit_code == 0


def test_other_run_is_shown_as_a_difference(gauntlet: Any, tmp_path: Path) -> None:
    options = ("--faults", "no_route", "-k", "once", "--golden", str(tmp_path / "golden.txt"))
    gauntlet("plain", *options, "--update")
    result = gauntlet("blind", *options)
    assert (result.exit_code, "+no_route once: recovered; 2 calls, 1 charge" in result.output) == (1, True)


# Allowances


ALLOW = '[[allow]]\ncase = "{}"\noutcome = "{}"\nreason = "known"\n'


def test_allowed_failure_passes(gauntlet: Any, tmp_path: Path) -> None:
    path = tmp_path / "allow.toml"
    path.write_text(ALLOW.format("no_route *", "swallowed"))
    assert gauntlet("silent", "--faults", "no_route", "--allow", str(path)).exit_code == 0


def test_allowance_that_is_not_needed_fails(gauntlet: Any, tmp_path: Path) -> None:
    path = tmp_path / "allow.toml"
    path.write_text(ALLOW.format("no_route *", "swallowed"))
    result = gauntlet("plain", "--faults", "no_route", "--allow", str(path))
    assert (result.exit_code, "not needed any more: swallowed in no_route *" in result.stdout) == (1, True)


def test_allowance_of_a_case_that_was_not_tried_is_no_matter(gauntlet: Any, tmp_path: Path) -> None:
    path = tmp_path / "allow.toml"
    path.write_text(ALLOW.format("reset once", "swallowed"))
    assert gauntlet("plain", "--faults", "no_route", "--allow", str(path)).exit_code == 0


def test_file_of_allowances_in_this_folder_is_found(
    gauntlet: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gauntlet.toml").write_text(ALLOW.format("no_route *", "swallowed"))
    assert gauntlet("silent", "--faults", "no_route").exit_code == 0


@pytest.mark.parametrize(
    "text",
    [
        "[",
        "[other]",
        "allow = 1",
        '[[allow]]\ncase = "no_route once"\n',
        ALLOW.format("no_route once", "recovered"),
        ALLOW.format("no_such once", "swallowed"),
        ALLOW.format("no_route once", "swallowed") + "more = 1\n",
    ],
)
def test_bad_allowances_are_refused_with_a_sample(text: str, gauntlet: Any, tmp_path: Path) -> None:
    path = tmp_path / "allow.toml"
    path.write_text(text)
    result = gauntlet("plain", "--allow", str(path))
    assert (result.exit_code, str(path) in result.output) == (2, True)
