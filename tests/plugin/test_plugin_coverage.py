"""`--omixa-mock-cov`: what the tests of a run met of the contract."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.acceptance  # a pytest run for each test

TESTS = """
import httpx

URL = "https://www.omixa.cloud/api/v1/images/generations"

def order(gateway, **fields):
    body = {"model": "gpt-image-1.5", "prompt": "a cat", **fields}
    return httpx.post(URL, json=body, headers={"Authorization": f"Bearer {gateway.api_key}"})

def test_sizes(omixa_mock):
    order(omixa_mock, size="1024x1536", n=2)

def test_no_route(omixa_mock):
    omixa_mock.fail("no_route")
    order(omixa_mock)

def test_broken_image(omixa_mock):
    omixa_mock.fail("empty_data")
    order(omixa_mock)
"""
ERRORS = ["error no_route", "wrong success empty_data"]
MET = ["operation generate", "value n=1", "value n>1", "value size=1024x1536", *ERRORS]


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(TESTS)
    return pytester


def run(suite: pytest.Pytester, *options: str) -> pytest.RunResult:
    return suite.runpytest_subprocess("-p", "no:cacheprovider", *options)


def test_a_table_tells_what_was_met(suite: pytest.Pytester) -> None:
    result = run(suite, "--omixa-mock-cov")

    result.stdout.fnmatch_lines(["operation * 1 of   3  missing: edit, merge", f"all * {len(MET)} of * 8%"])


def test_nothing_is_told_unless_asked_for(suite: pytest.Pytester) -> None:
    assert "of the contract" not in run(suite).stdout.str()


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_a_file_lists_what_was_met_and_what_was_not(suite: pytest.Pytester, workers: tuple[str, ...]) -> None:
    run(suite, "--omixa-mock-cov", "--omixa-mock-cov-json", "coverage.json", *workers)
    told = json.loads((suite.path / "coverage.json").read_text())

    assert told["met"] == MET
    assert "delivery reset" in told["missing"]


@pytest.mark.parametrize(("percent", "code"), [("5", 0), ("80", 1)])
def test_a_threshold_fails_the_run(suite: pytest.Pytester, percent: str, code: int) -> None:
    result = run(suite, "--omixa-mock-cov", "--omixa-mock-cov-fail-under", percent)

    assert result.ret == code


def test_what_is_wanted_is_told_where_it_is_not_met(suite: pytest.Pytester) -> None:
    result = run(suite, "--omixa-mock-cov", "--omixa-mock-cov-fail-under=80")

    result.stdout.fnmatch_lines(["FAIL: * were met; wanted: 80 % *"])


def test_a_threshold_that_is_no_percentage_is_refused(suite: pytest.Pytester) -> None:
    result = run(suite, "--omixa-mock-cov", "--omixa-mock-cov-fail-under=lots")

    assert result.ret == pytest.ExitCode.USAGE_ERROR


@pytest.mark.parametrize("options", [("--omixa-mock-cov-fail-under", "80"), ("--omixa-mock-cov-fail-under=80", "-n2")])
def test_a_threshold_asks_for_the_coverage(suite: pytest.Pytester, options: tuple[str, ...]) -> None:
    result = run(suite, *options)

    result.stdout.fnmatch_lines(["FAIL: * were met; wanted: 80 % *"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_a_file_asks_for_the_coverage(suite: pytest.Pytester) -> None:
    result = run(suite, "--omixa-mock-cov-json", "coverage.json")

    assert (result.ret, json.loads((suite.path / "coverage.json").read_text())["met"]) == (0, MET)


def test_the_command_line_takes_back_what_the_ini_file_asks_for(suite: pytest.Pytester) -> None:
    suite.makeini("[pytest]\nomixa_mock_cov_fail_under = 80\nomixa_mock_cov_json = coverage.json")
    result = run(suite, "--omixa-mock-cov-fail-under=0", "--omixa-mock-cov-json=")

    assert result.ret == 0
    assert "of the contract" not in result.stdout.str()


@pytest.mark.parametrize(("path", "trouble"), [("nodir/x.json", "there is no folder *nodir"), (".", "it is a folder")])
@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_a_file_that_cannot_be_written_is_refused_at_the_start(
    suite: pytest.Pytester, path: str, trouble: str, workers: tuple[str, ...]
) -> None:
    result = run(suite, "--omixa-mock-cov-json", path, *workers)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: omixa_mock_cov_json = '{path}' is not accepted: {trouble}; accepted: *"])
    assert "Traceback" not in result.stderr.str()


def test_a_file_that_can_no_longer_be_written_fails_the_run(suite: pytest.Pytester) -> None:
    suite.mkdir("out")
    suite.makepyfile(test_tidy="import shutil\ndef test_tidy(): shutil.rmtree('out')")
    result = run(suite, "--omixa-mock-cov-json", "out/coverage.json")

    result.stdout.fnmatch_lines(["FAIL: *coverage.json cannot be written: No such file or directory *"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED
