"""Tests of the marker `omixa_gauntlet`."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

BLINDLY = """
    def draw_blindly():
        try:
            return draw().raise_for_status()
        except httpx.HTTPError:
            return draw().raise_for_status()
"""
SILENT = """
    @pytest.mark.omixa_gauntlet(faults=["null_image"], only="once")
    def test_it():
        draw()
"""


def outcomes(run: Any) -> Counter[str]:
    """Return how many tests of a run had each outcome."""
    return Counter(run.outcomes.values())


def failures(run: Any) -> list[str]:
    """Return the first lines of the failures of a run."""
    return [report["text"].splitlines()[0] for report in run.reports if report["outcome"] == "failed"]


def test_test_runs_once_a_case_and_once_without_a_fault(run_pytest_in_process: Any) -> None:
    run = run_pytest_in_process("""
        @pytest.mark.omixa_gauntlet(faults=["no_route", "reset"])
        def test_it(omixa_mock):
            draw().raise_for_status()
    """)
    assert outcomes(run) == {"passed": 7}


def test_name_of_a_test_has_its_case(run_pytest_in_process: Any) -> None:
    run = run_pytest_in_process("""
        @pytest.mark.omixa_gauntlet(faults=["no_route"], only="once")
        def test_it(omixa_mock):
            draw().raise_for_status()
    """)
    assert list(run.outcomes) == ["test_it[healthy]", "test_it[no_route once]"]


def test_test_needs_no_fixture(run_pytest_in_process: Any) -> None:
    run = run_pytest_in_process("""
        @pytest.mark.omixa_gauntlet(faults=["no_route"])
        def test_it():
            draw().raise_for_status()
    """)
    assert outcomes(run) == {"passed": 3}


def test_server_is_used_by_a_test_that_takes_it(run_pytest_in_process: Any) -> None:
    run = run_pytest_in_process("""
        @pytest.mark.omixa_gauntlet(faults=["no_route"])
        def test_it(omixa_mock_server):
            draw().raise_for_status()
            assert len(omixa_mock_server.calls) == 1
    """)
    assert outcomes(run) == {"passed": 3}


def test_client_that_pays_again_fails(run_pytest_in_process: Any) -> None:
    run = run_pytest_in_process(
        BLINDLY
        + """
    @pytest.mark.omixa_gauntlet(faults=["reset_in_body"], only="once")
    def test_it():
        draw_blindly()
    """
    )
    assert failures(run) == ["paid again: 2 calls were charged, together 0.078000 USD"]


def test_client_that_swallows_fails(run_pytest_in_process: Any) -> None:
    run = run_pytest_in_process(SILENT)
    assert failures(run) == ["swallowed: it ended as a success, and no call brought a usable image"]


def test_client_without_a_timeout_fails(run_pytest_in_process: Any) -> None:
    run = run_pytest_in_process("""
        @pytest.mark.omixa_gauntlet(faults=["hang"], only="once")
        def test_it():
            post({"model": "gpt-image-1.5", "prompt": "a cat"}, timeout=None).raise_for_status()
    """)
    assert set(failures(run)) == {"hung: it has no timeout, and would wait for ever"}


def test_call_of_a_fixture_meets_the_fault(run_pytest_in_process: Any) -> None:
    run = run_pytest_in_process("""
        @pytest.fixture
        def made(omixa_mock):
            return draw()

        @pytest.mark.omixa_gauntlet(faults=["no_route"], only="once")
        def test_it(made):
            made.raise_for_status()
    """)
    assert outcomes(run) == {"passed": 2}


def test_test_that_a_plugin_ended_after_its_time_fails(run_pytest_in_process: Any) -> None:
    run = run_pytest_in_process("""
        @pytest.mark.omixa_gauntlet(faults=["no_route"], only="once")
        def test_it():
            if draw().status_code == 503:
                pytest.fail("Timeout >1s")
    """)
    assert outcomes(run) == {"passed": 1, "failed": 1}


def test_method_of_a_test_case_is_refused(run_pytest_in_process: Any) -> None:
    run = run_pytest_in_process("""
        import unittest

        class TestIt(unittest.TestCase):
            @pytest.mark.omixa_gauntlet
            def test_it(self):
                pass
    """)
    assert "omixa_gauntlet parametrizes no TestCase" in run.output


def test_failure_without_a_fault_is_the_tests_own(run_pytest_in_process: Any) -> None:
    run = run_pytest_in_process("""
        @pytest.mark.omixa_gauntlet(faults=["no_route"], only="once")
        def test_it():
            assert draw().status_code == 999
    """)
    assert run.outcomes == {"test_it[healthy]": "failed", "test_it[no_route once]": "passed"}


def test_test_without_a_request_fails(run_pytest_in_process: Any) -> None:
    run = run_pytest_in_process("""
        @pytest.mark.omixa_gauntlet(faults=["no_route"], only="once")
        def test_it():
            pass
    """)
    assert "Make one request in this test, and pay for it" in run.text("test_it[healthy]")


def test_case_is_at_hand(run_pytest_in_process: Any) -> None:
    run = run_pytest_in_process("""
        @pytest.mark.omixa_gauntlet(faults=["no_route"], only="once")
        def test_it(omixa_gauntlet_case):
            assert draw().status_code == (503 if omixa_gauntlet_case.fault else 200)
            if omixa_gauntlet_case.fault:
                raise RuntimeError
    """)
    assert outcomes(run) == {"passed": 2}


def test_allowances_are_read_from_the_rootdir(run_pytest_in_process: Any) -> None:
    allow = '[[allow]]\ncase = "null_image *"\noutcome = "swallowed"\nreason = "known"\n'
    source = SILENT.replace('only="once"', 'allow="gauntlet.toml"')
    assert outcomes(run_pytest_in_process(source, files={"gauntlet.toml": allow})) == {"passed": 3}


@pytest.mark.parametrize("options", ['faults=["no_rout"]', 'only="none such"', "fault=1", '"no_route"'])
def test_wrong_option_is_an_error_of_collection(options: str, run_pytest_in_process: Any) -> None:
    run = run_pytest_in_process(f"""
        @pytest.mark.omixa_gauntlet({options})
        def test_it():
            pass
    """)
    assert [text.startswith("test_it.py::test_it: omixa_gauntlet") for text in failures(run)] == [True]


# Allowances that no case needs

ALLOW = '[[allow]]\ncase = "{}"\noutcome = "swallowed"\nreason = "known"\n'
TOGETHER = """
    @pytest.mark.omixa_gauntlet(faults=["null_image"], allow="gauntlet.toml")
    def test_silent():
        draw()

    @pytest.mark.omixa_gauntlet(faults=["no_route"], only="once", allow="gauntlet.toml")
    def test_loud():
        draw().raise_for_status()
