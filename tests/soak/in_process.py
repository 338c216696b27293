"""Faulted calls in process: threads that share a wallet, with clients that leave at any step."""

from __future__ import annotations

import multiprocessing
import os
import random
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import chain, count, islice

import httpx

from omixa_mock import OmixaMock, Settings
from omixa_mock.gateway import (
    Body,
    Call,
    ClientDisconnected,
    Flow,
    Hang,
    ReadBody,
    Request,
    Response,
    Send,
    Step,
    with_changes,
)
from omixa_mock.interception import InterceptionContext
from omixa_mock.interceptors.exchange import ClientTimedOut, run_flow
from omixa_mock.transports.flow_driver import drive
from tests.soak.accounts import Account, Entry, Exchange, Record
from tests.soak.cases import BODIES, PRICES, list_faults, make_plan, read_bill
from tests.soak.totals import Summary, Totals, summarize

KEY = "omx_live_soak_in_process"
PATH = "/api/v1/images/generations"
# The calls of a wallet cost about 900 USD: every fifth runs out of money.
OPENINGS = [Decimal(amount) for amount in (10_000, 10_000, 10_000, 10_000, 700)]
THREADS = 4
# More than a journal and a ledger keep: both must evict.
CALLS_PER_WALLET = 12_000
# Between two of these the threads wait for each other: a replayed response is kept for a limited number of others.
STRIDE = 200
# Delays longer than the read timeout end at once in process: nobody has to wait for them.
FAULTS = list_faults("1ms", "60s")
READ_TIMEOUT = 1.0
SWITCH_INTERVAL = 1e-4


class Cancelled(BaseException):
    """End of a client's task amid its call."""


class Leaver:
    """Client that leaves, or is cancelled, at one step of a flow."""

    def __init__(self, body: Body, steps: int, error: BaseException) -> None:
        self._body = body
        self._steps = steps
        self._error = error

    def perform(self, step: Step) -> Body | None:
        """Perform a step, or leave."""
        self._steps -= 1
        if self._steps < 0 or isinstance(step, Hang):
            raise self._error
        return self._body if isinstance(step, ReadBody) else None


@dataclass
class Caller:
    """Thread that makes calls; one in forty with httpx, which is intercepted.

    Attributes:
        number: The number of the thread.
        mock: The mock that answers.
        replays: True if equal requests with one Idempotency-Key are replayed.
        client: The intercepted client.
        chance: The thread's random numbers.
    """

    number: int
    mock: OmixaMock
    replays: bool
    client: httpx.Client
    chance: random.Random

    def run(self, calls: int, barrier: threading.Barrier) -> list[Exchange]:
        """Make so many calls, and return them."""
        exchanges = []
        for index in range(calls):
            if index % STRIDE == 0:
                barrier.wait()
            # Two threads send equal requests with one Idempotency-Key, at about the same time.
            token = f"{self.number // 2}-{index}"
            exchanges.append(self._call(f"{self.number}-{index}", token, index % len(BODIES)))
        return exchanges

    def _call(self, name: str, token: str, kind: int) -> Exchange:
        """Make one call: with httpx, or of a client that leaves, or of one that waits."""
        again, body = self.number % 2 == 1, BODIES[kind]
        exchange = Exchange(name, PRICES[kind], token if self.replays else "", again=again)
        fields = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
        fields |= {"x-request-id": name, "idempotency-key": token}
        way = self.chance.random()
        if way < 0.025:
            return self._send(exchange, fields, body)
        flow = self.mock.gateway.handle(Request("POST", PATH, fields, {}))
        return self._leave(exchange, flow, body) if way < 0.175 else self._stay(exchange, flow, body)

    def _leave(self, exchange: Exchange, flow: Flow, body: bytes) -> Exchange:
        error = self.chance.choice((ClientDisconnected(0.0), Cancelled()))
        with suppress(Cancelled):
            drive(flow, Leaver(body, self.chance.randrange(4), error).perform)
        return exchange

    def _stay(self, exchange: Exchange, flow: Flow, body: bytes) -> Exchange:
        try:
            ending = run_flow(flow, body, READ_TIMEOUT)
        except ClientTimedOut:
            return exchange
        return with_response(exchange, ending.response) if isinstance(ending, Send) else exchange

    def _send(self, exchange: Exchange, fields: dict[str, str], body: bytes) -> Exchange:
        try:
            response = self.client.post(f"https://www.omixa.cloud{PATH}", content=body, headers=fields)
        except httpx.HTTPError:
            return exchange
        return with_response(exchange, Response(response.status_code, (), response.content))


