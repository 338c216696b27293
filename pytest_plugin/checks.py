"""Checks at the end of a test or of the run: live attempts, broken contracts, unmet plans, advisories."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from omixa_mock.advisory import OmixaAdvisory
from omixa_mock.gateway.calls import describe_call
from omixa_mock.interceptors import Attempt
from omixa_mock.interceptors.tripwire import Tripwire
from omixa_mock.mock import OmixaMock, OmixaMockServer

from .markers import read_markers
from .mocks import ADVISORIES, MOCKS, name_of
from .options import is_on
from .strictness import find_attempts, find_broken_contracts, find_evicted, find_unmet_plans, format_findings

__all__ = ["Checks"]

SHOWN_CALLS = 20


class Checks:
    """Checks of the tests of one run.

    Args:
        config: The run's configuration, with the switch for strictness.
        tripwire: The tripwire, with the live attempts.

    Attributes:
        unadopted: The calls under the key of `omixa_mock_session` that no test adopted, one per line.
    """

    def __init__(self, config: pytest.Config, tripwire: Tripwire) -> None:
        self._config = config
        self._tripwire = tripwire
        self.unadopted: list[str] = []

    def enforce_strictness(self, item: pytest.Item) -> None:
        """Fail a test for live attempts, broken contracts and unmet plans."""
        __tracebackhide__ = True
        mocks = item.stash.get(MOCKS, [])
        findings = [*find_attempts(self.take_attempts(item))]
        if mocks and self._is_strict(item):
            for mock in mocks:
                findings += find_broken_contracts(mock, name_of(mock))
                findings += find_unmet_plans(mock)
                findings += find_evicted(mock)
        if findings:
            pytest.fail(format_findings(findings), pytrace=False)
        self._give_advisories(item, mocks)

    def _give_advisories(self, item: pytest.Item, mocks: Sequence[OmixaMock]) -> None:
        texts = [
            f"{describe_call(call)}: {advisory.message} [{advisory.rule}]"
            for mock in mocks
            for call in mock.calls
            for advisory in call.advisories
        ]
        for text in dict.fromkeys([*texts, *item.stash.get(ADVISORIES, [])]):
            try:
                item.warn(OmixaAdvisory(text))
            except OmixaAdvisory as error:  # The user's filter makes errors of warnings.
                raise pytest.fail.Exception(f"omixa-mock: {error}", pytrace=False) from None

    def check_session_calls(self, mock: OmixaMockServer, fixture: str) -> None:
        """List the calls of the session's key that no test adopted, and fail if one of them broke the contract."""
        __tracebackhide__ = True
        calls = mock.settle()
        left_out = len(calls) - SHOWN_CALLS
        self.unadopted = [f"… {left_out} earlier {'call' if left_out == 1 else 'calls'}"] if left_out > 0 else []
        self.unadopted += [describe_call(call) for call in calls[-SHOWN_CALLS:]]
        # Calls without any key are the running test's, if it has a mock.
        findings = [*find_broken_contracts(mock, fixture, unmatched=False), *find_evicted(mock)]
        if findings and is_on(self._config, "strict"):
            pytest.fail(format_findings(findings), pytrace=False)

    def fail_on_attempts(self, item: pytest.Item) -> None:
        """Fail a teardown that tried to reach Omixa for real."""
        __tracebackhide__ = True
        message = self.describe_attempts(item)
        if message:
            pytest.fail(message, pytrace=False)

    def describe_attempts(self, item: pytest.Item) -> str:
        """Return the message about a test's live attempts; empty if there were none."""
        findings = [*find_attempts(self.take_attempts(item))]
        return format_findings(findings) if findings else ""

    def take_attempts(self, item: pytest.Item) -> Sequence[Attempt]:
        """Remove and return the live attempts of a test."""
        # The second form is the one that pytest writes into the environment.
        names = {item.nodeid, item.nodeid.replace("\x00", "(null)")}
        attempts = self._tripwire.attempts
        taken = [attempt for attempt in attempts if attempt.test in names]
        attempts[:] = [attempt for attempt in attempts if attempt.test not in names]
        return taken

    def _is_strict(self, item: pytest.Item) -> bool:
        strict = read_markers(item).strict
        return is_on(self._config, "strict") if strict is None else strict
