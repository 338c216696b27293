"""Tests of the fixtures' environment, of shared and adopted keys, and of the report of a failed test."""

from __future__ import annotations

from typing import Any

import pytest

PASSING = {
    "monkeypatch before or after": """
        def test_monkeypatch_first(monkeypatch, omixa_mock):
            monkeypatch.setenv("OMIXA_API_KEY", "omx_live_wrong")

        def test_monkeypatch_second(omixa_mock_server, monkeypatch):
            monkeypatch.setenv("OMIXA_API_KEY", "omx_live_wrong")

        def test_variable_is_unset():
            assert "OMIXA_API_KEY" not in os.environ
    """,
    "session": """
        def test_session(omixa_mock_session):
            assert "OMIXA_API_KEY" not in os.environ
            assert omixa_mock_session.env()["OMIXA_API_KEY"] == omixa_mock_session.api_key
    """,
    "types": """
        def test_types(omixa_mock, omixa_mock_server, omixa_mock_session):
            import omixa_mock as fake

            assert type(omixa_mock) is fake.OmixaMock
            assert type(omixa_mock_server) is type(omixa_mock_session) is fake.OmixaMockServer
    """,
    "key cached by an app": """
        from functools import cache

        @cache
        def key():
            return os.environ["OMIXA_API_KEY"]

        @pytest.mark.parametrize("time", [1, 2])
        def test_it(omixa_mock, time):
            assert post({"model": "gpt-image-1.5", "prompt": "a cat"}, key=key()).status_code == 200
            omixa_mock.assert_single_charge()
    """,
    "proxy": """
        def test_it(omixa_mock_server, monkeypatch):
            monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
            auth = {"Authorization": "Bearer " + omixa_mock_server.api_key}
            assert httpx.get(omixa_mock_server.base_url + "/models", headers=auth).status_code == 200
            assert omixa_mock_server.env()["NO_PROXY"] == "127.0.0.1"
    """,
    "reset by the control route": """
        def control(mock, method, path, key=None):
            auth = {"Authorization": "Bearer " + (key or mock.api_key)}
            assert send(method, mock.url + "/__omixa" + path, headers=auth).is_success

        @pytest.mark.parametrize("own", [True, False])
        def test_reset(omixa_mock_session, omixa_mock_server, own):
            session_key = omixa_mock_session.api_key
            omixa_mock_server.adopt(session_key)
            draw()
            control(omixa_mock_server, "POST", "/reset", None if own else session_key)
            assert len(omixa_mock_server.calls) == 0
            draw()
            post({"model": "gpt-image-1.5", "prompt": "a cat"}, key=session_key)
            assert len(omixa_mock_server.calls) == 2

        def test_session_has_its_calls_again(omixa_mock_session, omixa_mock_server):
            post({"model": "gpt-image-1.5", "prompt": "a cat"}, key=omixa_mock_session.api_key)
            assert (len(omixa_mock_session.calls), len(omixa_mock_server.calls)) == (1, 0)

        def test_deleted(omixa_mock_server):
            draw()
            control(omixa_mock_server, "DELETE", "/workspace")
            assert len(omixa_mock_server.calls) == 1
    """,
}


@pytest.mark.parametrize("subject", PASSING)
def test_fixtures_work_together(run_pytest_in_process: Any, subject: str) -> None:
    assert run_pytest_in_process(PASSING[subject]).passed()


def test_report_shows_the_whole_last_refusal_and_its_remedy(run_pytest_in_process: Any) -> None:
    source = """
    def test_it(omixa_mock):
        draw(size="9x9", n=99, quality="best", user="me").raise_for_status()
    """
    section = run_pytest_in_process(source).section("test_it")
    assert "/size" in section
    assert "/quality" in section
    assert "with omixa_mock.expect_refusal(422):" in section


def test_report_mentions_unmatched_calls(run_pytest_in_process: Any) -> None:
    source = """
    def test_it(omixa_mock_server):
        get(omixa_mock_server.base_url + "/models")
        assert False
    """
    assert "But 1 call came without this test's key" in run_pytest_in_process(source).section("test_it")


def test_mistaken_argument_shows_only_the_line_of_the_user(run_pytest_in_process: Any) -> None:
    source = """
    def test_it(omixa_mock):
        omixa_mock.fail("no_such_fault")
    """
    assert ".py:" not in run_pytest_in_process(source).text("test_it").replace("test_it.py:", "")


@pytest.mark.parametrize(("value", "outcome"), [("true", "failed"), ("false", "passed")])
def test_switch_may_be_in_pytest_toml(run_pytest_in_process: Any, value: str, outcome: str) -> None:
    toml = f"[pytest]\nomixa_mock_strict = {value}\nomixa_mock_seed = 7\n"
    source = 'def test_it(omixa_mock):\n    draw(size="9x9")\n'
    assert run_pytest_in_process(source, "-c", "pytest.toml", files={"pytest.toml": toml}).outcomes == {
        "test_it": outcome
    }
