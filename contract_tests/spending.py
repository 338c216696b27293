"""Spending guard between the probes and the gateway.

Every call of every probe passes through the guard. Before a call is made, its
worst price must be left of the limit. After it, a refusal costs nothing, because
the hold of a failed call is released [docs/wallet], and a success costs its bill.
A call without a response or a readable bill counts at its worst price.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from .observation import DOCUMENTED_STATUSES, Observation, expect, validate_envelope, validate_names, violated
from .prices import Order, Prices, read_order
from .probe import LeftOut, raise_if_inconclusive
from .target import KeyRejected, NoResponse, Request, Response, Target

__all__ = ["RunEnded", "SpendingGuard"]

FREE = Decimal(0)
# The statuses that a gateway returns only for a valid key. A path or a method may be refused before.
KEY_ACCEPTED = frozenset({200, 201, 202, 402, 403, 422, 429})
# Bills above what was counted after which the run ends: the first one teaches the price.
EXCESSIVE_MAX = 2


class RunEnded(Exception):  # noqa: N818  # not an error of the suite
    """End of the run: no further request may be sent."""


@dataclass(slots=True)
class SpendingGuard:
    """Gateway with a count of the money spent.

    Attributes:
        gateway: The gateway.
        max_spend: The spending limit for all calls, in USD.
        counted: The sum of the bills, and of the worst prices of calls without a readable one.
        billed: The sum of the bills.
        unread: The number of successes without a readable bill.
        prices: The prices learnt from bills.
        has_response: True after the first response.
        without_response: The number of consecutive calls without a response.
        key_accepted: True after the first status that implies a valid key.
        end_reason: The reason why no further request may be sent; empty if there is none.
        observations: The observations about any response, which no probe makes; the runner takes them.
    """

    gateway: Target
    max_spend: Decimal
    counted: Decimal = FREE
    billed: Decimal = FREE
    unread: int = 0
    prices: Prices = field(default_factory=Prices)
    has_response: bool = False
    without_response: int = 0
    key_accepted: bool = False
    end_reason: str = ""
    observations: list[Observation] = field(default_factory=list)
    _excessive: int = 0

    @property
    def target(self) -> Target:
        """Return a target whose calls pass through the guard."""
        return Target(self.send, self.gateway.key)

    @property
    def left(self) -> Decimal:
        """Return the rest of the spending limit in USD."""
        return self.max_spend - self.counted

    def send(self, request: Request) -> Response:
        """Send a request, and count what it costs.

        Raises:
            RunEnded: A previous response ended the run.
            LeftOut: The call may cost more than is left.
            Inconclusive: The gateway was not able to handle the call.
            KeyRejected: The gateway rejects the key.
            NoResponse: There is no response.
        """
        if self.end_reason:
            raise RunEnded
        # A call under another key is charged to somebody else, if at all.
        is_chargeable = request.method == "POST" and self.gateway.has_real_key(request)
        order = read_order(request.body or b"") if is_chargeable else None
        worst = self._count_open(order)
        response = self._send(request)
        if is_chargeable:
            self._settle(order, worst, response)
        self._check_key(request, response)
        self.observations += validate_headers(response)
        self.observations += validate_transient(response)
        if "X-Omixa-Mock-Fault" not in request.headers:  # A mock that obeys it fails on purpose.
            raise_if_inconclusive(response, *((403,) if order else ()))
        return response

    def _count_open(self, order: Order | None) -> Decimal:
        """Count an open call at its worst price, and return that."""
        worst = self.prices.worst(order) if order else FREE
        if worst > self.left:
            raise LeftOut(f"it may cost {worst:.6f} USD, and {self.left:.6f} are left of --max-spend")
        self.counted += worst
        return worst

    def _send(self, request: Request) -> Response:
        """Send a request; without a response the call stays counted, because it may be charged."""
        try:
            response = self.gateway.send(request)
        except NoResponse:
            self.without_response += 1
            raise
        self.has_response, self.without_response = True, 0
        return response

    def _settle(self, order: Order | None, worst: Decimal, response: Response) -> None:
        """Replace the worst price of a call by what it cost."""
        if not response.accepted:
            self.counted -= worst
        elif response.bill is not None:
            self.counted += response.bill - worst
            self.billed += response.bill
            self._check_bill(order, worst, response)
        elif order:
            self.unread += 1

    def _check_bill(self, order: Order | None, worst: Decimal, response: Response) -> None:
        """Learn from a bill; end the run if the bills cannot be foreseen, or the limit is exceeded."""
        bill = response.bill or FREE
        self.prices.learn(order or Order(1), bill, response.image_count)
        if bill > worst:
            self._excessive += 1
            message = f"the bill says {bill:.6f} USD; counted before: {worst:.6f}, the price of the dearest image known"
            self.observations.append(violated("gateway.wallet.price", message, "/usage/billed_amount"))
        if self.counted > self.max_spend:
            self.end_reason = f"a bill of {bill:.6f} USD exceeded --max-spend"
        elif self._excessive >= EXCESSIVE_MAX:
            self.end_reason = f"{EXCESSIVE_MAX} bills were higher than all bills before let expect"

    def _check_key(self, request: Request, response: Response) -> None:
        """Raise `KeyRejected` for a 401 to the real key, unless the key was accepted before."""
        if not self.gateway.has_real_key(request):
            return
        if response.status == 401 and not self.key_accepted:
            raise KeyRejected("Set OMIXA_API_KEY to a valid key: the gateway does not accept this one.")
        self.key_accepted = self.key_accepted or response.status in KEY_ACCEPTED


def validate_transient(response: Response) -> Iterator[Observation]:
    """Yield the observations about a refusal that no probe asked for. [docs/errors: 402, 503]"""
    if response.status in {402, 503}:
        yield from validate_envelope(response, "gateway.error.envelope")
    if response.status == 402:
        yield from validate_names(response, "insufficient_balance")


def validate_headers(response: Response) -> Iterator[Observation]:
    """Yield the observations about the headers of a success, or of a refusal with a documented status.

    A refusal with another status may be a proxy's page.
    """
    if not (response.accepted or response.status in DOCUMENTED_STATUSES):
        return
    actual = response.headers.get("content-type", "")
    is_json = actual.partition(";")[0].strip().lower() == "application/json"
    message = (
        f"{actual[:80]!r} came; expected: application/json" if actual else "it is missing; expected: application/json"
    )
    yield expect("gateway.response.media-type", is_json, message, "Content-Type")
    flaw = response.coding_flaw
    yield expect("gateway.response.content-encoding", not flaw, flaw, "Content-Encoding")
