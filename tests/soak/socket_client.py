"""Clients over sockets that leave, cut, time out and retry."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import count
from typing import Any

from tests.soak.accounts import Exchange
from tests.soak.cases import BODIES, PRICES, read_bill
from tests.soak.raw_client import TIMEOUT, RawClient, ResponseLost, write_request

PATH = "/api/v1/images/generations"
READ_TIMEOUT = 1.0
# Seconds between two calls of an undisturbed client: most calls are those of the others.
PAUSE = 0.1
# Seconds after which a client leaves; the provider takes up to 20 ms.
LEAVING = 0.03
# Refusals that a client does not retry.
FINAL = {400, 401, 402, 403, 422}
ATTEMPTS = 3
Json = Any


@dataclass(frozen=True)
class Terms:
    """Terms of one wallet.

    Attributes:
        key: The API key.
        opening: The initial balance; some wallets run out of it.
        replays: True if equal requests with one Idempotency-Key are replayed.
        changes: The changes of the workspace.
        planned: True if faults are planned, and clients leave.
    """

    key: str
    opening: Decimal
    replays: bool
    changes: Json
    planned: bool


@dataclass
class Budget:
    """Disturbed calls that are still to be made, and the latencies of the undisturbed ones so far."""

    calls: int
    latencies: list[float] = field(default_factory=list)


class Client:
    """Client that makes calls with one wallet at a time."""

    def __init__(self, number: int, port: int, budget: Budget) -> None:
        self._number = number
        self._port = port
        self._budget = budget
        self._connection = RawClient(port)
        self._chance = random.Random(number)
        self._names = count()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    async def use(self, terms: Terms, calls: int) -> list[Exchange]:
        """Make so many calls, and return them."""
        exchanges: list[Exchange] = []
        while len(exchanges) < calls:
            kind, token = self._chance.randrange(len(BODIES)), f"{self._number}-{next(self._names)}"
            if not terms.planned:
                await asyncio.sleep(self._chance.uniform(0, PAUSE))
                exchanges.append(await self._stay(terms, self._connection, kind, token, TIMEOUT))
            elif self._chance.random() < 0.1:
                exchanges += await self._send_twice(terms, kind, token)
            else:
                exchanges += await self._retry(terms, kind, token)
        self._budget.calls -= len(exchanges) if terms.planned else 0
        return exchanges

    async def _retry(self, terms: Terms, kind: int, token: str) -> list[Exchange]:
        """Send a request until its bill arrives, a few times; at times, leave before the response."""
        exchanges = []
        for attempt in range(ATTEMPTS):
            if self._chance.random() < 0.3:
                exchange = await self._leave(terms, kind, token)
            else:
                exchange = await self._stay(terms, self._connection, kind, token)
            exchanges.append(replace(exchange, again=attempt > 0))
            if exchanges[-1].bill is not None or exchanges[-1].status in FINAL:
                break
        return exchanges

    async def _send_twice(self, terms: Terms, kind: int, token: str) -> list[Exchange]:
        """Send a request on two connections at once."""
        second = RawClient(self._port)
        connections = (self._connection, second)
        first, again = await asyncio.gather(*(self._stay(terms, client, kind, token) for client in connections))
        second.close()
        return [first, replace(again, again=True)]

    async def _stay(
        self,
        terms: Terms,
        connection: RawClient,
        kind: int,
        token: str,
        timeout: float = READ_TIMEOUT,  # noqa: ASYNC109
    ) -> Exchange:
        """Send a request, and wait for its response until the timeout."""
        exchange, request = self._make(terms, kind, token)
        begin = time.monotonic()
        try:
            arrived = await connection.exchange(request, timeout)
        except ResponseLost:
            return exchange
        if not terms.planned:
            self._budget.latencies.append(time.monotonic() - begin)
        return replace(exchange, status=arrived.status, bill=read_bill(arrived.status, arrived.body))

    async def _leave(self, terms: Terms, kind: int, token: str) -> Exchange:
        """Send a request or a part of it, and leave: at once, after a while, or amid the response."""
        made, request = self._make(terms, kind, token)
        reset = self._chance.random() < 0.5
        match self._chance.randrange(4):
            case 0:
                part = request[: self._chance.randrange(1, len(request))]
                await self._connection.leave(part, reset=reset)
            case 1:
                await self._connection.leave(request, reset=reset)
            case 2:
                await self._connection.leave(request, after=self._chance.uniform(0, LEAVING), reset=reset)
            case 3:
                await self._connection.leave(request, read=self._chance.randrange(1, 1000), reset=reset)
        return replace(made, stayed=False)

    def _make(self, terms: Terms, kind: int, token: str) -> tuple[Exchange, bytes]:
        name = f"{self._number}-{next(self._names)}"
        fields = {"Authorization": f"Bearer {terms.key}", "Content-Type": "application/json"}
        fields |= {"X-Request-Id": name, "Idempotency-Key": token}
        return Exchange(name, PRICES[kind], token if terms.replays else ""), write_request(
            "POST", PATH, fields, BODIES[kind]
        )
