"""Tests that bytes, header fields and faults go through the proxy as without it."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import httpx
import pytest

import omixa_mock
from omixa_mock.gateway import CATALOGUE

from .conftest import CAT, GENERATE

# Each connection has its own (RFC 9110 §7.6.1).
HOP_BY_HOP = {b"connection", b"keep-alive"}
FAULTS = [fault for fault in CATALOGUE if fault != "hang"]


def outcome(url: str, key: str) -> Any:
    """Return what httpx makes of a call: the exception's type, or the response's parts."""
    try:
        response = httpx.post(f"{url}{GENERATE}", json=CAT, headers={"Authorization": f"Bearer {key}"}, timeout=10)
    except httpx.HTTPError as error:
        return type(error)
    fields = [field for field in response.headers.raw if field[0].lower() not in HOP_BY_HOP]
    return response.status_code, response.reason_phrase, fields, response.content


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_reaches_httpx_as_without_the_proxy(fault: str, start: Callable[..., Any]) -> None:
    settings = {"time_scale": 0.001}
    with omixa_mock.serve(settings=settings) as direct, omixa_mock.serve(settings=settings) as behind:
        proxy = start(behind.url)

        assert outcome(proxy.url, f"omx_live_fail_{fault}") == outcome(direct.url, f"omx_live_fail_{fault}")


@pytest.mark.parametrize(
    "fault",
    ["no_response", "reset", "reset_in_body", "truncated", "truncated_without_length", "malformed_chunk", "garbage"],
)
def test_a_broken_response_has_the_same_bytes(fault: str, start: Callable[..., Any]) -> None:
    with omixa_mock.serve() as direct, omixa_mock.serve() as behind:
        proxy = start(behind.url)
        received = [exchange_bytes(url, f"omx_live_fail_{fault}") for url in (proxy.url, direct.url)]

    assert normalize(*received[0]) == normalize(*received[1])


def exchange_bytes(url: str, key: str) -> tuple[bytes, str]:
    """Return all bytes of the response to a request, and how the connection ended."""
    host, port = url.removeprefix("http://").split(":")
    body = b'{"model": "gpt-image-1.5", "prompt": "a cat"}'
    request = (
        f"POST {GENERATE} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n"
    )
    data = b""
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(request.encode() + b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        try:
            while piece := connection.recv(1 << 16):
                data += piece
        except ConnectionResetError:
            return data, "reset"
    return data, "closed"


def normalize(data: bytes, ending: str) -> tuple[bytes, ...]:
    """Return the fields of a head without that of the connection, and the rest."""
    head, _, rest = data.partition(b"\r\n\r\n")
    # A reset may discard bytes that the client has not read yet.
    if ending == "reset":
        return (b"reset",)
    lines = sorted(line.lower() for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:"))
    return (ending.encode(), *lines, rest)


@contextmanager
def raw_server(response: bytes, *, keep_open: bool = True) -> Iterator[tuple[str, list[bytes]]]:
    """Serve the same bytes to each request; yield the URL and the requests."""
    received: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.settimeout(5)
            with connection:
                data = b""
                while b"\r\n\r\n" not in data:
                    data += connection.recv(1 << 16)
                head, _, body = data.partition(b"\r\n\r\n")
                length = next(
                    (int(line[15:]) for line in head.lower().split(b"\r\n") if line[:15] == b"content-length:"), 0
                )
                while len(body) < length:
                    body += connection.recv(1 << 16)
                received.append(head + b"\r\n\r\n" + body)
                connection.sendall(response)
                if keep_open:
                    connection.recv(1)

    thread = Thread(target=run, daemon=True)
    thread.start()
    with listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", received


ODD = (
    b"HTTP/1.1 299 Quite Right\r\nX-Twice: a\r\nContent-Length: 5\r\nx-TWICE: b\r\n"
    b"Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n"
    b"Keep-Alive: timeout=5\r\nX-Hop: 1\r\nConnection: keep-alive, X-Hop\r\n"
    b"Content-Encoding: br\r\nVia: 1.1 cdn\r\n\r\nhello"
)


def test_a_response_keeps_its_phrase_and_the_order_case_and_number_of_its_fields(start: Callable[..., Any]) -> None:
    with raw_server(ODD) as (url, _):
        proxy = start(url)
        data = talk(proxy.url, b"GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

    assert data == (
        b"HTTP/1.1 299 Quite Right\r\nX-Twice: a\r\nContent-Length: 5\r\nx-TWICE: b\r\n"
        b"Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n"
        b"Content-Encoding: br\r\nVia: 1.1 cdn\r\nConnection: close\r\n\r\nhello"
    )


def test_a_request_keeps_its_target_and_the_order_case_and_number_of_its_fields(start: Callable[..., Any]) -> None:
    sent = (
        b"POST /a%2Fb/../c?x=%41&x= HTTP/1.1\r\nHOST: proxy\r\nX-One: 1\r\nx-one: 2\r\nContent-Length: 3\r\n"
        b"Connection: close, X-Hop\r\nX-Hop: 1\r\nAccept-ENCODING: br\r\nCookie: a=1\r\n\r\nabc"
    )
    with raw_server(ODD) as (url, received):
        proxy = start(url)
        talk(proxy.url, sent)

    authority = url.removeprefix("http://").encode()
    assert received == [
        b"POST /a%2Fb/../c?x=%41&x= HTTP/1.1\r\nHOST: "
        + authority
        + b"\r\nX-One: 1\r\nx-one: 2\r\nContent-Length: 3\r\n"
        b"Accept-ENCODING: br\r\nCookie: a=1\r\n\r\nabc"
    ]


def talk(url: str, request: bytes) -> bytes:
    """Return all bytes of the response to a request that closes the connection."""
    host, port = url.removeprefix("http://").split(":")
    data = b""
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(request)
        while piece := connection.recv(1 << 16):
            data += piece
    return data


@pytest.mark.parametrize(
    "options", [{}, {"on_bad_request": "refuse"}, {"max_spend": 5}], ids=["streamed", "read", "held"]
)
def test_a_chunked_request_goes_through(options: Any, upstream: Any, start: Callable[..., Any]) -> None:
    proxy = start(upstream.url, **options)
    pieces = iter([b'{"model": "gpt-image-1.5", ', b'"prompt": "a cat"}'])
    headers = {"Authorization": f"Bearer {upstream.api_key}", "Content-Type": "application/json"}

    response = httpx.post(f"{proxy.url}{GENERATE}", content=pieces, headers=headers)

    assert (response.status_code, upstream.calls[0].status) == (200, 200)


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirection_is_not_followed(status: int, start: Callable[..., Any]) -> None:
    with raw_server(b"HTTP/1.1 %d Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n" % status) as (
        url,
        _,
    ):
        response = httpx.get(start(url).url)

    assert (response.status_code, response.headers["Location"]) == (status, "http://127.0.0.1:1/")


def test_an_error_is_not_retried(upstream: Any, start: Callable[..., Any]) -> None:
    proxy = start(upstream.url)
    upstream.fail("no_route")

    httpx.post(f"{proxy.url}{GENERATE}", json=CAT, headers={"Authorization": f"Bearer {upstream.api_key}"})

    assert len(upstream.calls) == 1


def test_head_has_no_body(upstream: Any, start: Callable[..., Any]) -> None:
    proxy = start(upstream.url)
    headers = {"Authorization": f"Bearer {upstream.api_key}"}
    with httpx.Client(base_url=proxy.url, headers=headers) as client:
        response = client.head("/api/v1/models")

        assert (response.status_code, response.content) == (200, b"")
        assert int(response.headers["Content-Length"]) > 100
        assert client.get("/api/v1/models").json()["data"]


def test_a_dead_gateway_resets_the_connection(start: Callable[..., Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    assert outcome(start(f"http://127.0.0.1:{port}").url, "omx_live_test") is httpx.ReadError


def test_a_tls_error_resets_the_connection(upstream: Any, start: Callable[..., Any]) -> None:
    proxy = start(upstream.url.replace("http://", "https://"))

    assert outcome(proxy.url, "omx_live_test") is httpx.ReadError
    proxy.stop()
    assert "SSL" in proxy.observer.exchanges[0].detail


def test_a_client_that_leaves_ends_the_call_at_the_gateway(start: Callable[..., Any]) -> None:
    with omixa_mock.serve(settings={"latency": "30s"}) as server:
        proxy = start(server.url)
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(
                f"{proxy.url}{GENERATE}", json=CAT, headers={"Authorization": f"Bearer {server.api_key}"}, timeout=0.3
            )
        proxy.stop()

        assert proxy.observer.exchanges[0].outcome == "client left"
        assert [call.client_left for call in server.calls] == [True]


def test_connect_is_refused_by_the_proxy_itself(upstream: Any, start: Callable[..., Any]) -> None:
    data = talk(start(upstream.url).url, b"CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\n")

    assert b"X-Omixa-Mock: proxy\r\n" in data
    assert b"no forward proxy" in data


def test_pipelined_requests_get_their_responses_in_order(upstream: Any, start: Callable[..., Any]) -> None:
    proxy = start(upstream.url)
    key = upstream.api_key.encode()
    one = b"GET /api/v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n" % key
    data = talk(
        proxy.url, one + b"\r\n" + b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n" + one + b"Connection: close\r\n\r\n"
    )

    statuses = [
        line[9:12] for line in data.split(b"\r\n") if b"HTTP/1.1 " in line for line in [line[line.index(b"HTTP") :]]
    ]
    assert statuses == [b"200", b"404", b"200"]
