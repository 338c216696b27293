"""What fixtures set and share: the environment, the key of the tests in process, adopted keys; and what reports say."""

from __future__ import annotations

from typing import Any

import pytest

PASSING = {
    "monkeypatch in any order": """
        def test_theirs_first(monkeypatch, omixa_mock):
            monkeypatch.setenv("OMIXA_API_KEY", "omx_live_wrong")

        def test_ours_first(omixa_mock_server, monkeypatch):
            monkeypatch.setenv("OMIXA_API_KEY", "omx_live_wrong")

        def test_gone():
            assert "OMIXA_API_KEY" not in os.environ
    """,
    "session": """
        def test_session(omixa_mock_session):
            assert "OMIXA_API_KEY" not in os.environ
            assert omixa_mock_session.env()["OMIXA_API_KEY"] == omixa_mock_session.api_key
    """,
    "a key that an app keeps": """
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
        def control(handle, method, path, key=None):
            auth = {"Authorization": "Bearer " + (key or handle.api_key)}
            assert send(method, handle.url + "/__omixa" + path, headers=auth).is_success

        @pytest.mark.parametrize("own", [True, False])
        def test_reset(omixa_mock_session, omixa_mock_server, own):
            session = omixa_mock_session.api_key
            omixa_mock_server.adopt(session)
            draw()
            control(omixa_mock_server, "POST", "/reset", None if own else session)
            assert len(omixa_mock_server.calls) == 0
            draw()
            post({"model": "gpt-image-1.5", "prompt": "a cat"}, key=session)
            assert len(omixa_mock_server.calls) == 2

        def test_session_has_its_own_again(omixa_mock_session, omixa_mock_server):
            post({"model": "gpt-image-1.5", "prompt": "a cat"}, key=omixa_mock_session.api_key)
            assert (len(omixa_mock_session.calls), len(omixa_mock_server.calls)) == (1, 0)

        def test_deleted(omixa_mock_server):
            draw()
            control(omixa_mock_server, "DELETE", "/workspace")
            assert len(omixa_mock_server.calls) == 1
    """,
}


@pytest.mark.parametrize("subject", PASSING)
def test_fixtures_share(play_here: Any, subject: str) -> None:
    assert play_here(PASSING[subject]).passed()


def test_report_tells_the_last_refusal_in_whole_and_what_to_write(play_here: Any) -> None:
    source = """
    def test_it(omixa_mock):
        draw(size="9x9", n=99, quality="best", user="me").raise_for_status()
    """
    told = play_here(source).section("test_it")
    assert "/size" in told
    assert "/quality" in told
    assert "with omixa_mock.expect_refusal(422):" in told


def test_report_tells_of_strays(play_here: Any) -> None:
    source = """
    def test_it(omixa_mock_server):
        get(omixa_mock_server.base_url + "/models")
        assert False
    """
    assert "But 1 call came without this test's key" in play_here(source).section("test_it")


def test_mistake_on_a_handle_shows_the_users_line_alone(play_here: Any) -> None:
    source = """
    def test_it(omixa_mock):
        omixa_mock.fail("no_such_fault")
    """
    assert ".py:" not in play_here(source).text("test_it").replace("test_it.py:", "")


def test_marker_without_a_fixture_is_warned_of(play: Any) -> None:
    played = play("@pytest.mark.omixa_mock(balance='1')\ndef test_it(): pass\n")
    assert "OmixaAdvisory: test_it.py::test_it: @pytest.mark.omixa_mock(balance=…) changes nothing" in played.output


@pytest.mark.parametrize(("written", "outcome"), [("true", "failed"), ("false", "passed")])
def test_switch_in_pytests_own_toml(play_here: Any, written: str, outcome: str) -> None:
    toml = f"[pytest]\nomixa_mock_strict = {written}\nomixa_mock_seed = 7\n"
    source = 'def test_it(omixa_mock):\n    draw(size="9x9")\n'
    assert play_here(source, "-c", "pytest.toml", files={"pytest.toml": toml}).outcomes == {"test_it": outcome}
