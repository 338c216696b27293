"""Byte budget of all journals of a gateway, and calls whose bodies were dropped."""

from __future__ import annotations

import gc
import json
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omixa_mock import BytesDropped, Gateway
from omixa_mock.gateway import Call, Response, Workspace
from omixa_mock.gateway.calls import JOURNAL_BYTES, LIGHT, BodyByteBudget, BoundedLog, read_call, write_call

Ask = Callable[..., Any]
Part = Callable[..., Any]
Make = Callable[[int], Gateway]
A, B = "omx_live_a", "omx_live_b"
SIZES = st.lists(st.integers(0, 40_000), max_size=30)


def large_call(size: int, number: int = 1) -> Call:
    """Return a call whose response has `size` bytes."""
    return Call("POST", "/", {}, number=number, charge=Decimal(1), sent=Response(200, (), bytes(size)))


def edit(ask: Ask, gateway: Gateway, part: Part, filler: int = 0, **fields: Any) -> Call:
    """Edit an image of 9,000 bytes and return the call from the journal."""
    key = fields.pop("key", A)
    ask(gateway, key=key, input_images=[part(bytes([filler]) * 9000)], **fields)
    calls: list[Call] = [*gateway.workspaces.enter(key).journal]
    return calls[-1]


@pytest.fixture(scope="module")
def gateway_of(make_gateway: Callable[..., Gateway]) -> Make:
    """Return a factory of gateways with a given byte budget; one image without caption is a small response."""
    return lambda journal_bytes: make_gateway(journal_bytes=journal_bytes, image_checks="ignore", caption="none")


@pytest.fixture
def shed(gateway_of: Make, ask: Ask, part: Part) -> Call:
    """Return a call whose bodies were dropped for a later one."""
    gateway = gateway_of(0)
    call = edit(ask, gateway, part, n=10, prompt="p" * 2000)
    edit(ask, gateway, part, 1)
    return call


@given(sizes=SIZES, bytes_max=st.integers(0, 200_000))
def test_kept_bytes_are_within_the_budget_or_of_one_call(sizes: list[int], bytes_max: int) -> None:
    budget, calls = BodyByteBudget(bytes_max), [large_call(size) for size in sizes]
    for call in calls:
        budget.spend(call)
    kept = [call.size for call in calls if call.size > LIGHT]
    assert budget.spent == sum(kept)
    assert sum(kept) <= bytes_max or len(kept) == 1


@given(sizes=SIZES, bytes_max=st.integers(0, 200_000))
def test_oldest_calls_lose_their_bytes_first(sizes: list[int], bytes_max: int) -> None:
    budget, calls = BodyByteBudget(bytes_max), [large_call(LIGHT + 1 + size) for size in sizes]
    for call in calls:
        budget.spend(call)
    shed = [call.shed for call in calls]
    assert shed == sorted(shed, reverse=True)


@given(sizes=SIZES, bytes_max=st.integers(0, 200_000), dead=st.sets(st.integers(0, 29)))
def test_a_deleted_call_costs_nothing(sizes: list[int], bytes_max: int, dead: set[int]) -> None:
    budget = BodyByteBudget(bytes_max)
    calls = dict(enumerate(large_call(LIGHT + 1 + size) for size in sizes))
    for number, call in [*calls.items()]:
        budget.spend(call)
        if number in dead:
            del calls[number], call
    assert budget.spent == sum(call.size for call in calls.values())


def test_small_bodies_stay_with_their_records() -> None:
    budget, calls = BodyByteBudget(0), [large_call(LIGHT) for _ in range(100)]
    for call in calls:
        budget.spend(call)
    assert not any(call.shed for call in calls)


def test_default_is_256_mib(gateway: Gateway) -> None:
    assert gateway.budget.bytes_max == JOURNAL_BYTES == 268_435_456


def test_two_workspaces_share_one_budget(gateway_of: Make, ask: Ask, part: Part) -> None:
    gateway = gateway_of(30_000)
    calls = [edit(ask, gateway, part, number, key=key) for number, key in enumerate((A, B))]
    assert [call.shed for call in calls] == [True, False]


def test_unmatched_calls_share_it(gateway_of: Make, ask: Ask, part: Part) -> None:
    gateway = gateway_of(0)
    call = edit(ask, gateway, part)
    gateway.unmatched.append(late := large_call(9000))
    gateway.budget.spend(late)
    assert (call.shed, late.shed) == (True, False)


def test_closed_workspace_releases_its_bytes(gateway_of: Make, ask: Ask, part: Part) -> None:
    gateway = gateway_of(30_000)
    edit(ask, gateway, part)
    gateway.workspaces.close(A)
    ask(gateway, key=B)  # conftest keeps a reference to the newest call
    gc.collect()
    assert gateway.budget.spent == 0


def test_evicted_call_releases_its_bytes(gateway_of: Make, ask: Ask, part: Part) -> None:
    gateway = gateway_of(100_000)
    gateway.workspaces.open(A).journal = BoundedLog(1)
    edit(ask, gateway, part)
    spent = gateway.budget.spent
    edit(ask, gateway, part)
    gc.collect()
    assert gateway.budget.spent == spent


def test_shed_call_is_marked(shed: Call) -> None:
    assert (shed.shed, shed.as_json()["shed"]) == (True, True)


