"""Assertions about the calls, the charges, the plans and the waits of one mock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from omixa_mock.gateway import Call
from omixa_mock.gateway.calls import cut, describe_calls
from omixa_mock.gateway.verdict import (
    charged,
    describe_charges,
    describe_evicted,
    describe_held,
    explain_plan_state,
    find_duplicate,
    find_orphans,
    sum_held,
)

from .absence import mention_under_way
from .expectations import explain_miss, matches, refuse_unknown_fields
from .observations import Observations
from .waits import explain_early_leaver, explain_late_leaver, read_seconds

__all__ = ["Assertions"]


class Assertions(Observations):
    """The assertions of a mock."""

    def assert_called(self, *, times: int | None = None, **fields: Any) -> Call:
        """Assert that a call had these fields, defaults filled in, and return the newest such call.

        Args:
            times: How many such calls there must be, 1 or more; None for any number.
            **fields: Request fields, and `status`, `operation`, `route`: `size="1024x1536", n=2`. A compiled regular
                expression is searched for in the value, a function of the value must return true.

        Raises:
            AssertionError: With the nearest call, field by field.
            TypeError: A call has no such field, or the function is a coroutine function.
            ValueError: `times` is less than 1; `assert_not_called(...)` is for that.
        """
        __tracebackhide__ = True
        refuse_unknown_fields(fields, self._client.field_names())
        if times is not None and times < 1:
            raise ValueError(f"times = {times!r} is not accepted; for no such call there is assert_not_called(...)")
        calls = self.calls
        found = [call for call in calls if matches(call, fields)]
        if not found:
            raise AssertionError(explain_miss(calls, self._client, fields))
        if times is not None and len(found) != times:
            such = "such call" if times == 1 else "such calls"
            more = mention_under_way(self._client.unrecorded())
            raise AssertionError(f"Expected {times} {such}; there {count(found)}.\n{describe_calls(found)}{more}")
        if times is not None:
            self._refuse_evicted()
        return found[-1]

    def assert_called_once(self, **fields: Any) -> Call:
        """Assert that exactly one call had these fields, and return it; without fields, that there was one call.

        Args:
            **fields: As for `assert_called`.

        Raises:
            AssertionError: With the calls that had these fields, or the nearest one.
            TypeError: As for `assert_called`.
        """
        __tracebackhide__ = True
        return self.assert_called(times=1, **fields)

    def assert_not_called(self, **fields: Any) -> None:
        """Assert that no call was made, or none with these fields.

        It waits for calls under way as `settle` does: what they have is not known before they end.

        Args:
            **fields: As for `assert_called`.

        Raises:
            AssertionError: With the calls that came, or with the number of those still under way.
            TypeError: As for `assert_called`.
        """
        __tracebackhide__ = True
        refuse_unknown_fields(fields, self._client.field_names())
        self._wait()
        found = [call for call in self.calls if matches(call, fields)]
        such = "such call" if fields else "call"
        if found:
            raise AssertionError(f"Expected no {such}; there {count(found)}.\n{describe_calls(found)}")
        under_way = mention_under_way(self._client.unrecorded())
        if under_way:
            raise AssertionError(f"Expected no {such}, which is not known yet.{under_way}")
        self._refuse_evicted()

    def assert_single_charge(self) -> None:
        """Assert that exactly one call was charged.

        Raises:
            AssertionError: With the calls and what each cost.
        """
        __tracebackhide__ = True
        calls = self.settle()
        paid = charged(calls)
        if len(paid) != 1:
            lines = describe_charges(calls) if paid else describe_calls(calls, self.absence)
            raise AssertionError(f"Expected one charge; there {count(paid)}.\n{lines}")
        self._refuse_evicted()

    def assert_no_duplicate_charges(self) -> None:
        """Assert that no request was charged again after its response was lost.

        Raises:
            AssertionError: With the calls that paid twice.
        """
        __tracebackhide__ = True
        calls = self.settle()
        if find_duplicate(calls):
            raise AssertionError(
                f"The same request was charged again after its response was lost.\n{describe_charges(calls)}"
            )
        self._refuse_evicted()

    def assert_no_orphan_charges(self) -> None:
        """Assert that every charged response reached its client, or that the client asked again.

        Raises:
            AssertionError: With the calls that were charged for nothing.
        """
        __tracebackhide__ = True
        orphans = find_orphans(self.settle())
        if orphans:
            raise AssertionError(f"Charged, and the client was left without a usable image.\n{describe_calls(orphans)}")
        self._refuse_evicted()

    def assert_no_open_holds(self) -> None:
        """Assert that every hold ended in a capture or a release.

        Raises:
            AssertionError: With what is held, and the ledger.
        """
        __tracebackhide__ = True
        self.settle()
        ledger = self.ledger
        held = sum_held(ledger)
        if held:
            raise AssertionError(f"{describe_held(held)}\n{cut(str(ledger))}")

    def assert_plans_exhausted(self) -> None:
        """Assert that every planned fault has happened.

        Raises:
            AssertionError: With each plan that never fired, or was used in part.
        """
        __tracebackhide__ = True
        calls = self.settle()
        unmet = [explain_plan_state(state, calls) for state in self.plans if not state.exhausted]
        if unmet:
            raise AssertionError(cut("Expected every plan to be exhausted.\n" + "\n".join(unmet)))

    def assert_gave_up_within(self, seconds: float | str) -> None:
        """Assert that a client gave up, and that each that did gave up within `seconds`.

        Args:
            seconds: A number, or a duration as text: `"500ms"`.

        Raises:
            AssertionError: With how long each waited.
            ValueError: `seconds` is not a duration.
        """
        __tracebackhide__ = True
        message = explain_late_leaver(self.settle(), read_seconds(seconds), lambda: self.absence)
        if message:
            raise AssertionError(message)
        self._refuse_evicted()

    def assert_waited_at_least(self, seconds: float | str) -> None:
        """Assert that a client waited for `seconds`, and that none gave up before.

        Args:
            seconds: A number, or a duration as text: `"500ms"`.

        Raises:
            AssertionError: With how long each waited.
            ValueError: `seconds` is not a duration.
        """
        __tracebackhide__ = True
        message = explain_early_leaver(self.settle(), read_seconds(seconds), lambda: self.absence)
        if message:
            raise AssertionError(message)
        self._refuse_evicted()

    def _refuse_evicted(self) -> None:
        """Raise AssertionError if the journal has evicted calls: an assertion that cannot look must not pass."""
        __tracebackhide__ = True
        number = self.evicted
        if number:
            raise AssertionError(describe_evicted(number))


def count(calls: Sequence[Call]) -> str:
    """Return the number of calls, with the verb."""
    return f"{'was' if len(calls) == 1 else 'were'} {len(calls) or 'none'}"
