"""Spending guard between the probes and the gateway.

Every call of every probe passes through the guard. Before a call is made, its
worst price must be left of the limit. After it, a refusal costs nothing, because
the hold of a failed call is released [docs/wallet], and a success costs its bill.
Everything else counts at its worst price: a call without a response or with a
server error of unknown origin, a success without a bill.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from omixa_mock.kit.prices import Billable, Prices

from .headers import validate_headers, validate_transient
from .observation import Observation, violated
from .prices import new_prices, read_billable
from .probe import Inconclusive, LeftOut, Redirected, raise_if_inconclusive
from .target import GENERATE, KeyRejected, NoResponse, Request, Response, Target

__all__ = ["RunEnded", "SpendingGuard"]

FREE = Decimal(0)
# The statuses that a gateway returns only for a valid key. A path or a method may be refused before.
KEY_ACCEPTED = frozenset({200, 201, 202, 402, 403, 422, 429})
# Bills above what was counted after which the run ends: the first one teaches the price.
EXCESSIVE_MAX = 2
# How often a call is repeated after 429, and the longest wait for it in seconds.
REPEATS_MAX, WAIT_MAX = 3, 30.0


class RunEnded(Exception):  # noqa: N818  # not an error of the suite
    """End of the run: no further request may be sent."""


@dataclass(slots=True)
class SpendingGuard:
    """Gateway with a count of the money spent.

    Attributes:
        gateway: The gateway.
        max_spend: The spending limit for all calls, in USD.
        sleep: The function that waits before a call is repeated.
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
    sleep: Callable[[float], object] = time.sleep
    counted: Decimal = FREE
    billed: Decimal = FREE
    unread: int = 0
    prices: Prices = field(default_factory=new_prices)
    has_response: bool = False
    without_response: int = 0
    key_accepted: bool = False
    end_reason: str = ""
    observations: list[Observation] = field(default_factory=list)
    _excessive: int = 0
    _bills_anything: bool = False

    @property
    def target(self) -> Target:
        """Return a target whose calls pass through the guard."""
        return Target(self.send, self.gateway.key, self.gateway.origin)

    @property
    def left(self) -> Decimal:
        """Return the rest of the spending limit in USD."""
        return self.max_spend - self.counted

    def send(self, request: Request) -> Response:
        """Send a request, again after 429, and count what it costs.

        Raises:
            RunEnded: A previous response ended the run.
            LeftOut: The call may cost more than is left.
            Inconclusive: The gateway was not able to handle the call.
            KeyRejected: The gateway rejects the key.
            NoResponse: There is no response.
        """
        for _ in range(REPEATS_MAX):
            response = self._send_once(request)
            if response.status != 429:
                break
            self.sleep(min(response.retry_after, WAIT_MAX))
        else:
            response = self._send_once(request)
        self._check_key(request, response)
        self.observations += validate_headers(response)
        self.observations += validate_transient(response)
        self._raise_if_inconclusive(request, response)
        return response

    def _raise_if_inconclusive(self, request: Request, response: Response) -> None:
        """Raise for a response that does not depend on the request."""
        if "X-Omixa-Mock-Fault" in request.headers:
            return  # A mock that obeys it fails on purpose.
        try:
            raise_if_inconclusive(response, *((401, 403) if self.gateway.has_real_key(request) else ()))
        except Redirected:
            if request.path == GENERATE:
                raise Redirected(describe_redirection(response, self.gateway.origin)) from None
            raise Inconclusive(describe_redirection(response, self.gateway.origin)) from None

    def _send_once(self, request: Request) -> Response:
        """Send a request, counted at its worst price until its cost is known."""
        if self.end_reason:
            raise RunEnded
        billable = self._read_billable(request)
        worst = self.prices.worst(billable) if billable else FREE
        if worst > self.left:
            raise LeftOut(f"it may cost {worst:.6f} USD, and {self.left:.6f} are left of --max-spend")
        self.counted += worst
        try:
            # Without a response the call stays counted, because it may be charged.
            response = self.gateway.send(request)
        except NoResponse:
            self.without_response += 1
            raise
        self.has_response, self.without_response = True, 0
        if request.method == "POST":
            self._settle(billable, worst, response)
        return response

    def _read_billable(self, request: Request) -> Billable | None:
        """Return what a request may be billed for; also without a key, which a gateway may not ask for."""
        if request.method != "POST":
            return None
        return read_billable(request.body or b"") or (Billable(1) if self._bills_anything else None)

    def _settle(self, billable: Billable | None, worst: Decimal, response: Response) -> None:
        """Replace the worst price of a call by what it cost."""
        if response.is_refusal:
            self.counted -= worst
        elif not response.accepted:
            return
        elif response.bill:
            self.counted += response.bill - worst
            self.billed += response.bill
            self._check_bill(billable, worst, response)
        elif billable:
            self.unread += 1  # Nothing is free: a bill of 0 is none.

    def _check_bill(self, billable: Billable | None, worst: Decimal, response: Response) -> None:
        """Learn from a bill; end the run if bills cannot be foreseen, or exceed the limit."""
        bill = response.bill or FREE
        self._bills_anything = self._bills_anything or billable is None
        self.prices.learn(billable or Billable(1), bill, response.image_count)
        if bill > worst:
            self._excessive += 1
            message = f"the bill says {bill:.6f} USD; the highest price known before: {worst:.6f}"
            self.observations.append(violated("gateway.wallet.price", message, "/usage/billed_amount"))
        if self.counted > self.max_spend:
            self.end_reason = f"a bill of {bill:.6f} USD exceeded --max-spend"
        elif self._excessive >= EXCESSIVE_MAX:
            self.end_reason = f"{EXCESSIVE_MAX} bills were higher than any price known before"

    def _check_key(self, request: Request, response: Response) -> None:
        """Raise `KeyRejected` for a 401 to the real key, unless the key was accepted before."""
        if not self.gateway.has_real_key(request):
            return
        if response.status == 401 and not self.key_accepted:
            raise KeyRejected("Set OMIXA_API_KEY to a valid key: the gateway does not accept this one.")
        self.key_accepted = self.key_accepted or response.status in KEY_ACCEPTED


def describe_redirection(response: Response, origin: str) -> str:
    """Return what to do about a redirection."""
    if response.location in {"", origin}:
        return f"The gateway redirects to another path with {response.status}, which no documented client follows."
    return f"Verify {response.location} instead: the gateway redirects there with {response.status}."
