"""Repeated heads on one connection: an equal head is parsed once, which no response shows."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from omixa_mock import OmixaMockServer

FIRST, SECOND = "omx_live_one", "omx_live_other"
REQUEST = "/api/v1/images/generations"
PRICE = "0.039000"
JSON = "application/json"


def request(
    *fields: str,
    key: str | None = FIRST,
    method: str = "POST",
    target: str = REQUEST,
    media_type: str = JSON,
    prompt: str = "a cat",
    n: int = 1,
) -> bytes:
    """Return the bytes of a request; equal arguments give equal heads."""
    body = json.dumps({"model": "gpt-image-1.5", "prompt": prompt, "n": n}).encode()
    lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", *fields]
    lines += [f"Authorization: Bearer {key}"] if key is not None else []
    lines += [f"Content-Type: {media_type}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def read(target: str, key: str = FIRST) -> bytes:
    """Return the bytes of a GET."""
    return f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n\r\n".encode()


def exchange(connection: Any, *requests: bytes) -> list[Any]:
    """Send requests one after another, and return their responses."""
    responses = []
    for data in requests:
        connection.send(data)
        responses.append(connection.read_response())
    return responses


def statuses(connection: Any, *requests: bytes) -> list[int]:
    """Send requests one after another, and return their statuses."""
    return [response.status for response in exchange(connection, *requests)]


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def calls(api: httpx.Client, key: str = FIRST) -> list[Any]:
    """Return the journal of a key's workspace."""
    found: list[Any] = api.get("/__omixa/requests", headers=bearer(key)).raise_for_status().json()["calls"]
    return found


def captured(api: httpx.Client, key: str = FIRST) -> str:
    """Return the captured amount of a key's workspace."""
    return str(api.get("/__omixa/ledger", headers=bearer(key)).raise_for_status().json()["captured"])


def configure(api: httpx.Client, changes: Any, key: str = FIRST) -> None:
    api.put("/__omixa/workspace", json=changes, headers=bearer(key)).raise_for_status()


# Equal heads


def test_every_equal_head_gets_a_response(connection: Any) -> None:
    assert statuses(connection, *[request()] * 5) == [200] * 5


def test_every_equal_head_has_a_number(connection: Any, api: httpx.Client) -> None:
    exchange(connection, *[request()] * 5)
    assert [call["number"] for call in calls(api)] == [1, 2, 3, 4, 5]


def test_every_equal_head_is_billed(connection: Any, api: httpx.Client) -> None:
    exchange(connection, *[request()] * 5)
    assert captured(api) == "0.195000"


def test_every_equal_head_in_one_segment_is_billed(connection: Any, api: httpx.Client) -> None:
    connection.send(request() * 5)
    assert ([connection.read_response().status for _ in range(5)], captured(api)) == ([200] * 5, "0.195000")


def test_equal_heads_may_have_different_bodies(connection: Any) -> None:
    # The same length, so that the heads are equal.
    responses = exchange(connection, *(request(n=n) for n in (1, 3, 2)))
    assert [len(json.loads(response.body)["data"]) for response in responses] == [1, 3, 2]


def test_every_equal_head_is_refused(connection: Any) -> None:
    assert [response.code for response in exchange(connection, *[request(key=None)] * 3)] == ["invalid_api_key"] * 3


def test_refusals_of_equal_heads_cost_nothing(connection: Any, api: httpx.Client) -> None:
    exchange(connection, request(), *[request(media_type="text/json")] * 3)
    assert captured(api) == PRICE


# Heads of different keys


@pytest.fixture
def alternating(connection: Any) -> Any:
    """Open a connection on which two keys alternate: the first requests one image, and later two."""
    responses = exchange(connection, request(n=1), request(key=SECOND, n=5), request(n=2))
    assert [response.status for response in responses] == [200] * 3
    return connection


@pytest.mark.usefixtures("alternating")
@pytest.mark.parametrize(("key", "paid"), [(FIRST, "0.117000"), (SECOND, "0.195000")])
def test_every_key_of_a_connection_pays_for_its_own_images(api: httpx.Client, key: str, paid: str) -> None:
    assert captured(api, key) == paid


@pytest.mark.usefixtures("alternating")
@pytest.mark.parametrize(("key", "numbers"), [(FIRST, [1, 2]), (SECOND, [1])])
def test_every_key_of_a_connection_counts_its_own_calls(api: httpx.Client, key: str, numbers: list[int]) -> None:
    assert [call["number"] for call in calls(api, key)] == numbers


