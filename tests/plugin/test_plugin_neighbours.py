"""Tests with other plugins and mocks in the same run."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.acceptance  # starts a pytest run for each neighbour

REQUEST = 'post({"model": "gpt-image-1.5", "prompt": "a cat"})'

# Name of the neighbour: its plugin, the options of the run, the tests that must pass.
NEIGHBOURS = {
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
            body = {"model": "gpt-image-1.5", "prompt": "a cat"}
            response = await client.post(omixa_mock.base_url + "/images/generations", headers=auth, json=body)
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
                body = {"model": "gpt-image-1.5", "prompt": "a cat"}
                url = omixa_mock_server.base_url + "/images/generations"
                assert (await client.post(url, headers=auth, json=body)).status_code == 200
            omixa_mock_server.assert_single_charge()
        """,
    ),
    "pytest-httpx": (
        ("pytest_httpx",),
        (),
        """
        def use_both(httpx_mock):
            httpx_mock.add_response(url="https://example.org/", text="mocked")
            assert get("https://example.org/").text == "mocked"
            assert draw().status_code == 200

        def test_omixa_mock_first(omixa_mock, httpx_mock):
            use_both(httpx_mock)
            omixa_mock.assert_single_charge()

        def test_httpx_mock_first(httpx_mock, omixa_mock):
            use_both(httpx_mock)
            omixa_mock.assert_single_charge()

        def test_omixa_mock_alone(omixa_mock):
            draw()
            omixa_mock.assert_single_charge()

        def test_httpx_mock_alone_afterwards(httpx_mock):
            httpx_mock.add_response(text="mocked")
            assert get("https://example.org/").text == "mocked"
        """,
    ),
    "respx": (
        (),
        (),
        """
        import respx

        def use_both(mock):
            respx.get("https://example.org/").respond(text="mocked")
            assert get("https://example.org/").text == "mocked"
            assert draw().status_code == 200
            with pytest.raises(AssertionError):
                get("https://example.net/")
            mock.assert_single_charge()

        @respx.mock
        def test_decorator(omixa_mock):
            use_both(omixa_mock)

        @pytest.mark.parametrize("using", ["httpcore", "httpx"])
        def test_inside_omixa_mock(omixa_mock, using):
            with respx.mock(using=using) as mocked:
                mocked.get("https://example.org/").respond(text="mocked")
                assert get("https://example.org/").text == "mocked"
                assert draw().status_code == 200
            omixa_mock.assert_single_charge()

        @pytest.mark.parametrize("using", ["httpcore", "httpx"])
        def test_omixa_mock_inside(request, using):
            with respx.mock(using=using, assert_all_called=False) as mocked:
                mocked.get("https://example.org/").respond(text="mocked")
                omixa_mock = request.getfixturevalue("omixa_mock")
                assert get("https://example.org/").text == "mocked"
                assert draw().status_code == 200
            omixa_mock.assert_single_charge()

        @pytest.mark.parametrize("using", ["httpcore", "httpx"])
        def test_without_omixa_mock(using):
            with respx.mock(using=using) as mocked:
                mocked.get("https://example.org/").respond(text="mocked")
                assert get("https://example.org/").text == "mocked"

        @pytest.mark.parametrize("using", ["httpcore", "httpx"])
        def test_host_mocked_without_omixa_mock(using):
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

        def generate():
            auth = {"Authorization": "Bearer " + os.environ["OMIXA_API_KEY"]}
            body = {"model": "gpt-image-1.5", "prompt": "a cat"}
            return requests.post(os.environ["OMIXA_BASE_URL"] + "/images/generations", headers=auth, json=body)

        def test_inside_omixa_mock(omixa_mock):
            with responses.RequestsMock() as mocked:
                mocked.get("https://example.org/", body="mocked")
                assert requests.get("https://example.org/").text == "mocked"
                assert generate().status_code == 200
            omixa_mock.assert_single_charge()

        def test_omixa_mock_inside(request):
            with responses.RequestsMock() as mocked:
                mocked.get("https://example.org/", body="mocked")
                omixa_mock = request.getfixturevalue("omixa_mock")
                assert requests.get("https://example.org/").text == "mocked"
                assert generate().status_code == 200
            omixa_mock.assert_single_charge()

        @responses.activate
        def test_decorator(omixa_mock):
            responses.get("https://example.org/", body="mocked")
            assert requests.get("https://example.org/").text == "mocked"
            assert generate().status_code == 200
            with pytest.raises(requests.ConnectionError):
                requests.get("https://example.net/")
            omixa_mock.assert_single_charge()
        """,
    ),
    "requests-mock": (
        ("requests_mock",),
        (),
        """
        import requests

        def use_both(mocked, mock):
            mocked.get("https://example.org/", text="mocked")
            assert requests.get("https://example.org/").text == "mocked"
            auth = {"Authorization": "Bearer " + os.environ["OMIXA_API_KEY"]}
            body = {"model": "gpt-image-1.5", "prompt": "a cat"}
            url = os.environ["OMIXA_BASE_URL"] + "/images/generations"
            assert requests.post(url, headers=auth, json=body).status_code == 200
            assert mocked.call_count == 1
            mock.assert_single_charge()

        def test_requests_mock_first(requests_mock, omixa_mock):
            use_both(requests_mock, omixa_mock)

        def test_omixa_mock_first(omixa_mock, requests_mock):
            use_both(requests_mock, omixa_mock)

        def test_requests_mock_alone_afterwards(requests_mock):
            requests_mock.get("https://www.omixa.cloud/", text="mocked")
            assert requests.get("https://www.omixa.cloud/").text == "mocked"
        """,
    ),
    "vcrpy": (
        (),
        (),
        """
        import requests
        import vcr

        def use_both(mock, cassette):
            auth = {"Authorization": "Bearer " + os.environ["OMIXA_API_KEY"]}
            assert requests.get(os.environ["OMIXA_BASE_URL"] + "/models", headers=auth).status_code == 200
            assert draw().status_code == 200
            assert (len(mock.calls), len(cassette)) == (2, 0)

        @pytest.mark.parametrize("mode", ["none", "once"])
        def test_inside_omixa_mock(omixa_mock, tmp_path, mode):
            with vcr.use_cassette(str(tmp_path / "it.yaml"), record_mode=mode) as cassette:
                use_both(omixa_mock, cassette)

        @pytest.mark.parametrize("mode", ["none", "once"])
        def test_omixa_mock_inside(request, tmp_path, mode):
            with vcr.use_cassette(str(tmp_path / "it.yaml"), record_mode=mode) as cassette:
                use_both(request.getfixturevalue("omixa_mock"), cassette)
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
            with omixa_mock.intercept() as mock:
                draw(n=n)
                mock.assert_called(n=n, times=1)
                mock.assert_single_charge()
        """,
    ),
}


@pytest.mark.parametrize("neighbour", NEIGHBOURS)
def test_neighbour_works(run_pytest: Any, neighbour: str) -> None:
    plugins, options, source = NEIGHBOURS[neighbour]
    assert run_pytest(source, *options, plugins=plugins).passed()


BLOCKED = {
    ("--disable-socket",): "SocketBlockedError",
    ("--allow-hosts=10.0.0.1",): "SocketConnectBlockedError",
}


@pytest.mark.parametrize("options", BLOCKED)
def test_blocked_sockets_are_reported_with_the_option_that_allows_them(run_pytest: Any, options: Any) -> None:
    run = run_pytest("def test_it(omixa_mock_server): pass", *options, plugins=("socket",))
    assert run.outcomes == {"test_it": "setup failed"}
    assert run.text("test_it") == (
        f"{BLOCKED[options]}: sockets are blocked in this run, and omixa_mock_server needs one. "
        "Allow it by --allow-hosts=127.0.0.1 (or where --omixa-mock-url points to), "
        "or use the fixture omixa_mock, which needs none."
    )
