"""Beside the plugins and mocks that people have already."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.acceptance  # each neighbour takes a run of its own

REQUEST = 'post({"model": "gpt-image-1.5", "prompt": "a cat"})'

# Plugin of the neighbour, options of the run, the tests that must pass.
BESIDE = {
    "asyncio": (
        ("asyncio",),
        ("-o", "asyncio_mode=auto"),
        """
        @pytest.fixture
        async def client():
            async with httpx.AsyncClient(trust_env=False, verify=False) as client:
                yield client

        async def test_it(client, omixa_mock):
            auth = {"Authorization": "Bearer " + omixa_mock.api_key}
            order = {"model": "gpt-image-1.5", "prompt": "a cat"}
            response = await client.post(omixa_mock.base_url + "/images/generations", headers=auth, json=order)
            assert response.status_code == 200
            omixa_mock.assert_single_charge()
        """,
    ),
    "anyio": (
        ("anyio",),
        (),
        """
        @pytest.fixture
        def anyio_backend():
            return "asyncio"

        @pytest.mark.anyio
        async def test_it(omixa_mock_server):
            async with httpx.AsyncClient(trust_env=False, verify=False) as client:
                auth = {"Authorization": "Bearer " + omixa_mock_server.api_key}
                order = {"model": "gpt-image-1.5", "prompt": "a cat"}
                url = omixa_mock_server.base_url + "/images/generations"
                assert (await client.post(url, headers=auth, json=order)).status_code == 200
            omixa_mock_server.assert_single_charge()
        """,
    ),
    "pytest-httpx": (
        ("pytest_httpx",),
        (),
        """
        def both(httpx_mock):
            httpx_mock.add_response(url="https://example.org/", text="mocked")
            assert get("https://example.org/").text == "mocked"
            assert draw().status_code == 200

        def test_ours_first(omixa_mock, httpx_mock):
            both(httpx_mock)
            omixa_mock.assert_single_charge()

        def test_theirs_first(httpx_mock, omixa_mock):
            both(httpx_mock)
            omixa_mock.assert_single_charge()

        def test_ours_alone(omixa_mock):
            draw()
            omixa_mock.assert_single_charge()

        def test_theirs_after_ours(httpx_mock):
            httpx_mock.add_response(text="mocked")
            assert get("https://example.org/").text == "mocked"
        """,
    ),
    "respx": (
        (),
        (),
        """
        import respx

        def both(handle):
            respx.get("https://example.org/").respond(text="mocked")
            assert get("https://example.org/").text == "mocked"
            assert draw().status_code == 200
            with pytest.raises(AssertionError):
                get("https://example.net/")
            handle.assert_single_charge()

        @respx.mock
        def test_decorator(omixa_mock):
            both(omixa_mock)

        @pytest.mark.parametrize("using", ["httpcore", "httpx"])
        def test_within_ours(omixa_mock, using):
            with respx.mock(using=using) as mocked:
                mocked.get("https://example.org/").respond(text="mocked")
                assert get("https://example.org/").text == "mocked"
                assert draw().status_code == 200
            omixa_mock.assert_single_charge()

        @pytest.mark.parametrize("using", ["httpcore", "httpx"])
        def test_ours_within(request, using):
            with respx.mock(using=using, assert_all_called=False) as mocked:
                mocked.get("https://example.org/").respond(text="mocked")
                omixa_mock = request.getfixturevalue("omixa_mock")
                assert get("https://example.org/").text == "mocked"
                assert draw().status_code == 200
            omixa_mock.assert_single_charge()

        @pytest.mark.parametrize("using", ["httpcore", "httpx"])
        def test_without_ours(using):
            with respx.mock(using=using) as mocked:
                mocked.get("https://example.org/").respond(text="mocked")
                assert get("https://example.org/").text == "mocked"

        @pytest.mark.parametrize("using", ["httpcore", "httpx"])
        def test_a_user_who_mocks_the_host_without_our_fixture(using):
            with respx.mock(using=using) as mocked:
                mocked.get("https://www.omixa.cloud/").respond(text="mocked")
                assert get("https://www.omixa.cloud/").text == "mocked"
        """,
    ),
    "responses": (
        (),
        (),
        """
        import requests
        import responses

        def order(session=requests):
            auth = {"Authorization": "Bearer " + os.environ["OMIXA_API_KEY"]}
            body = {"model": "gpt-image-1.5", "prompt": "a cat"}
            return requests.post(os.environ["OMIXA_BASE_URL"] + "/images/generations", headers=auth, json=body)

        def test_within_ours(omixa_mock):
            with responses.RequestsMock() as mocked:
                mocked.get("https://example.org/", body="mocked")
                assert requests.get("https://example.org/").text == "mocked"
                assert order().status_code == 200
            omixa_mock.assert_single_charge()

        def test_ours_within(request):
            with responses.RequestsMock() as mocked:
                mocked.get("https://example.org/", body="mocked")
                omixa_mock = request.getfixturevalue("omixa_mock")
                assert requests.get("https://example.org/").text == "mocked"
                assert order().status_code == 200
            omixa_mock.assert_single_charge()

        @responses.activate
        def test_decorator(omixa_mock):
            responses.get("https://example.org/", body="mocked")
            assert requests.get("https://example.org/").text == "mocked"
            assert order().status_code == 200
            with pytest.raises(requests.ConnectionError):
                requests.get("https://example.net/")
            omixa_mock.assert_single_charge()
        """,
    ),
    "pytest-socket, no sockets": (
        ("socket",),
        ("--disable-socket",),
        "def test_it(omixa_mock):\n    draw()\n    omixa_mock.assert_single_charge()\n",
    ),
    "pytest-socket, our host": (
        ("socket",),
        ("--allow-hosts=127.0.0.1",),
        "def test_it(omixa_mock_server):\n    draw()\n    omixa_mock_server.assert_single_charge()\n",
    ),
    "Hypothesis": (
        ("hypothesispytest",),
        (),
        """
        import omixa_mock
        from hypothesis import given, strategies as st

        @given(n=st.integers(1, 10))
        def test_it(n):
            with omixa_mock.intercept() as gateway:
                draw(n=n)
                gateway.assert_called(n=n, times=1)
                gateway.assert_single_charge()
        """,
    ),
}


@pytest.mark.parametrize("neighbour", BESIDE)
def test_beside(play: Any, neighbour: str) -> None:
    plugins, options, source = BESIDE[neighbour]
    assert play(source, *options, plugins=plugins).passed()


BLOCKED = {
    ("--disable-socket",): "SocketBlockedError",
    ("--allow-hosts=10.0.0.1",): "SocketConnectBlockedError",
}


@pytest.mark.parametrize("options", BLOCKED)
def test_blocked_sockets_are_told_with_the_option_that_allows_them(play: Any, options: Any) -> None:
    played = play("def test_it(omixa_mock_server): pass", *options, plugins=("socket",))
    assert played.outcomes == {"test_it": "setup failed"}
    assert played.text("test_it") == (
        f"{BLOCKED[options]}: sockets are blocked in this run, and omixa_mock_server needs one. "
        "Allow it by --allow-hosts=127.0.0.1 (or where --omixa-mock-url points to), "
        "or use the fixture omixa_mock, which needs none."
    )
