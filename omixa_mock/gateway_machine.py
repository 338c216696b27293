"""Hypothesis state machine that tests a client against the mock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from copy import deepcopy
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from omixa_mock.gateway import Call, Fault
from omixa_mock.gateway.calls import describe_call
from omixa_mock.gateway.faults import fault_of
from omixa_mock.gateway.verdict import charged, describe_charges
from omixa_mock.interception import intercept
from omixa_mock.kit.strategies.contract_strategies import ContractStrategies
from omixa_mock.kit.strategies.faults import weighted_faults
from omixa_mock.mock import OmixaMock
from omixa_mock.shipped import shipped_contract

if TYPE_CHECKING:
    import httpx

__all__ = ["STRATEGIES", "GatewayMachine"]

STRATEGIES = ContractStrategies(shipped_contract())
# The balance is low enough for an example to spend it; delays take no time.
SETTINGS: Mapping[str, Any] = {"default_balance": "1.00", "time_scale": 0}
CENT = Decimal("0.01")
# The number of faults that are planned for one request: a client's own retries meet them one after another.
FAULTS_MAX = 3
# Families of faults whose response has its own status and arrives complete.
ERRORS = {"documented error", "assumed error"}


class GatewayMachine(RuleBasedStateMachine):
    """State machine for a client's use of wallet and faults.

    Override `generate` with a request of your client. `TestMine = Mine.TestCase` makes a test of a subclass.
    After each step the ledger adds up and nothing is held. Each request was charged at most once, and the client
    reports the status of its response.

    A client that retries after every fault is found within 50 examples of 8 steps. Shrinks to the fewest steps, each
    with the smallest value.

    Attributes:
        requests: The strategy for requests.
        faults: The strategy for faults. By default three quarters of them lose a response that was charged; one
            quarter are any of `faults()`.
        gateway_settings: Changes to the mock's `Settings`.
        mock: The mock; a new one after each reset.
    """

    requests: ClassVar[st.SearchStrategy[dict[str, Any]]] = STRATEGIES.image_requests()
    faults: ClassVar[st.SearchStrategy[Fault]] = weighted_faults()
    gateway_settings: ClassVar[Mapping[str, Any]] = SETTINGS

    def __init__(self) -> None:
        super().__init__()
        self._mocks = ExitStack()
        self._last: dict[str, Any] | None = None
        self._begin()

    def generate(self, request: dict[str, Any]) -> int | None:
        """Send one request with the client under test; the default posts it once with httpx.

        Args:
            request: The body.

        Returns:
            The status that the client reports; None if it got no response.

        Raises:
            ImportError: The method is not overridden, and httpx is not installed.
        """
        return post_once(f"{self.mock.base_url}/images/generations", request, self.mock.api_key)

    @rule(cents=st.integers(1, 500))
    def top_up(self, cents: int) -> None:
        """Increase the balance of the wallet."""
        self.mock.set_balance(self.mock.wallet.balance + cents * CENT)
        self._paid_in += cents * CENT

    # One step: planned in a step of their own, most faults would meet no request.
    @rule(
        request=st.runner().flatmap(lambda machine: machine.requests),
        faults=st.runner().flatmap(lambda machine: st.lists(machine.faults, max_size=FAULTS_MAX)),
    )
    def call(self, request: dict[str, Any], faults: Sequence[Fault] = ()) -> None:
        """Plan faults, and send a request. Faults that it does not meet remain for the next ones."""
        for fault in faults:
            self.mock.fail(fault)
        self._last = request
        self._send(request)

    @precondition(lambda self: self._last is not None)
    @rule()
    def retry(self) -> None:
        """Send the last request again, as a user would."""
        if self._last is not None:
            self._send(self._last)

    @precondition(lambda self: self._last is not None)
    @rule()
    def reset(self) -> None:
        """Replace the mock, with its wallet and plans."""
        self._mocks.close()
        self._begin()

    @invariant()
    def ledger_adds_up(self) -> None:
        """Raise unless the captures equal the bills and the fall of the balance."""
        captured = sum((entry.amount for entry in self.mock.ledger if entry.kind == "capture"), Decimal(0))
        billed = sum((call.charge for call in self.mock.calls), Decimal(0))
        lost = self._paid_in - self.mock.wallet.balance
        assert captured == billed == lost, (  # noqa: S101  # it is a test
            f"Captured {captured}, billed {billed}, and the balance fell by {lost} USD.\n{self.mock.ledger}"
        )

    @invariant()
    def nothing_is_held(self) -> None:
        """Raise if a hold is open between calls."""
        self.mock.assert_no_open_holds()

    def teardown(self) -> None:
        """Restore the client libraries."""
        self._mocks.close()

    def _begin(self) -> None:
        """Open a new mock."""
        self.mock: OmixaMock = self._mocks.enter_context(intercept(settings=self.gateway_settings))
        self._paid_in = self.mock.wallet.balance
        self._last = None

    def _send(self, request: dict[str, Any]) -> None:
        """Send a request, and check the charge and the status."""
        before = len(self.mock.calls)
        # A copy: the client may change its argument.
        status = self.generate(deepcopy(request))
        calls = self.mock.settle()[before:]
        refuse_second_charge(calls)
        refuse_wrong_bill(calls)
        if calls:
            refuse_wrong_status(status, calls[-1])


def post_once(url: str, request: dict[str, Any], api_key: str) -> int | None:
    """Return the status of one POST with httpx; None if there is no response."""
    client = shared_client()
    # `shared_client` has imported it.
    import httpx

    try:
        return client.post(url, json=request, headers={"Authorization": f"Bearer {api_key}"}).status_code
    except httpx.HTTPError:
        return None


@cache
def shared_client() -> httpx.Client:
    """Return one client for all examples: a new one reads certificates, which takes longer than many calls.

    Raises:
        ImportError: httpx is not installed.
    """
    try:
        # httpx is no dependency: subclasses that override `generate` may use another client.
        import httpx
    except ImportError as error:
        raise ImportError(
            "GatewayMachine.generate posts with httpx, which is not installed: override `generate` with a request of "
            "your own client, or pip install httpx"
        ) from error
    return httpx.Client()


def refuse_second_charge(calls: Sequence[Call]) -> None:
    """Raise if one request was charged more than once."""
    if len(charged(calls)) > 1:
        raise AssertionError(f"One request was charged {len(charged(calls))} times.\n{describe_charges(calls)}")


def refuse_wrong_bill(calls: Sequence[Call]) -> None:
    """Raise if a response without a fault bills another amount than was captured."""
    for call in calls:
        if call.sent is not None and call.charged and not call.fault:
            billed = Decimal(call.response.json()["usage"]["billed_amount"])
            if billed != call.charge:
                raise AssertionError(f"The response bills {billed} USD.\n{describe_call(call)}")


def refuse_wrong_status(status: int | None, call: Call) -> None:
    """Raise if a client does not report the status of its response."""
    has_own_status = not call.fault or fault_of(call).family in ERRORS
    if has_own_status and status != call.status:
        raise AssertionError(
            f"The client reports {status!r}, and the response has {call.status}.\n{describe_call(call)}"
        )
