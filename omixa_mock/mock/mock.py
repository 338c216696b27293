"""`OmixaMock`: a fake gateway as one test sees it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from omixa_mock.gateway import Call, Gateway, SettingError
from omixa_mock.gateway.faults import Predicate, ResponseBody, read_own_response

from .assertions import Assertions
from .handlers import Handlers
from .member_hints import hint_at_member
from .refusals import ExpectedRefusal
from .workspace_client import WorkspaceClient

__all__ = ["OmixaMock"]


class Unset(Enum):
    """The type of `UNSET`."""

    UNSET = "unset"


# The default of an argument for which None has a meaning.
UNSET = Unset.UNSET
NO_CHANGES: Mapping[str, Any] = MappingProxyType({})


class OmixaMock(Handlers, Assertions):
    """A fake gateway as one test sees it: its calls, its wallet, its faults, its assertions.

    Args:
        base_url: The base URL for a client; ends in `/api/v1`.
        api_key: The test's own key.
        client: Access to the workspace of that key.
        gateway: The core; None if it runs in another process.
        initial: Changes that the workspace began with, which `reset` applies again.

    Attributes:
        base_url: The base URL for a client; ends in `/api/v1`.
        api_key: The test's own key.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        client: WorkspaceClient,
        gateway: Gateway | None = None,
        initial: Mapping[str, Any] = NO_CHANGES,
    ) -> None:
        super().__init__(client)
        self.base_url = base_url
        self.api_key = api_key
        self._gateway = gateway
        self._initial = initial
        self._expected: set[int] = set()
        self._expected_unmatched: list[Call] = []

    def __repr__(self) -> str:
        number = len(self.calls)
        calls = "1 call" if number == 1 else f"{number} calls"
        return f"<omixa-mock at {self.base_url}: {calls}, {self.wallet.captured} USD charged>"

    if not TYPE_CHECKING:  # a type checker would accept every misspelt name

        def __getattr__(self, name: str) -> Any:
            """Refuse an unknown member, and name the one that was probably meant."""
            __tracebackhide__ = True
            hint = hint_at_member(name, dir(type(self)))
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}.{hint}")

    @property
    def gateway(self) -> Gateway:
        """Return the core: workspaces, journals, contract. Few tests need it.

        Raises:
            RuntimeError: The fake runs in another process (`--omixa-mock-url`).
        """
        if self._gateway is None:
            raise RuntimeError(
                "gateway is out of reach: the fake runs in another process. Use the members of this object, "
                "for instance calls and wallet, or run the test without --omixa-mock-url"
            )
        return self._gateway

    def env(self, *, openai: bool = False) -> dict[str, str]:
        """Return the environment variables for a client.

        Args:
            openai: Add the names that OpenAI's SDKs read.
        """
        names = {"OMIXA_BASE_URL": self.base_url, "OMIXA_API_KEY": self.api_key}
        return names | ({"OPENAI_BASE_URL": self.base_url, "OPENAI_API_KEY": self.api_key} if openai else {})

    def reset(self) -> None:
        """Begin anew, as at the start of the test: without calls and plans, with the first balance and settings."""
        self._client.reset()
        if self._initial:
            self._client.configure(self._initial)
        self._expected.clear()
        self._expected_unmatched.clear()

    def configure(self, **changes: Any) -> None:
        """Change settings of this test's workspace, for instance `configure(latency=0.5, provider_limit=2)`.

        Raises:
            SettingError: A setting is unknown or not accepted; then nothing was changed.
        """
        __tracebackhide__ = True
        self._client.configure({"settings": changes})

    def set_balance(self, balance: Decimal | str | float) -> None:
        """Set the wallet's balance to an amount in USD, for instance `"0.02"`.

        Raises:
            SettingError: The text is no amount, or less than what calls under way hold.
        """
        __tracebackhide__ = True
        self._client.configure({"balance": str(balance)})

    def allow_models(self, *models: str) -> None:
        """Restrict the key to these models: others get 403. Without a name, to none."""
        __tracebackhide__ = True
        self._client.configure({"models": list(models)})

    def routes_down(self, *routes: str) -> None:
        """Mark exactly these provider routes as down; without a name all are up."""
        __tracebackhide__ = True
        self._client.configure({"routes_down": list(routes)})

    def fail(
        self,
        what: Any,
        *,
        times: int | Unset | None = UNSET,
        after: int | None = None,
        when: Predicate | Mapping[str, Any] | None = None,
        probability: float | None = None,
    ) -> None:
        """Plan faults for the next valid calls.

        Args:
            what: A fault's name or status, or a sequence of them in which `"ok"` lets a call through:
                `"no_route"`, `503`, `"reset_after_capture"`, `"delay:2s"`, `["no_route", "ok"]`.
            times: How many times; once by default, None for every call.
            after: How many valid calls pass first.
            when: Which calls: fields with their values, or a function of a `Call`.
            probability: The probability that a call gets the fault; then for every call unless `times` is given.

        Raises:
            SettingError: There is no such fault, or the plan can never apply.
        """
        __tracebackhide__ = True
        given = {"probability": probability, "after": after, "when": when}
        options = {name: value for name, value in given.items() if value is not None}
        self._client.plan({"fail": what, **options, **({} if times is UNSET else {"times": times})})

    def plan(self, *plans: Any) -> None:
        """Plan faults, each argument by itself: a call gets its fault from the oldest plan that applies.

            mock.plan(reset().after_capture().times(1), delay("2s").when(size="1024x1536"))

        Args:
            *plans: Values of `omixa_mock.faults`, or what `fail` accepts.

        Raises:
            SettingError: There is no such fault, or the plan can never apply.
        """
        __tracebackhide__ = True
        for plan in plans:
            self._client.plan(plan)

    def respond(
        self,
        body: ResponseBody | Callable[[Call], ResponseBody],
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        times: int | None = 1,
        when: Predicate | Mapping[str, Any] | None = None,
    ) -> None:
        """Plan a response of your own to the next valid calls, marked by `X-Omixa-Mock-Fault: respond`.

        A success is charged like the one that it replaces; any other status refuses the call before it costs anything.

        Args:
            body: The bytes of an image, which a success then has first; an object or a list for JSON; text; other
                bytes; or a function of the `Call` that returns one of these.
            status: The status, 200 to 599.
            headers: Further header fields.
            times: How many times; None for every call.
            when: Which calls: fields with their values, or a function of a `Call`.

        Raises:
            SettingError: An argument is not accepted, or the fake runs in another process.
        """
        __tracebackhide__ = True
        try:
            outcome = read_own_response(body, status, headers)
        except SettingError as error:
            raise error.with_traceback(None) from None
        self._client.plan({"fail": outcome, "times": times, **({} if when is None else {"when": when})})

    def expect_refusal(
        self, status: int | None = None, *, match: str | re.Pattern[str] | None = None
    ) -> ExpectedRefusal:
        """Expect a call within the `with` block to be refused; strictness then accepts it.

        The context manager yields an object that has the `call`, `status`, `message` and `error` after the block.

        Args:
            status: The status; None for any refusal.
            match: A regular expression that is searched for in the message.

        Raises:
            AssertionError: At the end of the block, no call within it was refused so.
            TypeError: The status is not a number.
        """
        __tracebackhide__ = True
        if status is not None and not isinstance(status, int):
            raise TypeError(f"status = {status!r} is not accepted; accepted: a number, for instance 422, or none")
        return ExpectedRefusal(status, match, self._client, self._expect)

    def _expect(self, refused: Sequence[Call], unmatched: Sequence[Call]) -> None:
        self._expected |= {call.number for call in refused}
        self._expected_unmatched += unmatched

    def is_expected(self, call: Call) -> bool:
        """Return True if a refusal of this call was expected."""
        # Calls that belong to no workspace have no number.
        return call.number in self._expected if call.number else any(call is row for row in self._expected_unmatched)