def test_request_of_a_shed_call_has_the_heads_of_its_data_urls(shed: Call) -> None:
    assert shed.request is not None
    url = shed.request["input_images"][0]["image_url"]["url"]
    assert url == "data:image/png;base64,… (12,000 characters)"


def test_long_prompt_of_a_shed_call_is_cut(shed: Call) -> None:
    assert shed.fields["prompt"] == "p" * 1000 + "… (2,000 characters)"


def test_input_image_of_a_shed_call_keeps_all_but_its_bytes(shed: Call) -> None:
    (image,) = shed.input_images
    assert image.length == 9000
    with pytest.raises(BytesDropped, match=r"^The bytes of this input image \(9.0 KB\) were dropped: "):
        _ = image.data


def test_images_of_a_shed_call_raise_bytes_dropped(shed: Call) -> None:
    with pytest.raises(BytesDropped, match=r"^The images of <call #1 200 .*> were dropped: .*journal_bytes="):
        _ = shed.images


def test_small_response_to_a_large_upload_is_kept(gateway_of: Make, ask: Ask, part: Part) -> None:
    gateway = gateway_of(0)
    call = edit(ask, gateway, part)
    edit(ask, gateway, part, 1)
    assert (call.shed, len(call.images)) == (True, 1)


def test_small_request_of_a_large_response_is_kept(gateway_of: Make, ask: Ask) -> None:
    gateway = gateway_of(0)
    for _ in range(2):
        ask(gateway, key=A, n=10, prompt="data:a,b")
    call = next(iter(gateway.workspaces.enter(A).journal))
    assert (call.shed, call.request["prompt"] if call.request else None) == (True, "data:a,b")


def test_shed_call_that_was_refused_has_no_images(gateway_of: Make, ask: Ask) -> None:
    gateway = gateway_of(0)
    for _ in range(2):
        ask(gateway, key=A, n=11, prompt="p" * 9000)
    call = next(iter(gateway.workspaces.enter(A).journal))
    assert (call.shed, call.images, call.status) == (True, (), 422)


@pytest.mark.parametrize("large", [[[]] * 9000, {str(number): 0 for number in range(9000)}, [{"x" * 9000: 1}] * 9])
def test_large_fields_without_images_are_dropped_too(gateway_of: Make, ask: Ask, large: Any) -> None:
    gateway = gateway_of(0)
    for _ in range(2):
        ask(gateway, key=A, background=large)
    call = next(iter(gateway.workspaces.enter(A).journal))
    assert call.request == {"model": "gpt-image-1.5", "prompt": "a cat", "background": "… (too large to be kept)"}


def test_shed_call_survives_the_transcript(shed: Call) -> None:
    assert read_call(json.loads(json.dumps(write_call(shed)))) == shed


BODIES = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 11), st.sampled_from([A, B])), max_size=8)


def describe(workspace: Workspace) -> Any:
    """Return the public data of a workspace's calls and money, except the fields that shedding changes."""
    changed = ("request", "shed")
    calls = [
        {name: value for name, value in call.as_json().items() if name not in changed} for call in workspace.journal
    ]
    return calls, [*workspace.wallet.ledger], workspace.wallet.balance, [str(call) for call in workspace.journal]


@given(bodies=BODIES, journal_bytes=st.integers(0, 60_000))
def test_shedding_changes_neither_records_nor_money(
    gateway_of: Make, ask: Ask, part: Part, bodies: list[tuple[int, int, str]], journal_bytes: int
) -> None:
    ample, scant = gateway_of(JOURNAL_BYTES), gateway_of(journal_bytes)
    for filler, n, key in bodies:
        for gateway in (ample, scant):
            ask(gateway, key=key, n=n, input_images=[part(bytes([filler]) * 9000)])
    for key in (A, B):
        assert describe(scant.workspaces.enter(key)) == describe(ample.workspaces.enter(key))


def test_usage_of_a_shed_call_is_unchanged(gateway_of: Make, ask: Ask, part: Part) -> None:
    usage = {"method": "GET", "path": "/api/v1/usage/requests", "key": A}
    gateway = gateway_of(0)
    edit(ask, gateway, part)
    before = ask(gateway, **usage).body["data"]
    edit(ask, gateway, part, 1)
    assert ask(gateway, **usage).body["data"][1:] == before


def test_many_threads_keep_within_one_budget() -> None:
    budget = BodyByteBudget(100_000)
    journals: list[BoundedLog[Call]] = [BoundedLog(50) for _ in range(8)]

    def write_calls(journal: BoundedLog[Call]) -> None:
        for number in range(500):
            call = large_call(LIGHT + 1 + number, number)
            journal.append(call)
            budget.spend(call)

    threads = [threading.Thread(target=write_calls, args=(journal,)) for journal in journals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    gc.collect()
    kept = sum(call.size for journal in journals for call in journal)
    assert budget.spent == kept <= 100_000


def test_workspace_counts_its_shed_calls(gateway_of: Make, ask: Ask, part: Part) -> None:
    gateway = gateway_of(0)
    for filler in range(3):
        edit(ask, gateway, part, filler)
    assert gateway.workspaces.enter(A).as_json()["calls_shed"] == 2
