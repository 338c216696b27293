"""Conservation of money: holds, captures and releases, in any sequence and from many threads."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from omixa_mock import Call, Gateway, SettingError
from omixa_mock.gateway import ClientDisconnected, ReadBody, Send, Wait, Wallet
from omixa_mock.gateway.money import Hold, InsufficientBalance, money

Ask = Callable[..., Any]
KEY = "omx_live_core"
amounts = st.decimals(0, 20, places=6)
shares = st.integers(0, 1000)


class WalletMachine(RuleBasedStateMachine):
    """Holds, captures and releases in any sequence, compared with a model of three numbers."""

    holds: Bundle[Hold | None] = Bundle("holds")
    ended: Bundle[Hold | None] = Bundle("ended")

    def __init__(self) -> None:
        super().__init__()
        self.wallet = Wallet(Decimal(50))
        self.open: dict[Hold, Decimal] = {}
        self.charges: list[Decimal] = []

    @rule(target=holds, amount=amounts)
    def hold(self, amount: Decimal) -> Hold | None:
        if amount > self.wallet.available:
            with pytest.raises(InsufficientBalance):
                self.wallet.hold(amount, 1, "digest")
            return None
        hold = self.wallet.hold(amount, 1, "digest")
        self.open[hold] = amount
        return hold

    @rule(target=ended, hold=consumes(holds), share=shares)
    def capture(self, hold: Hold | None, share: int) -> Hold | None:
        if hold is not None:
            cost = money(self.open.pop(hold) * share / 1000)
            assert self.wallet.capture(hold, cost) == cost
            self.charges.append(cost)
        return hold

    @rule(target=ended, hold=consumes(holds))
    def release(self, hold: Hold | None) -> Hold | None:
        if hold is not None:
            del self.open[hold]
            self.wallet.release(hold)
        return hold

    @rule(hold=ended)
    def release_what_has_ended(self, hold: Hold | None) -> None:
        if hold is not None:
            self.wallet.release(hold)

    @rule(hold=ended)
    def capture_what_has_ended(self, hold: Hold | None) -> None:
        if hold is not None:
            with pytest.raises(ValueError, match="has ended already"):
                self.wallet.capture(hold, money(1))

    @invariant()
    def captures_are_the_change_of_the_balance(self) -> None:
        assert Decimal(50) - self.wallet.balance == self.wallet.captured == sum(self.charges, Decimal(0))

    @invariant()
    def held_is_the_sum_of_open_holds(self) -> None:
        assert self.wallet.held == sum(self.open.values(), Decimal(0))

    @invariant()
    def nothing_is_negative(self) -> None:
        assert min(self.wallet.balance, self.wallet.held, self.wallet.available, self.wallet.captured) >= 0

    @invariant()
    def ledger_agrees_with_the_wallet(self) -> None:
        entries = list(self.wallet.ledger)
        balance = held = Decimal(0)
        for entry in entries:
            balance += {"balance": entry.amount, "capture": -entry.amount}.get(entry.kind, Decimal(0))
            held = entry.held if entry.kind != "hold" else held + entry.amount
            assert (entry.balance, entry.held) == (balance, held)
        assert (balance, held) == (self.wallet.balance, self.wallet.held)


TestWallet = WalletMachine.TestCase
TestWallet.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Switch threads as often as possible, so that races show."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hasty_threads")
@pytest.mark.parametrize("balance", ["100", "1"], ids=["enough for all", "enough for some"])
def test_sixteen_threads_on_one_key_are_billed_what_the_wallet_lost(
    balance: str, make_gateway: Callable[..., Gateway], ask: Ask
) -> None:
    gateway = make_gateway(default_balance=balance, latency=0.001)
    barrier = Barrier(16)

    def client(thread: int) -> Decimal:
        # All begin at once, with an unused key: its workspace is created only once.
        barrier.wait()
        exchanges = [
            ask(gateway, prompt=f"{thread} {number}", n=1 + number % 3, size="1024x1024") for number in range(6)
        ]
        assert {exchange.status for exchange in exchanges} <= {200, 402}
        return sum((exchange.billed for exchange in exchanges if exchange.status == 200), Decimal(0))

    with ThreadPoolExecutor(16) as pool:
        billed = sum(pool.map(client, range(16)), Decimal(0))
    wallet = gateway.workspaces.enter(KEY).wallet
    assert billed == wallet.captured == Decimal(balance) - wallet.balance > 0


@pytest.mark.usefixtures("hasty_threads")
def test_calls_of_sixteen_threads_are_numbered_without_gap_or_repetition(gateway: Gateway, ask: Ask) -> None:
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: ask(gateway, n=...), range(64)))
    assert sorted(call.number for call in gateway.workspaces.enter(KEY).journal) == list(range(1, 65))


@pytest.mark.usefixtures("hasty_threads")
def test_first_calls_of_a_key_from_many_threads_share_one_workspace(make_gateway: Callable[..., Gateway]) -> None:
    gateway = make_gateway()
    for number in range(40):
        barrier = Barrier(8)

        def enter(_: int, key: str = f"omx_live_{number}", barrier: Barrier = barrier) -> int:
            barrier.wait()
            return id(gateway.workspaces.enter(key))

        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(enter, range(8)))) == 1


def holds_of(gateway: Gateway) -> list[tuple[str, str]]:
    ledger = gateway.workspaces.enter(KEY).wallet.ledger
    return [(entry.kind, f"{entry.amount}") for entry in ledger if entry.kind != "balance"]


@pytest.mark.parametrize(
    ("price", "n", "hold"),
    [
        ("0.002", 1, "0.010000"),
        ("0.002", 5, "0.010000"),
        ("0.002", 6, "0.012000"),
        ("0", 10, "0.010000"),
        ("0.039", 1, "0.039000"),
        ("0.0000005", 10, "0.010000"),
    ],
)
def test_hold_is_the_price_of_all_images_and_no_less_than_the_minimum(
    price: str, n: int, hold: str, make_gateway: Callable[..., Gateway], ask: Ask
) -> None:
    gateway = make_gateway(prices={"gpt-image-1.5": price})
    ask(gateway, n=n)
    assert holds_of(gateway)[0] == ("hold", hold)


def test_charge_is_the_price_and_not_the_minimum_hold(make_gateway: Callable[..., Gateway], ask: Ask) -> None:
    assert ask(make_gateway(prices={"gpt-image-1.5": "0.002"})).billed == Decimal("0.002")


@pytest.mark.parametrize(("balance", "status"), [("0.039", 200), ("0.038999", 402)])
def test_last_money_is_spent_to_the_last_micro_dollar(
    balance: str, status: int, make_gateway: Callable[..., Gateway], ask: Ask
) -> None:
    assert ask(make_gateway(default_balance=balance)).status == status


def test_hold_is_open_while_a_call_waits(make_gateway: Callable[..., Gateway], start: Callable[..., Any]) -> None:
    gateway = make_gateway(latency=3)
    flow, step = start(gateway, n=2)
    held = gateway.workspaces.enter(KEY).wallet.held
    flow.close()
    assert (step, held) == (Wait(3), Decimal("0.078"))


def test_call_is_refused_while_another_holds_what_it_needs(
    make_gateway: Callable[..., Gateway], start: Callable[..., Any], ask: Ask
) -> None:
    gateway = make_gateway(latency=3, default_balance="0.05")
    flow, _ = start(gateway)
    refused = ask(gateway)
    flow.close()
    assert (refused.status, "hold of 0.039000 USD and 0.011000 is available" in refused.message) == (402, True)


def test_hold_of_an_ended_call_can_be_spent(
    make_gateway: Callable[..., Gateway], start: Callable[..., Any], ask: Ask
) -> None:
    gateway = make_gateway(latency=3, default_balance="0.05")
    start(gateway)[0].close()
    assert ask(gateway).status == 200


def test_client_that_leaves_while_its_call_waits_pays_nothing(
    make_gateway: Callable[..., Gateway], leave: Callable[..., Call]
) -> None:
    gateway = make_gateway(latency=3)
    leave(gateway, Wait)
    assert holds_of(gateway) == [("hold", "0.039000"), ("release", "0.039000")]


def test_client_that_leaves_while_its_call_waits_is_journalled(
    make_gateway: Callable[..., Gateway], leave: Callable[..., Call]
) -> None:
    gateway = make_gateway(latency=3)
    leave(gateway, Wait)
    (call,) = gateway.workspaces.enter(KEY).journal
    assert (call.client_left, call.charged, call.sent) == (True, False, None)


def test_client_that_leaves_while_it_sends_its_body_is_journalled(gateway: Gateway, leave: Callable[..., Call]) -> None:
    call = leave(gateway, ReadBody)
    assert (call.client_left, call.document, holds_of(gateway)) == (True, None, [])


def test_client_that_leaves_while_its_response_is_sent_has_paid(gateway: Gateway, leave: Callable[..., Call]) -> None:
    call = leave(gateway, Send)
    assert (call.client_left, call.charge) == (True, Decimal("0.039"))


def test_client_that_leaves_while_a_refusal_is_sent_is_journalled(gateway: Gateway, leave: Callable[..., Call]) -> None:
    call = leave(gateway, Send, n=11)
    assert (call.client_left, call.error is not None, call.charged) == (True, True, False)


@pytest.mark.parametrize("way", ["close", "error"])
def test_flow_that_its_transport_gives_up_costs_nothing(
    way: str, make_gateway: Callable[..., Gateway], start: Callable[..., Any]
) -> None:
    gateway = make_gateway(latency=3)
    flow, _ = start(gateway)
    if way == "close":
        flow.close()
    else:
        with pytest.raises(OSError, match="transport"):
            flow.throw(OSError("transport"))
    (call,) = gateway.workspaces.enter(KEY).journal
    assert (call.charged, holds_of(gateway)[-1]) == (False, ("release", "0.039000"))


def test_flow_that_its_transport_closes_is_journalled_without_a_response(
    make_gateway: Callable[..., Gateway], start: Callable[..., Any]
) -> None:
    gateway = make_gateway(latency=3)
    start(gateway)[0].close()
    (call,) = gateway.workspaces.enter(KEY).journal
    assert (call.client_left, call.sent) == (True, None)


def test_disconnected_client_ends_the_flow(make_gateway: Callable[..., Gateway], start: Callable[..., Any]) -> None:
    flow, _ = start(make_gateway(latency=3))
    with pytest.raises(StopIteration):
        flow.throw(ClientDisconnected())


def test_captures_of_the_ledger_name_their_calls(gateway: Gateway, ask: Ask) -> None:
    calls = [ask(gateway, prompt=prompt).call for prompt in ("a cat", "a dog")]
    captures = [entry for entry in gateway.workspaces.enter(KEY).wallet.ledger if entry.kind == "capture"]
    assert [(entry.call, entry.digest) for entry in captures] == [
        (call.number, call.image_request.digest) for call in calls
    ]


@pytest.mark.parametrize("changes", [{"balance": "0.03"}, {"balance": 0, "models": []}], ids=str)
def test_balance_below_what_calls_hold_is_refused(
    make_gateway: Callable[..., Gateway], start: Callable[..., Any], changes: dict[str, Any]
) -> None:
    gateway = make_gateway(latency=3)
    flow, _ = start(gateway)
    workspace = gateway.workspaces.enter(KEY)
    with pytest.raises(SettingError, match=r"Wait for their end, or set at least 0\.039000$"):
        workspace.configure(changes)
    assert (workspace.wallet.balance, workspace.models) == (Decimal(100), None)
    flow.close()


def test_balance_of_what_calls_hold_is_accepted(
    make_gateway: Callable[..., Gateway], start: Callable[..., Any]
) -> None:
    gateway = make_gateway(latency=3)
    flow, _ = start(gateway)
    workspace = gateway.workspaces.enter(KEY)
    workspace.configure({"balance": "0.039"})
    next(flow)
    assert (workspace.wallet.balance, workspace.wallet.captured) == (Decimal(0), Decimal("0.039"))


def test_balance_set_from_outside_is_in_the_ledger(gateway: Gateway) -> None:
    workspace = gateway.workspaces.open(KEY)
    workspace.configure({"balance": "5.00"})
    assert [(entry.kind, str(entry.balance), entry.call) for entry in workspace.wallet.ledger][-1:] == [
        ("balance", "5.000000", 0)
    ]
