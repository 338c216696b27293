"""Spending guard between the probes and the gateway.

Every call of every probe passes through the guard. A call is counted before it
is made, at its maximum assumed price. If the bill is higher, the bill counts and
the run ends. The first excessive bill cannot be prevented, because only a bill
reveals the actual price.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from .probe import MODEL, Observation, Probe, raise_if_inconclusive, schema_violations, violated
from .target import KeyRejected, NoResponse, Request, Response, Target

__all__ = ["RunEnded", "SpendingGuard"]

PRICE = "gateway.wallet.price"
# The statuses that a gateway returns only for a valid key. A path or a method may be refused before.
KEY_ACCEPTED = frozenset({200, 201, 202, 402, 403, 422, 429})


class RunEnded(Exception):  # noqa: N818  # not an error of the suite
    """End of the run: no further request may be sent."""


@dataclass(slots=True)
class SpendingGuard:
    """Gateway with a count of the money spent.

    Attributes:
        gateway: The gateway.
        counted: The sum of the calls' maximum prices, or of their bills if these are higher.
        billed: The sum of the bills.
        unread: The number of successes without a readable bill.
        has_response: True after the first response.
        without_response: The number of consecutive calls without a response.
        key_accepted: True after the first status that implies a valid key.
        stop: The observation that ended the run; None while it continues.
        schema_violations: The violations in a success without a bill, which no later probe can observe.
    """

    gateway: Target
    counted: Decimal = Decimal(0)
    billed: Decimal = Decimal(0)
    unread: int = 0
    has_response: bool = False
    without_response: int = 0
    key_accepted: bool = False
    stop: Observation | None = None
    schema_violations: list[Observation] = field(default_factory=list)
    _probe: Probe = field(init=False)

    @property
    def target(self) -> Target:
        """Return a target whose calls pass through the guard."""
        return Target(self.send, self.gateway.key)

    def begin(self, probe: Probe) -> None:
        """Count a probe before it runs."""
        self._probe = probe
        self.counted += probe.price

    def send(self, request: Request) -> Response:
        """Send a request and count its bill.

        Raises:
            RunEnded: A previous response ended the run.
            Inconclusive: The gateway was not able to handle the call.
            KeyRejected: The gateway rejects the key.
            NoResponse: There is no response.
        """
        if self.stop:
            raise RunEnded
        try:
            response = self.gateway.send(request)
        except NoResponse:
            self.without_response += 1
            raise
        self.has_response, self.without_response = True, 0
        has_key = self.gateway.has_real_key(request)
        if has_key:
            self._check_key(response)
        if has_key and request.method == "POST" and response.accepted:
            self._count_bill(response)
        if "X-Omixa-Mock-Fault" not in request.headers:  # A mock that obeys it fails on purpose.
            names_model = has_key and MODEL.encode() in (request.body or b"").lower()
            raise_if_inconclusive(response, *((403,) if names_model else ()))
        return response

    def _check_key(self, response: Response) -> None:
        """Raise `KeyRejected` for a 401, unless the key was accepted before."""
        if response.status == 401 and not self.key_accepted:
            raise KeyRejected("OMIXA_API_KEY is not accepted by the gateway")
        self.key_accepted = self.key_accepted or response.status in KEY_ACCEPTED

    def _count_bill(self, response: Response) -> None:
        """Count the bill of an accepted image request, and end the run if it is not as expected."""
        bill, price = response.bill, self._probe.price / self._probe.calls
        if bill is None:
            self.unread += 1
            cost = f"no bill that can be read came, {price:.6f} USD were counted"
        else:
            self.billed += bill
            self.counted += max(bill - price, Decimal(0))
            cost = f"the bill says {bill:.6f} USD, {price:.6f} were counted before"
        rule = self._probe.refusal_rule
        if rule:
            message = f"accepted with {response.status}; expected: a refusal; {cost}"
            self.stop = Observation(rule, satisfied=False, message=message, setting=self._probe.setting, ends_run=True)
        elif bill is None or bill > price:
            violations = [] if bill is not None else schema_violations(response, "response")
            self.schema_violations = [violated(*violation) for violation in violations]
            self.stop = Observation(PRICE, satisfied=False, message=f"an order was accepted; {cost}", ends_run=True)
