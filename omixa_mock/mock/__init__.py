"""The handle: what a test holds of its fake gateway."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from decimal import Decimal
from enum import Enum
from importlib import import_module
from typing import TYPE_CHECKING, Any

from omixa_mock.gateway import Call
from omixa_mock.gateway.faults import Predicate

from .assertions import Asserted
from .refusals import ExpectedRefusal
from .workspace_client import WorkspaceClient

__all__ = ["OmixaMock"]


class Unsaid(Enum):
    """What stands for an argument that was not given, where None means something."""

    UNSAID = "unsaid"


UNSAID = Unsaid.UNSAID


class OmixaMock(Asserted):
    """A fake gateway as one test sees it: its calls, its wallet, its failures.

    Attributes:
        base_url: What a client takes as its base URL; ends in `/api/v1`.
        api_key: The test's own key.
    """

    def __init__(self, base_url: str, api_key: str, client: WorkspaceClient) -> None:
        super().__init__(client)
        self.base_url = base_url
        self.api_key = api_key
        self._expected: set[int] = set()
        self._expected_unmatched: list[Call] = []

    def __repr__(self) -> str:
        number = len(self.calls)
        calls = "1 call" if number == 1 else f"{number} calls"
        return f"<omixa-mock at {self.base_url}: {calls}, {self.wallet.captured} USD charged>"

    if not TYPE_CHECKING:  # a type checker would take every misspelt name for one that exists

        def __getattr__(self, name: str) -> Any:
            """Say what hides what: the fixture has the module's name."""
            __tracebackhide__ = True
            module = "omixa_mock"
            hint = f" In a test the fixture hides the module: import {module} as fake, and fake.{name} is there."
            known = name in import_module(module).__all__
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}.{hint if known else ''}")

    def env(self, *, openai: bool = False) -> dict[str, str]:
        """What a client's environment needs; with `openai` the names that OpenAI's SDKs read as well."""
        names = {"OMIXA_BASE_URL": self.base_url, "OMIXA_API_KEY": self.api_key}
        return names | ({"OPENAI_BASE_URL": self.base_url, "OPENAI_API_KEY": self.api_key} if openai else {})

    def configure(self, **changes: Any) -> None:
        """Change settings of this test's workspace, for instance `configure(latency=0.5, provider_limit=2)`.

        Raises:
            SettingError: A setting is unknown or not accepted; then nothing was changed.
        """
        __tracebackhide__ = True
        self._client.configure({"settings": changes})

    def set_balance(self, balance: Decimal | str | int) -> None:
        """Put the wallet's balance to an amount in USD, for instance `"0.02"`."""
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
        times: int | Unsaid | None = UNSAID,
        after: int | None = None,
        when: Predicate | Mapping[str, Any] | None = None,
        probability: float | None = None,
    ) -> None:
        """Plan faults for the next valid calls.

        Args:
            what: A fault's name or status, or a sequence of them in which `"ok"` lets a call through:
                `"no_route"`, `503`, `"reset_after_capture"`, `"delay:2s"`, `["no_route", "ok"]`.
            times: How often; once unless told otherwise, None for ever.
            after: How many valid calls pass before.
            when: Which calls: fields with their values, or a function of a `Call`.
            probability: How probable it is that a call is struck; then for ever unless told times.

        Raises:
            SettingError: There is no such fault, or the plan could never have its turn.
        """
        __tracebackhide__ = True
        said = {"probability": probability, "after": after, "when": when}
        told = {name: value for name, value in said.items() if value is not None}
        self._client.plan({"fail": what, **told, **({} if times is UNSAID else {"times": times})})

    def plan(self, *plans: Any) -> None:
        """Plan faults, each argument for itself: the oldest plan whose turn it is takes a call.

            gateway.plan(reset().after_capture().times(1), delay("2s").when(size="1024x1536"))

        Args:
            *plans: From `omixa_mock.faults`, or what `fail` takes.

        Raises:
            SettingError: There is no such fault, or the plan could never have its turn.
        """
        __tracebackhide__ = True
        for each in plans:
            self._client.plan(each)

    def expect_refusal(self, status: int) -> AbstractContextManager[None]:
        """Expect a call within the `with` block to be refused with `status`; strictness then lets it pass.

        Raises:
            AssertionError: At the end of the block: no call within it was refused so.
            TypeError: The status is no number.
        """
        __tracebackhide__ = True
        if not isinstance(status, int):
            raise TypeError(f"status = {status!r} is not accepted; accepted: a number, for instance 422")
        return ExpectedRefusal(status, lambda: self.calls, lambda: self.unmatched_calls, self._expect)

    def _expect(self, refused: Sequence[Call], unmatched_calls: Sequence[Call]) -> None:
        self._expected |= {call.number for call in refused}
        self._expected_unmatched += unmatched_calls

    def is_expected(self, call: Call) -> bool:
        """Whether a refusal of this call was expected."""
        # What no workspace claims has no number of its own.
        return call.number in self._expected if call.number else any(call is each for each in self._expected_unmatched)
