"""Maximum numbers of workspaces, tombstones, calls and ledger entries, and eviction beyond them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from itertools import pairwise, product
from threading import Lock
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omixa_mock import Gateway, Settings, shipped_contract
from omixa_mock.gateway import Problem, Workspaces
from omixa_mock.gateway import gateway as gateway_module
from omixa_mock.gateway.calls import CALLS_MAX, ENTRIES_MAX, BoundedLog, trim_largest
from omixa_mock.gateway.calls.fair_share import fair_length
from omixa_mock.gateway.money import Ledger, Wallet
from omixa_mock.gateway.workspaces import TOMBSTONES_MAX, WORKSPACES_MAX, Tombstone, Tombstones
from omixa_mock.gateway.workspaces import workspace as workspace_module

Ask = Callable[..., Any]
Make = Callable[..., Workspaces]


def key(name: object) -> str:
    return f"omx_live_{name}"


@pytest.fixture(scope="module")
def make() -> Make:
    """Return a factory of small workspace registries."""

    def make(entries_max: int = 3, tombstones_max: int = 100, keys: Any = "any") -> Workspaces:
        given = (shipped_contract(), Settings(), keys)
        return Workspaces(*given, entries_max=entries_max, tombstones_max=tombstones_max)

    return make


def is_open(workspaces: Workspaces, name: object) -> bool:
    return workspaces.owner({"authorization": f"Bearer {key(name)}"}) is not None


def open_ones(workspaces: Workspaces, names: Any) -> str:
    return "".join(str(name) for name in names if is_open(workspaces, name))


def test_bounds_are_as_documented() -> None:
    bounds = (WORKSPACES_MAX, TOMBSTONES_MAX, workspace_module.COUNTED_MAX, CALLS_MAX, ENTRIES_MAX)
    assert bounds == (10_000, 20_000, 100_000, 50_000, 100_000)


@given(st.lists(st.integers(0, 5), max_size=40))
def test_workspace_that_was_used_longest_ago_goes_first(make: Make, used: list[int]) -> None:
    workspaces, expected = make(), list[int]()
    for name in used:
        workspaces.open(key(name)) if name not in expected else workspaces.enter(key(name))
        expected = [*(entry for entry in expected if entry != name), name][-3:]
    assert open_ones(workspaces, range(6)) == "".join(map(str, sorted(expected)))


def test_dropped_workspaces_are_counted(make: Make) -> None:
    workspaces = make()
    for name in range(8):
        workspaces.enter(key(name))
    assert workspaces.count() == {"workspaces": 3, "workspaces_dropped": 5, "tombstones_dropped": 0}


def test_key_of_a_dropped_workspace_is_refused_with_reason_and_correction(make: Make) -> None:
    workspaces = make()
    for name in "abcd":
        workspaces.enter(key(name))
    with pytest.raises(Problem) as refused:
        workspaces.enter(key("a"))
    assert refused.value.message == (
        "The workspace of this key was dropped: more than 3 keys were in use, and this one was unused "
        "for the longest time. Its wallet and journal are gone. To begin it anew: PUT /__omixa/workspace"
    )


def test_dropped_workspace_can_be_opened_anew(make: Make) -> None:
    workspaces = make()
    for name in "abcd":
        workspaces.enter(key(name))
    workspaces.open(key("a"))
    assert open_ones(workspaces, "abcd") == "acd"


def test_workspace_with_a_call_under_way_is_not_dropped(make: Make) -> None:
    workspaces = make()
    workspaces.enter(key("a")).next_number()
    for name in "bcd":
        workspaces.enter(key(name))
    assert open_ones(workspaces, "abcd") == "acd"


def test_no_busy_workspace_is_dropped(make: Make) -> None:
    workspaces = make()
    for name in "abcd":
        workspaces.enter(key(name)).next_number()
    assert (len(workspaces), workspaces.dropped) == (4, 0)


def test_workspaces_are_dropped_after_their_calls_have_ended(make: Make) -> None:
    workspaces = make()
    busy = [workspaces.enter(key(name)) for name in "abcde" if workspaces.enter(key(name)).next_number()]
    for workspace in busy:
        workspace.end(1)
    workspaces.enter(key("f"))
    assert open_ones(workspaces, "abcdef") == "def"


def test_adopting_and_adopted_workspaces_stay(make: Make) -> None:
    workspaces = make()
    workspaces.enter(key("a"))
    workspaces.adopt(key("b"), by=key("a"))
    for name in "cdef":
        workspaces.enter(key(name))
    assert open_ones(workspaces, "abcdef") == "abf"


@pytest.mark.parametrize("keys", ["issued", "shared", [key(name) for name in range(9)]])
def test_other_policies_drop_nothing(make: Make, keys: Any) -> None:
    workspaces = make(keys=keys)
    for name in range(9):
        workspaces.open(key(name))
    assert workspaces.dropped == 0


def test_many_threads_keep_the_bound(make: Make) -> None:
    workspaces = make(entries_max=20)

    def enter(number: int) -> None:
        for name in range(200):
            workspaces.enter(key(f"{number}_{name}"))

    threads = [threading.Thread(target=enter, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(workspaces) + workspaces.dropped == 1600
    assert len(workspaces) <= 20 + len(threads)


def test_oldest_tombstones_go_first_and_are_counted() -> None:
    tombstones = Tombstones(2)
    for name in "abac":
        tombstones.add(name.encode(), Tombstone(name, name))
    kept = [name for name in "abc" if tombstones.find(name.encode())]
    assert (kept, tombstones.dropped) == (["a", "c"], 1)


def test_key_whose_tombstone_was_dropped_begins_anew(make: Make) -> None:
    workspaces = make(tombstones_max=1)
    for name in "ab":
        workspaces.open(key(name))
        workspaces.close(key(name), "a test")
    assert workspaces.enter(key("a")).label
    assert workspaces.count()["tombstones_dropped"] == 1


LENGTHS = st.lists(st.integers(0, 60), max_size=12)


@given(lengths=LENGTHS, total=st.integers(0, 400))
def test_fair_length_keeps_the_total(lengths: list[int], total: int) -> None:
    length = fair_length(sorted(lengths), total)
    assert sum(min(own_length, length) for own_length in lengths) <= max(total, 0)


@given(lengths=LENGTHS, total=st.integers(0, 400))
def test_only_the_longest_logs_are_trimmed_and_count_it(lengths: list[int], total: int) -> None:
    logs = [BoundedLog[int]() for _ in lengths]
    for log, length in zip(logs, lengths, strict=True):
        for number in range(length):
            log.append(number)
    trim_largest(logs, total)
    assert sum(map(len, logs)) <= total
    assert [len(log) + log.evicted for log in logs] == lengths
    longest = max((len(log) for log in logs), default=0)
    assert all(len(log) == longest for log in logs if log.evicted)


@given(amounts=st.lists(st.integers(0, 99), max_size=20), length=st.integers(0, 20))
def test_shortened_ledger_has_its_newest_entries_as_before(amounts: list[int], length: int) -> None:
    ledger = Ledger(Lock())
    for before, amount in pairwise([0, *amounts]):
        ledger.enter(("balance", Decimal(amount), Decimal(before), 0, ""), Decimal(amount), Decimal(0))
    entries = [*ledger]
    assert [(entry.number, entry.balance) for entry in entries] == [*enumerate(map(Decimal, amounts), 1)]
    ledger.trim(length)
    assert [*ledger] == entries[len(entries) - min(length, len(entries)) :]


def change_wallet(wallet: Wallet, amounts: list[int]) -> None:
    """Change a wallet in every way, with two open holds at a time."""
    for number, amount in enumerate(map(Decimal, amounts)):
        if amount > 90:
            wallet.set_balance(amount * 10)
        first, second = wallet.hold(amount, number, "a"), wallet.hold(amount / 2, number, "b")
        wallet.capture(first, amount / 3)
        wallet.release(second)


@given(amounts=st.lists(st.integers(1, 99), max_size=9), length=st.integers(1, 20))
def test_bounded_ledger_has_the_newest_entries_of_an_unbounded_one(amounts: list[int], length: int) -> None:
    bounded, unbounded = Wallet(Decimal(5000)), Wallet(Decimal(5000))
    bounded.ledger._entries_max = length
    for wallet in (bounded, unbounded):
        change_wallet(wallet, amounts)
    entries = [*unbounded.ledger]
    assert ([*bounded.ledger], bounded.ledger.evicted) == (entries[-length:], max(0, len(entries) - length))


def test_gateway_trims_its_logs_regularly(gateway: Gateway, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_module, "TRIM_EVERY", 5)
    monkeypatch.setattr(gateway.workspaces, "trim_largest", partial(gateway.workspaces.trim_largest, 4, 4))
    for name, _ in product("ab", range(5)):
        ask(gateway, key=key(name))
    workspaces = [gateway.workspaces.enter(key(name)) for name in "ab"]
    assert [(len(workspace.journal), workspace.journal.evicted) for workspace in workspaces] == [(1, 4), (1, 4)]
    assert [workspace.wallet.balance for workspace in workspaces] == [Decimal("99.805000")] * 2


def test_forgotten_request_counts_from_zero(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace_module, "COUNTED_MAX", 2)
    workspace = gateway.workspaces.open(key("a"))
    assert [workspace.count_request(digest) for digest in "aabbca"] == [0, 1, 0, 1, 0, 0]
    assert [*workspace.request_counts] == ["c", "a"]
