"""Every fault through nginx, as docs/replicas.md configures it: held against the page's table of those that differ."""

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
WITHOUT_RESPONSE = {
    "BadStatusLine": "no HTTP",
    "ConnectionResetError": "reset without a response",
    "RemoteDisconnected": "closed without a response",
    "TimeoutError": "nothing",
}
AMID_BODY = {
    "ConnectionResetError": "reset amid the body",
    "IncompleteRead": "closed amid the body",
    "ValueError": "a broken chunk",
}


class Struck(NamedTuple):
    """What a client sees of a fault, and what its journal says."""

    seen: str
    calls: Sequence[Call]


@pytest.fixture(scope="module")
def struck(replicas: Any, shared_mock: Callable[..., Any]) -> Mapping[str, tuple[Struck, Struck]]:
    """What becomes of a call under each fault: without nginx, and through it."""

    def inject(url: str, fault: str, way: str) -> Struck:
        mock = shared_mock(url, f"omx_live_fail_{fault}--{way}")
        return Struck(validate_image_request(url, mock.api_key, 1.0 if fault == "hang" else 20.0), mock.settle())

    def strike_both(fault: str) -> tuple[Struck, Struck]:
        return inject(replicas.each[0], fault, "direct"), inject(replicas.url, fault, "nginx")

    with ThreadPoolExecutor(8) as threads:
        return dict(zip(CATALOGUE, threads.map(strike_both, CATALOGUE), strict=True))


def validate_image_request(url: str, key: str, read_timeout: float) -> str:
    """The response, or in words how it broke."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    with closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=read_timeout)) as connection:
        try:
            connection.request("POST", "/api/v1/images/generations", REQUEST, headers)
            response = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            return WITHOUT_RESPONSE[type(error).__name__]
        try:
            return tell(response, response.read())
        except (OSError, http.client.HTTPException) as error:
            return AMID_BODY[type(origin_of(error)).__name__]


def origin_of(error: BaseException) -> BaseException:
    """The first of a chain of exceptions."""
    return origin_of(error.__context__) if error.__context__ else error


def tell(response: http.client.HTTPResponse, body: bytes) -> str:
    """A whole response, without its connection's fields; where its length is not announced, how it ends."""
    if "content-length" not in response.headers:
        return f"the body {'comes in chunks' if 'transfer-encoding' in response.headers else 'ends by closing'}"
    fields = sorted((name.lower(), value) for name, value in response.headers.items() if name.lower() != "connection")
    return repr((response.status, fields, body))


def test_faults_look_as_the_page_says(struck: Mapping[str, tuple[Struck, Struck]]) -> None:
    different = {fault: (one.seen, other.seen) for fault, (one, other) in struck.items() if one.seen != other.seen}
    assert different == {fault: tuple(words) for fault, *words in ROW.findall(PAGE.read_text("utf-8"))}


def test_every_fault_came(struck: Mapping[str, tuple[Struck, Struck]]) -> None:
    assert {fault: {call.fault for each in both for call in each.calls} for fault, both in struck.items()} == {
        fault: {fault} for fault in CATALOGUE
    }


def test_nginx_repeats_no_call(struck: Mapping[str, tuple[Struck, Struck]]) -> None:
    assert {fault: len(through.calls) for fault, (_, through) in struck.items()} == dict.fromkeys(CATALOGUE, 1)


def test_faults_cost_the_same(struck: Mapping[str, tuple[Struck, Struck]]) -> None:
    assert {fault: through.calls[0].charge for fault, (_, through) in struck.items()} == {
        fault: direct.calls[0].charge for fault, (direct, _) in struck.items()
    }
