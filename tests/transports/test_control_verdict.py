"""The verdict over HTTP: each kind of finding, and its agreement with the assertions and the plugin's strictness."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from importlib import import_module
from itertools import count
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import omixa_mock
from omixa_mock import OmixaAdvisory, OmixaMock, OmixaMockServer, SettingError
from omixa_mock.gateway import CATALOGUE, ClientDisconnected, Flow, Hang, ReadBody, Request, Send, Wait
from omixa_mock.gateway.verdict import FINDINGS, Evidence, reach_verdict
from omixa_mock.mock import LocalClient, RemoteClient

CAT = {"model": "gpt-image-1.5", "prompt": "a cat"}
GENERATE = "/api/v1/images/generations"
VERDICT = "/__omixa/verdict"
# By name: the folder pytest_plugin is installed below omixa_mock under a mapping.
STRICTNESS: Any = import_module("omixa_mock.pytest_plugin.strictness")
CLEAN = {"ok": True, "calls": 1, **{name: [] for name in FINDINGS}}
NO_CALLS = {**CLEAN, "calls": 0}


def generate(api: httpx.Client, **fields: Any) -> None:
    """Request images; a broken connection is no error here."""
    with suppress(httpx.TransportError):
        api.post(GENERATE, json=CAT | fields)


def plan(api: httpx.Client, **members: Any) -> None:
    api.post("/__omixa/faults", json=members).raise_for_status()


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def break_contract(api: httpx.Client) -> None:
    generate(api, n=11)


def plan_in_vain(api: httpx.Client) -> None:
    generate(api)
    plan(api, fail="no_route", times=2)
    generate(api)


def refuse_before_a_plan(api: httpx.Client) -> None:
    plan(api, fail="no_route", times=2)
    generate(api)
    api.put("/__omixa/workspace", json={"models": []})
    generate(api)


def pay_twice(api: httpx.Client) -> None:
    plan(api, fail="reset_after_capture")
    generate(api, prompt="a dog")
    generate(api)
    generate(api, prompt="a dog")


def pay_three_times(api: httpx.Client) -> None:
    plan(api, fail="reset_after_capture", times=2)
    for _ in range(3):
        generate(api)


def pay_in_vain(api: httpx.Client) -> None:
    plan(api, fail="empty_data")
    generate(api)


# What a client does, the member that has findings then, their calls, and the message of the first.
FOUND: dict[str, tuple[Callable[[httpx.Client], None], str, list[list[int]], str]] = {
    "refused": (
        *(break_contract, "refused", [[1]]),
        r"A call broke the contract: #1 422 POST \S+ .*/n: 11 is out of range; accepted: 1 to 10",
    ),
    "unfired plan": (
        plan_in_vain,
        "unfired_plans",
        [[]],
        r"A planned fault did not come: no_route \(times=2\): partly used; injected into 1 of 2 calls$",
    ),
    "unfired plan behind a refusal": (
        *(refuse_before_a_plan, "unfired_plans", [[2]]),
        r"A planned fault did not come: .*calls that were refused leave it unused \(#2 model_not_allowed\)$",
    ),
    "duplicate charge": (
        *(pay_twice, "duplicate_charges", [[1, 3]]),
        r"Call #3 repeats the request of #1, .* was lost \(the plan reset_after_capture\)",
    ),
    "two duplicate charges": (pay_three_times, "duplicate_charges", [[1, 2], [1, 3]], "Call #2 repeats"),
    "orphan charge": (
        *(pay_in_vain, "orphan_charges", [[1]]),
        r"Charged, and the client was left without a usable image: #1 200 POST .*, empty_data$",
    ),
}
EVERY_FINDING = pytest.mark.parametrize(("act", "member", "calls", "message"), FOUND.values(), ids=FOUND)


@EVERY_FINDING
def test_verdict_has_the_calls_of_a_finding(api: httpx.Client, act: Any, member: str, calls: Any, message: str) -> None:
    act(api)
    verdict = api.get(VERDICT).json()
    assert ([finding["calls"] for finding in verdict[member]], verdict["ok"]) == (calls, False)
    assert re.match(message, verdict[member][0]["message"])


@EVERY_FINDING
def test_verdict_has_nothing_else(api: httpx.Client, act: Any, member: str, calls: Any, message: str) -> None:
    del calls, message
    act(api)
    assert {**api.get(VERDICT).json(), "ok": True, "calls": 1, member: []} == CLEAN


@EVERY_FINDING
def test_closing_returns_the_verdict(api: httpx.Client, act: Any, member: str, calls: Any, message: str) -> None:
    del member, calls, message
    act(api)
    verdict = api.get(VERDICT).json()
    assert api.delete("/__omixa/workspace").json() == {"closed": True, "verdict": verdict}


@EVERY_FINDING
def test_verdict_is_as_its_schema_says(api: httpx.Client, act: Any, member: str, calls: Any, message: str) -> None:
    del member, calls, message
    act(api)
    schema = api.get("/__omixa/schemas/verdict").json()
    Draft202012Validator(schema).validate(api.get(VERDICT).json())


def test_verdict_on_success_is_clean(api: httpx.Client) -> None:
    generate(api)
    assert api.get(VERDICT).json() == CLEAN


def test_refusal_by_a_plan_is_no_finding(api: httpx.Client) -> None:
    plan(api, fail=422)
    generate(api)
    assert api.get(VERDICT).json() == CLEAN


def test_verdict_on_another_key_is_another(api: httpx.Client) -> None:
    break_contract(api)
    assert api.get(VERDICT, headers=bearer("omx_live_other")).json() == NO_CALLS


@pytest.mark.parametrize("opened", [True, False])
def test_closing_without_a_call_counts_none(api: httpx.Client, *, opened: bool) -> None:
    key = bearer("omx_live_new")
    if opened:
        api.put("/__omixa/workspace", json={}, headers=key)
    assert api.delete("/__omixa/workspace", headers=key).json()["verdict"] == NO_CALLS


@pytest.mark.parametrize(("method", "path"), [("GET", "verdict"), ("DELETE", "workspace")])
@pytest.mark.parametrize("keys", ["issued", ["omx_live_known"]], ids=["issued", "listed"])
def test_unknown_key_gets_no_verdict(http: httpx.Client, method: str, path: str, keys: Any) -> None:
    with omixa_mock.serve(keys=keys) as server:
        response = http.request(method, f"{server.url}/__omixa/{path}", headers=bearer("omx_live_mistyped"))
    assert (response.status_code, response.json()["error"]["code"]) == (401, "invalid_api_key")


@pytest.mark.parametrize(("method", "path"), [("GET", "verdict"), ("DELETE", "workspace")])
def test_closed_key_gets_no_verdict(api: httpx.Client, method: str, path: str) -> None:
    api.delete("/__omixa/workspace?name=test_pays_once")
    response = api.request(method, f"/__omixa/{path}")
    assert (response.status_code, "test_pays_once" in response.json()["error"]["message"]) == (401, True)


def test_every_call_of_the_key_counts(api: httpx.Client) -> None:
    for _ in range(3):
        generate(api)
    assert api.get(VERDICT).json()["calls"] == 3


def test_verdict_needs_the_token(http: httpx.Client) -> None:
    with omixa_mock.serve(control_token="letmein") as server:
        url, key = f"{server.url}{VERDICT}", bearer(server.api_key)
        statuses = [
            http.get(url, headers=headers).status_code for headers in (key, key | {"X-Omixa-Mock-Token": "letmein"})
        ]
    assert statuses == [403, 200]


# Calls under way


@pytest.fixture
def hanging(server: OmixaMockServer, connection: Any) -> Any:
    """Make a call that hangs until its client leaves."""
    server.fail("hang_before_capture")
    connection.send(connection.generate())
    while not server.wallet.held:
        pass
    return connection


@pytest.mark.usefixtures("hanging")
def test_call_under_way_is_a_finding_with_its_hold(api: httpx.Client) -> None:
    verdict = api.get(VERDICT, params={"wait": "0"}).json()
    assert verdict == {
        **CLEAN,
        "ok": False,
        "open_holds": [{"calls": [1], "message": "0.039000 USD are held for calls that have not ended."}],
        "under_way": [
            {"calls": [1], "message": "Call #1 has not ended: end its client, or wait for its response."},
        ],
    }


@pytest.mark.usefixtures("hanging")
def test_closing_has_the_call_under_way(api: httpx.Client) -> None:
    verdict = api.delete("/__omixa/workspace", params={"wait": "10ms"}).json()["verdict"]
    assert [finding["calls"] for finding in verdict["under_way"]] == [[1]]


@pytest.mark.parametrize(("method", "path"), [("GET", "verdict"), ("DELETE", "workspace")])
def test_verdict_waits_for_a_client_that_leaves(hanging: Any, api: httpx.Client, method: str, path: str) -> None:
    hanging.reset()
    response = api.request(method, f"/__omixa/{path}").json()
    assert response.get("verdict", response) == CLEAN


@pytest.mark.parametrize("query", ["wait=-1", "wait=61", "wait=x", "wait=uniform:1s..2s", "wait=1&wait=2", "weit=1"])
@pytest.mark.parametrize(("method", "path"), [("GET", "verdict"), ("DELETE", "workspace")])
def test_bad_query_is_refused_and_closes_nothing(api: httpx.Client, method: str, path: str, query: str) -> None:
    api.put("/__omixa/workspace", json={})
    response = api.request(method, f"/__omixa/{path}?{query}")
    assert (response.status_code, "wait" in response.json()["error"]["message"]) == (422, True)
    assert api.get("/__omixa/workspace").status_code == 200


def test_holds_that_the_ledger_has_evicted_are_a_finding_without_calls() -> None:
    with omixa_mock.intercept() as mock:
        wallet = mock.gateway.workspaces.enter(mock.api_key).wallet
        wallet.hold(Decimal("0.039"), 1, "digest")
        wallet.set_balance(Decimal(5))
        wallet.ledger.trim(1)
        (finding,) = reach_verdict(Evidence(ledger=mock.ledger)).open_holds
    assert (finding.calls, finding.message[:12]) == ((), "0.039000 USD")


# Agreement

FAULTS = st.one_of(st.sampled_from(["ok", "reset_after_capture", "empty_data", "hang"]), st.sampled_from([*CATALOGUE]))
CALLS = st.fixed_dictionaries(
    {
        "fault": FAULTS,
        "prompt": st.sampled_from(["a cat", "a dog"]),
        "n": st.sampled_from([1, 1, 1, 2, 11]),
        # The client leaves when the response comes, or never ends its call.
        "client": st.sampled_from(["stays", "stays", "stays", "leaves", "never ends"]),
    }
)
PLANS = st.fixed_dictionaries(
    {
        "fail": st.one_of(FAULTS, st.lists(FAULTS, min_size=1, max_size=3)),
        "times": st.sampled_from([1, 2, None]),
        "when": st.sampled_from([None, {"prompt": "a cat"}, {"prompt": "a bird"}]),
        "probability": st.sampled_from([1.0, 1.0, 0.5]),
    }
)


def perform(flow: Flow, body: bytes, client: str) -> bool:
    """Perform the steps of a flow as a transport does; return True if it has ended."""
    sent: bytes | None = None
    with suppress(StopIteration, ClientDisconnected):
        while True:
            step = flow.send(sent)
            if client == "never ends" and isinstance(step, Wait | Hang | Send):
                return False
            if isinstance(step, Hang) or (client == "leaves" and isinstance(step, Send)):
                flow.throw(ClientDisconnected())
            sent = body if isinstance(step, ReadBody) else None
    return True


class Journals:
    """Journals of random calls in one server, each under a key of its own.

    Attributes:
        server: The server.
    """

    def __init__(self, server: OmixaMockServer) -> None:
        self.server = server
        self._numbers = count(1)

    @contextmanager
    def record(self, calls: Any, plans: Any) -> Iterator[str]:
        """Make calls, then plan faults in vain; yield the key. Calls that never end are ended afterwards."""
        key = f"omx_live_example_{next(self._numbers)}"
        workspace = self.server.gateway.workspaces.open(key)
        headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
        flows = []
        for call in calls:
            with suppress(SettingError):  # an endless plan before it takes every call
                workspace.plan(call["fault"])
            body = {**CAT, "prompt": call["prompt"], "n": call["n"]}
            flow = self.server.gateway.handle(Request("POST", GENERATE, headers, {}))
            if not perform(flow, json.dumps(body).encode(), call["client"]):
                flows.append(flow)
            for document in plans.pop(0) if plans else ():
                with suppress(SettingError):
                    workspace.plan(document)
        yield key
        for flow in flows:
            flow.close()


@pytest.fixture(scope="module")
def journals() -> Iterator[Journals]:
    with omixa_mock.serve(settings={"time_scale": 0}) as server:
        yield Journals(server)


def passes(check: Callable[[], object]) -> bool:
    """Return True if an assertion holds."""
    try:
        check()
    except AssertionError:
        return False
    return True


def observe(mock: OmixaMock) -> dict[str, bool]:
    """Return for each member of a verdict whether the assertions and the strictness of the plugin find nothing."""
    return {
        "refused": not [*STRICTNESS.find_broken_contracts(mock, "omixa_mock", unmatched=False)],
        "unfired_plans": not [*STRICTNESS.find_unmet_plans(mock)],
        "duplicate_charges": passes(mock.assert_no_duplicate_charges),
        "orphan_charges": passes(mock.assert_no_orphan_charges),
        "open_holds": passes(mock.assert_no_open_holds),
        "under_way": not mock._client.under_way(),
        "evicted": not [*STRICTNESS.find_evicted(mock)],
    }


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    calls=st.lists(CALLS, max_size=6),
    plans=st.lists(st.lists(PLANS, max_size=2), max_size=6),
    kept=st.sampled_from([0, 1, 2, 9, 9, 9]),
)
def test_verdict_agrees_with_assertions_and_strictness(
    journals: Journals, http: httpx.Client, monkeypatch: pytest.MonkeyPatch, calls: Any, plans: Any, kept: int
) -> None:
    monkeypatch.setattr("omixa_mock.mock.observations.SETTLING", 0.001)
    server = journals.server
    with journals.record(calls, plans) as key, warnings.catch_warnings():
        warnings.simplefilter("ignore", OmixaAdvisory)  # calls that never end
        server.gateway.workspaces.enter(key).journal.trim(kept)
        verdict = http.get(f"{server.url}{VERDICT}?wait=0", headers=bearer(key)).json()
        local = OmixaMock(server.base_url, key, LocalClient(server.gateway, key), server.gateway)
        remote = OmixaMock(server.base_url, key, RemoteClient(server.url, key, ()))
        found = {name: not verdict[name] for name in FINDINGS}
        # An assertion that cannot look does not hold.
        whole = {name: found[name] and found["evicted"] for name in ("duplicate_charges", "orphan_charges")}
        assert observe(local) == observe(remote) == found | whole
        assert verdict["ok"] == all(found.values())


def test_journals_of_the_agreement_have_every_finding(journals: Journals, http: httpx.Client) -> None:
    cat = {"prompt": "a cat", "n": 1, "client": "stays"}
    calls = [
        {**cat, "fault": "reset_after_capture"},
        {**cat, "fault": "ok"},
        {**cat, "fault": "empty_data", "prompt": "a dog"},
        {**cat, "fault": "hang", "client": "never ends"},
        {**cat, "fault": "ok", "n": 11},
    ]
    unused = {"fail": "no_route", "times": 1, "when": {"prompt": "a bird"}, "probability": 1.0}
    with journals.record([{**cat, "fault": "ok", "prompt": "old"}, *calls], [[unused]]) as key:
        journals.server.gateway.workspaces.enter(key).journal.trim(len(calls) - 1)
        verdict = http.get(f"{journals.server.url}{VERDICT}?wait=0", headers=bearer(key)).json()
    assert [name for name in FINDINGS if not verdict[name]] == []
