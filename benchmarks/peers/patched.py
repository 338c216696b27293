"""Peers that patch this process, at the job of row 10."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from unittest import mock

import httpx
import respx
from pytest_httpx import HTTPXMock
from pytest_httpx._options import _HTTPXMockOptions

from benchmarks.in_process import URL

__all__ = ["PATCHED"]


@contextmanager
def by_respx(body: bytes) -> Iterator[None]:
    """Patch with respx and one route."""
    with respx.mock(assert_all_called=False) as router:
        router.post(URL).respond(200, content=body, content_type="application/json")
        yield


@contextmanager
def by_pytest_httpx(body: bytes) -> Iterator[None]:
    """Patch with pytest-httpx and one response, as its fixture does, which exists within a test only."""
    mocked = HTTPXMock(_HTTPXMockOptions(can_send_already_matched_responses=True))
    mocked.add_response(url=URL, method="POST", content=body, headers={"content-type": "application/json"})

    def handle_request(transport: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        return mocked._handle_request(transport, request)  # noqa: SLF001

    with mock.patch.object(httpx.HTTPTransport, "handle_request", handle_request):
        yield


PATCHED: Mapping[str, Callable[[bytes], AbstractContextManager[None]]] = {
    "respx": by_respx,
    "pytest-httpx": by_pytest_httpx,
}
