"""Tests of strictness: the outcome of each test, in the call phase (one FAILED, never PASSED and ERROR)."""

from __future__ import annotations

from typing import Any

import pytest

SOURCE = """
import unittest

def breach():
    return draw(size="9x9")

BROKEN = {"model": "gpt-image-1.5", "prompt": "a cat", "size": "9x9"}

def test_breach(omixa_mock):
    breach()

def test_breach_at_the_server(omixa_mock_server):
    breach()

def test_breach_through_both(omixa_mock, omixa_mock_server):
    post(BROKEN)
    post(BROKEN, url=omixa_mock.base_url)

def test_breach_by_getfixturevalue(request):
    request.getfixturevalue("omixa_mock")
    breach()

@pytest.mark.usefixtures("omixa_mock")
def test_breach_by_usefixtures():
    breach()

@pytest.fixture
def app(omixa_mock):
    breach()

def test_breach_in_setup(app):
    pass

@pytest.mark.parametrize("size", ["9x9", "auto"])
def test_breach_by_parameter(omixa_mock, size):
    draw(size=size)

@pytest.mark.usefixtures("omixa_mock")
class TestClass:
    def test_breach(self):
        breach()

    def test_fine(self):
        draw()

@pytest.mark.usefixtures("omixa_mock")
class TestUnit(unittest.TestCase):
    def test_breach(self):
        breach()

    def test_fine(self):
        draw()

    def test_wrong(self):
        breach()
        self.fail("the test's own")

    def test_skipped(self):
        breach()
        self.skipTest("not now")

@pytest.mark.asyncio
async def test_breach_with_asyncio(omixa_mock):
    async with httpx.AsyncClient(trust_env=False, verify=False) as client:
        await client.get(omixa_mock.base_url + "/nowhere")

@pytest.mark.asyncio
async def test_fine_with_asyncio(omixa_mock):
    async with httpx.AsyncClient(trust_env=False, verify=False) as client:
        await client.get(omixa_mock.base_url + "/models", headers={"Authorization": "Bearer omx_live_x"})
    assert len(omixa_mock.calls) == 1

@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_breach_with_anyio(omixa_mock, anyio_backend):
    async with httpx.AsyncClient(trust_env=False, verify=False) as client:
        await client.get(omixa_mock.base_url + "/nowhere")

def test_own_failure(omixa_mock):
    breach()
    omixa_mock.fail(503)
    assert 1 == 2, "the test's own"

def test_own_failure_while_expecting(omixa_mock):
    with omixa_mock.expect_refusal(422):
        assert 1 == 2, "the test's own"

@pytest.mark.xfail(reason="known")
def test_xfail(omixa_mock):
    breach()

@pytest.mark.xfail(reason="known", strict=True)
def test_xfail_strict(omixa_mock):
    breach()

@pytest.mark.xfail(reason="known", strict=True)
def test_xfail_strict_of_a_fine_one(omixa_mock):
    draw()

@pytest.mark.xfail(reason="known", raises=ZeroDivisionError)
def test_xfail_by_another_error(omixa_mock):
    breach()

def test_skip_within(omixa_mock):
    breach()
    pytest.skip("not now")

@pytest.mark.skip
@pytest.mark.omixa_mock(nonsense=1)
def test_skip(omixa_mock):
    breach()

@pytest.mark.omixa_mock(strict=False)
def test_lenient(omixa_mock):
    omixa_mock.fail(503, times=9)
    breach()

@pytest.mark.omixa_mock(strict=False)
class TestLenient:
    def test_class_marker_applies(self, omixa_mock):
        breach()

    @pytest.mark.omixa_mock(strict=True)
    def test_closest_wins(self, omixa_mock):
        breach()

@pytest.mark.parametrize("status", [402, 403, 503, 401, 422])
def test_planned(omixa_mock, status):
    omixa_mock.fail(status)
    assert draw().status_code == status

def test_arranged_402(omixa_mock):
    omixa_mock.set_balance(0)
    assert draw().status_code == 402

def test_arranged_403(omixa_mock):
    omixa_mock.allow_models()
    assert draw().status_code == 403

def test_arranged_503(omixa_mock):
    omixa_mock.routes_down("azure-openai", "azure-foundry")
    assert draw().status_code == 503

def test_unknown_key_at_the_server(omixa_mock_server):
    assert post(BROKEN, key="omx_live_unknown").status_code == 401

def test_foreign_path_at_the_server(omixa_mock_server):
    assert get(omixa_mock_server.url + "/favicon.ico").status_code == 404

def test_expected(omixa_mock):
    with omixa_mock.expect_refusal(422):
        breach()

def test_expected_if_the_client_raises(omixa_mock):
    with pytest.raises(httpx.HTTPStatusError), omixa_mock.expect_refusal(422):
        breach().raise_for_status()

def test_expected_at_the_server(omixa_mock_server):
    with omixa_mock_server.expect_refusal(422):
        breach()

def test_expected_missing_key_at_the_server(omixa_mock_server):
    with omixa_mock_server.expect_refusal(401):
        post({}, headers={})

def test_expected_once(omixa_mock):
    with omixa_mock.expect_refusal(422):
        breach()
    breach()

def test_expected_other(omixa_mock):
    with omixa_mock.expect_refusal(422):
        breach()
        get("https://omixa.cloud/x")

def test_plan_left(omixa_mock):
    omixa_mock.fail(503)

def test_plan_met(omixa_mock):
    omixa_mock.fail(503, times=2)
    draw(), draw()

def test_plan_for_ever_met_once(omixa_mock):
    omixa_mock.fail(503, times=None)
    draw()

def test_plan_with_only_successes_left(omixa_mock):
    omixa_mock.fail([503, "ok", "ok"])
    draw()

def test_plan_behind_another(omixa_mock):
    omixa_mock.fail(503)
    omixa_mock.fail(402)
    draw()

def test_without_a_fixture():
    pass
"""

