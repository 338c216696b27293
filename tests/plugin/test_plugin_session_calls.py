"""Tests of calls under the key of `omixa_mock_session`: named in messages, listed, checked."""

from __future__ import annotations

from typing import Any

import pytest

TITLE = "omixa-mock: calls under omixa_mock_session's key that no test adopted"
CALL = 'POST /api/v1/images/generations generate n=1 png auto auto "a cat", 0.039000 USD'
APP = """
@pytest.fixture(scope="session")
def app(omixa_mock_session):
    env = omixa_mock_session.env()
    def call(**fields):
        body = {"model": "gpt-image-1.5", "prompt": "a cat", **fields}
        return post(body, key=env["OMIXA_API_KEY"], url=env["OMIXA_BASE_URL"]).status_code
    return call
"""


def test_forgotten_adoption_is_named(run_pytest_in_process: Any) -> None:
    source = f"""{APP}
def test_it(app, omixa_mock_server):
    app()
    omixa_mock_server.assert_single_charge()
"""
    run = run_pytest_in_process(source)
    reason = (
        "No call came under this test's key.\n"
        "1 call came under omixa_mock_session's key: omixa_mock_server.adopt(omixa_mock_session.api_key)"
    )
    assert run.error("test_it") == f"AssertionError: Expected one charge; there were none.\n{reason}"
    assert run.section("test_it") == reason


def test_forgotten_adoption_explains_a_plan_that_never_fired(run_pytest_in_process: Any) -> None:
    source = f"""{APP}
def test_it(app, omixa_mock_server):
    omixa_mock_server.fail(503)
    app()
"""
    assert "\n1 call came under omixa_mock_session's key: omixa_mock_server.adopt(" in run_pytest_in_process(
        source
    ).text("test_it")


def test_calls_of_other_tests_are_not_mentioned(run_pytest_in_process: Any) -> None:
    source = f"""{APP}
def test_before(app):
    app()

def test_it(app, omixa_mock_server):
    omixa_mock_server.last
"""
    run = run_pytest_in_process(source)
    assert run.error("test_it") == "AssertionError: There is no last call: the gateway was not called."


@pytest.mark.acceptance
@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_calls_that_no_test_adopted_are_listed(run_pytest: Any, workers: Any) -> None:
    source = f"""{APP}
def test_first(app):
    app()

def test_adopting(app, omixa_mock_session, omixa_mock_server):
    omixa_mock_server.adopt(omixa_mock_session.api_key)
    app(prompt="adopted")

def test_last(app):
    app()
"""
    run = run_pytest(source, *workers, plugins=("xdist",) if workers else ())
    assert run.passed()
    assert run.summary(TITLE) == [f"#1 200 {CALL}", f"#2 200 {CALL}"]


def test_list_has_the_newest_twenty(run_pytest_in_process: Any) -> None:
    source = f"{APP}\ndef test_it(app):\n    for _ in range(22): app()\n"
    first, *rest = run_pytest_in_process(source).summary(TITLE)
    assert (first, len(rest), rest[-1]) == ("… 2 earlier calls", 20, f"#22 200 {CALL}")


def test_run_whose_tests_adopt_every_call_lists_nothing(run_pytest_in_process: Any) -> None:
    source = f"""{APP}
def test_it(app, omixa_mock_session, omixa_mock_server):
    omixa_mock_server.adopt(omixa_mock_session.api_key)
    app()
"""
    assert "omixa-mock:" not in run_pytest_in_process(source).output


BREACH = f"{APP}\ndef test_it(app):\n    assert app(size='9x9') == 422\n"
FINDING = (
    'omixa-mock: a call broke the contract: #1 422 POST /api/v1/images/generations "a cat"\n'
    '    The request breaks a rule.\n    /size: "9x9" is not accepted'
)


def test_broken_contract_fails_the_teardown_of_the_session_fixture(run_pytest_in_process: Any) -> None:
    run = run_pytest_in_process(BREACH)
    assert run.outcomes == {"test_it": "passed, teardown failed"}
    text = " ".join(run.text("test_it").split())
    assert text.startswith(" ".join(FINDING.split()))
    assert "`with omixa_mock_session.expect_refusal(422):` around the call" in text


def test_broken_contract_is_listed_as_well(run_pytest_in_process: Any) -> None:
    [line] = run_pytest_in_process(BREACH).summary(TITLE)
    assert line.startswith('#1 422 POST /api/v1/images/generations "a cat": The request breaks a rule.')


LENIENT = {
    "switched off": (BREACH, ("--omixa-mock-strict=false",)),
    "expected": (
        (
            f"{APP}\ndef test_it(app, omixa_mock_session):\n"
            "    with omixa_mock_session.expect_refusal(422): app(size='9x9')\n"
        ),
        (),
    ),
    "adopted and expected": (
        (
            f"{APP}\ndef test_it(app, omixa_mock_session, omixa_mock_server):\n"
            "    omixa_mock_server.adopt(omixa_mock_session.api_key)\n"
            "    with omixa_mock_server.expect_refusal(422): app(size='9x9')\n"
        ),
        (),
    ),
    "without a key, in a test that expects it": (
        (
            f"{APP}\ndef test_it(app, omixa_mock_server):\n"
            "    with omixa_mock_server.expect_refusal(401): post({}, headers={})\n"
        ),
        (),
    ),
}


@pytest.mark.parametrize(("source", "options"), LENIENT.values(), ids=LENIENT)
def test_session_passes(run_pytest_in_process: Any, source: str, options: tuple[str, ...]) -> None:
    assert run_pytest_in_process(source, *options).passed()


def test_workspace_of_the_session_is_closed_although_its_teardown_fails(run_pytest_in_process: Any) -> None:
    source = f"""{BREACH}
@pytest.fixture(scope="session", autouse=True)
def late(request):
    keys = []
    yield keys
    assert post({{}}, key=keys[0], url=keys[1]).status_code == 401

def test_keys(late, omixa_mock_session):
    late += [omixa_mock_session.api_key, omixa_mock_session.base_url]
"""
    assert "assert 422 == 401" not in run_pytest_in_process(source).output


def test_key_that_was_not_issued_is_refused_with_the_cures(run_pytest_in_process: Any) -> None:
    source = """
    def test_it(omixa_mock_server):
        post({}, key="omx_live_app")
        omixa_mock_server.last
    """
    assert run_pytest_in_process(source).error("test_it") == (
        "AssertionError: There is no last call: no call came under this test's key.\n"
        "But 1 call came without this test's key, the last one: 401 POST /api/v1/images/generations: "
        "This key was not issued by the fake. Send omixa_mock_server.api_key, or let the test call "
        "omixa_mock_server.adopt(key). Issued keys begin with omx_live_mock_."
    )
