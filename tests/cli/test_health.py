"""`omixa-mock health`: the exit code and the line of a probe."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from click.testing import Result

import omixa_mock
from omixa_mock import OmixaMockServer
from omixa_mock.cli.health import local_url
from omixa_mock.cli.serve import serve
from omixa_mock.gateway import VERSION

Run = Callable[..., Result]
PORT = "OMIXA_MOCK_PORT"


@pytest.fixture(scope="module")
def server() -> Iterator[OmixaMockServer]:
    """Serve as a container does: on every address, with a token."""
    with omixa_mock.serve(host="0.0.0.0", control_token="letmein") as server:
        yield server


@pytest.mark.parametrize("path", ["", "/", "/api/v1"])
def test_fake_that_serves_is_healthy(run: Run, server: OmixaMockServer, path: str) -> None:
    result = run("health", server.url + path)
    assert (result.exit_code, result.stdout) == (0, f"{server.url}: ok, omixa-mock {VERSION}\n")


def test_url_may_come_from_the_environment(run: Run, server: OmixaMockServer) -> None:
    assert run("health", env={"OMIXA_MOCK_URL": server.url}).exit_code == 0


@pytest.mark.parametrize("value", ["0", "65536", "http"])
def test_port_that_is_none_is_reported_under_its_variable(
    run: Run, error_of: Callable[[Result], str], value: str
) -> None:
    message = error_of(run("health", env={PORT: value}))
    assert message == f"Invalid value for {PORT}: {value!r} is no port; accepted: 1 to 65535"


def test_port_may_come_from_the_environment(run: Run, server: OmixaMockServer) -> None:
    result = run("health", env={PORT: server.url.rpartition(":")[2]})
    assert (result.exit_code, result.stdout) == (0, f"{server.url}: ok, omixa-mock {VERSION}\n")


@pytest.mark.parametrize("source", ["argument", "variable"])
def test_url_precedes_the_port(run: Run, server: OmixaMockServer, source: str) -> None:
    # 0 is a value of `serve`: a free port, which only the URL has.
    arguments, url = ([server.url], "") if source == "argument" else ([], server.url)
    assert run("health", *arguments, env={PORT: "0", "OMIXA_MOCK_URL": url}).exit_code == 0


@pytest.mark.parametrize("value", ["", "tcp://10.0.0.1:6649", "udp://10.0.0.1:1"])
def test_default_port_is_that_of_serve(value: str) -> None:
    port = next(option.default for option in serve.params if option.name == "port")
    assert local_url({PORT: value} if value else {}) == f"http://127.0.0.1:{port}"


def test_closed_port_is_not_healthy(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    result = run("health", f"http://127.0.0.1:{port}")
    assert (result.exit_code, "it does not respond" in result.stderr) == (1, True)


def test_server_that_hangs_is_not_healthy(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        result = run("health", f"http://127.0.0.1:{listener.getsockname()[1]}", "--timeout", "0.05")
    assert (result.exit_code, "it does not respond" in result.stderr) == (1, True)


OTHERS = {"page": b"<html>", "other JSON": b'{"status": "ok"}', "list": b"[]", "nothing": b""}


@pytest.mark.parametrize("body", OTHERS.values(), ids=OTHERS)
def test_other_server_is_not_healthy(run: Run, body: bytes) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as other:
        thread = Thread(target=other.handle_request)
        thread.start()
        result = run("health", f"http://127.0.0.1:{other.server_port}")
        thread.join()
    assert (result.exit_code, "is no omixa-mock" in result.stderr) == (1, True)


@pytest.mark.parametrize("url", ["127.0.0.1:6649", "http://", "ftp://a", "http://a/other", "http://user:pw@a"])
def test_text_that_is_no_url_is_a_usage_error(run: Run, url: str) -> None:
    assert run("health", url).exit_code == 2
