"""Input of the control routes: validated before it has an effect, and repeated in refusals short and without keys."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import pytest

import omixa_mock
from omixa_mock import OmixaMockServer

WORKSPACE = "/__omixa/workspace"
LONG = "x" * 250_000
SECRET = "omx_live_SECRET"


def message_of(response: httpx.Response) -> str:
    return str(response.json()["error"]["message"])


BAD: dict[str, bytes] = {
    "no JSON": b"{",
    "no object": b"[]",
    "unknown member": b'{"sed": 1}',
    "unknown setting": b'{"settings": {"sed": 1}}',
    "bad value": b'{"settings": {"seed": "x"}}',
    "bad balance": b'{"balance": "many"}',
    "unknown model": b'{"models": ["nope"]}',
    "unknown route": b'{"routes_down": ["nope"]}',
    "default balance": b'{"settings": {"default_balance": "5"}}',
    "duplicate name": b'{"balance": "1", "balance": "2"}',
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
def test_refused_change_does_not_open_a_closed_workspace(api: httpx.Client, body: bytes) -> None:
    api.delete(WORKSPACE)
    statuses = [api.put(WORKSPACE, content=body).status_code, api.get(WORKSPACE).status_code]
    assert statuses == [422, 401]


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
def test_refused_change_does_not_open_a_new_workspace(api: httpx.Client, body: bytes) -> None:
    api.put(WORKSPACE, content=body)
    assert api.get("/__omixa/health").json()["workspaces"] == 0


def test_key_that_is_not_on_the_list_opens_nothing(http: httpx.Client) -> None:
    with omixa_mock.serve(keys=["omx_live_a"]) as server:
        headers = {"Authorization": "Bearer omx_live_b"}
        assert http.put(server.url + WORKSPACE, json={}, headers=headers).status_code == 401


def test_reading_a_closed_workspace_does_not_open_it(server: OmixaMockServer, api: httpx.Client) -> None:
    api.delete(WORKSPACE, params={"name": "test_pays_once"})
    with pytest.raises(RuntimeError, match=r"test_pays_once.*mock\.gateway\.workspaces\.open\(mock\.api_key\)$"):
        _ = server.calls
    assert api.get(WORKSPACE).status_code == 401


def test_reading_a_new_workspace_opens_it(server: OmixaMockServer) -> None:
    assert server.wallet.balance == 100


# default_balance


def test_refusal_of_default_balance_mentions_balance(api: httpx.Client) -> None:
    response = api.put(WORKSPACE, json={"settings": {"default_balance": "5"}})
    assert 'Change balance itself, for instance balance = "5.00"' in message_of(response)


def test_refused_default_balance_changes_nothing_else(api: httpx.Client) -> None:
    api.put(WORKSPACE, json={"settings": {"default_balance": "5", "seed": 7}})
    assert api.get(WORKSPACE).json()["settings"]["seed"] == 0


@pytest.mark.parametrize("balance", ["100", 100, "100.00"])
def test_default_balance_in_force_may_be_sent_back(api: httpx.Client, balance: Any) -> None:
    assert api.put(WORKSPACE, json={"settings": {"default_balance": balance}}).status_code == 200


# Long input, and keys

ECHOED: dict[str, tuple[str, str, Any]] = {
    "member": ("PUT", WORKSPACE, {LONG: 1}),
    "name of a setting": ("PUT", WORKSPACE, {"settings": {LONG: 1}}),
    "value of a setting": ("PUT", WORKSPACE, {"settings": {"vary": LONG}}),
    "list in place of a choice": ("PUT", WORKSPACE, {"settings": {"vary": ["x" * 1000] * 250}}),
    "digits": ("PUT", WORKSPACE, {"settings": {"seed": "9" * 250_000}}),
    "table in place of a number": (
        "PUT",
        WORKSPACE,
        {"settings": {"seed": {str(number): 1 for number in range(20_000)}}},
    ),
    "settings": ("PUT", WORKSPACE, {"settings": LONG}),
    "balance": ("PUT", WORKSPACE, {"balance": LONG}),
    "model": ("PUT", WORKSPACE, {"models": [LONG]}),
    "many models": ("PUT", WORKSPACE, {"models": ["x" * 100] * 2400}),
    "route": ("PUT", WORKSPACE, {"routes_down": [LONG]}),
    "plan": ("POST", "/__omixa/faults", {"fail": LONG}),
    "member of a plan": ("POST", "/__omixa/faults", {"fail": "no_route", LONG: 1}),
    "model with a price": ("PUT", WORKSPACE, {"settings": {"prices": {LONG: 1}}}),
    "path": ("GET", "/__omixa/" + "x" * 9000, None),
    "schema": ("GET", "/__omixa/schemas/" + "x" * 9000, None),
    "method of a long path": ("PATCH", "/__omixa/schemas/" + "x" * 9000, None),
}


@pytest.mark.parametrize(("method", "path", "body"), ECHOED.values(), ids=ECHOED)
def test_long_input_gets_a_short_response(api: httpx.Client, method: str, path: str, body: Any) -> None:
    response = api.request(method, path, json=body)
    assert (400 <= response.status_code < 500, len(response.content) < 4000) == (True, True), response.text[:500]


@pytest.mark.parametrize("name", ["name of a setting", "value of a setting", "list in place of a choice", "plan"])
def test_long_input_gets_a_quick_response(api: httpx.Client, name: str) -> None:
    method, path, body = ECHOED[name]
    began = time.monotonic()
    api.request(method, path, json=body)
    # A bound for busy machines: it takes some milliseconds.
    assert time.monotonic() - began < 2


def test_longest_plan_fits(api: httpx.Client) -> None:
    response = api.post("/__omixa/faults", json={"fail": ["insufficient_balance"] * 10_000})
    assert response.status_code == 200


def test_response_to_long_input_lists_the_accepted_values(api: httpx.Client) -> None:
    message = message_of(api.put(WORKSPACE, json={"settings": {"vary": ["x" * 1000] * 250}}))
    assert message.endswith("accepted: none, call.")


def test_response_to_a_long_name_has_its_limit(api: httpx.Client) -> None:
    message = message_of(api.put(WORKSPACE, json={"settings": {"x" * 201: 1}}))
    assert "a name of 201 characters" in message
    assert "names of at most 200" in message


SHOWN: dict[str, tuple[str, str, Any]] = {
    "member": ("PUT", WORKSPACE, {SECRET: 1}),
    "name of a setting": ("PUT", WORKSPACE, {"settings": {SECRET: 1}}),
    "value": ("PUT", WORKSPACE, {"settings": {"vary": SECRET}}),
    "model": ("PUT", WORKSPACE, {"models": [SECRET]}),
    "route": ("PUT", WORKSPACE, {"routes_down": [SECRET]}),
    "balance": ("PUT", WORKSPACE, {"balance": SECRET}),
    "plan": ("POST", "/__omixa/faults", {"fail": SECRET}),
    "member of a plan": ("POST", "/__omixa/faults", {"fail": "ok", SECRET: 1}),
    "long text": ("PUT", WORKSPACE, {"balance": SECRET + "x" * 9000}),
    "path": ("GET", f"/__omixa/{SECRET}", None),
    "schema": ("GET", f"/__omixa/schemas/{SECRET}", None),
}


@pytest.mark.parametrize(("method", "path", "body"), SHOWN.values(), ids=SHOWN)
def test_refusal_shows_no_key(api: httpx.Client, method: str, path: str, body: Any) -> None:
    assert "SECRET" not in api.request(method, path, json=body).text


@pytest.mark.parametrize("header", ["Host", "Origin"])
def test_refusal_of_a_foreign_host_or_origin_shows_no_key(api: httpx.Client, header: str) -> None:
    assert "SECRET" not in api.get("/__omixa/health", headers={header: SECRET}).text


# Duplicate names, and depth

DUPLICATES = [
    b'{"balance": "1", "balance": "2"}',
    b'{"settings": {"seed": 1, "seed": 2}}',
    b'{"settings": {"seed": 1}, "settings": {}}',
    b'{"balance": "1", "b\\u0061lance": "2"}',
]


@pytest.mark.parametrize("body", DUPLICATES)
def test_duplicate_name_is_refused(api: httpx.Client, body: bytes) -> None:
    response = api.put(WORKSPACE, content=body)
    assert (response.status_code, "occurs twice in one object. Send it once" in message_of(response)) == (422, True)


@pytest.mark.parametrize("levels", [65, 500, 990, 5000])
def test_depth_is_bounded(api: httpx.Client, levels: int) -> None:
    body = '{"settings": {"prices": ' + "[" * levels + "]" * levels + "}}"
    assert api.put(WORKSPACE, content=body).status_code == 422


def test_equal_names_in_different_objects_are_accepted(api: httpx.Client) -> None:
    errors = {"no_route": {"code": "a"}, "invalid_key": {"code": "b"}}
    assert api.put(WORKSPACE, content=json.dumps({"settings": {"errors": errors}})).status_code == 200