"""
NEEDED = ALLOW.format("null_image *")
NOT_NEEDED = NEEDED + ALLOW.format("no_route *")
FAILURE = "FAIL: no case needs the allowance of 'swallowed' in 'no_route *' any more: delete it from gauntlet.toml"


@pytest.mark.parametrize("arguments", [(), (".",)], ids=["none", "folder"])
def test_allowance_that_no_case_needs_fails_the_run(run_pytest_in_process: Any, arguments: tuple[str, ...]) -> None:
    run = run_pytest_in_process(TOGETHER, *arguments, files={"gauntlet.toml": NOT_NEEDED})
    assert (run.code, outcomes(run), FAILURE in run.output.splitlines()) == (1, {"passed": 5}, True)


@pytest.mark.acceptance
def test_workers_share_what_their_cases_need(run_pytest: Any) -> None:
    run = run_pytest(TOGETHER, "-n", "2", plugins=("xdist",), files={"gauntlet.toml": NOT_NEEDED})
    assert (run.code, outcomes(run), FAILURE in run.output.splitlines()) == (1, {"passed": 5}, True)


@pytest.mark.acceptance
@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_allowances_that_any_test_needs_pass(run_pytest: Any, workers: tuple[str, ...]) -> None:
    run = run_pytest(TOGETHER, *workers, plugins=("xdist",), files={"gauntlet.toml": NEEDED})
    assert (run.passed(), "FAIL" in run.output) == (True, False)


@pytest.mark.parametrize(
    "arguments",
    [("-k", "healthy or no_route"), ("test_it.py",), ("test_it.py::test_loud",), ("-m", "no_such"), ("--co",)],
    ids=["-k", "file", "test", "-m", "collection"],
)
def test_part_of_the_cases_shows_no_allowance_as_unused(run_pytest_in_process: Any, arguments: tuple[str, ...]) -> None:
    run = run_pytest_in_process(TOGETHER, *arguments, files={"gauntlet.toml": NOT_NEEDED})
    assert "needs the allowance" not in run.output


def test_skipped_case_shows_no_allowance_as_unused(run_pytest_in_process: Any) -> None:
    source = TOGETHER.replace("draw().raise_for_status()", "pytest.skip('not here')")
    run = run_pytest_in_process(source, files={"gauntlet.toml": NOT_NEEDED})
    assert "needs the allowance" not in run.output


# Time


@pytest.mark.usefixtures("busy_machine")
def test_retry_at_once_is_noted_although_waits_are_shortened(run_pytest_in_process: Any) -> None:
    run = run_pytest_in_process(
        BLINDLY
        + """
    @pytest.mark.omixa_gauntlet(faults=["rate_limited"], only="once")
    def test_it():
        draw_blindly()

    @pytest.fixture(autouse=True)
    def properties(request):
        yield
        print(request.node.user_properties)
    """,
        "-s",
    )
    assert "recovered, no backoff, Retry-After ignored" in run.output


def test_calls_of_later_tests_are_not_kept(run_pytest_in_process: Any) -> None:
    run = run_pytest_in_process("""
        @pytest.mark.omixa_gauntlet(faults=["no_route"], only="once")
        def test_it():
            draw().raise_for_status()

        def test_later(omixa_mock, request):
            from omixa_mock.pytest_plugin import plugin_session
            assert plugin_session(request.config).current_clock.clock is None
    """)
    assert outcomes(run) == {"passed": 3}