OUTCOMES = {
    "test_breach": "failed",
    "test_breach_at_the_server": "failed",
    "test_breach_through_both": "failed",
    "test_breach_by_getfixturevalue": "failed",
    "test_breach_by_usefixtures": "failed",
    "test_breach_in_setup": "failed",
    "test_breach_by_parameter[9x9]": "failed",
    "test_breach_by_parameter[auto]": "passed",
    "TestClass::test_breach": "failed",
    "TestClass::test_fine": "passed",
    "TestUnit::test_breach": "failed",
    "TestUnit::test_fine": "passed",
    "TestUnit::test_wrong": "failed",
    "TestUnit::test_skipped": "skipped",
    "test_breach_with_asyncio": "failed",
    "test_fine_with_asyncio": "passed",
    "test_breach_with_anyio[asyncio]": "failed",
    "test_own_failure": "failed",
    "test_own_failure_while_expecting": "failed",
    "test_xfail": "xfailed",
    "test_xfail_strict": "xfailed",
    "test_xfail_strict_of_a_fine_one": "failed",
    "test_xfail_by_another_error": "failed",
    "test_skip_within": "skipped",
    "test_skip": "skipped",
    "test_lenient": "passed",
    "TestLenient::test_class_marker_applies": "passed",
    "TestLenient::test_closest_wins": "failed",
    **{f"test_planned[{status}]": "passed" for status in (402, 403, 503, 401, 422)},
    "test_arranged_402": "passed",
    "test_arranged_403": "passed",
    "test_arranged_503": "passed",
    "test_unknown_key_at_the_server": "passed",
    "test_foreign_path_at_the_server": "passed",
    "test_expected": "passed",
    "test_expected_if_the_client_raises": "passed",
    "test_expected_at_the_server": "passed",
    "test_expected_missing_key_at_the_server": "passed",
    "test_expected_once": "failed",
    "test_expected_other": "failed",
    "test_plan_left": "failed",
    "test_plan_met": "passed",
    "test_plan_for_ever_met_once": "passed",
    "test_plan_with_only_successes_left": "passed",
    "test_plan_behind_another": "failed",
    "test_without_a_fixture": "passed",
}
# Tests that fail with their own message.
OWN_FAILURES = ("TestUnit::test_wrong", "test_own_failure", "test_own_failure_while_expecting")


@pytest.fixture(scope="module")
def strict_run(run_pytest: Any) -> Any:
    return run_pytest(SOURCE, plugins=("asyncio", "anyio"))


@pytest.mark.parametrize("name", OUTCOMES)
def test_outcome(strict_run: Any, name: str) -> None:
    assert strict_run.outcomes[name] == OUTCOMES[name], strict_run.text(name)


def test_table_names_every_test_of_the_project(strict_run: Any) -> None:
    assert strict_run.outcomes.keys() == OUTCOMES.keys()


@pytest.mark.parametrize("name", OWN_FAILURES)
def test_failed_test_has_no_further_findings(strict_run: Any, name: str) -> None:
    assert "AssertionError: the test's own" in strict_run.text(name)
    assert "omixa-mock:" not in strict_run.text(name)
    assert "Expected a call" not in strict_run.text(name)


def test_findings_of_both_fixtures_are_shown(strict_run: Any) -> None:
    text = strict_run.text("test_breach_through_both")
    assert ["omixa_mock.expect" in text, "omixa_mock_server.expect" in text] == [True, True]


def test_only_the_unexpected_refusal_is_shown(strict_run: Any) -> None:
    assert "404 GET /x" in strict_run.text("test_expected_other")
    assert "422" not in strict_run.text("test_expected_other")


BREACH = 'def test_breach(omixa_mock):\n    draw(size="9x9")\n'


# Flag, environment and ini value, and the outcome of a breach.
PRECEDENCE = [
    ((), {}, "", "failed"),
    ((), {}, "false", "passed"),
    ((), {"OMIXA_MOCK_STRICT": "0"}, "", "passed"),
    ((), {"OMIXA_MOCK_STRICT": "yes"}, "no", "failed"),
    (("--omixa-mock-strict", "OFF"), {}, "", "passed"),
    (("--omixa-mock-strict=false",), {"OMIXA_MOCK_STRICT": "true"}, "true", "passed"),
    (("--omixa-mock-strict=on",), {"OMIXA_MOCK_STRICT": "off"}, "off", "failed"),
]


@pytest.mark.parametrize(("flags", "env", "ini", "outcome"), PRECEDENCE)
def test_flag_overrides_environment_overrides_ini(
    run_pytest_in_process: Any, flags: Any, env: Any, ini: Any, outcome: Any
) -> None:
    run = run_pytest_in_process(BREACH, *flags, env=env, files={"pytest.ini": f"[pytest]\nomixa_mock_strict = {ini}\n"})
    assert run.outcomes == {"test_breach": outcome}, run.output


@pytest.mark.parametrize(("strict", "outcome"), [("True", "failed"), ("False", "passed")])
def test_calls_that_the_journal_has_evicted_fail_a_strict_test(
    run_pytest_in_process: Any, strict: str, outcome: str
) -> None:
    run = run_pytest_in_process(f"""
        @pytest.mark.omixa_mock(strict={strict})
        def test_it(omixa_mock):
            draw(), draw(), draw()
            omixa_mock.gateway.workspaces.enter(omixa_mock.api_key).journal.trim(1)
    """)
    assert (run.outcomes["test_it"], "2 calls were evicted" in run.text("test_it")) == (outcome, outcome == "failed")
