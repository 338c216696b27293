"""Charges of a test's calls: single, duplicate and orphan charges, and the ledger as a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from omixa_mock import Gateway
from omixa_mock.gateway import CATALOGUE, Call, Hang, Send, Wait
from omixa_mock.gateway.verdict import charged, describe_charges, find_duplicate, find_orphans
from omixa_mock.mock.tables import Ledger

Ask = Callable[..., Any]
KEY = "omx_live_core"
LOSING = [name for name, kind in CATALOGUE.items() if kind.family == "wrong success" and kind.loses]
SPARING = [name for name, kind in CATALOGUE.items() if kind.family == "wrong success" and not kind.loses]


@pytest.fixture
def generate(make_gateway: Callable[..., Gateway], run_flow: Ask) -> Callable[..., Sequence[Call]]:
    """Return a function that makes requests, each under a fault, and returns the journal."""

    def generate(*requests: tuple[str, dict[str, Any]] | str, **settings: Any) -> Sequence[Call]:
        gateway = make_gateway(**settings)
        workspace = gateway.workspaces.open(KEY)
        for fault, fields in ((request, {}) if isinstance(request, str) else request for request in requests):
            workspace.plan(fault)
            run_flow(gateway, **fields)
        return tuple(workspace.journal)

    return generate


Generate = Callable[..., Sequence[Call]]
DOG: dict[str, Any] = {"prompt": "a dog"}
LEFT: dict[str, Any] = {"leaves_at": Send}


def numbers(calls: Sequence[Call]) -> list[int]:
    return [call.number for call in calls]


# Charged

CHARGED: dict[str, tuple[list[Any], list[int]]] = {
    "success": (["ok"], [1]),
    "two successes": (["ok", "ok"], [1, 2]),
    "nothing": ([], []),
    "refusal": (["no_route", "ok"], [2]),
    "reset before capture": (["reset", "ok"], [2]),
    "reset after capture": (["reset_after_capture", "ok"], [1, 2]),
    "wrong success": (["empty_data"], [1]),
    "hang, and the client left": (["hang"], []),
}


@pytest.mark.parametrize(("requests", "paid"), CHARGED.values(), ids=CHARGED)
def test_charged_calls_are_those_with_a_capture(generate: Generate, requests: list[Any], paid: list[int]) -> None:
    assert numbers(charged(generate(*requests))) == paid


# Duplicates

DUPLICATES: dict[str, tuple[list[Any], tuple[int, int] | None]] = {
    "request repeated after its response was lost": (["reset_after_capture", "ok"], (1, 2)),
    "request repeated after a wrong success that loses": (["empty_data", "ok"], (1, 2)),
    "request repeated after its client left": ([("ok", LEFT), "ok"], (1, 2)),
    "two lost, the first two are reported": (["reset_after_capture", "hang_after_capture", "ok"], (1, 2)),
    "others between": (["reset_after_capture", ("ok", DOG), "ok"], (1, 3)),
    "another number of images is the same request": (["reset_after_capture", ("ok", {"n": 2})], (1, 2)),
    "request repeated after a success": (["ok", "ok"], None),
    "request repeated after a fault before capture": (["reset", "ok"], None),
    "request repeated after a wrong success that does not lose": (["billed_as_number", "ok"], None),
    "another request": (["reset_after_capture", ("ok", DOG)], None),
    "lost at last": (["ok", "reset_after_capture"], None),
    "repeated, and refused": (["reset_after_capture", "no_route"], None),
}


@pytest.mark.parametrize(("requests", "pair"), DUPLICATES.values(), ids=DUPLICATES)
def test_duplicate_is_a_request_charged_again_after_its_response_was_lost(
    generate: Generate, requests: list[Any], pair: tuple[int, int] | None
) -> None:
    duplicate = find_duplicate(generate(*requests))
    assert (None if duplicate is None else (duplicate[0].number, duplicate[1].number)) == pair


def test_replayed_response_is_no_duplicate(generate: Generate) -> None:
    key = {"headers": {"idempotency-key": "a"}}
    calls = generate(("reset_after_capture", key), ("ok", key), idempotency_key="replay")
    assert (find_duplicate(calls), numbers(charged(calls))) == (None, [1])


HEAD = '200 POST /api/v1/images/generations generate n=1 png auto auto "a cat", 0.039000 USD'
WHY = (
    "Call #2 repeats the request of #1, which was charged and whose response was lost (the plan empty_data): "
    "a client that retries blindly pays again. Let it retry only what was not charged: "
    "GET /api/v1/usage/requests lists the last calls with their cost."
)


def test_duplicate_is_explained(generate: Generate) -> None:
    assert describe_charges(generate("empty_data", "ok")).splitlines() == [f"#1 {HEAD}, empty_data", f"#2 {HEAD}", WHY]


def test_duplicate_of_a_client_that_left_is_explained(generate: Generate) -> None:
    assert "was lost (the client had left): a client" in describe_charges(generate(("ok", LEFT), "ok"))


def test_charges_without_a_duplicate_are_listed_alone(generate: Generate) -> None:
    assert len(describe_charges(generate("ok", "no_route", ("ok", DOG))).splitlines()) == 2


# Orphans

ORPHANS: dict[str, tuple[list[Any], list[int]]] = {
    "success": (["ok"], []),
    "client left while its response was sent": ([("ok", LEFT)], [1]),
    "client left, and asked again": ([("ok", LEFT), "ok"], [1]),
    "client left a delay after capture": ([("delay_after_capture", {"leaves_at": Wait})], [1]),
    "client left before capture": (["hang"], []),
    "client left a planned hang": (["hang_after_capture"], []),
    "planned reset": (["reset_after_capture"], []),
    "broken body that a plan wanted": (["truncated"], []),
    "error after capture that a plan wanted": (["internal_error_after_capture"], []),
    "wrong success, and asked again": (["empty_data", "ok"], []),
    "wrong success, and another request": (["empty_data", ("ok", DOG)], [1]),
    "wrong success, and asked again in vain": (["empty_data", "no_route"], []),
    "wrong success twice": (["empty_data", "missing_data"], [2]),
    "no image of one": (["fewer_images"], [1]),
    "two images of three": ([("fewer_images", {"n": 3})], []),
}


@pytest.mark.parametrize(("requests", "orphans"), ORPHANS.values(), ids=ORPHANS)
def test_orphan_is_a_charge_for_nothing(generate: Generate, requests: list[Any], orphans: list[int]) -> None:
    assert numbers(find_orphans(generate(*requests))) == orphans


@pytest.mark.parametrize("name", LOSING)
def test_wrong_success_without_a_usable_image_is_an_orphan(generate: Generate, name: str) -> None:
    assert numbers(find_orphans(generate(name))) == [1]


@pytest.mark.parametrize("name", SPARING)
def test_wrong_success_with_a_usable_image_is_none(generate: Generate, name: str) -> None:
    assert find_orphans(generate((name, {"n": 2}))) == []


def test_client_that_left_and_paid_by_the_setting_is_an_orphan(generate: Generate) -> None:
    calls = generate(("delay", {"leaves_at": Wait}), client_leaves="capture")
    assert numbers(find_orphans(calls)) == [1]


# The ledger


def test_ledger_prints_as_a_table(make_gateway: Callable[..., Gateway], run_flow: Ask) -> None:
    gateway = make_gateway()
    workspace = gateway.workspaces.open(KEY)
    workspace.plan(["ok", "reset"])
    for n in (2, 10):
        run_flow(gateway, n=n, leaves_at=Hang)
    assert str(Ledger(workspace.wallet.ledger)).splitlines() == [
        "#  call  kind         amount     balance      held",
        "1     -  balance  100.000000  100.000000  0.000000",
        "2    #1  hold       0.078000  100.000000  0.078000",
        "3    #1  capture    0.078000   99.922000  0.000000",
        "4    #2  hold       0.390000   99.922000  0.390000",
        "5    #2  release    0.390000   99.922000  0.000000",
    ]


def test_empty_ledger_prints_its_headings() -> None:
    assert str(Ledger()) == "#  call  kind  amount  balance  held"


def test_ledger_is_a_tuple_of_its_entries(gateway: Gateway) -> None:
    entries = tuple(gateway.workspaces.open(KEY).wallet.ledger)
    assert Ledger(entries) == entries
