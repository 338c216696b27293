"""Tests of `omixa-mock verify`: arguments, exit codes, reports, profile."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import xmlschema
from click.testing import CliRunner, Result

import omixa_mock
from omixa_mock.cli import main

KEY = "omx_live_verified"
ODD = {"content_type": "ignore", "unknown_fields": "ignore", "errors": {"not_found": {"status": 410}}}
XSD = xmlschema.XMLSchema(Path(__file__).parents[1] / "cli" / "junit.xsd")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with omixa_mock.serve(keys=(KEY,)) as server:
        yield server.url


@pytest.fixture(scope="module")
def odd_url() -> Iterator[str]:
    """The URL of a mock with some settings changed."""
    with omixa_mock.serve(keys=(KEY,), settings=ODD) as server:
        yield server.url


def verify(*arguments: str, key: str = KEY) -> Result:
    """Run the command, by default with the mock's key."""
    return CliRunner().invoke(main, ["verify", *arguments], env={"OMIXA_API_KEY": key})


def last_line(result: Result) -> str:
    return result.stdout.splitlines()[-1]


# Exit codes


def test_a_mock_passes_without_spending(url: str) -> None:
    assert verify(url).exit_code == 0


def test_nothing_is_spent_without_a_limit(url: str) -> None:
    assert "counted 0.000000 of 0.000000 USD, billed 0.000000" in last_line(verify(url))


def test_a_base_url_is_accepted(url: str) -> None:
    assert verify(f"{url}/api/v1", "-k", "malformed").exit_code == 0


def test_money_is_spent_up_to_the_limit(url: str) -> None:
    result = verify(url, "--max-spend", "0.40")
    assert (result.exit_code, "of 0.400000 USD" in last_line(result)) == (0, True)


@pytest.mark.parametrize("settings", [{"content_type": "ignore"}, {"errors": {"invalid_request": {"status": 400}}}])
def test_a_finding_and_a_failure_end_with_1(settings: Any) -> None:
    with omixa_mock.serve(keys=(KEY,), settings=settings) as server:
        assert verify(server.url).exit_code == 1


def test_an_unreachable_gateway_ends_with_3() -> None:
    result = verify("http://127.0.0.1:1")
    assert (result.exit_code, "got no answer" in result.stdout) == (3, True)


def test_an_empty_wallet_ends_with_3_and_the_cure() -> None:
    with omixa_mock.serve(keys=(KEY,), settings={"default_balance": "0"}) as server:
        result = verify(server.url, "--max-spend", "1")
    assert (result.exit_code, "Add money to the wallet, then verify again." in result.stdout) == (3, True)


def test_an_empty_wallet_may_be_allowed() -> None:
    with omixa_mock.serve(keys=(KEY,), settings={"default_balance": "0"}) as server:
        assert verify(server.url, "--max-spend", "1", "--allow-inconclusive").exit_code == 0


def test_a_run_without_observations_ends_with_3(url: str) -> None:
    assert verify(url, "-k", "malformed", key="").exit_code == 3


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("",),
        ("ftp://x",),
        ("http://127.0.0.1:1/v2",),
        ("http://omixa.invalid",),
        ("http://127.0.0.1:1", "--max-spend", "lots"),
        ("http://127.0.0.1:1", "--max-spend", ""),
        ("http://127.0.0.1:1", "--output", "/no/such/folder/report.xml"),
        ("http://127.0.0.1:1", "--profile", "/no/such/folder/profile.toml"),
        ("http://127.0.0.1:1", "--profile", ""),
        ("http://127.0.0.1:1", "--format", "xml"),
        ("http://127.0.0.1:1", "-k", ""),
        ("http://127.0.0.1:1", "-k", "no such probe"),
    ],
)
def test_an_invalid_argument_ends_with_2(arguments: tuple[str, ...]) -> None:
    assert verify(*arguments).exit_code == 2


@pytest.mark.parametrize("options", [("--max-spend", "4"), ("--profile", "profile.toml")])
def test_a_missing_key_ends_with_2_if_it_is_needed(options: tuple[str, ...], url: str) -> None:
    result = verify(url, *options, key="")
    assert (result.exit_code, "Set OMIXA_API_KEY" in result.output) == (2, True)


def test_a_key_that_is_invalid_in_a_header_ends_with_2_and_is_not_shown(url: str) -> None:
    result = verify(url, key="omx_live_two words")
    assert (result.exit_code, "two words" in result.output) == (2, False)


def test_a_rejected_key_is_not_shown(url: str) -> None:
    result = verify(url, "--max-spend", "0.20", key="omx_live_nobodys_secret")
    assert (result.exit_code, "Set OMIXA_API_KEY" in result.stdout, "nobodys" in result.output) == (3, True, False)


# The choice of probes


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("malformed", 1),
        ("MALFORMED", 1),
        ("malformed or other method", 2),
        ("other and key", 2),
        ("key and not made", 4),
    ],
)
def test_words_choose_probes(words: str, count: int, url: str) -> None:
    suite = ET.fromstring(verify(url, "-k", words, "--format", "junit").stdout)
    assert len(suite.findall(".//testcase")) == count


# Text


def test_finding_has_rule_provenance_and_setting(odd_url: str) -> None:
    lines = verify(odd_url).stdout
    assert "gateway.body.media-type [assumed: setting content_type]\n      status: 422 came; expected: 415" in lines
    assert 'the fake does the same with content_type = "ignore"' in lines


