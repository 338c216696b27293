"""What stands between the probes and the gateway: it counts the money, and stops what may not go on.

Every call of every probe passes here, so that none escapes. A call is counted
before it is made, at the most that it could cost by the assumed prices; where
the gateway's bill says more, that is counted, and nothing more is sent. The
first bill that is too high cannot be prevented: it is what tells the price.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from .probe import MODEL, Observation, Probe, broken, refuse_unseen, violations_of
from .target import Answer, Exchange, KeyRefused, NoAnswer, Target

__all__ = ["Ended", "Guard"]

PRICE = "gateway.wallet.price"
# What a gateway answers only after it knows the key. A path or a method may be refused before.
KNOWN = frozenset({200, 201, 202, 402, 403, 422, 429})


class Ended(Exception):  # noqa: N818  # named by what happened
    """An answer showed that nothing more may be sent."""


@dataclass(slots=True)
class Guard:
    """The gateway, as far as it may be asked.

    Attributes:
        behind: The gateway itself.
        counted: What the calls that were made could have cost at most, or did cost where that is more.
        billed: What the bills that were seen come to.
        unread: How many successes came without a bill that can be read.
        answered: Whether anything ever came back.
        silent: How many calls in a row got no answer, up to now.
        known: Whether the gateway has shown that it knows the key.
        stop: What showed that nothing more may be sent.
        faults: What is wrong with a success that has no bill, which no later probe can tell.
    """

    behind: Target
    counted: Decimal = Decimal(0)
    billed: Decimal = Decimal(0)
    unread: int = 0
    answered: bool = False
    silent: int = 0
    known: bool = False
    stop: Observation | None = None
    faults: list[Observation] = field(default_factory=list)
    _probe: Probe = field(init=False)

    @property
    def target(self) -> Target:
        """The gateway as probes see it."""
        return Target(self.send, self.behind.key)

    def begin(self, probe: Probe) -> None:
        """Count a probe before it is made."""
        self._probe = probe
        self.counted += probe.price

    def send(self, exchange: Exchange) -> Answer:
        """Send a request, and look at what came.

        Raises:
            Ended: An answer before showed that nothing more may be sent.
            Unseen: The gateway was in no state to answer.
            KeyRefused: It does not know the key.
            NoAnswer: Nothing came.
        """
        if self.stop:
            raise Ended
        try:
            answer = self.behind.send(exchange)
        except NoAnswer:
            self.silent += 1
            raise
        self.answered, self.silent = True, 0
        keyed = self.behind.carries_key(exchange)
        if keyed:
            self._know(answer)
        if keyed and exchange.method == "POST" and answer.accepted:
            self._pay(answer)
        if "X-Omixa-Mock-Fault" not in exchange.headers:  # A fake that obeys it fails on purpose.
            refuse_unseen(answer, *((403,) if keyed and MODEL.encode() in (exchange.body or b"").lower() else ()))
        return answer

    def _know(self, answer: Answer) -> None:
        """Stop where the key is not known; after the first sign that it is, a 401 is about the call."""
        if answer.status == 401 and not self.known:
            raise KeyRefused("OMIXA_API_KEY is not accepted by the gateway")
        self.known = self.known or answer.status in KNOWN

    def _pay(self, answer: Answer) -> None:
        """Count an order that was accepted, and see whether another may follow."""
        bill, price = answer.bill, self._probe.price / self._probe.calls
        if bill is None:
            self.unread += 1
            cost = f"no bill that can be read came, {price:.6f} USD were counted"
        else:
            self.billed += bill
            self.counted += max(bill - price, Decimal(0))
            cost = f"the bill says {bill:.6f} USD, {price:.6f} were counted before"
        if self._probe.breaks:
            told = f"accepted with {answer.status}; expected: a refusal; {cost}"
            self.stop = Observation(self._probe.breaks, kept=False, told=told, alike=self._probe.alike, ends=True)
        elif bill is None or bill > price:
            self.faults = [] if bill is not None else [broken(*each) for each in violations_of(answer, "response")]
            self.stop = Observation(PRICE, kept=False, told=f"an order was accepted; {cost}", ends=True)
