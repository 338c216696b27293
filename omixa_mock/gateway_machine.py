"""A state machine that plays the gateway to a client: tops up, lets calls fail, has them retried, begins anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from copy import deepcopy
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

import orjson
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from omixa_mock.gateway import CATALOGUE, Call, Fault, read_fault
from omixa_mock.interception import intercept
from omixa_mock.kit.strategies.contract_strategies import ContractStrategies
from omixa_mock.kit.strategies.failures import faults
from omixa_mock.mock import OmixaMock, charged, describe_call, describe_charges
from omixa_mock.shipped import shipped_contract

if TYPE_CHECKING:
    import httpx

__all__ = ["STRATEGIES", "GatewayMachine"]

STRATEGIES = ContractStrategies(shipped_contract())
# Little enough that a wallet runs dry within one example; and nobody waits.
SETTINGS: Mapping[str, Any] = {"default_balance": "1.00", "time_scale": 0}
CENT = Decimal("0.01")
# Families of faults under which a client still gets a whole response with a status of its own.
ERRORS = {"documented error", "assumed error"}


class GatewayMachine(RuleBasedStateMachine):
    """Wallet and faults against a client: `TestMine = Mine.TestCase` makes a test of a subclass.

    Override `generate`, so that your own client places the orders; nothing else is needed. After each
    step the ledger adds up and nothing is held; each order was charged once at most, and the client
    reports the status that it got.

    Shrinks to the fewest steps, each with the smallest value.

    Attributes:
        requests: What is ordered.
        faults: What goes wrong.
        gateway_settings: Changes to the fake's `Settings`.
        gateway: The handle of the fake; a new one after each reset.
    """

    requests: ClassVar[st.SearchStrategy[dict[str, Any]]] = STRATEGIES.image_requests()
    faults: ClassVar[st.SearchStrategy[Fault]] = faults()
    gateway_settings: ClassVar[Mapping[str, Any]] = SETTINGS

    def __init__(self) -> None:
        super().__init__()
        self._open = ExitStack()
        self._last: dict[str, Any] | None = None
        self._begin()

    def generate(self, request: dict[str, Any]) -> int | None:
        """Place one order with the client under test; this one posts it once, with httpx.

        Args:
            request: The body.

        Returns:
            The status that the client ends with; None where it ends without a response.

        Raises:
            ImportError: It was not overridden, and httpx is not installed.
        """
        return post_once(f"{self.gateway.base_url}/images/generations", request, self.gateway.api_key)

    @rule(cents=st.integers(1, 500))
    def top_up(self, cents: int) -> None:
        """Pay something into the wallet."""
        self.gateway.set_balance(self.gateway.wallet.balance + cents * CENT)
        self._paid_in += cents * CENT

    @rule(fault=st.runner().flatmap(lambda machine: machine.faults))
    def fail(self, fault: Fault) -> None:
        """Let the next order that is valid go wrong."""
        self.gateway.fail(fault)

    @rule(request=st.runner().flatmap(lambda machine: machine.requests))
    def call(self, request: dict[str, Any]) -> None:
        """Order something."""
        self._last = request
        self._place(request)

    @precondition(lambda self: self._last is not None)
    @rule()
    def retry(self) -> None:
        """Order the same again, as a person would."""
        if self._last is not None:
            self._place(self._last)

    @rule()
    def reset(self) -> None:
        """Begin with a new gateway, wallet and plan."""
        self._open.close()
        self._begin()

    @invariant()
    def books_add_up(self) -> None:
        """What was captured is what was billed, and what the wallet lost."""
        captured = sum((entry.amount for entry in self.gateway.ledger if entry.kind == "capture"), Decimal(0))
        billed = sum((call.charge for call in self.gateway.calls), Decimal(0))
        lost = self._paid_in - self.gateway.wallet.balance
        assert captured == billed == lost, (  # noqa: S101  # it is a test
            f"Captured {captured}, billed {billed}, and the balance fell by {lost} USD.\n{self.gateway.ledger}"
        )

    @invariant()
    def nothing_is_held(self) -> None:
        """Between calls every hold has ended in a capture or a release."""
        self.gateway.assert_no_open_holds()

    def teardown(self) -> None:
        """Leave the client libraries as they were."""
        self._open.close()

    def _begin(self) -> None:
        """Open a new gateway."""
        self.gateway: OmixaMock = self._open.enter_context(intercept(settings=self.gateway_settings))
        self._paid_in = self.gateway.wallet.balance
        self._last = None

    def _place(self, request: dict[str, Any]) -> None:
        """Place an order, and look at what came of it."""
        before = len(self.gateway.calls)
        # A copy: a client that changes what it was given changes nothing here.
        status = self.generate(deepcopy(request))
        calls = self.gateway.settle()[before:]
        refuse_second_charge(calls)
        refuse_untold_bill(calls)
        if calls:
            refuse_wrong_status(status, calls[-1])


def post_once(url: str, request: dict[str, Any], api_key: str) -> int | None:
    """The status that a plain POST with httpx ends with; None where it ends without a response."""
    client = a_client()
    # Loaded by now.
    import httpx

    try:
        return client.post(url, json=request, headers={"Authorization": f"Bearer {api_key}"}).status_code
    except httpx.HTTPError:
        return None


@cache
def a_client() -> httpx.Client:
    """One client for all examples: making one reads certificates, which takes longer than many calls.

    Raises:
        ImportError: httpx is not installed.
    """
    try:
        # No dependency of ours: who overrides `order`, as all are meant to, may well have another client.
        import httpx
    except ImportError as error:
        raise ImportError(
            "GatewayMachine.generate posts with httpx, which is not installed: override `generate`, so that your own "
            "client places the orders, or pip install httpx"
        ) from error
    return httpx.Client()


def refuse_second_charge(calls: Sequence[Call]) -> None:
    """Raise where one order was charged more than once."""
    if len(charged(calls)) > 1:
        raise AssertionError(f"One order was charged {len(charged(calls))} times.\n{describe_charges(calls)}")


def refuse_untold_bill(calls: Sequence[Call]) -> None:
    """Raise where an undisturbed response bills something else than was captured."""
    for call in calls:
        if call.response is not None and call.charged and not call.fault:
            told = Decimal(orjson.loads(call.response.body)["usage"]["billed_amount"])
            if told != call.charge:
                raise AssertionError(f"The response bills {told} USD.\n{describe_call(call)}")


def refuse_wrong_status(status: int | None, call: Call) -> None:
    """Raise where a client does not report the status that it got."""
    plain = not call.fault or CATALOGUE[read_fault(call.fault).name].family in ERRORS
    if plain and status != call.status:
        raise AssertionError(f"The client reports {status!r}, and was told {call.status}.\n{describe_call(call)}")
