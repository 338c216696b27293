"""Tests of outcomes: what each kind of evidence shows."""

from __future__ import annotations

from collections.abc import Sequence

import httpx
import pytest

from omixa_mock import Call, intercept
from omixa_mock.trials.cases import HEALTHY, Case
from omixa_mock.trials.evidence import Evidence
from omixa_mock.trials.outcomes import FAILURES, OUTCOMES, describe_exit, find_outcomes

ORDER = {"model": "gpt-image-1.5", "prompt": "a cat"}


def calls_under(*faults: str) -> tuple[Call, ...]:
    """Return a call for each fault; `ok` for none."""
    with intercept() as mock:
        if faults:
            mock.fail(list(faults))
        for _ in faults:
            try:
                headers = {"Authorization": f"Bearer {mock.api_key}"}
                httpx.post(f"{mock.base_url}/images/generations", json=ORDER, headers=headers)
            except httpx.HTTPError:
                """A fault that no client can read."""
        return tuple(mock.calls)


def outcomes(
    *faults: str, exit_code: int | None = 0, flaw: str | None = None, gaps: Sequence[float] = ()
) -> dict[str, str]:
    """Return the outcomes of a trial with a call for each fault, by name."""
    # Each call takes two seconds.
    begins = [2.0 * number + sum(gaps[:number]) for number in range(len(faults))]
    spans = tuple((began, began + 2.0) for began in begins) if gaps else ()
    evidence = Evidence(Case("no_route"), calls_under(*faults), spans, 1.0, exit_code, "no luck", flaw)
    return {outcome.name: outcome.evidence for outcome in find_outcomes(evidence)}


def test_success_after_a_fault_is_recovered() -> None:
    assert outcomes("no_route", "ok", gaps=[1]) == {"recovered": "it ended as a success after 2 calls"}


def test_two_charges_are_paid_again() -> None:
    assert outcomes("reset_in_body", "ok")["paid again"] == "2 calls were charged, together 0.078000 USD"


def test_refusals_are_not_paid() -> None:
    assert "paid again" not in outcomes("no_route", "no_route", "ok", gaps=[1, 1])


def test_end_by_force_is_hung() -> None:
    assert outcomes("ok", exit_code=None)["hung"] == "it was ended by force after 1 s"


def test_exit_code_is_loud() -> None:
    assert outcomes("no_route", exit_code=2) == {"ended loudly": "no luck"}


@pytest.mark.parametrize("fault", ["no_route", "null_image", "reset_in_body"])
def test_success_without_an_image_is_swallowed(fault: str) -> None:
    assert "swallowed" in outcomes(fault)


def test_success_without_a_call_is_swallowed() -> None:
    assert "swallowed" in outcomes()


def test_wrong_file_is_swallowed() -> None:
    assert outcomes("ok", flaw="out.png is empty")["swallowed"] == "it ended as a success, and out.png is empty"


def test_right_file_is_recovered_whatever_came() -> None:
    assert "recovered" in outcomes("null_image", flaw="")


@pytest.mark.parametrize("fault", ["invalid_key", "insufficient_balance", "model_not_allowed", "invalid_request"])
def test_call_after_a_final_refusal_is_in_vain(fault: str) -> None:
    assert "retried in vain" in outcomes(fault, "ok")


def test_final_refusal_of_the_last_call_is_not_in_vain() -> None:
    assert "retried in vain" not in outcomes("no_route", "invalid_key", exit_code=1, gaps=[1])


@pytest.mark.parametrize("fault", ["no_route", "rate_limited"])
def test_call_at_once_has_no_backoff(fault: str) -> None:
    assert "no backoff" in outcomes(fault, "ok", gaps=[0.01])


def test_call_at_once_after_500_is_no_matter() -> None:
    assert "no backoff" not in outcomes("internal_error", "ok", gaps=[0.01])


def test_call_that_began_before_the_response_does_not_follow_it() -> None:
    assert set(outcomes("rate_limited", "ok", gaps=[-0.5])) == {"recovered"}


@pytest.mark.parametrize(("code", "text"), [(-11, "ended by SIGSEGV"), (-99, "ended by signal 99"), (7, "exit code 7")])
def test_exit_is_described(code: int, text: str) -> None:
    assert describe_exit(code) == text


def test_call_before_retry_after_ignores_it() -> None:
    assert "Retry-After ignored" in outcomes("rate_limited", "ok", gaps=[0.5])


def test_call_after_retry_after_heeds_it() -> None:
    assert set(outcomes("rate_limited", "ok", gaps=[1.01])) == {"recovered"}


def test_failures_come_first() -> None:
    assert OUTCOMES[: len(FAILURES)] == FAILURES


def test_healthy_case_has_no_plan() -> None:
    assert (HEALTHY.name, HEALTHY.plan) == ("healthy", None)


def test_call_whose_end_is_not_known_hides_no_other_gap() -> None:
    calls = calls_under("no_route", "no_route", "no_route")
    spans = ((0.0, 1.0), (1.0, None), (9.0, 10.0))
    evidence = Evidence(Case("no_route"), calls, spans, 1.0, 1)
    assert evidence.gaps == [(calls[0], 0.0)]
