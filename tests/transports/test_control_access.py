"""Access to the control routes: only for the person who runs the fake, and for no web page of another origin."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

import httpx
import pytest

import omixa_mock
from omixa_mock import OmixaMockServer
from omixa_mock.gateway import Problem
from omixa_mock.transports.control import ControlPolicy, is_loopback, refuse_access

LOCAL = ControlPolicy()
ABROAD = ControlPolicy("0.0.0.0", "letmein", ["build-box", "Fake.Example"])
TOKEN = {"x-omixa-mock-token": "letmein"}
HERE = {"host": "127.0.0.1:6649"}

ACCEPTED: dict[str, tuple[ControlPolicy, dict[str, str]]] = {
    "loopback": (LOCAL, HERE),
    "localhost": (LOCAL, {"host": "localhost:6649"}),
    "localhost in capitals": (LOCAL, {"host": "LOCALHOST"}),
    "loopback of IPv6": (LOCAL, {"host": "[::1]:6649"}),
    "loopback with an empty port": (LOCAL, {"host": "127.0.0.1:"}),
    "loopback of IPv6 without port": (LOCAL, {"host": "[::1]"}),
    "loopback without port": (LOCAL, {"host": "127.0.0.1"}),
    "other loopback": (LOCAL, {"host": "127.1.2.3:6649"}),
    "same origin": (LOCAL, HERE | {"origin": "http://127.0.0.1:6649"}),
    "allowed host": (ControlPolicy(hosts=["build-box"]), {"host": "build-box:6649"}),
    "allowed host in capitals": (ABROAD, TOKEN | {"host": "fake.example"}),
    "same origin of an allowed host": (ABROAD, TOKEN | {"host": "build-box", "origin": "http://build-box"}),
    "page of https behind a proxy": (ABROAD, TOKEN | {"host": "fake.example", "origin": "https://fake.example"}),
    "page of https on the same port": (LOCAL, HERE | {"origin": "https://127.0.0.1:6649"}),
    "proxy that writes the port of https": (
        ABROAD,
        TOKEN | {"host": "fake.example:443", "origin": "https://fake.example"},
    ),
    "proxy that writes the port of http": (
        ABROAD,
        TOKEN | {"host": "fake.example:80", "origin": "http://fake.example"},
    ),
    "token": (ABROAD, TOKEN | HERE),
    "token by another name": (ControlPolicy("0.0.0.0", "letmein"), TOKEN | {"host": "omixa:6649"}),
    "token by an address": (ControlPolicy("0.0.0.0", "letmein"), TOKEN | {"host": "10.0.0.7:6649"}),
    "token on loopback": (ControlPolicy(token="letmein"), TOKEN | HERE),
    "loopback of IPv6 as address": (ControlPolicy("::1"), {"host": "[::1]:6649"}),
}
REFUSED: dict[str, tuple[ControlPolicy, dict[str, str], str]] = {
    "foreign host": (LOCAL, {"host": "evil.example"}, "--allow-host evil.example"),
    "host that begins like loopback": (LOCAL, {"host": "127.0.0.1.evil.example:6649"}, "--allow-host"),
    "host with a user": (LOCAL, {"host": "localhost@evil.example"}, "--allow-host"),
    "host of another machine": (LOCAL, {"host": "192.168.1.2:6649"}, "--allow-host 192.168.1.2"),
    "no host": (LOCAL, {}, "Call 127.0.0.1"),
    "loopback of IPv6 as the beginning of a name": (LOCAL, {"host": "[::1].evil.example"}, "Call 127.0.0.1"),
    "loopback of IPv6 with a user": (LOCAL, {"host": "[::1]@evil.example:80"}, "Call 127.0.0.1"),
    "loopback of IPv6 with a zone": (LOCAL, {"host": "[::1%evil.example]"}, "Call 127.0.0.1"),
    "loopback of IPv6 without brackets": (LOCAL, {"host": "::1"}, "Call 127.0.0.1"),
    "name in brackets": (LOCAL, {"host": "[localhost]"}, "Call 127.0.0.1"),
    "port that is a name": (LOCAL, {"host": "localhost:evil"}, "Call 127.0.0.1"),
    "port in other digits": (LOCAL, {"host": "localhost:\u0661"}, "Call 127.0.0.1"),
    "two ports": (LOCAL, {"host": "127.0.0.1:1:2"}, "Call 127.0.0.1"),
    "foreign origin": (LOCAL, HERE | {"origin": "https://evil.example"}, "from a test or a shell"),
    "null origin": (LOCAL, HERE | {"origin": "null"}, "from a test or a shell"),
    "empty origin": (LOCAL, HERE | {"origin": ""}, "from a test or a shell"),
    "origin on another port": (LOCAL, HERE | {"origin": "http://127.0.0.1:3000"}, "from a test or a shell"),
    "origin by another name": (LOCAL, HERE | {"origin": "http://localhost:6649"}, "from a test or a shell"),
    "origin on another port of https": (LOCAL, HERE | {"origin": "https://127.0.0.1"}, "from a test or a shell"),
    "origin on the port of https by http": (
        ABROAD,
        TOKEN | {"host": "fake.example:443", "origin": "http://fake.example"},
        "from a test or a shell",
    ),
    "origin of another scheme": (LOCAL, HERE | {"origin": "ftp://127.0.0.1:6649"}, "from a test or a shell"),
    "rebound name of https": (LOCAL, {"host": "evil.example", "origin": "https://evil.example"}, "--allow-host"),
    "empty origin and malformed host": (ABROAD, TOKEN | {"host": "[", "origin": ""}, "from a test or a shell"),
    "off loopback without token": (ControlPolicy("0.0.0.0"), HERE, "--control-token"),
    "off loopback with an empty token": (ControlPolicy("0.0.0.0", ""), HERE, "--control-token"),
    "off loopback by IPv6": (ControlPolicy("::"), HERE, "--control-token"),
    "off loopback by name": (ControlPolicy("build-box"), HERE, "--control-token"),
    "no token": (ABROAD, HERE, "X-Omixa-Mock-Token"),
    "wrong token": (ABROAD, HERE | {"x-omixa-mock-token": "letmeim"}, "X-Omixa-Mock-Token"),
    "token outside ASCII": (ABROAD, HERE | {"x-omixa-mock-token": "letmeïn"}, "X-Omixa-Mock-Token"),
    "token on loopback missing": (ControlPolicy(token="letmein"), HERE, "X-Omixa-Mock-Token"),
    "token but foreign origin": (ABROAD, TOKEN | HERE | {"origin": "https://evil.example"}, "from a test"),
}


@pytest.mark.parametrize(("policy", "headers"), ACCEPTED.values(), ids=ACCEPTED)
def test_call_is_accepted(policy: ControlPolicy, headers: Mapping[str, str]) -> None:
    refuse_access(policy, headers, "http")


@pytest.mark.parametrize(("policy", "headers", "text"), REFUSED.values(), ids=REFUSED)
def test_call_is_refused_with_a_remedy(policy: ControlPolicy, headers: Mapping[str, str], text: str) -> None:
    with pytest.raises(Problem, match=text) as caught:
        refuse_access(policy, headers, "http")
    assert caught.value.name == "control_refused"


@pytest.mark.parametrize(("origin", "accepted"), [("https://127.0.0.1:6649", True), ("http://127.0.0.1:6649", False)])
def test_page_of_http_is_foreign_to_https(origin: str, *, accepted: bool) -> None:
    with nullcontext() if accepted else pytest.raises(Problem, match="from a test or a shell"):
        refuse_access(LOCAL, HERE | {"origin": origin}, "https")


def test_token_is_not_in_the_refusal() -> None:
    with pytest.raises(Problem) as caught:
        refuse_access(ABROAD, HERE, "http")
    assert "letmein" not in caught.value.message


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False), ("", False)],
)
def test_loopback_addresses_are_recognised(host: str, *, loopback: bool) -> None:
    assert is_loopback(host) is loopback


CALLS = [
    ("GET", "/__omixa/workspace"),
    ("PUT", "/__omixa/workspace"),
    ("DELETE", "/__omixa/workspace"),
    ("GET", "/__omixa/requests"),
    ("GET", "/__omixa/"),
    ("GET", "/__omixa/inspector/main.js"),
    ("GET", "/__omixa/requests/1"),
    ("GET", "/__omixa/requests/1/curl"),
    ("GET", "/__omixa/requests/1/images/1"),
    ("GET", "/__omixa/har"),
    ("GET", "/__omixa/catalogue"),
    ("GET", "/__omixa/ledger"),
    ("GET", "/__omixa/verdict"),
    ("POST", "/__omixa/identify"),
    ("POST", "/__omixa/reset"),
    ("GET", "/__omixa/schemas"),
    ("GET", "/__omixa/schemas/error"),
    ("GET", "/__omixa/openapi.json"),
    ("GET", "/__omixa/nothing"),
    ("OPTIONS", "/__omixa/workspace"),
]
FOREIGN: dict[str, dict[str, str]] = {
    "page": {"Origin": "https://evil.example"},
    "sandboxed page": {"Origin": "null"},
    "rebound name": {"Host": "evil.example"},
}


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize(("method", "path"), CALLS)
def test_foreign_host_or_origin_is_refused_on_every_route(
    api: httpx.Client, method: str, path: str, headers: dict[str, str]
) -> None:
    response = api.request(method, path, headers=headers)
    assert (response.status_code, response.json()["error"]["code"]) == (403, "control_refused")


def test_page_of_another_origin_changes_nothing(server: OmixaMockServer, api: httpx.Client) -> None:
    api.put("/__omixa/workspace", json={"balance": "0"}, headers=FOREIGN["page"])
    assert server.wallet.balance == 100


@pytest.mark.parametrize("host", ["[", "[::1", "a b", "127.0.0.1:x:y", "\xe9"])
def test_malformed_host_gets_a_json_response(api: httpx.Client, host: str) -> None:
    response = api.get("/__omixa/schemas", headers=[(b"Host", host.encode("latin-1"))])
    assert response.headers["content-type"] == "application/json"


def test_access_policy_does_not_apply_to_the_api(api: httpx.Client) -> None:
    assert api.get("/api/v1/models", headers={"Host": "www.omixa.cloud", "Origin": "null"}).status_code == 200


@pytest.mark.parametrize(("token", "status"), [(None, 403), ("wrong", 403), ("letmein", 200)])
def test_token_opens_the_control_routes(http: httpx.Client, token: str | None, status: int) -> None:
    headers = {"X-Omixa-Mock-Token": token} if token else {}
    with omixa_mock.serve(control_token="letmein") as server:
        assert http.get(f"{server.url}/__omixa/schemas", headers=headers).status_code == status


def test_control_routes_are_off_on_a_public_address(http: httpx.Client) -> None:
    with omixa_mock.serve(host="0.0.0.0") as server:
        assert http.get(f"{server.url}/__omixa/schemas").status_code == 403


@pytest.mark.parametrize("options", [{}, {"host": "0.0.0.0"}, {"control_token": "letmein"}], ids=str)
@pytest.mark.parametrize("headers", [{}, *FOREIGN.values(), {"Host": "omixa:6649"}], ids=str)
def test_health_is_open_to_everyone(http: httpx.Client, options: Any, headers: dict[str, str]) -> None:
    with omixa_mock.serve(**options) as server:
        response = http.get(f"{server.url}/__omixa/health", headers=headers)
    assert (response.status_code, response.json()["status"]) == (200, "ok")


def test_health_shows_no_secret(http: httpx.Client) -> None:
    with omixa_mock.serve(host="0.0.0.0", keys=["omx_live_secret"], control_token="letmein") as server:
        document = http.get(f"{server.url}/__omixa/health").json()
    assert {name: type(value) for name, value in document.items()} == {
        **dict.fromkeys(("name", "version", "status", "instance"), str),
        **dict.fromkeys(("workspaces", "workspaces_dropped", "tombstones_dropped"), int),
    }
    assert document["instance"].isalnum()


def test_token_opens_the_control_routes_to_other_machines(http: httpx.Client) -> None:
    options: Any = {"host": "0.0.0.0", "control_token": "letmein"}
    with omixa_mock.serve(**options) as server:
        headers = {"X-Omixa-Mock-Token": "letmein", "Host": "build-box:6649"}
        assert http.get(f"{server.url}/__omixa/schemas", headers=headers).status_code == 200
