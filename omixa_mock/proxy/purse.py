"""Spending limit of the proxy: what was billed, and what open calls may cost.

An open call counts at the worst price seen or assumed. A refusal costs nothing, a success its bill. Everything else
stays at the worst price: a call without a response, one that the client has left, a success without a bill.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from decimal import Decimal

from omixa_mock.gateway import Problem
from omixa_mock.kit.bills import count_images, is_refusal, read_bill
from omixa_mock.kit.prices import Billable, Prices

from .bodies import parse

__all__ = ["Hold", "Purse"]

FREE = Decimal(0)


@dataclass(slots=True, eq=False)
class Hold:
    """Amount that an open call may cost.

    Attributes:
        billable: What the call may be billed for.
        amount: The amount in USD.
        is_ending: True once the client has the whole response, so that the call's cost is about to be known.
    """

    billable: Billable
    amount: Decimal
    is_ending: bool = False


@dataclass(slots=True)
class Purse:
    """Count of the money spent; all its methods run on one event loop.

    Attributes:
        prices: The prices assumed, and learnt from bills.
        limit: The limit in USD; None for none.
        billed: The sum of the bills.
        counted: The sum of the bills and of the worst prices of calls without one.
        holds: The open calls.
    """

    prices: Prices
    limit: Decimal | None
    billed: Decimal = FREE
    counted: Decimal = FREE
    holds: list[Hold] = field(default_factory=list)
    _is_learning: bool = True
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def hold(self, billable: Billable) -> Hold:
        """Count a call at its worst price before it is sent.

        Until the first bill shows how the assumed prices fit, calls are sent one by one: together they could pass the
        limit before the first bill is seen.

        Raises:
            Problem: The call may cost more than is left.
        """
        async with self._changed:
            while self._must_wait(billable):
                await self._changed.wait()
            amount = self.prices.worst(billable)
            if self.limit is not None and self.counted + amount > self.limit:
                raise self._refusal(amount)
            hold = Hold(billable, amount)
            self.counted += amount
            self.holds.append(hold)
            return hold

    def _must_wait(self, billable: Billable) -> bool:
        if self.limit is None:
            return False
        if self._is_learning:
            return bool(self.holds)
        exceeds = self.counted + self.prices.worst(billable) > self.limit
        return exceeds and any(hold.is_ending for hold in self.holds)

    def _refusal(self, amount: Decimal) -> Problem:
        left = max((self.limit or FREE) - self.counted, FREE)
        return Problem(
            "insufficient_balance",
            f"Start the proxy with a higher --max-spend: this call may cost {amount:.6f} USD, and {left:.6f} are left "
            f"of {self.limit} (billed {self.billed:.6f}; open calls and calls without a bill count at the worst "
            "price). The proxy did not send it.",
        )

    async def release(self, hold: Hold) -> None:
        """Take back a call that was not sent."""
        async with self._changed:
            self.counted -= hold.amount
            self.holds.remove(hold)
            self._changed.notify_all()

    async def settle(self, hold: Hold, status: int, body: bytes | bytearray | None) -> Decimal | None:
        """Replace a call's worst price by what it cost, and return its bill; a status of 0 keeps the worst price."""
        document = await asyncio.to_thread(parse, body) if body else None
        async with self._changed:
            bill = self._settle(hold, status, document) if status else None
            self.holds.remove(hold)
            self._changed.notify_all()
        return bill

    def _settle(self, hold: Hold, status: int, document: object) -> Decimal | None:
        if is_refusal(status, document):
            self.counted -= hold.amount
            return None
        bill = read_bill(document) if 200 <= status < 300 else None
        if not bill:
            return None  # nothing is free: a bill of 0 is none
        self.counted += bill - hold.amount
        self.billed += bill
        self.prices.learn(hold.billable, bill, count_images(document))
        self._is_learning = False
        return bill