def with_response(exchange: Exchange, response: Response) -> Exchange:
    """Return an exchange whose response arrived."""
    return replace(exchange, status=response.status, bill=read_bill(response.status, response.body))


def read_record(call: Call) -> Record:
    """Return a call as the journal has it."""
    charge = call.charge if call.charged else None
    name = call.headers["x-request-id"]
    return Record(name, call.number, call.status, charge, call.fault, call.client_left, call.replayed)


def choose_settings(number: int) -> Settings:
    """Return the settings of a wallet: four in a row have all combinations."""
    changes = {
        "default_balance": OPENINGS[number % len(OPENINGS)],
        "idempotency_key": ("ignore", "replay")[number % 2],
        "client_leaves": ("release", "capture")[(number + 1) // 2 % 2],
    }
    return with_changes(Settings(), changes)


def use_wallet(number: int, calls: int) -> Account:
    """Make so many calls with one new wallet, and return its account."""
    records: list[Record] = []
    settings, barrier = choose_settings(number), threading.Barrier(THREADS)
    interception = InterceptionContext(KEY, settings, on_call=lambda call: records.append(read_record(call)))
    with interception as mock, ExitStack() as stack:
        mock.plan(make_plan(FAULTS, every=20, chance=random.Random(number)))
        callers = [
            Caller(
                thread,
                mock,
                settings.idempotency_key == "replay",
                stack.enter_context(httpx.Client(timeout=READ_TIMEOUT, trust_env=False)),
                random.Random(number * THREADS + thread),
            )
            for thread in range(THREADS)
        ]
        with ThreadPoolExecutor(THREADS) as pool:
            parts = pool.map(lambda caller: caller.run(calls // THREADS, barrier), callers)
        return read_account(mock, settings.default_balance, records, [*chain.from_iterable(parts)])


def read_account(mock: OmixaMock, opening: Decimal, records: list[Record], exchanges: list[Exchange]) -> Account:
    """Return the account of the mock's wallet."""
    workspace = mock.gateway.workspaces.enter(KEY)
    wallet, journal = workspace.wallet, workspace.journal
    return Account(
        opening=opening,
        balance=wallet.balance,
        held=wallet.held,
        captured=wallet.captured,
        entries=[Entry(entry.kind, entry.amount, entry.balance, entry.call) for entry in wallet.ledger],
        entries_evicted=wallet.ledger.evicted,
        records=records,
        kept=[call.headers["x-request-id"] for call in journal],
        calls_evicted=journal.evicted,
        exchanges=exchanges,
    )


@contextmanager
def frequent_switches() -> Iterator[None]:
    """Let the interpreter switch threads often, so that their calls interleave."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def check_wallet(number: int) -> Summary:
    """Make the calls of one wallet, and return its summary."""
    with frequent_switches():
        return summarize(use_wallet(number, CALLS_PER_WALLET), f"wallet {number}")


def soak_in_process(faulted: int) -> Totals:
    """Make calls until so many of them met a fault or lost their client, and return the totals.

    Each processor runs wallets of its own.
    """
    totals, numbers, processes = Totals(FAULTS), count(), os.cpu_count() or 1
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        while totals.counts["fault, or client left"] < faulted:
            for summary in pool.map(check_wallet, islice(numbers, processes)):
                totals.add(summary)
    return totals
