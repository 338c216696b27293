"""Tests of `omixa-mock verify`: separate process, exit codes, report."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import omixa_mock

pytestmark = pytest.mark.acceptance  # each runs the probes in a separate process
KEY = "omx_live_verified"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with omixa_mock.serve(keys=(KEY,)) as server:
        yield server.url


def verify(*arguments: str, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command, by default with the mock's key."""
    return subprocess.run(
        [sys.executable, "-c", "from omixa_mock.cli import main; main()", "verify", *arguments],
        env=os.environ | {"OMIXA_API_KEY": KEY} | environment, capture_output=True, text=True, check=False, cwd=cwd,
    )  # fmt: skip


def test_a_mock_passes_without_spending(url: str) -> None:
    done = verify(url)

    assert (done.returncode, "counted: 0.000000 USD" in done.stdout) == (0, True), done.stdout


def test_the_header_precedes_the_results(url: str) -> None:
    output = verify(url, "-k", "malformed").stdout

    assert output.index("Nothing should be charged") < output.index("passed")


def test_a_base_url_is_accepted(url: str) -> None:
    assert verify(f"{url}/api/v1", "-k", "malformed").returncode == 0


def test_money_is_spent_up_to_the_limit(url: str) -> None:
    done = verify(url, "--max-spend", "0.40")

    assert (done.returncode, "USD of 0.40" in done.stdout) == (0, True), done.stdout
    assert "counted: 0.000000" not in done.stdout


def test_a_finding_ends_with_1_and_names_rule_and_setting() -> None:
    with omixa_mock.serve(keys=(KEY,), settings={"content_type": "ignore"}) as server:
        done = verify(server.url)

    assert done.returncode == 1
    assert "gateway.body.media-type [assumed: setting content_type]" in done.stdout
    assert "the fake does the same with content_type = ignore" in done.stdout


def test_a_failure_ends_with_1_and_names_the_page() -> None:
    with omixa_mock.serve(keys=(KEY,), settings={"errors": {"invalid_request": {"status": 400}}}) as server:
        done = verify(server.url)

    assert done.returncode == 1
    assert "request.required [documented: docs/models/gpt-image-1.5]" in done.stdout


def test_an_unreachable_gateway_ends_with_3() -> None:
    done = verify("http://127.0.0.1:1")

    assert (done.returncode, "got no answer" in done.stdout) == (3, True)


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
        ("http://127.0.0.1:1", "--junit", "/no/such/folder/report.xml"),
    ],
)
def test_an_invalid_argument_ends_with_2(arguments: tuple[str, ...]) -> None:
    assert verify(*arguments).returncode == 2


@pytest.mark.parametrize("arguments", [("",), ("http://127.0.0.1:1", "--max-spend", "")])
def test_the_environment_does_not_replace_an_empty_argument(url: str, arguments: tuple[str, ...]) -> None:
    assert verify(*arguments, OMIXA_MOCK_TARGET=url, OMIXA_MOCK_MAX_SPEND="1").returncode == 2


def test_a_key_that_is_invalid_in_a_header_ends_with_2_and_is_not_shown(url: str) -> None:
    done = verify(url, OMIXA_API_KEY="omx_live_two words")

    assert (done.returncode, "two words" in done.stdout + done.stderr) == (2, False)


def test_a_run_without_observations_ends_with_3(url: str) -> None:
    done = verify(url, "-k", "malformed", OMIXA_API_KEY="")

    assert (done.returncode, "kept: 0 rules" in done.stdout) == (3, True), done.stdout


def test_the_pytest_settings_of_the_user_are_ignored(url: str, tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    (tmp_path / "conftest.py").write_text("raise RuntimeError('the user\\'s own')\n")
    done = verify(url, "-k", "malformed", cwd=tmp_path, PYTEST_ADDOPTS="--no-such-option")

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_key_is_never_printed(url: str) -> None:
    done = verify(url, "--max-spend", "0.20", OMIXA_API_KEY="omx_live_nobodys_secret")

    assert done.returncode == 3
    assert "OMIXA_API_KEY is not accepted by the gateway" in done.stdout
    assert "nobodys_secret" not in done.stdout + done.stderr


def test_a_report_for_ci_is_written(url: str, tmp_path: Path) -> None:
    verify(url, "-k", "malformed", "--junit", str(tmp_path / "report.xml"))

    assert "malformed JSON" in (tmp_path / "report.xml").read_text()


def test_the_suite_runs_by_its_package_name(url: str, tmp_path: Path) -> None:
    command: list[Any] = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:asyncio",
        "--pyargs",
        "omixa_mock.contract_tests",
    ]
    done = subprocess.run(
        [*command, "--omixa-mock-target", url, "-k", "malformed"],
        env=os.environ | {"OMIXA_API_KEY": KEY}, capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr


def test_distribution_over_workers_is_refused(url: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-n2", "--pyargs", "omixa_mock.contract_tests"]
    done = subprocess.run(
        [*command, "--omixa-mock-target", url],
        env=os.environ | {"OMIXA_API_KEY": KEY}, capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip

    # By its package name the suite is found after the point at which pytest returns 4.
    assert done.returncode != 0
    assert ("Run without -n" in done.stdout + done.stderr, "passed" in done.stdout) == (True, False)
