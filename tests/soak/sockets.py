"""Faulted calls over sockets: groups of clients share one wallet after another, and each wallet is checked."""

from __future__ import annotations

import asyncio
import json
import random
import statistics
from decimal import Decimal
from itertools import count
from typing import Any

from tests.soak.accounts import Account, Entry, Exchange, Record
from tests.soak.cases import list_faults, make_plan
from tests.soak.raw_client import RawClient, write_request
from tests.soak.server_process import ServerProcess, describe_files, describe_memory, sample_memory
from tests.soak.socket_client import Budget, Client, Terms
from tests.soak.totals import Totals, summarize

CLIENTS_PER_WALLET = 5
# Calls of all clients of a wallet, before it is checked and closed.
CALLS_PER_WALLET = 150
FAULTS = list_faults("20ms")
Json = Any


def make_terms(group: int, number: int) -> Terms:
    """Return the terms of a group's next wallet: every eighth group is undisturbed."""
    opening = Decimal(8) if number % 3 == 2 else Decimal(100)
    replays = number % 2 == 0
    settings = {
        "idempotency_key": "replay" if replays else "ignore",
        "client_leaves": ("release", "capture")[number // 2 % 2],
        "latency": "uniform:0..20ms",
    }
    changes = {"settings": settings, "balance": str(opening)}
    return Terms(f"omx_live_soak_{group}_{number}", opening, replays, changes, group % 8 != 7)


class Group:
    """Clients that share one wallet after another."""

    def __init__(self, number: int, port: int, budget: Budget, totals: Totals) -> None:
        self._number = number
        self._clients = [
            Client(number * CLIENTS_PER_WALLET + index, port, budget) for index in range(CLIENTS_PER_WALLET)
        ]
        self._budget = budget
        self._totals = totals
        self._control = RawClient(port)

    async def run(self) -> None:
        """Use wallets until all calls are made."""
        for number in count():
            if self._budget.calls <= 0:
                return
            terms = make_terms(self._number, number)
            await self._call("PUT", "workspace", terms, terms.changes)
            if terms.planned:
                plan = make_plan(FAULTS, every=4, chance=random.Random(terms.key))
                await self._call("POST", "faults", terms, plan)
            calls = CALLS_PER_WALLET // CLIENTS_PER_WALLET
            parts = await asyncio.gather(*(client.use(terms, calls) for client in self._clients))
            account = await self._read_account(terms, [exchange for part in parts for exchange in part])
            self._totals.add(summarize(account, terms.key))
            self._totals.findings += [] if terms.planned else find_disturbed(account)
            await self._call("DELETE", "workspace", terms)

    def close(self) -> None:
        """Close all connections."""
        self._control.close()
        for client in self._clients:
            client.close()

    async def _read_account(self, terms: Terms, exchanges: list[Exchange]) -> Account:
        """Return the account of a wallet, once no call is under way: one that a client left may come late."""
        before = await self._call("GET", "workspace", terms)
        while True:
            journal = await self._call("GET", "requests", terms)
            ledger = await self._call("GET", "ledger", terms)
            workspace = await self._call("GET", "workspace", terms)
            if workspace == before and not workspace["under_way"]:
                return parse_account(terms, workspace, journal, ledger, exchanges)
            before = workspace
            await asyncio.sleep(0.05)

    async def _call(self, method: str, path: str, terms: Terms, body: Json = None) -> Json:
        fields = {"Authorization": f"Bearer {terms.key}", "Content-Type": "application/json"}
        content = b"" if body is None else json.dumps(body).encode()
        arrived = await self._control.exchange(write_request(method, f"/__omixa/{path}", fields, content))
        if arrived.status != 200:
            raise RuntimeError(f"{method} {path}: {arrived.status} {arrived.body!r}")
        return json.loads(arrived.body)


def find_disturbed(account: Account) -> list[str]:
    """Return the calls without a planned fault that did not get an ordinary response."""
    return [
        f"{exchange.name}: status {exchange.status}, and no fault was planned"
        for exchange in account.exchanges
        if exchange.status not in {200, 402}
    ]


def parse_account(terms: Terms, workspace: Json, journal: Json, ledger: Json, exchanges: list[Exchange]) -> Account:
    """Return the account of a wallet from the JSON of the control routes."""
    records = [parse_record(call) for call in journal["calls"]]
    return Account(
        opening=terms.opening,
        balance=Decimal(workspace["balance"]),
        held=Decimal(workspace["held"]),
        captured=Decimal(workspace["captured"]),
        entries=[
            Entry(entry["kind"], Decimal(entry["amount"]), Decimal(entry["balance"]), entry["call"])
            for entry in ledger["entries"]
        ],
        entries_evicted=ledger["evicted"],
        records=records,
        kept=[record.name for record in records],
        calls_evicted=journal["evicted"],
        exchanges=exchanges,
    )


def parse_record(call: Json) -> Record:
    """Return a call of the journal from its JSON."""
    charge = None if call["charge"] is None else Decimal(call["charge"])
    return Record(
        name=call["headers"]["x-request-id"],
        number=call["number"],
        status=call["status"],
        charge=charge,
        fault=call["fault"] or "",
        client_left=call["client_left"],
        replayed=call["replayed"],
    )


async def soak_sockets(server: ServerProcess, calls: int, clients: int) -> tuple[Totals, list[str]]:
    """Make so many calls with so many clients at once; return the totals, and lines about the server."""
    totals, budget, samples = Totals(FAULTS), Budget(calls), list[float]()
    await asyncio.sleep(0.5)
    files, threads = server.files, server.threads
    watching = asyncio.create_task(sample_memory(server, samples))
    groups = [Group(number, server.port, budget, totals) for number in range(clients // CLIENTS_PER_WALLET)]
    await asyncio.gather(*(group.run() for group in groups))
    watching.cancel()
    for group in groups:
        group.close()
    described = [await describe_files(server, files, threads), describe_memory(samples)]
    totals.findings += [finding for _, found in described for finding in found]
    return totals, [describe_latencies(budget.latencies), *(line for line, _ in described)]


def describe_latencies(latencies: list[float]) -> str:
    """Return the latencies of the calls without faults."""
    centiles = statistics.quantiles(latencies, n=100)
    return (
        f"{len(latencies):,} undisturbed calls: median {centiles[49] * 1000:.0f} ms, "
        f"99 % within {centiles[98] * 1000:.0f} ms"
    )
