"""Tests of every fault through nginx, as docs/replicas.md configures it, against the page's table of differences."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from omixa_mock.gateway import CATALOGUE, Call

PAGE = Path(__file__).parents[2] / "docs" / "replicas.md"
ROW = re.compile(r"^\| `(\w+)` \| (.*) \| (.*) \|$", re.MULTILINE)
REQUEST = json.dumps({"model": "gpt-image-1.5", "prompt": "a lighthouse", "n": 2}).encode()
ERRORS_BEFORE_RESPONSE = {
    "BadStatusLine": "no HTTP",
    "ConnectionResetError": "reset without a response",
    "RemoteDisconnected": "closed without a response",
    "TimeoutError": "nothing",
}
ERRORS_IN_BODY = {
    "ConnectionResetError": "reset amid the body",
    "IncompleteRead": "closed amid the body",
    "ValueError": "a broken chunk",
}
# Each connection has its own (RFC 9110 §7.6.1).
HOP_BY_HOP = {"connection", "keep-alive"}


class FaultResult(NamedTuple):
    """Result of a fault: the response that a client receives, and its journal."""

    response: str
    calls: Sequence[Call]


@pytest.fixture(scope="module")
def results(replicas: Any, shared_mock: Callable[..., Any]) -> Mapping[str, tuple[FaultResult, FaultResult]]:
    """Return the results of each fault: without nginx, and through it."""

    def inject(url: str, fault: str, way: str) -> FaultResult:
        mock = shared_mock(url, f"omx_live_fail_{fault}--{way}")
        return FaultResult(send_request(url, mock.api_key, 1.0 if fault == "hang" else 20.0), mock.settle())

    def inject_both(fault: str) -> tuple[FaultResult, FaultResult]:
        return inject(replicas.urls[0], fault, "direct"), inject(replicas.url, fault, "nginx")

    with ThreadPoolExecutor(8) as threads:
        return dict(zip(CATALOGUE, threads.map(inject_both, CATALOGUE), strict=True))


def send_request(url: str, key: str, read_timeout: float) -> str:
    """Send a request; return a description of its response, or of its error."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    with closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=read_timeout)) as connection:
        try:
            connection.request("POST", "/api/v1/images/generations", REQUEST, headers)
            response = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            return ERRORS_BEFORE_RESPONSE[type(error).__name__]
        try:
            return describe_response(response, response.read())
        except (OSError, http.client.HTTPException) as error:
            return ERRORS_IN_BODY[type(origin_of(error)).__name__]


def origin_of(error: BaseException) -> BaseException:
    """Return the first exception of a chain."""
    return origin_of(error.__context__) if error.__context__ else error


def describe_response(response: http.client.HTTPResponse, body: bytes) -> str:
    """Return a whole response without its Connection header, or the way a body without a length ends."""
    if "content-length" not in response.headers:
        return f"the body {'comes in chunks' if 'transfer-encoding' in response.headers else 'ends by closing'}"
    fields = sorted((name.lower(), value) for name, value in response.headers.items() if name.lower() not in HOP_BY_HOP)
    return repr((response.status, fields, body))


def test_differences_are_those_of_the_page(results: Mapping[str, tuple[FaultResult, FaultResult]]) -> None:
    responses = {fault: (direct.response, through.response) for fault, (direct, through) in results.items()}
    different = {fault: pair for fault, pair in responses.items() if pair[0] != pair[1]}
    assert different == {fault: tuple(words) for fault, *words in ROW.findall(PAGE.read_text("utf-8"))}


def test_every_fault_was_injected(results: Mapping[str, tuple[FaultResult, FaultResult]]) -> None:
    assert {fault: {call.fault for result in pair for call in result.calls} for fault, pair in results.items()} == {
        fault: {fault} for fault in CATALOGUE
    }


def test_nginx_repeats_no_call(results: Mapping[str, tuple[FaultResult, FaultResult]]) -> None:
    assert {fault: len(through.calls) for fault, (_, through) in results.items()} == dict.fromkeys(CATALOGUE, 1)


def test_charges_are_the_same(results: Mapping[str, tuple[FaultResult, FaultResult]]) -> None:
    assert {fault: through.calls[0].charge for fault, (_, through) in results.items()} == {
        fault: direct.calls[0].charge for fault, (direct, _) in results.items()
    }