def test_failure_has_its_page() -> None:
    with omixa_mock.serve(keys=(KEY,), settings={"errors": {"invalid_request": {"status": 400}}}) as server:
        result = verify(server.url)
    assert "gateway.error.documented [documented: docs/errors]" in result.stdout


def test_one_cause_of_many_probes_is_one_finding() -> None:
    with omixa_mock.serve(keys=(KEY,), settings={"errors": {"invalid_request": {"status": 400}}}) as server:
        result = verify(server.url, "--max-spend", "4")
    assert result.stdout.count("400 came; expected: 422\n") == 1


def test_last_line_is_the_verdict(odd_url: str) -> None:
    assert last_line(verify(odd_url)).startswith("failed: 0 failures, 2 findings, ")


def test_report_in_a_file_leaves_the_verdict_on_standard_output(url: str, tmp_path: Path) -> None:
    result = verify(url, "-o", str(tmp_path / "report.txt"))
    assert result.stdout.splitlines() == [(tmp_path / "report.txt").read_text().splitlines()[-1]]


# Formats for programs


@pytest.fixture(scope="module")
def document(odd_url: str) -> Any:
    """The JSON report on the odd mock."""
    return json.loads(verify(odd_url, "--format", "json", "--max-spend", "4").stdout)


def test_json_has_the_verdict(document: Any) -> None:
    assert document["verdict"] == "failed"


def test_json_finding_has_pointer_message_and_settings(document: Any) -> None:
    finding = next(item for item in document["findings"] if item["rules"] == ["gateway.body.media-type"])
    (cause,) = finding["causes"]
    assert (cause["pointer"], cause["message"], finding["settings"]) == (
        "status", "422 came; expected: 415", {"content_type": "ignore"},
    )  # fmt: skip


def test_junit_fails_findings(odd_url: str) -> None:
    suite = ET.fromstring(verify(odd_url, "--format", "junit").stdout)
    failed = {case.get("name") for case in suite.findall(".//testcase") if case.find("failure") is not None}
    assert failed == {"unknown path", "other media type"}


def test_junit_is_valid(odd_url: str) -> None:
    XSD.validate(verify(odd_url, "--format", "junit").stdout)


def test_github_annotates_findings(odd_url: str) -> None:
    lines = verify(odd_url, "--format", "github").stdout.splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["::warning", "::warning", "::error"]


# Profile


@pytest.mark.acceptance
def test_profile_configures_a_fake_that_does_the_same(odd_url: str, tmp_path: Path) -> None:
    path = tmp_path / "profile.toml"
    verify(odd_url, "--max-spend", "4", "--profile", str(path))
    with omixa_mock.serve(keys=(KEY,), profile=path) as server:
        assert findings_at(server.url) == findings_at(odd_url)


def findings_at(url: str) -> Any:
    return json.loads(verify(url, "--max-spend", "4", "--format", "json").stdout)["findings"]


@pytest.fixture(scope="module")
def profile(odd_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The profile of the odd mock."""
    path = tmp_path_factory.mktemp("profile") / "profile.toml"
    verify(odd_url, "--max-spend", "4", "--profile", str(path))
    return path.read_text()


def test_profile_has_the_settings_that_differ(profile: str) -> None:
    assert tomllib.loads(profile)["settings"] == ODD


def test_profile_has_observation_and_date_of_each_setting(profile: str) -> None:
    line = next(line for line in profile.splitlines() if "gateway.body.media-type" in line)
    assert line.startswith("# 20")
    assert line.endswith("status: 422 came; expected: 415 (other media type)")


def test_profile_lists_what_was_not_seen(profile: str) -> None:
    assert "#   retry_after: it needs an exceeded rate limit" in profile.partition("# not seen\n")[2]


def test_profile_has_no_key(profile: str) -> None:
    assert "omx_live" not in profile


# As a pytest package


def run_package(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command: list[Any] = [sys.executable, "-m", "pytest", "-q", "-p", "no:asyncio", *arguments]
    return subprocess.run(
        [*command, "--pyargs", "omixa_mock.contract_tests"],
        env=os.environ | {"OMIXA_API_KEY": KEY}, capture_output=True, text=True, check=False, cwd=cwd,
    )  # fmt: skip


@pytest.mark.acceptance  # starts a pytest of its own
def test_the_suite_runs_by_its_package_name(url: str, tmp_path: Path) -> None:
    done = run_package("--omixa-mock-target", url, "-k", "malformed", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.acceptance  # starts a pytest of its own
def test_a_finding_fails_in_the_suite(odd_url: str, tmp_path: Path) -> None:
    done = run_package("--omixa-mock-target", odd_url, "-k", "other and media", cwd=tmp_path)
    assert (done.returncode, "gateway.body.media-type [assumed] status: 422 came" in done.stdout) == (1, True)


@pytest.mark.acceptance  # pytest-xdist takes ten seconds to give up
def test_distribution_over_workers_is_refused(url: str, tmp_path: Path) -> None:
    done = run_package("-n2", "--omixa-mock-target", url, cwd=tmp_path)
    # By its package name the suite is found after the point at which pytest returns 4.
    assert done.returncode != 0
    assert ("Run without -n" in done.stdout + done.stderr, "passed" in done.stdout) == (True, False)


def test_command_imports_nothing_of_the_working_folder(url: str, tmp_path: Path) -> None:
    (tmp_path / "pybase64.py").write_text("raise RuntimeError('the user\\'s own')\n")
    done = subprocess.run(
        [Path(sys.executable).with_name("omixa-mock"), "verify", url, "-k", "malformed"],
        env=os.environ | {"OMIXA_API_KEY": KEY}, capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
