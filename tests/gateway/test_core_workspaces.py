"""Workspaces by API key: access, isolation, tombstones, and the secrecy of keys."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from omixa_mock import Gateway, SettingError
from omixa_mock.gateway import EXAMPLE_KEY, Problem, Request

Ask = Callable[..., Any]
A, B = "omx_live_first_secret", "omx_live_second_secret"


@pytest.mark.parametrize(
    ("key", "status"),
    [
        ("omx_live_a", 200),
        ("omx_live_" + "a" * 200, 200),
        ("omx_live_-_-", 200),
        ("omx_live_" + "a" * 201, 401),
        ("omx_live_", 401),
        ("omx_live_ä", 401),
        ("omx_live_a b", 401),
        ("OMX_LIVE_a", 401),
        ("omx_test_a", 401),
        ("sk-abc", 401),
        ("", 401),
        (None, 401),
    ],
)
def test_form_of_a_key(key: str | None, status: int, gateway: Gateway, ask: Ask) -> None:
    assert ask(gateway, key=key).status == status


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        ("Bearer omx_live_a", 200),
        ("bearer omx_live_a", 200),
        ("BEARER   omx_live_a", 200),
        ("omx_live_a", 401),
        ("Basic omx_live_a", 401),
        ("Bearer", 401),
        ("Beareromx_live_a", 401),
        ("Bearer omx_live_a, Bearer omx_live_b", 401),
    ],
)
def test_scheme_of_the_key(authorization: str, status: int, gateway: Gateway, ask: Ask) -> None:
    assert ask(gateway, headers={"authorization": authorization}).status == status


@pytest.mark.parametrize(
    ("authorization", "rule", "text"),
    [
        (None, "gateway.key.bearer", 'Send the header "Authorization: Bearer omx_live_test"'),
        ("omx_live_a", "gateway.key.bearer", "this one has no scheme"),
        ("Basic xyz", "gateway.key.bearer", "this one has another scheme"),
        ("Bearer ", "gateway.key.grammar", "it is empty"),
        ("Bearer sk-abc", "gateway.key.grammar", "6 characters that do not begin with omx_live_"),
        ("Bearer omx_live_ä", "gateway.key.grammar", "one outside the alphabet"),
    ],
)
def test_refusal_of_a_key_explains_how_to_send_one(
    authorization: str | None, rule: str, text: str, gateway: Gateway, ask: Ask
) -> None:
    headers = {"authorization": authorization} if authorization is not None else {}
    exchange = ask(gateway, key=None, headers=headers)
    assert (exchange.rules, text in exchange.message) == ([rule], True)


def test_any_key_opens_a_workspace(make_gateway: Callable[..., Gateway], ask: Ask) -> None:
    assert ask(make_gateway(keys="any"), key=A).status == 200


def test_key_that_was_not_issued_is_refused(make_gateway: Callable[..., Gateway], ask: Ask) -> None:
    exchange = ask(make_gateway(keys="issued"), key=A)
    assert (exchange.status, exchange.rules) == (401, ["gateway.key.known"])


def test_issued_key_opens_its_workspace(make_gateway: Callable[..., Gateway], ask: Ask) -> None:
    gateway = make_gateway(keys="issued")
    gateway.workspaces.open(A)
    assert ask(gateway, key=A).status == 200


@pytest.mark.parametrize(("key", "status"), [(A, 200), (B, 401)])
def test_list_of_keys(key: str, status: int, make_gateway: Callable[..., Gateway], ask: Ask) -> None:
    assert ask(make_gateway(keys=[A]), key=key).status == status


def test_key_off_the_list_cannot_be_opened(make_gateway: Callable[..., Gateway]) -> None:
    with pytest.raises(Problem, match="not on the fake's list"):
        make_gateway(keys=[A]).workspaces.open(B)


def test_refusal_of_a_late_call_names_the_closed_workspace(gateway: Gateway, ask: Ask) -> None:
    gateway.workspaces.open(A)
    gateway.workspaces.close(A, "tests/test_shop.py::test_pays")
    exchange = ask(gateway, key=A)
    assert (exchange.status, "(tests/test_shop.py::test_pays)" in exchange.message) == (401, True)


def test_late_call_is_unmatched(gateway: Gateway, ask: Ask) -> None:
    gateway.workspaces.open(A)
    gateway.workspaces.close(A)
    exchange = ask(gateway, key=A)
    assert list(gateway.unmatched) == [exchange.call]


def test_closed_workspace_leaves_a_tombstone(gateway: Gateway) -> None:
    gateway.workspaces.open(A)
    gateway.workspaces.close(A, "a test")
    tombstone = gateway.workspaces.tombstone(A)
    assert tombstone is not None
    assert (tombstone.name, "first_secret" in tombstone.label) == ("a test", False)


def test_reopened_workspace_begins_anew(gateway: Gateway, ask: Ask) -> None:
    ask(gateway, key=A)
    gateway.workspaces.close(A)
    assert gateway.workspaces.open(A).wallet.balance == 100


def test_reopened_workspace_has_no_tombstone(gateway: Gateway) -> None:
    gateway.workspaces.open(A)
    gateway.workspaces.close(A)
    gateway.workspaces.open(A)
    assert gateway.workspaces.tombstone(A) is None


def test_call_that_was_under_way_when_its_workspace_closed_is_settled_and_unmatched(
    make_gateway: Callable[..., Gateway], start: Callable[..., Any]
) -> None:
    gateway = make_gateway(latency=1)
    workspace = gateway.workspaces.open(A)
    flow, _ = start(gateway, key=A)
    gateway.workspaces.close(A)
    flow.close()
    assert (str(workspace.wallet.held), len(workspace.journal), len(gateway.unmatched)) == ("0.000000", 0, 1)


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/"])
def test_call_to_an_unknown_path_is_unmatched(path: str, gateway: Gateway, ask: Ask) -> None:
    exchange = ask(gateway, path=path)
    assert (list(gateway.unmatched), len(gateway.workspaces)) == ([exchange.call], 0)


def test_refused_key_opens_nothing(gateway: Gateway, ask: Ask) -> None:
    ask(gateway, key="sk-abc")
    assert len(gateway.workspaces) == 0


def test_two_keys_have_journals_of_their_own(gateway: Gateway, ask: Ask) -> None:
    call = ask(gateway, key=A).call
    ask(gateway, key=B)
    assert list(gateway.workspaces.enter(A).journal) == [call]


def test_two_keys_have_wallets_of_their_own(gateway: Gateway, ask: Ask) -> None:
    ask(gateway, key=A)
    assert gateway.workspaces.enter(B).wallet.balance == 100


def test_two_keys_have_numbers_of_their_own(gateway: Gateway, ask: Ask) -> None:
    assert [ask(gateway, key=key).call.number for key in (A, B, A)] == [1, 1, 2]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"settings": {"success_status": 201}}, 201),
        ({"balance": 0}, 402),
        ({"models": []}, 403),
        ({"routes_down": ["azure-openai", "azure-foundry"]}, 503),
    ],
)
def test_configuration_of_a_key_does_not_affect_another(
    changes: dict[str, Any], status: int, gateway: Gateway, ask: Ask
) -> None:
    gateway.workspaces.open(A).configure(changes)
    assert (ask(gateway, key=A).status, ask(gateway, key=B).status) == (status, 200)


def test_change_leaves_other_values_unchanged(gateway: Gateway) -> None:
    workspace = gateway.workspaces.open(A)
    workspace.configure({"settings": {"seed": 7}, "models": [], "routes_down": ["azure-openai"]})
    workspace.configure({"settings": {"provider_limit": 2}, "balance": "7"})
    assert (workspace.settings.seed, workspace.models, set(workspace.routes_down)) == (7, (), {"azure-openai"})


def test_restriction_is_lifted_by_null(gateway: Gateway, ask: Ask) -> None:
    workspace = gateway.workspaces.open(A)
    workspace.configure({"models": []})
    workspace.configure({"models": None})
    assert ask(gateway, key=A).status == 200


GOOD = {"settings": {"seed": 7}, "models": [], "routes_down": ["azure-openai"], "balance": "7"}
BAD = [
    {"nonsense": 1},
    {"settings": None},
    {"settings": {"sead": 1}},
    {"settings": {"seed": "x"}},
    {"settings": {"models": ["dall-e-3"]}},
    {"settings": {"models": []}},
    {"settings": {"prices": {"gpt-image-1.5": "x"}}},
    {"settings": {"routes": {"gpt-image-1.5": "azure-openai"}}},
    {"settings": {"errors": {"nonsense": {}}}},
    {"settings": {"errors": {"no_route": {"status": 200}}}},
    {"settings": {"errors": {"no_route": {"param": "x"}}}},
    {"models": "gpt-image-1.5"},
    {"models": ["dall-e-3"]},
    {"models": 5},
    {"models": [["gpt-image-1.5"]]},
    {"routes_down": "azure-openai"},
    {"routes_down": ["aws"]},
    {"routes_down": None},
    {"routes_down": [{}]},
    {"balance": "-1"},
    {"balance": "much"},
    {"balance": None},
    {"balance": True},
    {"balance": "1e20"},
]


@pytest.mark.parametrize("bad", BAD, ids=json.dumps)
def test_bad_change_changes_nothing(bad: dict[str, Any], gateway: Gateway) -> None:
    workspace = gateway.workspaces.open(A)
    before = (workspace.as_json(), workspace.settings, list(workspace.wallet.ledger))
    with pytest.raises(SettingError):
        workspace.configure({**GOOD, **bad})
    assert (workspace.as_json(), workspace.settings, list(workspace.wallet.ledger)) == before


def test_reset_begins_anew(gateway: Gateway, ask: Ask) -> None:
    fresh = gateway.workspaces.open(A).as_json()
    gateway.workspaces.open(A).configure({**GOOD, "models": None})
    ask(gateway, key=A)
    gateway.workspaces.reset(A)
    workspace = gateway.workspaces.enter(A)
    assert (workspace.as_json(), len(workspace.journal), workspace.settings.seed) == (fresh, 0, 0)


SECRET = "omx_live_first_secret"


def everything(gateway: Gateway) -> str:
    """Return everything that a gateway keeps, as the control routes and a debugger show it."""
    workspaces = list(gateway.workspaces._open.values())
    calls = [*gateway.unmatched, *(call for workspace in workspaces for call in workspace.journal)]
    return json.dumps([item.as_json() for item in (*workspaces, *calls)]) + repr(
        [calls, vars(gateway.workspaces), [vars(workspace) for workspace in workspaces]]
    )


@pytest.mark.parametrize(
    "request_",
    [
        {"key": SECRET},
        {"key": SECRET, "n": 11},
        {"key": SECRET, "method": "GET", "path": "/api/v1/models"},
        {"key": SECRET, "path": f"/api/v1/{SECRET}"},
        {"key": SECRET + "!"},
        {"headers": {"x-api-key": SECRET}},
        {"headers": {"cookie": f"key={SECRET}"}},
        {"headers": {"x-other": f"key {SECRET}"}},
        {"headers": {"authorization": SECRET}},
    ],
)
def test_no_key_is_kept_in_the_clear(request_: dict[str, Any], gateway: Gateway, ask: Ask) -> None:
    ask(gateway, **request_)
    assert "first_secret" not in everything(gateway)


@pytest.mark.parametrize(
    "fields",
    [
        {"prompt": f"my key is {SECRET}."},
        {"prompt": "omx_live_" + "a" * 250 + "first_secret"},
        {"size": SECRET},
        {SECRET: 1},
        {"model": SECRET},
        {"x": [{"y": SECRET}]},
    ],
)
def test_key_in_a_request_is_not_shown_by_the_journal(fields: dict[str, Any], gateway: Gateway, ask: Ask) -> None:
    assert "first_secret" not in json.dumps(ask(gateway, **fields).call.as_json())


def test_prompt_is_kept_unchanged(gateway: Gateway, ask: Ask) -> None:
    assert ask(gateway, prompt=f"my key is {SECRET}.").call.request["prompt"] == f"my key is {SECRET}."


def test_issued_key_is_shown(gateway: Gateway) -> None:
    assert gateway.workspaces.open("omx_live_mock_gw0_ab12").label == "omx_live_mock_gw0_ab12"


def test_same_key_has_the_same_label(gateway: Gateway, make_gateway: Callable[..., Gateway]) -> None:
    labels = {instance.workspaces.open(A).label for instance in (gateway, make_gateway())}
    assert len(labels) == 1


def test_example_key_is_well_formed(gateway: Gateway, ask: Ask) -> None:
    assert ask(gateway, key=EXAMPLE_KEY).status == 200


def test_journal_describes_images_without_their_bytes(gateway: Gateway, ask: Ask, image: Any) -> None:
    part = image(64, 32)
    record = ask(gateway, input_images=[part]).call.as_json()
    base64 = part["image_url"]["url"].partition(",")[2]
    assert (base64[20:40] in json.dumps(record), record["input_images"][0][:11]) == (False, "<png 64x32,")


def test_journal_has_request_and_response(gateway: Gateway, ask: Ask) -> None:
    record = ask(gateway, n=2, headers={"user-agent": "curl/8"}).call.as_json()
    assert record | {"digest": "", "fingerprints": ""} == {
        "number": 1,
        "method": "POST",
        "path": "/api/v1/images/generations",
        "headers": {"content-type": "application/json", "authorization": "(redacted)", "user-agent": "curl/8"},
        "created": 1780660800,
        "request": {"model": "gpt-image-1.5", "prompt": "a cat", "n": 2},
        "operation": "generate",
        "digest": "",
        "input_images": [],
        "mask": None,
        "status": 200,
        "error": None,
        "rules": [],
        "planned": False,
        "advisories": [],
        "attempts": [{"route": "azure-openai", "outcome": "up"}],
        "fingerprints": "",
        "charge": "0.078000",
        "fault": None,
        "waited": 0.0,
        "client_left": False,
        "replayed": False,
        "late": None,
        "shed": False,
    }


def test_balance_is_the_set_amount_less_the_charges(gateway: Gateway, ask: Ask) -> None:
    gateway.workspaces.open(A).configure({"balance": "5.00"})
    ask(gateway, key=A)
    assert gateway.workspaces.enter(A).wallet.balance == Decimal("4.961")


def test_a_call_under_way_when_its_workspace_is_closed_is_a_late_one(make_gateway: Callable[..., Gateway]) -> None:
    gateway = make_gateway(latency=1)
    flow = gateway.handle(
        Request(
            "POST",
            "/api/v1/images/generations",
            {"authorization": f"Bearer {A}", "content-type": "application/json"},
            {},
        )
    )
    next(flow)
    flow.send(b'{"model": "gpt-image-1.5", "prompt": "a cat"}')
    gateway.workspaces.close(A, "test_that_ended")
    flow.send(None)
    flow.close()
    assert [call.late for call in gateway.unmatched] == ["test_that_ended"]