@pytest.mark.parametrize("key", [FIRST, SECOND])
def test_alternating_pipelined_keys_are_billed_separately(connection: Any, api: httpx.Client, key: str) -> None:
    requests = [(FIRST, 1), (SECOND, 2), (FIRST, 3), (SECOND, 4), (SECOND, 5), (FIRST, 6)]
    connection.send(b"".join(request(key=key, n=n) for key, n in requests))
    assert [connection.read_response().status for _ in requests] == [200] * 6
    assert [call["request"]["n"] for call in calls(api, key)] == [n for owner, n in requests if owner == key]


def test_keys_on_separate_connections_do_not_mix(
    server: OmixaMockServer, api: httpx.Client, open_connection: Any
) -> None:
    connections = [open_connection(server.url) for _ in range(2)]
    for _ in range(3):
        for connection, key in zip(connections, (FIRST, SECOND), strict=True):
            exchange(connection, request(key=key))
    for connection in connections:
        connection.close()
    assert (captured(api, FIRST), captured(api, SECOND)) == ("0.117000", "0.117000")


# Heads that differ in one part

DIFFERENT = {
    "content type": (request(media_type="text/html"), 415),
    "empty content type": (request(media_type=""), 415),
    "fault": (request("X-Omixa-Mock-Fault: rate_limited"), 429),
    "another fault": (request("X-Omixa-Mock-Fault: bad_gateway"), 502),
    "path": (request(target=f"{REQUEST}x"), 404),
    "method": (request(method="PUT"), 405),
    "no key": (request(key=None), 401),
    "key of another form": (request(key="sk-one"), 401),
    "another scheme": (request("Authorization: Basic b25l", key=None), 401),
    "trigger key": (request(key="omx_live_fail_rate_limited"), 429),
}
DIFFERING = pytest.mark.parametrize(("different", "status"), DIFFERENT.values(), ids=DIFFERENT)


@pytest.fixture
def obeying(connection: Any, api: httpx.Client) -> Any:
    """Open a connection to a workspace that obeys the fault header."""
    configure(api, {"settings": {"fault_header": "obey"}})
    return connection


@DIFFERING
def test_different_head_is_parsed(obeying: Any, different: bytes, status: int) -> None:
    assert statuses(obeying, request(), different) == [200, status]


@DIFFERING
def test_head_after_a_different_one_gets_its_own_response(obeying: Any, different: bytes, status: int) -> None:
    assert statuses(obeying, different, request(), different, request()) == [status, 200, status, 200]


@DIFFERING
def test_different_heads_may_share_a_segment(obeying: Any, different: bytes, status: int) -> None:
    obeying.send(request() + different + request())
    assert [obeying.read_response().status for _ in range(3)] == [200, status, 200]


def test_query_is_part_of_a_head(connection: Any) -> None:
    exchange(connection, *[request()] * 3)
    responses = exchange(connection, *(read(f"/api/v1/usage/requests?limit={limit}") for limit in (1, 3, 2)))
    assert [len(json.loads(response.body)["data"]) for response in responses] == [1, 3, 2]


def test_idempotency_key_is_part_of_a_head(connection: Any, api: httpx.Client) -> None:
    configure(api, {"settings": {"idempotency_key": "replay"}})
    tokens = ("a", "a", "b", "a", "b")
    exchange(connection, *(request(f"Idempotency-Key: {token}") for token in tokens), request(), request())
    assert [call["replayed"] for call in calls(api)] == [False, True, False, True, True, False, False]


def test_connection_close_is_part_of_a_head(connection: Any) -> None:
    connection.send(request() + request("Connection: close"))
    assert ([connection.read_response().status for _ in range(2)], connection.read_rest()) == ([200, 200], b"")


# Equal heads after a change of the workspace

CHANGES: dict[str, tuple[Any, int]] = {
    "models": ({"models": []}, 403),
    "balance": ({"balance": "0.01"}, 402),
    "routes": ({"routes_down": ["azure-openai"], "settings": {"routes": {"gpt-image-1.5": ["azure-openai"]}}}, 503),
    "success": ({"settings": {"success_status": 201}}, 201),
    "longest body": ({"settings": {"body_max": 10}}, 413),
    "longest prompt": ({"settings": {"prompt_max_chars": 4}}, 422),
    "errors": ({"balance": "0", "settings": {"errors": {"insufficient_balance": {"code": "poor"}}}}, 402),
}
CHANGED = pytest.mark.parametrize(("changes", "status"), CHANGES.values(), ids=CHANGES)


def control(method: str, path: str, changes: Any = None) -> bytes:
    """Return the bytes of a control call."""
    body = json.dumps(changes).encode() if changes is not None else b""
    head = f"{method} /__omixa/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {FIRST}\r\n"
    return f"{head}Content-Type: {JSON}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@CHANGED
def test_change_between_equal_heads_is_obeyed(connection: Any, api: httpx.Client, changes: Any, status: int) -> None:
    before = statuses(connection, request())
    configure(api, changes)
    assert before + statuses(connection, request()) == [200, status]


@CHANGED
def test_change_on_the_same_connection_is_obeyed(connection: Any, changes: Any, status: int) -> None:
    assert statuses(connection, request(), control("PUT", "workspace", changes), request()) == [200, 200, status]


def test_content_type_is_validated_anew_for_an_equal_head(connection: Any, api: httpx.Client) -> None:
    plain = request(media_type="text/plain")
    before = statuses(connection, plain)
    configure(api, {"settings": {"content_type": "ignore"}})
    assert before + statuses(connection, plain) == [415, 200]


def test_fault_header_is_obeyed_anew_by_an_equal_head(connection: Any, api: httpx.Client) -> None:
    marked = request("X-Omixa-Mock-Fault: rate_limited")
    before = statuses(connection, marked)
    configure(api, {"settings": {"fault_header": "obey"}})
    assert before + statuses(connection, marked) == [200, 429]


def test_planned_fault_is_injected_into_one_of_equal_heads(connection: Any, api: httpx.Client) -> None:
    before = statuses(connection, request())
    api.post("/__omixa/faults", json={"fail": "rate_limited"}, headers=bearer(FIRST)).raise_for_status()
    assert before + statuses(connection, request(), request()) == [200, 429, 200]


def test_closed_workspace_refuses_an_equal_head(connection: Any) -> None:
    assert statuses(connection, request(), request(), control("DELETE", "workspace"), request()) == [200, 200, 200, 401]


def test_reopened_workspace_accepts_an_equal_head(connection: Any) -> None:
    reopening = (control("DELETE", "workspace"), control("PUT", "workspace", {}))
    assert statuses(connection, request(), *reopening, request()) == [200, 200, 200, 200]


@pytest.mark.parametrize(
    "restart",
    [[control("POST", "reset")], [control("DELETE", "workspace"), control("PUT", "workspace", {})]],
    ids=["reset", "closed and opened"],
)
def test_restarted_workspace_bills_an_equal_head_from_zero(
    connection: Any, api: httpx.Client, restart: list[bytes]
) -> None:
    exchange(connection, request(), request(), *restart, request())
    assert (captured(api), [call["number"] for call in calls(api)]) == (PRICE, [1])


# The journal


@pytest.fixture
def marked(connection: Any, api: httpx.Client) -> list[Any]:
    """Return the journal of three calls; the first and the last had equal heads."""
    exchange(connection, *(request(f"X-Mark: {mark}") for mark in ("red", "blue", "red")))
    return calls(api)


def test_every_record_has_its_own_headers(marked: list[Any]) -> None:
    assert [call["headers"]["x-mark"] for call in marked] == ["red", "blue", "red"]


def test_every_record_has_its_key_redacted(marked: list[Any]) -> None:
    assert [call["headers"]["authorization"] for call in marked] == ["(redacted)"] * 3


def test_no_record_has_a_key(marked: list[Any]) -> None:
    assert FIRST not in json.dumps(marked)


def test_every_record_has_its_own_method_and_path(connection: Any, server: OmixaMockServer) -> None:
    exchange(connection, request(), read("/api/v1/models"), request(), read("/api/v1/usage/rollups"))
    journal = server.gateway.workspaces.open(FIRST).journal
    assert [(call.method, call.path) for call in journal] == [
        ("POST", REQUEST),
        ("GET", "/api/v1/models"),
        ("POST", REQUEST),
        ("GET", "/api/v1/usage/rollups"),
    ]
