"""Faults from any language: planned over HTTP, triggered by a key or a header, or given to the server."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

import omixa_mock
from omixa_mock import OmixaMockServer, SettingError
from omixa_mock.faults import no_route
from omixa_mock.gateway import CATALOGUE

CAT = {"model": "gpt-image-1.5", "prompt": "a cat"}
GENERATE = "/api/v1/images/generations"
FAULTS = "/__omixa/faults"


def generate(api: httpx.Client, key: str | None = None, **headers: str) -> int:
    """Request an image, and return the status."""
    authorization = {"Authorization": f"Bearer {key}"} if key else {}
    return api.post(GENERATE, json=CAT, headers={**authorization, **headers}).status_code


# Planning

# The plan as sent, and the members that differ from the defaults in the response.
FORMS: dict[str, tuple[Any, dict[str, Any]]] = {
    "name": ({"fail": "no_route"}, {"fail": ["no_route"]}),
    "status": ({"fail": 503}, {"fail": ["no_route"]}),
    "moment": ({"fail": "reset_after_capture"}, {"fail": ["reset_after_capture"]}),
    "first moment": ({"fail": "reset_before_capture"}, {"fail": ["reset"]}),
    "duration": ({"fail": "delay:500ms"}, {"fail": ["delay:0.5s"]}),
    "drawn duration": ({"fail": "drip:uniform:1s..5s"}, {"fail": ["drip:uniform:1s..5s"]}),
    "moment and duration": ({"fail": "delay_after_capture:1m"}, {"fail": ["delay_after_capture:60s"]}),
    "sequence": ({"fail": ["no_route", 402, "ok"]}, {"fail": ["no_route", "insufficient_balance", "ok"]}),
    "times": ({"fail": "reset", "times": 2}, {"fail": ["reset"], "times": 2}),
    "for ever": ({"fail": "reset", "times": None}, {"fail": ["reset"], "times": None}),
    "after": ({"fail": "reset", "after": 3}, {"fail": ["reset"], "after": 3}),
    "fields": ({"fail": "reset", "when": {"n": 2}}, {"fail": ["reset"], "when": {"n": 2}}),
    "no fields": ({"fail": "reset", "when": None}, {"fail": ["reset"]}),
    "probability": ({"fail": "reset", "probability": 0.5}, {"fail": ["reset"], "times": None, "probability": 0.5}),
    "probability and times": (
        {"fail": "reset", "times": 2, "probability": 0.5},
        {"fail": ["reset"], "times": 2, "probability": 0.5},
    ),
}
PLAIN = {"times": 1, "after": 0, "when": {}, "probability": 1.0}
UNUSED = {"number": 1, "seen": 0, "fired": 0, "state": "never fired", "predicate_error": ""}
EVERY_FORM = pytest.mark.parametrize(("sent", "expected"), FORMS.values(), ids=FORMS)


@pytest.fixture(scope="module")
def schema() -> Draft202012Validator:
    return Draft202012Validator(omixa_mock.shipped_contract().schemas()["fault-plan"])


@EVERY_FORM
def test_plan_is_returned_with_its_state(api: httpx.Client, sent: Any, expected: dict[str, Any]) -> None:
    assert api.post(FAULTS, json=sent).raise_for_status().json() == {"plan": {**PLAIN, **expected}, **UNUSED}


@EVERY_FORM
def test_plan_is_listed_as_returned(api: httpx.Client, sent: Any, expected: dict[str, Any]) -> None:
    del expected
    response = api.post(FAULTS, json=sent).json()
    assert api.get(FAULTS).json() == {"plans": [response]}


@EVERY_FORM
def test_returned_plan_can_be_planned_again(api: httpx.Client, sent: Any, expected: dict[str, Any]) -> None:
    del expected
    plan = api.post(FAULTS, json=sent).json()["plan"]
    api.delete(FAULTS)
    assert api.post(FAULTS, json=plan).json()["plan"] == plan


@EVERY_FORM
def test_plan_keeps_the_shipped_schema(schema: Draft202012Validator, sent: Any, expected: dict[str, Any]) -> None:
    assert [*schema.iter_errors(sent), *schema.iter_errors({**PLAIN, **expected})] == []


@pytest.mark.parametrize("fault", CATALOGUE)
def test_every_fault_can_be_planned_by_its_name(api: httpx.Client, fault: str) -> None:
    assert api.post(FAULTS, json={"fail": fault}).json()["plan"]["fail"] == [fault]


def test_plans_have_their_state(api: httpx.Client) -> None:
    api.post(FAULTS, json={"fail": ["ok", "no_route", "no_route"]})
    for _ in range(2):
        generate(api)
    [state] = api.get(FAULTS).json()["plans"]
    assert [state[name] for name in ("seen", "fired", "state")] == [2, 2, "partly used"]


def test_plans_are_forgotten(api: httpx.Client) -> None:
    api.post(FAULTS, json={"fail": "no_route", "times": None})
    assert (api.delete(FAULTS).json(), api.get(FAULTS).json(), generate(api)) == ({"plans": []}, {"plans": []}, 200)


def test_plan_is_of_one_key(api: httpx.Client) -> None:
    api.post(FAULTS, json={"fail": "no_route"})
    assert (generate(api, "omx_live_other"), generate(api)) == (200, 503)


# Bad plans, and a text of their refusals.
BAD: dict[str, tuple[Any, str]] = {
    "unknown name": ({"fail": "no_rout"}, "Did you mean"),
    "unknown name lists": ({"fail": "zzz"}, "invalid_key, insufficient_balance"),
    "unknown status": ({"fail": 418}, "no_route (503)"),
    "nothing": ({}, 'A plan has "fail"'),
    "unknown member": ({"fail": "reset", "tims": 2}, '"times", "after", "when", "probability"'),
    "no outcomes": ({"fail": []}, "an outcome or more"),
    "outcome of no kind": ({"fail": [True]}, "There is no fault"),
    "negative times": ({"fail": "reset", "times": -1}, "1 or more"),
    "no times": ({"fail": "reset", "times": 0}, "1 or more"),
    "times no number": ({"fail": "reset", "times": True}, "1 or more"),
    "too many times": ({"fail": "reset", "times": 10_001}, "at most 10,000 outcomes"),
    "negative after": ({"fail": "reset", "after": -1}, "0 to 10,000,000 calls"),
    "probability too great": ({"fail": "reset", "probability": 1.1}, "more than 0, up to 1"),
    "probability of nothing": ({"fail": "reset", "probability": 0}, "more than 0, up to 1"),
    "probability as text": ({"fail": "reset", "probability": "0.5"}, "more than 0, up to 1"),
    "delay that is no number": ({"fail": "delay:nan"}, "500ms, 2s"),
    "negative delay": ({"fail": "delay:-1s"}, "500ms, 2s"),
    "bounds the wrong way round": ({"fail": "delay:uniform:5s..1s"}, "uniform:1s..5s"),
    "duration of what takes none": ({"fail": "reset:2s"}, "those that do: delay, drip"),
    "moment that it has not": ({"fail": "drip_before_capture"}, "happens after_capture"),
    "charge for a documented error": ({"fail": "no_route_after_capture"}, "happens before_hold"),
    "predicate": (
        {"fail": "reset", "when": "lambda call: True"},
        'fields with their values, for instance {"size": "auto"}. A function cannot travel',
    ),
    "fields as a list": ({"fail": "reset", "when": ["n"]}, 'fields, for instance {"size": "1024x1536"}'),
    "unknown field": ({"fail": "reset", "when": {"promt": "a"}}, "Did you mean prompt?"),
    "field known at the end": ({"fail": "reset", "when": {"status": 200}}, "not known yet"),
    "value that can never be": ({"fail": "reset", "when": {"size": "1x1"}}, "1024x1536"),
    "number that can never be": ({"fail": "reset", "when": {"n": 11}}, "one of 1, 2, 3"),
}
EVERY_BAD = pytest.mark.parametrize(("sent", "text"), BAD.values(), ids=BAD)


@EVERY_BAD
def test_bad_plan_is_refused_with_the_accepted_values(api: httpx.Client, sent: Any, text: str) -> None:
    response = api.post(FAULTS, json=sent)
    assert (response.status_code, text in response.json()["error"]["message"]) == (422, True), response.text


@EVERY_BAD
def test_bad_plan_plans_nothing(api: httpx.Client, sent: Any, text: str) -> None:
    del text
    api.post(FAULTS, json=sent)
    assert api.get(FAULTS).json() == {"plans": []}


@EVERY_BAD
def test_server_does_not_start_with_a_bad_plan(sent: Any, text: str) -> None:
    with pytest.raises(SettingError) as caught, omixa_mock.serve(faults=[sent]):
        pytest.fail("it started")
    assert text in str(caught.value)


def test_unreachable_plan_is_refused(api: httpx.Client) -> None:
    api.post(FAULTS, json={"fail": "reset", "times": None})
    response = api.post(FAULTS, json={"fail": "no_route"})
    assert (response.status_code, "takes every such call" in response.text) == (422, True)


def test_schema_of_a_plan_is_served(api: httpx.Client) -> None:
    assert "fault-plan" in api.get("/__omixa/schemas").json()["schemas"]


# By key, by header, by the server's own list


@pytest.mark.parametrize("ending", ["", "--checkout", "--a--b"])
def test_trigger_key_injects_its_fault_into_every_call(api: httpx.Client, ending: str) -> None:
    key = f"omx_live_fail_insufficient_balance{ending}"
    assert [generate(api, key) for _ in range(2)] == [402, 402]


def test_trigger_keys_with_different_endings_have_different_workspaces(
    server: OmixaMockServer, api: httpx.Client
) -> None:
    for ending in ("", "--checkout"):
        generate(api, f"omx_live_fail_billed_as_number{ending}")
    workspaces = [server.gateway.workspaces.enter(f"omx_live_fail_billed_as_number{end}") for end in ("", "--checkout")]
    assert [len(workspace.journal) for workspace in workspaces] == [1, 1]


@pytest.mark.parametrize("ending", ["no_rout", "no_route-x", "reset_before_hold", "--checkout"])
def test_trigger_key_of_no_fault_is_refused_with_the_known_ones(api: httpx.Client, ending: str) -> None:
    response = api.post(GENERATE, json=CAT, headers={"Authorization": f"Bearer omx_live_fail_{ending}"})
    assert (response.status_code, "insufficient_balance" in response.json()["error"]["message"]) == (401, True)


def obey(api: httpx.Client) -> None:
    api.put("/__omixa/workspace", json={"settings": {"fault_header": "obey"}}).raise_for_status()


def test_header_is_ignored_unless_enabled(api: httpx.Client) -> None:
    assert generate(api, **{"X-Omixa-Mock-Fault": "no_route"}) == 200


def test_header_injects_its_fault_into_its_own_call(api: httpx.Client) -> None:
    obey(api)
    assert [generate(api, **{"X-Omixa-Mock-Fault": "no_route"}), generate(api)] == [503, 200]


def test_header_of_no_fault_is_refused(api: httpx.Client) -> None:
    obey(api)
    response = api.post(GENERATE, json=CAT, headers={"X-Omixa-Mock-Fault": "no_rout"})
    assert (response.status_code, 'Did you mean "no_route"?' in response.json()["error"]["message"]) == (422, True)


@pytest.mark.parametrize("fault", ["no_route", {"fail": 503, "times": None}, no_route().for_ever()])
def test_server_injects_its_faults_into_every_workspace(http: httpx.Client, fault: Any) -> None:
    with omixa_mock.serve(faults=[fault]) as server:
        keys = [{"Authorization": f"Bearer omx_live_{name}"} for name in "ab"]
        statuses = [http.post(f"{server.url}{GENERATE}", json=CAT, headers=key).status_code for key in keys]
    assert statuses == [503, 503]


def test_probability_of_the_server_is_drawn_from_its_seed(http: httpx.Client) -> None:
    def statuses(seed: int) -> list[int]:
        with omixa_mock.serve(faults=["no_route=0.5"], settings={"seed": seed}) as server:
            key = {"Authorization": f"Bearer {server.api_key}"}
            return [http.post(f"{server.url}{GENERATE}", json=CAT, headers=key).status_code for _ in range(20)]

    assert (statuses(1) == statuses(1), statuses(1) == statuses(2)) == (True, False)


def test_one_fault_needs_no_list() -> None:
    with omixa_mock.serve(faults="no_route") as server:
        assert [str(state.plan) for state in server.plans] == ["no_route (for ever)"]
