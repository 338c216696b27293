"""The handle: what a test holds of its fake gateway."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any

from omixa_mock.books import Balance, Books
from omixa_mock.expectations import (
    describe_calls,
    explain_miss,
    matches,
    refuse_unknown_fields,
)
from omixa_mock.gateway import Call, LedgerEntry, PlannedRun
from omixa_mock.kit.identify import identify
from omixa_mock.refusals import ExpectedRefusal

__all__ = ["Handle"]


class Handle:
    """A fake gateway as one test sees it: its calls, its wallet, its failures.

    Attributes:
        base_url: What a client takes as its base URL; ends in `/api/v1`.
        api_key: The test's own key.
    """

    def __init__(self, base_url: str, api_key: str, books: Books) -> None:
        self.base_url = base_url
        self.api_key = api_key
        self._books = books
        self._expected: set[int] = set()
        self._expected_strays: list[Call] = []

    def __repr__(self) -> str:
        number = len(self.calls)
        calls = "1 call" if number == 1 else f"{number} calls"
        return f"<omixa-mock at {self.base_url}: {calls}, {self.wallet.captured} USD charged>"

    def env(self, *, openai: bool = False) -> dict[str, str]:
        """What a client's environment needs; with `openai` the names that OpenAI's SDKs read as well."""
        names = {"OMIXA_BASE_URL": self.base_url, "OMIXA_API_KEY": self.api_key}
        return names | ({"OPENAI_BASE_URL": self.base_url, "OPENAI_API_KEY": self.api_key} if openai else {})

    # What happened

    @property
    def calls(self) -> Sequence[Call]:
        """The calls that have ended, oldest first."""
        return self._books.calls()

    @property
    def last(self) -> Call:
        """The newest call.

        Raises:
            AssertionError: There was none.
        """
        __tracebackhide__ = True
        calls = self.calls
        if not calls:
            raise AssertionError("There is no last call: the gateway was not called.")
        return calls[-1]

    @property
    def strays(self) -> Sequence[Call]:
        """The calls that came to the test's server without the key of any test; in process there are none."""
        return self._books.strays()

    @property
    def wallet(self) -> Balance:
        """The wallet as it is now: balance, held, captured, available."""
        return self._books.wallet()

    @property
    def ledger(self) -> Sequence[LedgerEntry]:
        """The wallet's entries, oldest first."""
        return self._books.ledger()

    @property
    def plans(self) -> Sequence[PlannedRun]:
        """The planned failures, in order, with what they have met."""
        return self._books.runs()

    def identify(self, picture: bytes | bytearray | memoryview | str | os.PathLike[str]) -> Call | None:
        """The call that made a picture, given as bytes or as a path; None where it was none of these calls."""
        fingerprint = identify(picture)
        return next((call for call in self.calls if fingerprint in call.fingerprints), None) if fingerprint else None

    # What shall happen

    def configure(self, **changes: Any) -> None:
        """Change settings of this test's workspace, for instance `configure(latency=0.5, provider_limit=2)`.

        Raises:
            SettingError: A setting is unknown or not accepted; then nothing was changed.
        """
        self._books.configure({"settings": changes})

    def set_balance(self, balance: Decimal | str | int) -> None:
        """Put the wallet's balance to an amount in USD, for instance `"0.02"`."""
        self._books.configure({"balance": str(balance)})

    def allow_models(self, *models: str) -> None:
        """Restrict the key to these models: others get 403. Without a name, to none."""
        self._books.configure({"models": list(models)})

    def routes_down(self, *routes: str) -> None:
        """Mark exactly these provider routes as down; without a name all are up."""
        self._books.configure({"routes_down": list(routes)})

    def fail(self, what: Any, *, times: int | None = 1) -> None:
        """Plan failures for the next valid calls.

        Args:
            what: An error's name or status, or a sequence of them in which `"ok"` lets a call through:
                `"no_route"`, `503`, `["no_route", "ok", "insufficient_balance"]`.
            times: How often; None for ever.

        Raises:
            SettingError: There is no such failure, or `times` is not accepted.
        """
        self._books.plan(what, times)

    def expect_refusal(self, status: int) -> AbstractContextManager[None]:
        """Expect a call within the `with` block to be refused with `status`; strictness then lets it pass.

        Raises:
            AssertionError: At the end of the block: no call within it was refused so.
        """
        return ExpectedRefusal(status, lambda: self.calls, lambda: self.strays, self._expect)

    def _expect(self, refused: Sequence[Call], strays: Sequence[Call]) -> None:
        self._expected |= {call.number for call in refused}
        self._expected_strays += strays

    def is_expected(self, call: Call) -> bool:
        """Whether a refusal of this call was expected."""
        # What no workspace claims has no number of its own.
        return call.number in self._expected if call.number else any(call is each for each in self._expected_strays)

    # What should have happened

    def assert_called(self, *, times: int | None = None, **fields: Any) -> Call:
        """Assert that a call asked for these fields, defaults filled in; returns the newest such call.

        Args:
            times: How many such calls there must be, 1 or more; None for any number.
            **fields: Request fields, and `status`, `operation`, `route`: `size="1024x1536", n=2`.

        Raises:
            AssertionError: With the nearest call, field by field.
            TypeError: A call has no such field.
            ValueError: `times` is less than 1; `assert_not_called(...)` is for that.
        """
        __tracebackhide__ = True
        refuse_unknown_fields(fields)
        if times is not None and times < 1:
            raise ValueError(f"times = {times!r} is not accepted; for no such call there is assert_not_called(...)")
        calls = self.calls
        found = [call for call in calls if matches(call, fields)]
        if not found:
            raise AssertionError(explain_miss(calls, self.strays, fields))
        if times is not None and len(found) != times:
            such = "such call" if times == 1 else "such calls"
            raise AssertionError(f"Expected {times} {such}; there {count(found)}.\n{describe_calls(found)}")
        return found[-1]

    def assert_not_called(self, **fields: Any) -> None:
        """Assert that no call came, or none that asked for these fields.

        Args:
            **fields: As for `assert_called`.

        Raises:
            AssertionError: With the calls that came.
            TypeError: A call has no such field.
        """
        __tracebackhide__ = True
        refuse_unknown_fields(fields)
        found = [call for call in self.calls if matches(call, fields)]
        if found:
            such = "such call" if fields else "call"
            raise AssertionError(f"Expected no {such}; there {count(found)}.\n{describe_calls(found)}")

    def assert_single_charge(self) -> None:
        """Assert that exactly one call was charged.

        Raises:
            AssertionError: With the calls and what each cost.
        """
        __tracebackhide__ = True
        calls = self.calls
        charged = [call for call in calls if call.charge is not None]
        if len(charged) != 1:
            told = describe_calls(charged or calls, self.strays)
            raise AssertionError(f"Expected one charge; there {count(charged)}.\n{told}")

    def assert_no_duplicate_charges(self) -> None:
        """Assert that no order was charged again after a reply to it was lost.

        Raises:
            AssertionError: With the calls that paid twice.
        """
        __tracebackhide__ = True
        lost: dict[str, Call] = {}
        for call in self.calls:
            if call.charge is None or call.order is None:
                continue
            if call.order.digest in lost:
                pair = (lost[call.order.digest], call)
                raise AssertionError(
                    f"The same order was charged again after its reply was lost.\n{describe_calls(pair)}"
                )
            if call.client_left:
                lost[call.order.digest] = call

    def assert_no_orphan_charges(self) -> None:
        """Assert that every charge reached its client.

        Raises:
            AssertionError: With the calls that were charged after their client had left.
        """
        __tracebackhide__ = True
        orphans = [call for call in self.calls if call.charge is not None and call.client_left]
        if orphans:
            raise AssertionError(f"Charged, and the client had left before its reply.\n{describe_calls(orphans)}")


def count(calls: Sequence[Call]) -> str:
    """How many calls there were, with the verb."""
    return f"{'was' if len(calls) == 1 else 'were'} {len(calls) or 'none'}"
