"""Tests of `--omixa-mock-cov`, the coverage of the contract by a test run."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.acceptance  # starts a pytest run for each test

TESTS = """
import httpx

URL = "https://www.omixa.cloud/api/v1/images/generations"

def generate(mock, **fields):
    body = {"model": "gpt-image-1.5", "prompt": "a cat", **fields}
    return httpx.post(URL, json=body, headers={"Authorization": f"Bearer {mock.api_key}"})

def test_sizes(omixa_mock):
    generate(omixa_mock, size="1024x1536", n=2)

def test_no_route(omixa_mock):
    omixa_mock.fail("no_route")
    generate(omixa_mock)

def test_broken_image(omixa_mock):
    omixa_mock.fail("empty_data")
    generate(omixa_mock)
"""
ERRORS = ["error no_route", "wrong success empty_data"]
MET = ["operation generate", "value n=1", "value n>1", "value size=1024x1536", *ERRORS]


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(TESTS)
    return pytester


def run(suite: pytest.Pytester, *options: str) -> pytest.RunResult:
    return suite.runpytest_subprocess("-p", "no:cacheprovider", *options)


def test_table_lists_the_coverage(suite: pytest.Pytester) -> None:
    result = run(suite, "--omixa-mock-cov")

    result.stdout.fnmatch_lines(["operation * 1 of   3  missing: edit, merge", f"all * {len(MET)} of * 8%"])


def test_table_is_absent_by_default(suite: pytest.Pytester) -> None:
    assert "of the contract" not in run(suite).stdout.str()


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_file_lists_met_and_missing_goals(suite: pytest.Pytester, workers: tuple[str, ...]) -> None:
    run(suite, "--omixa-mock-cov", "--omixa-mock-cov-json", "coverage.json", *workers)
    report = json.loads((suite.path / "coverage.json").read_text())

    assert report["met"] == MET
    assert "delivery reset" in report["missing"]


@pytest.mark.parametrize(("percent", "code"), [("5", 0), ("80", 1)])
def test_threshold_fails_the_run(suite: pytest.Pytester, percent: str, code: int) -> None:
    result = run(suite, "--omixa-mock-cov", "--omixa-mock-cov-fail-under", percent)

    assert result.ret == code


def test_missed_threshold_is_shown(suite: pytest.Pytester) -> None:
    result = run(suite, "--omixa-mock-cov", "--omixa-mock-cov-fail-under=80")

    result.stdout.fnmatch_lines(["FAIL: * were met; wanted: 80 % *"])


def test_threshold_must_be_a_percentage(suite: pytest.Pytester) -> None:
    result = run(suite, "--omixa-mock-cov", "--omixa-mock-cov-fail-under=lots")

    assert result.ret == pytest.ExitCode.USAGE_ERROR


@pytest.mark.parametrize("options", [("--omixa-mock-cov-fail-under", "80"), ("--omixa-mock-cov-fail-under=80", "-n2")])
def test_threshold_enables_the_coverage(suite: pytest.Pytester, options: tuple[str, ...]) -> None:
    result = run(suite, *options)

    result.stdout.fnmatch_lines(["FAIL: * were met; wanted: 80 % *"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_file_enables_the_coverage(suite: pytest.Pytester) -> None:
    result = run(suite, "--omixa-mock-cov-json", "coverage.json")

    assert (result.ret, json.loads((suite.path / "coverage.json").read_text())["met"]) == (0, MET)


def test_command_line_overrides_the_ini_file(suite: pytest.Pytester) -> None:
    suite.makeini("[pytest]\nomixa_mock_cov_fail_under = 80\nomixa_mock_cov_json = coverage.json")
    result = run(suite, "--omixa-mock-cov-fail-under=0", "--omixa-mock-cov-json=")

    assert result.ret == 0
    assert "of the contract" not in result.stdout.str()


@pytest.mark.parametrize(("path", "error"), [("nodir/x.json", "there is no folder *nodir"), (".", "it is a folder")])
@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_unwritable_file_is_refused_at_the_start(
    suite: pytest.Pytester, path: str, error: str, workers: tuple[str, ...]
) -> None:
    result = run(suite, "--omixa-mock-cov-json", path, *workers)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: omixa_mock_cov_json = '{path}' is not accepted: {error}; accepted: *"])
    assert "Traceback" not in result.stderr.str()


def test_file_that_becomes_unwritable_fails_the_run(suite: pytest.Pytester) -> None:
    suite.mkdir("out")
    suite.makepyfile(test_tidy="import shutil\ndef test_tidy(): shutil.rmtree('out')")
    result = run(suite, "--omixa-mock-cov-json", "out/coverage.json")

    result.stdout.fnmatch_lines(["FAIL: *coverage.json cannot be written: No such file or directory *"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED
