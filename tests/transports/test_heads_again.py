"""Heads that come again on one connection: the door reads an equal one once, and nobody can tell by the answers."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from omixa_mock import OmixaMockServer

ONE, OTHER = "omx_live_one", "omx_live_other"
REQUEST = "/api/v1/images/generations"
PRICE = "0.039000"
JSON = "application/json"


def request(
    *fields: str,
    key: str | None = ONE,
    method: str = "POST",
    target: str = REQUEST,
    media_type: str = JSON,
    prompt: str = "a cat",
    n: int = 1,
) -> bytes:
    """The bytes of a request; all that are made without arguments have equal heads."""
    body = json.dumps({"model": "gpt-image-1.5", "prompt": prompt, "n": n}).encode()
    lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", *fields]
    lines += [f"Authorization: Bearer {key}"] if key is not None else []
    lines += [f"Content-Type: {media_type}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def read(target: str, key: str = ONE) -> bytes:
    """The bytes of a GET."""
    return f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n\r\n".encode()


def exchange(wire: Any, *requests: bytes) -> list[Any]:
    """The answers to requests, each of which is sent when the one before it is answered."""
    answers = []
    for each in requests:
        wire.send(each)
        answers.append(wire.answer())
    return answers


def statuses(wire: Any, *requests: bytes) -> list[int]:
    """What requests get, one after another."""
    return [answer.status for answer in exchange(wire, *requests)]


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def calls(api: httpx.Client, key: str = ONE) -> list[Any]:
    """The journal of a key's workspace."""
    found: list[Any] = api.get("/__omixa/requests", headers=bearer(key)).raise_for_status().json()["calls"]
    return found


def captured(api: httpx.Client, key: str = ONE) -> str:
    """What the workspace of a key has paid."""
    return str(api.get("/__omixa/ledger", headers=bearer(key)).raise_for_status().json()["captured"])


def configure(api: httpx.Client, changes: Any, key: str = ONE) -> None:
    api.put("/__omixa/workspace", json=changes, headers=bearer(key)).raise_for_status()


# Equal heads


def test_equal_heads_are_each_answered(wire: Any) -> None:
    assert statuses(wire, *[request()] * 5) == [200] * 5


def test_equal_heads_are_each_numbered(wire: Any, api: httpx.Client) -> None:
    exchange(wire, *[request()] * 5)
    assert [call["number"] for call in calls(api)] == [1, 2, 3, 4, 5]


def test_equal_heads_are_each_billed(wire: Any, api: httpx.Client) -> None:
    exchange(wire, *[request()] * 5)
    assert captured(api) == "0.195000"


def test_equal_heads_in_one_segment_are_each_billed(wire: Any, api: httpx.Client) -> None:
    wire.send(request() * 5)
    assert ([wire.answer().status for _ in range(5)], captured(api)) == ([200] * 5, "0.195000")


def test_equal_heads_may_have_bodies_that_differ(wire: Any) -> None:
    # The same length, so that the heads are equal.
    answers = exchange(wire, *(request(n=n) for n in (1, 3, 2)))
    assert [len(json.loads(answer.body)["data"]) for answer in answers] == [1, 3, 2]


def test_equal_heads_are_each_refused(wire: Any) -> None:
    assert [answer.code for answer in exchange(wire, *[request(key=None)] * 3)] == ["invalid_api_key"] * 3


def test_refusals_of_equal_heads_cost_nothing(wire: Any, api: httpx.Client) -> None:
    exchange(wire, request(), *[request(media_type="text/json")] * 3)
    assert captured(api) == PRICE


# Heads of different keys


@pytest.fixture
def alternating(wire: Any) -> Any:
    """A connection by which two keys have ordered in turns: the first twice, by one image and by two."""
    answers = exchange(wire, request(n=1), request(key=OTHER, n=5), request(n=2))
    assert [answer.status for answer in answers] == [200] * 3
    return wire


@pytest.mark.usefixtures("alternating")
@pytest.mark.parametrize(("key", "paid"), [(ONE, "0.117000"), (OTHER, "0.195000")])
def test_each_key_of_a_connection_pays_for_its_own(api: httpx.Client, key: str, paid: str) -> None:
    assert captured(api, key) == paid


@pytest.mark.usefixtures("alternating")
@pytest.mark.parametrize(("key", "numbers"), [(ONE, [1, 2]), (OTHER, [1])])
def test_each_key_of_a_connection_counts_its_own(api: httpx.Client, key: str, numbers: list[int]) -> None:
    assert [call["number"] for call in calls(api, key)] == numbers


@pytest.mark.parametrize("key", [ONE, OTHER])
def test_pipelined_keys_in_turns_are_billed_to_their_own(wire: Any, api: httpx.Client, key: str) -> None:
    turns = [(ONE, 1), (OTHER, 2), (ONE, 3), (OTHER, 4), (OTHER, 5), (ONE, 6)]
    wire.send(b"".join(request(key=key, n=n) for key, n in turns))
    assert [wire.answer().status for _ in turns] == [200] * 6
    assert [call["request"]["n"] for call in calls(api, key)] == [n for owner, n in turns if owner == key]


def test_keys_on_connections_of_their_own_do_not_mix(
    server: OmixaMockServer, api: httpx.Client, open_wire: Any
) -> None:
    wires = [open_wire(server.url) for _ in range(2)]
    for _ in range(3):
        for wire, key in zip(wires, (ONE, OTHER), strict=True):
            exchange(wire, request(key=key))
    for wire in wires:
        wire.close()
    assert (captured(api, ONE), captured(api, OTHER)) == ("0.117000", "0.117000")


# Heads that differ in one thing

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
DIFFERING = pytest.mark.parametrize(("other", "status"), DIFFERENT.values(), ids=DIFFERENT)


