"""A key that a client put into any text, in any spelling: no response, journal, log or message has it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote

import httpx
import pytest

import omixa_mock
from omixa_mock import Call, OmixaMockServer
from omixa_mock.cli.request_log import describe_call as log_line
from omixa_mock.gateway.calls import describe_call

pytestmark = pytest.mark.acceptance  # fifty requests for each test

SECRET = "C4N4RYC4N4RY"
KEY = f"omx_live_{SECRET}"
GENERATE = "/api/v1/images/generations"
CAT = {"model": "gpt-image-1.5", "prompt": "a cat"}


def percent(text: str) -> str:
    return "".join(f"%{ord(character):02x}" for character in text)


SPELLINGS: Mapping[str, str] = {
    "plain": KEY,
    "percent-coded": percent(KEY),
    "percent-coded in part": KEY.replace("_", "%5F"),
    "percent-coded twice": percent(KEY).replace("%", "%25"),
    "escaped": "".join(f"\\u{ord(character):04x}" for character in KEY),
    "escaped in hexadecimal": "".join(f"\\x{ord(character):02X}" for character in KEY),
    "cut in the prefix": f"omx_\n  live_{SECRET}",
    "cut behind the prefix": f"omx_live_\r\n{SECRET}",
    "cut with escapes": f"omx_\\nlive_{SECRET}",
    "cut within the secret": f"omx_live_{SECRET[:5]}\n{SECRET[5:]}",
}


def body(**members: Any) -> dict[str, Any]:
    return {"json": CAT | members}


def in_header(name: str, text: str) -> dict[str, Any]:
    # A header field has no line ends.
    return body() | {"headers": {name: re.sub(r"\s", "", text)}}


# What a client sends to the gateway, with a text that it chooses.
CALLS: Mapping[str, Callable[[str], tuple[str, str, dict[str, Any]]]] = {
    "path": lambda text: ("GET", f"/{quote(text)}", {}),
    "path of a control route": lambda text: ("GET", f"/__omixa/{quote(text)}", {}),
    "query": lambda text: ("GET", "/api/v1/usage/requests", {"params": {"limit": text}}),
    "other query": lambda text: ("GET", "/api/v1/usage/rollups", {"params": {"period_type": text, text: "1"}}),
    "header": lambda text: ("POST", GENERATE, in_header("X-Own", text)),
    "name of a header": lambda text: ("POST", GENERATE, body() | {"headers": {re.sub(r"[^\w%]", "", text): "1"}}),
    "media type": lambda text: ("POST", GENERATE, in_header("Content-Type", text)),
    "coding": lambda text: ("POST", GENERATE, in_header("Content-Encoding", text)),
    "fault header": lambda text: ("POST", GENERATE, in_header("X-Omixa-Mock-Fault", text)),
    "model": lambda text: ("POST", GENERATE, body(model=text)),
    "prompt": lambda text: ("POST", GENERATE, body(prompt=text)),
    "prompt of a refused call": lambda text: ("POST", GENERATE, body(prompt=text, n=11)),
    "size": lambda text: ("POST", GENERATE, body(size=text)),
    "field": lambda text: ("POST", GENERATE, body(**{text: 1})),
    "field within": lambda text: ("POST", GENERATE, body(input_images=[{"type": "image_url", text: text}])),
    "data URL": lambda text: ("POST", GENERATE, body(mask={"type": "image_url", "image_url": {"url": f"data:{text}"}})),
    "link": lambda text: ("POST", GENERATE, body(mask={"type": "image_url", "image_url": {"url": f"https://{text}"}})),
    "field twice": lambda text: ("POST", GENERATE, {"content": f"{{{json.dumps(text)}: 1, {json.dumps(text)}: 2}}"}),
    "no JSON": lambda text: ("POST", GENERATE, {"content": text}),
    "settings": lambda text: ("PUT", "/__omixa/workspace", {"json": {"settings": {text: 1}}}),
    "value of a setting": lambda text: ("PUT", "/__omixa/workspace", {"json": {"settings": {"unknown_fields": text}}}),
    "balance": lambda text: ("PUT", "/__omixa/workspace", {"json": {"balance": text}}),
    "models": lambda text: ("PUT", "/__omixa/workspace", {"json": {"models": [text]}}),
    "routes": lambda text: ("PUT", "/__omixa/workspace", {"json": {"routes_down": [text]}}),
    "control body": lambda text: ("PUT", "/__omixa/workspace", {"json": {text: 1}}),
    "fault": lambda text: ("POST", "/__omixa/faults", {"json": {"fail": text}}),
    "value of when": lambda text: ("POST", "/__omixa/faults", {"json": {"fail": "no_route", "when": {"prompt": text}}}),
    "name of when": lambda text: ("POST", "/__omixa/faults", {"json": {"fail": "no_route", "when": {text: 1}}}),
    "control query": lambda text: ("GET", "/__omixa/requests", {"params": {"status": text}}),
    "control parameter": lambda text: ("GET", "/__omixa/requests", {"params": {text: "1"}}),
    "schema": lambda text: ("GET", f"/__omixa/schemas/{quote(text)}", {}),
    "number": lambda text: ("GET", f"/__omixa/requests/{quote(text)}", {}),
    "name of a closed workspace": lambda text: ("DELETE", "/__omixa/workspace", {"params": {"name": text}}),
}
SHOWN = (
    *("workspace", "requests", "requests?unmatched=1", "har", "ledger", "faults", "verdict"),
    *(f"requests/{number}{form}" for number in range(1, 10) for form in ("", "/curl", "/pytest")),
)


@pytest.fixture(scope="module")
def lines() -> list[str]:
    """Return what the log and the messages say of the calls of `server`."""
    return []


@pytest.fixture(scope="module")
def server(lines: list[str]) -> Iterator[OmixaMockServer]:
    def describe(call: Call) -> None:
        lines.extend((log_line(call), describe_call(call), repr(call)))

    with omixa_mock.serve() as server:
        server.gateway._on_call = describe
        yield server


@pytest.mark.parametrize("place", CALLS)
def test_key_in_a_text_of_the_client_is_shown_nowhere(
    server: OmixaMockServer, lines: list[str], http: httpx.Client, place: str
) -> None:
    # A workspace of its own: each test has its own journal.
    headers = {"Authorization": f"Bearer omx_live_{[*CALLS].index(place)}", "Content-Type": "application/json"}
    lines.clear()
    shown = []
    for spelling in SPELLINGS.values():
        http.put(f"{server.url}/__omixa/workspace", json={}, headers=headers)
        method, path, options = CALLS[place](spelling)
        options["headers"] = headers | options.get("headers", {})
        # The second is late, if the first has closed the workspace.
        shown += [http.request(method, server.url + path, **options) for _ in range(2)]
    http.put(f"{server.url}/__omixa/workspace", json={}, headers=headers)
    shown += [http.get(f"{server.url}/__omixa/{route}", headers=headers) for route in SHOWN]
    texts = [*lines, *(f"{response.headers}\n{response.text}" for response in shown)]
    # The secret is the same twice, so that the rest of one that was cut is seen too.
    assert [text for text in texts if SECRET[: len(SECRET) // 2] in decode(text)] == []


def decode(text: str) -> str:
    """Return a text with all its codings undone, and without its line ends."""
    for _ in range(4):
        text = unquote(text)
        text = re.sub(r"\\+(?:u00|x)([0-9a-fA-F]{2})", lambda found: chr(int(found[1], 16)), text)
    return re.sub(r"\s|(?:\\+[nr])", "", text)
