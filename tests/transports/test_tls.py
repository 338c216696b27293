"""HTTPS, with a certificate made for the test."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator

import httpx
import pytest

import omixa_mock
from omixa_mock import Gateway, Settings, shipped_contract
from omixa_mock.server import ServerThread
from omixa_mock.transports.app import build_app
from omixa_mock.transports.control import ControlPolicy
from omixa_mock.transports.listen import Address

OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="this machine has no openssl to make a certificate with")
KEY = {"Authorization": "Bearer omx_live_test"}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Return the paths of a certificate for 127.0.0.1 and of its key."""
    folder = tmp_path_factory.mktemp("tls")
    paths = str(folder / "cert.pem"), str(folder / "key.pem")
    subprocess.run(
        [
            *(str(OPENSSL), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", "/CN=omixa-mock test", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-out", paths[0], "-keyout", paths[1]),
        ],
        check=True,
        capture_output=True,
    )
    return paths


@pytest.fixture
def url(certificate: tuple[str, str]) -> Iterator[str]:
    """Serve a gateway over TLS."""
    gateway = Gateway(shipped_contract(), Settings())
    thread = ServerThread(build_app(gateway, ControlPolicy()), gateway, Address("127.0.0.1", 0, *certificate))
    yield thread.launch()
    thread.halt()


@pytest.fixture
def client(url: str, certificate: tuple[str, str]) -> Iterator[httpx.Client]:
    """Return a client that trusts only this certificate."""
    context = ssl.create_default_context(cafile=certificate[0])
    with httpx.Client(base_url=url, verify=context, trust_env=False, headers=KEY) as client:
        yield client


def test_url_has_the_scheme_https(url: str) -> None:
    assert url.startswith("https://127.0.0.1:")


def test_request_gets_a_response(client: httpx.Client) -> None:
    response = client.post("/api/v1/images/generations", json={"model": "gpt-image-1.5", "prompt": "a cat"})
    assert response.json()["usage"]["billed_amount"] == "0.039000"


def test_page_of_the_same_origin_may_use_control(client: httpx.Client, url: str) -> None:
    assert client.get("/__omixa/schemas", headers={"Origin": url}).status_code == 200


def test_page_without_tls_is_another_origin(client: httpx.Client, url: str) -> None:
    assert client.get("/__omixa/schemas", headers={"Origin": url.replace("https", "http")}).status_code == 403


def test_malformed_bytes_get_the_envelope(client: httpx.Client) -> None:
    response = client.get("/api/v1/models", headers={"X-Long": "x" * 100_000})
    assert (response.status_code, response.json()["error"]["code"]) == (400, "malformed_http")


def test_plain_http_gets_no_response(url: str, http: httpx.Client) -> None:
    with pytest.raises(httpx.TransportError):
        http.get(url.replace("https", "http"))


def test_open_connection_does_not_delay_the_end(certificate: tuple[str, str]) -> None:
    gateway = Gateway(shipped_contract(), Settings())
    thread = ServerThread(build_app(gateway, ControlPolicy()), gateway, Address("127.0.0.1", 0, *certificate))
    context = ssl.create_default_context(cafile=certificate[0])
    with httpx.Client(base_url=thread.launch(), verify=context, trust_env=False, headers=KEY) as client:
        client.get("/api/v1/models")
        began = time.monotonic()
        thread.halt()
        assert time.monotonic() - began < 1


GENERATE = "/api/v1/images/generations"
CAT = {"model": "gpt-image-1.5", "prompt": "a cat"}


def failing(fault: str) -> dict[str, str]:
    """Return the header of a trigger key."""
    return {"Authorization": f"Bearer omx_live_fail_{fault}"}


@pytest.mark.parametrize(
    "fault", ["no_response", "truncated", "truncated_without_length", "malformed_chunk", "garbage"]
)
def test_connection_is_closed_as_without_tls(client: httpx.Client, fault: str) -> None:
    with omixa_mock.serve() as plain:
        endings = [end_of(client, client.base_url, fault), end_of(client, httpx.URL(plain.url), fault)]
    assert endings[0] == endings[1]


def end_of(client: httpx.Client, url: httpx.URL, fault: str) -> str:
    """Return the body that a client reads, or the exception that it raises."""
    try:
        return client.post(url.join(GENERATE), json=CAT, headers=failing(fault)).text
    except httpx.RemoteProtocolError as error:
        return str(error)


def read_to_its_end(connection: socket.socket) -> None:
    while connection.recv(1 << 16):
        pass


@pytest.mark.parametrize("fault", ["reset", "reset_after_capture", "reset_in_body"])
def test_connection_is_reset_below_tls(url: str, certificate: tuple[str, str], fault: str) -> None:
    address = httpx.URL(url)
    image_request = httpx.Request("POST", f"{url}{GENERATE}", json=CAT, headers=failing(fault))
    head = f"POST {GENERATE} HTTP/1.1\r\n" + "".join(
        f"{name}: {value}\r\n" for name, value in image_request.headers.items()
    )
    context = ssl.create_default_context(cafile=certificate[0])
    with (
        socket.create_connection((address.host, address.port or 0), 10) as connection,
        context.wrap_socket(connection, server_hostname=address.host) as tls_socket,
        # The TCP socket: Python's ssl reports a reset as an end.
        socket.socket(fileno=os.dup(tls_socket.fileno())) as tcp_socket,
    ):
        tls_socket.sendall(f"{head}\r\n".encode() + image_request.content)
        tcp_socket.settimeout(10)
        with pytest.raises(ConnectionResetError):
            read_to_its_end(tcp_socket)


def test_hang_is_left_over_tls(client: httpx.Client) -> None:
    with pytest.raises(httpx.ReadTimeout):
        client.post(GENERATE, json=CAT, headers=failing("hang"), timeout=0.1)