@pytest.fixture
def obeying(wire: Any, api: httpx.Client) -> Any:
    """A connection to a workspace that obeys the header of faults."""
    configure(api, {"settings": {"fault_header": "obey"}})
    return wire


@DIFFERING
def test_head_that_differs_is_read_by_itself(obeying: Any, other: bytes, status: int) -> None:
    assert statuses(obeying, request(), other) == [200, status]


@DIFFERING
def test_head_after_one_that_differs_is_as_good_as_before(obeying: Any, other: bytes, status: int) -> None:
    assert statuses(obeying, other, request(), other, request()) == [status, 200, status, 200]


@DIFFERING
def test_heads_that_differ_may_share_a_segment(obeying: Any, other: bytes, status: int) -> None:
    obeying.send(request() + other + request())
    assert [obeying.answer().status for _ in range(3)] == [200, status, 200]


def test_query_is_part_of_a_head(wire: Any) -> None:
    exchange(wire, *[request()] * 3)
    answers = exchange(wire, *(read(f"/api/v1/usage/requests?limit={limit}") for limit in (1, 3, 2)))
    assert [len(json.loads(answer.body)["data"]) for answer in answers] == [1, 3, 2]


def test_idempotency_key_is_part_of_a_head(wire: Any, api: httpx.Client) -> None:
    configure(api, {"settings": {"idempotency_key": "replay"}})
    tokens = ("a", "a", "b", "a", "b")
    exchange(wire, *(request(f"Idempotency-Key: {token}") for token in tokens), request(), request())
    assert [call["replayed"] for call in calls(api)] == [False, True, False, True, True, False, False]


def test_closing_of_the_connection_is_part_of_a_head(wire: Any) -> None:
    wire.send(request() + request("Connection: close"))
    assert ([wire.answer().status for _ in range(2)], wire.rest()) == ([200, 200], b"")


# Equal heads, and something else that has changed

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
    """The bytes of a control call."""
    body = json.dumps(changes).encode() if changes is not None else b""
    head = f"{method} /__omixa/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {ONE}\r\n"
    return f"{head}Content-Type: {JSON}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@CHANGED
def test_change_between_equal_heads_is_obeyed(wire: Any, api: httpx.Client, changes: Any, status: int) -> None:
    before = statuses(wire, request())
    configure(api, changes)
    assert before + statuses(wire, request()) == [200, status]


@CHANGED
def test_change_by_the_same_connection_is_obeyed(wire: Any, changes: Any, status: int) -> None:
    assert statuses(wire, request(), control("PUT", "workspace", changes), request()) == [200, 200, status]


def test_content_type_is_judged_anew_for_an_equal_head(wire: Any, api: httpx.Client) -> None:
    plain = request(media_type="text/plain")
    before = statuses(wire, plain)
    configure(api, {"settings": {"content_type": "ignore"}})
    assert before + statuses(wire, plain) == [415, 200]


def test_fault_header_is_obeyed_anew_by_an_equal_head(wire: Any, api: httpx.Client) -> None:
    marked = request("X-Omixa-Mock-Fault: rate_limited")
    before = statuses(wire, marked)
    configure(api, {"settings": {"fault_header": "obey"}})
    assert before + statuses(wire, marked) == [200, 429]


def test_planned_fault_strikes_one_of_equal_heads(wire: Any, api: httpx.Client) -> None:
    before = statuses(wire, request())
    api.post("/__omixa/faults", json={"fail": "rate_limited"}, headers=bearer(ONE)).raise_for_status()
    assert before + statuses(wire, request(), request()) == [200, 429, 200]


def test_closed_workspace_refuses_an_equal_head(wire: Any) -> None:
    assert statuses(wire, request(), request(), control("DELETE", "workspace"), request()) == [200, 200, 200, 401]


def test_workspace_that_was_opened_anew_takes_an_equal_head(wire: Any) -> None:
    anew = (control("DELETE", "workspace"), control("PUT", "workspace", {}))
    assert statuses(wire, request(), *anew, request()) == [200, 200, 200, 200]


@pytest.mark.parametrize(
    "anew",
    [[control("POST", "reset")], [control("DELETE", "workspace"), control("PUT", "workspace", {})]],
    ids=["reset", "closed and opened"],
)
def test_workspace_that_began_anew_bills_an_equal_head_from_nothing(
    wire: Any, api: httpx.Client, anew: list[bytes]
) -> None:
    exchange(wire, request(), request(), *anew, request())
    assert (captured(api), [call["number"] for call in calls(api)]) == (PRICE, [1])


# What the journal shows


@pytest.fixture
def marked(wire: Any, api: httpx.Client) -> list[Any]:
    """The journal of three calls, of which the first and the last had equal heads."""
    exchange(wire, *(request(f"X-Mark: {mark}") for mark in ("red", "blue", "red")))
    return calls(api)


def test_each_record_has_its_own_headers(marked: list[Any]) -> None:
    assert [call["headers"]["x-mark"] for call in marked] == ["red", "blue", "red"]


def test_each_record_has_its_key_redacted(marked: list[Any]) -> None:
    assert [call["headers"]["authorization"] for call in marked] == ["(redacted)"] * 3


def test_no_record_has_a_key_anywhere(marked: list[Any]) -> None:
    assert ONE not in json.dumps(marked)


def test_each_record_has_its_own_method_and_path(wire: Any, server: OmixaMockServer) -> None:
    exchange(wire, request(), read("/api/v1/models"), request(), read("/api/v1/usage/rollups"))
    journal = server.gateway.workspaces.open(ONE).journal
    assert [(call.method, call.path) for call in journal] == [
        ("POST", REQUEST),
        ("GET", "/api/v1/models"),
        ("POST", REQUEST),
        ("GET", "/api/v1/usage/rollups"),
    ]
