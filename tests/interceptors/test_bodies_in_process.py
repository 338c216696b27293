"""Request bodies and headers of any kind: the gateway receives the bytes that a socket would have carried."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import pytest
import requests
import urllib3

import omixa_mock

if TYPE_CHECKING:
    from tests.interceptors.conftest import HttpClient

URL = "https://www.omixa.cloud/api/v1/images/generations"
REQUEST = {"model": "gpt-image-1.5", "prompt": "Schäfer 猫"}
TEXT = json.dumps(REQUEST, ensure_ascii=False)
DATA = TEXT.encode()
HEADERS = {"authorization": "Bearer omx_live_any", "content-type": "application/json"}


def parts() -> list[bytes]:
    return [DATA[:7], b"", DATA[7:]]


class MinimalFile:
    """File-like object with nothing but `read` and iteration."""

    def __init__(self) -> None:
        self._rest = BytesIO(DATA)

    def read(self, size: int = -1) -> bytes:
        return self._rest.read(size)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._rest)


def partly_read_file() -> BytesIO:
    """Return a file whose beginning was read before."""
    file = BytesIO(b"not this" + DATA)
    file.read(8)
    return file


BODIES: dict[str, Callable[[], Any]] = {
    "bytes": lambda: DATA,
    "text": lambda: TEXT,
    "generator": lambda: (part for part in parts()),
    "file in memory": lambda: BytesIO(DATA),
    "file of some kind": MinimalFile,
}
OF_REQUESTS: dict[str, Callable[[], Any]] = {
    "generator of text": lambda: (part for part in (TEXT[:7], TEXT[7:])),
    "bytearray": lambda: bytearray(DATA),
    "memoryview": lambda: memoryview(DATA),
    "partly read file": partly_read_file,
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_body_of_any_kind_arrives(
    mock: omixa_mock.OmixaMock, sync_http_client: HttpClient, body: Callable[[], Any]
) -> None:
    sync_http_client.request("POST", URL, headers=HEADERS, content=body())
    assert (mock.last.request, mock.last.received) == (REQUEST, len(DATA))


@pytest.mark.parametrize("body", OF_REQUESTS.values(), ids=OF_REQUESTS)
def test_body_of_any_kind_for_requests_arrives(mock: omixa_mock.OmixaMock, body: Callable[[], Any]) -> None:
    requests.post(URL, data=body(), headers=HEADERS, timeout=5)
    assert (mock.last.request, mock.last.received) == (REQUEST, len(DATA))


@pytest.mark.parametrize("body", OF_REQUESTS.values(), ids=OF_REQUESTS)
def test_requests_itself_would_have_sent_that_body(elsewhere: str, body: Callable[[], Any]) -> None:
    assert requests.post(elsewhere, data=body(), timeout=5).content == b"elsewhere: / " + DATA


@pytest.mark.parametrize("name", ["httpx asyncio", "httpx trio", "httpx2 asyncio", "httpx2 trio"])
def test_async_generator_arrives(
    mock: omixa_mock.OmixaMock, all_http_clients: dict[str, HttpClient], name: str
) -> None:
    async def body() -> AsyncIterator[bytes]:
        for part in parts():
            yield part

    all_http_clients[name].request("POST", URL, headers=HEADERS, content=body())
    assert (mock.last.request, mock.last.received) == (REQUEST, len(DATA))


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_json_of_a_client_arrives(mock: omixa_mock.OmixaMock, library: Any) -> None:
    library.post(URL, json=REQUEST, headers=HEADERS, verify=False)
    assert mock.last.request == REQUEST


def test_json_of_requests_arrives(mock: omixa_mock.OmixaMock) -> None:
    requests.post(URL, json=REQUEST, headers=HEADERS, timeout=5)
    assert mock.last.request == REQUEST


@pytest.mark.parametrize("streamed", [False, True])
def test_big_body_is_read_up_to_its_limit(
    mock: omixa_mock.OmixaMock, sync_http_client: HttpClient, *, streamed: bool
) -> None:
    mock.configure(body_max=100_000)
    body = json.dumps({**REQUEST, "prompt": "x" * 200_000}).encode()
    response = sync_http_client.request("POST", URL, headers=HEADERS, content=iter([body]) if streamed else body)
    assert (response.status, mock.last.received, mock.last.document) == (413, 0, None)


def test_body_of_megabytes_arrives(mock: omixa_mock.OmixaMock, sync_http_client: HttpClient) -> None:
    mock.configure(prompt_max_chars=5_000_000)
    assert sync_http_client.generate(prompt="x" * 4_000_000).status == 200


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_repeated_header_fields_are_joined(mock: omixa_mock.OmixaMock, library: Any) -> None:
    library.post(URL, json=REQUEST, headers=[*HEADERS.items(), ("x-a", "1"), ("X-A", "2")], verify=False)
    assert mock.last.headers["x-a"] == "1, 2"


@pytest.mark.parametrize("value", ["ü".encode(), "ü".encode("latin-1")], ids=["utf-8", "latin-1"])
def test_header_outside_ascii_is_decoded_as_by_the_server(
    mock: omixa_mock.OmixaMock, sync_http_client: HttpClient, value: bytes
) -> None:
    sync_http_client.request("POST", URL, headers={**HEADERS, "x-note": value}, content=DATA)
    assert mock.last.headers["x-note"] == value.decode("latin-1")


def test_body_that_breaks_off_is_no_call(mock: omixa_mock.OmixaMock, sync_http_client: HttpClient) -> None:
    def body() -> Iterator[bytes]:
        yield DATA[:7]
        raise LookupError

    with pytest.raises(LookupError):
        sync_http_client.request("POST", URL, headers=HEADERS, content=body())
    mock.assert_not_called()


def test_headers_in_bytes_for_requests_arrive(mock: omixa_mock.OmixaMock) -> None:
    headers: Any = {name.encode(): value.encode() for name, value in HEADERS.items()}
    assert requests.post(URL, data=DATA, headers=headers, timeout=5).status_code == 200
    assert mock.last.headers["authorization"] == "(redacted)"


def test_streamed_response_of_requests_is_complete(mock: omixa_mock.OmixaMock) -> None:
    with requests.post(URL, data=DATA, headers=HEADERS, timeout=5, stream=True) as response:
        assert b"".join(response.iter_content(1000)) == mock.last.response.body


def test_streamed_response_of_urllib3_is_complete(mock: omixa_mock.OmixaMock) -> None:
    with urllib3.PoolManager() as manager:
        response = manager.request("POST", URL, body=DATA, headers=HEADERS, preload_content=False)
        assert mock.last.response is not None
        assert b"".join(response.stream(1000)) == mock.last.response.body


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_streamed_response_of_httpx_is_complete(mock: omixa_mock.OmixaMock, library: Any) -> None:
    with library.stream("POST", URL, json=REQUEST, headers=HEADERS, verify=False) as response:
        assert b"".join(response.iter_bytes(1000)) == mock.last.response.body


def test_file_on_disk_arrives(mock: omixa_mock.OmixaMock, sync_http_client: HttpClient, tmp_path: Path) -> None:
    path = tmp_path / "request.json"
    path.write_bytes(DATA)
    with path.open("rb") as file:
        sync_http_client.request("POST", URL, headers=HEADERS, content=file)
    assert mock.last.request == REQUEST
