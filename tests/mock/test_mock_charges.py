"""Charges and waits under faults."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

import httpx
import pytest

import omixa_mock
from omixa_mock.mock.waits import read_seconds

Ask = Callable[..., httpx.Response]
OmixaMock = omixa_mock.OmixaMock


def lose(mock: OmixaMock, generate: Ask, fault: str) -> None:
    """A response that a plan loses."""
    mock.fail(fault)
    with pytest.raises(httpx.TransportError):
        generate()


# The bill


@pytest.mark.parametrize("fault", ["reset", "reset_after_capture", "no_route", "moderation_refused", "hang"])
def test_nothing_is_held_after_a_fault(mock: OmixaMock, generate: Ask, fault: str) -> None:
    mock.fail(fault)
    with suppress(httpx.TransportError):
        generate(timeout=0.1)
    mock.assert_no_open_holds()


@pytest.mark.parametrize(
    ("fault", "kinds"),
    [("reset", ["hold", "release"]), ("reset_after_capture", ["hold", "capture"]), ("no_route", [])],
)
def test_moment_of_a_fault_decides_what_it_costs(mock: OmixaMock, generate: Ask, fault: str, kinds: list[str]) -> None:
    mock.fail(fault)
    with suppress(httpx.TransportError):
        generate()
    assert [entry.kind for entry in mock.ledger[1:]] == kinds


def test_open_hold_fails_with_the_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omixa_mock.mock.observations.SETTLING", 0.01)
    with omixa_mock.serve() as server:
        workspace = server.gateway.workspaces.enter(server.api_key)
        hold = workspace.wallet.hold(Decimal("0.039"), 1, "digest")
        with pytest.raises(AssertionError, match=r"^0\.039000 USD are held [^\n]*\n.*balance[\s\S]*hold"):
            server.assert_no_open_holds()
        workspace.wallet.release(hold)


def test_ledger_prints_as_a_table(mock: OmixaMock, generate: Ask) -> None:
    generate()
    assert [line.split() for line in str(mock.ledger).splitlines()] == [
        ["#", "call", "kind", "amount", "balance", "held"],
        ["1", "-", "balance", "100.000000", "100.000000", "0.000000"],
        ["2", "#1", "hold", "0.039000", "100.000000", "0.039000"],
        ["3", "#1", "capture", "0.039000", "99.961000", "0.000000"],
    ]


def test_columns_of_the_ledger_end_where_they_end_above(mock: OmixaMock, generate: Ask) -> None:
    generate()
    assert len({len(line) for line in str(mock.ledger).splitlines()[1:]}) == 1


def test_reset_after_capture_and_a_retry_are_a_duplicate(mock: OmixaMock, generate: Ask) -> None:
    lose(mock, generate, "reset_after_capture")
    generate()
    with pytest.raises(AssertionError, match=r"repeats the request of #1, .* lost \(the plan reset_after_capture\)"):
        mock.assert_no_duplicate_charges()


def test_reset_before_capture_and_a_retry_are_no_duplicate(mock: OmixaMock, generate: Ask) -> None:
    lose(mock, generate, "reset")
    generate()
    mock.assert_no_duplicate_charges()


def test_what_a_plan_lost_is_no_orphan(mock: OmixaMock, generate: Ask) -> None:
    lose(mock, generate, "reset_after_capture")
    mock.assert_no_orphan_charges()


@pytest.mark.parametrize("fault", ["null_image", "empty_data", "invalid_json", "corrupt_image", "fewer_images"])
def test_success_without_an_image_is_an_orphan_unless_asked_again(mock: OmixaMock, generate: Ask, fault: str) -> None:
    mock.fail(fault)
    generate()
    with pytest.raises(AssertionError, match="left without a usable image"):
        mock.assert_no_orphan_charges()
    generate()
    mock.assert_no_orphan_charges()


@pytest.mark.parametrize("fault", ["billed_as_number", "wrapped_base64", "extra_fields"])
def test_success_with_a_usable_image_is_no_orphan(mock: OmixaMock, generate: Ask, fault: str) -> None:
    mock.fail(fault)
    generate()
    mock.assert_no_orphan_charges()


# Patience


def give_up(mock: OmixaMock, generate: Ask) -> None:
    """A client that waits two seconds, which do not pass."""
    mock.fail("hang")
    with pytest.raises(httpx.ReadTimeout):
        generate(timeout=2)


def test_client_that_gave_up_in_time(mock: OmixaMock, generate: Ask) -> None:
    give_up(mock, generate)
    mock.assert_gave_up_within(2)


def test_client_that_gave_up_late_fails(mock: OmixaMock, generate: Ask) -> None:
    give_up(mock, generate)
    with pytest.raises(AssertionError, match=r"within 1 s\.\n2\.000 s, then the client left: #1 --- POST"):
        mock.assert_gave_up_within(1)


def test_client_that_never_gave_up_fails(mock: OmixaMock, generate: Ask) -> None:
    generate()
    with pytest.raises(AssertionError, match=r"none did\.\n0\.000 s, then the response came: #1 200"):
        mock.assert_gave_up_within(1)


def test_client_that_waited_long_enough(mock: OmixaMock, generate: Ask) -> None:
    give_up(mock, generate)
    mock.assert_waited_at_least(2)


def test_client_that_waited_for_its_response(mock: OmixaMock, generate: Ask) -> None:
    mock.fail("delay:10ms")
    generate()
    mock.assert_waited_at_least(0.01)


def test_client_that_left_early_fails(mock: OmixaMock, generate: Ask) -> None:
    give_up(mock, generate)
    with pytest.raises(AssertionError, match=r"before 3 s\.\n2\.000 s, then the client left"):
        mock.assert_waited_at_least(3)


def test_client_that_was_not_kept_waiting_is_explained(mock: OmixaMock, generate: Ask) -> None:
    generate()
    with pytest.raises(AssertionError, match=r'none was kept waiting so long\. Let one wait, .* fail\("hang"\)'):
        mock.assert_waited_at_least(1)


def test_failover_shows_each_attempt(mock: OmixaMock, generate: Ask) -> None:
    mock.configure(failover_latency="10ms")
    mock.routes_down("azure-openai")
    generate()
    call = mock.last
    attempts = [(attempt.route, attempt.outcome) for attempt in call.attempts]
    assert (attempts, call.waited) == ([("azure-openai", "down"), ("azure-foundry", "up")], 0.01)


@pytest.mark.parametrize(("duration", "seconds"), [(2, 2.0), (0.5, 0.5), ("500ms", 0.5), ("1m", 60.0)])
def test_deadline_is_a_number_or_a_duration(duration: Any, seconds: float) -> None:
    assert read_seconds(duration) == seconds


@pytest.mark.parametrize("duration", ["x", "lognormal:1s", None, -1])
def test_deadline_is_one_length(mock: OmixaMock, duration: Any) -> None:
    with pytest.raises(ValueError, match="accepted"):
        mock.assert_gave_up_within(duration)
    with pytest.raises(ValueError, match="accepted"):
        mock.assert_waited_at_least(duration)


# Evicted calls

LOOKS_AT_ALL: dict[str, Callable[[OmixaMock], object]] = {
    "assert_called_once": lambda mock: mock.assert_called_once(prompt="a cat"),
    "assert_not_called": lambda mock: mock.assert_not_called(prompt="a dog"),
    "assert_single_charge": lambda mock: mock.assert_single_charge(),
    "assert_no_duplicate_charges": lambda mock: mock.assert_no_duplicate_charges(),
    "assert_no_orphan_charges": lambda mock: mock.assert_no_orphan_charges(),
    "assert_waited_at_least": lambda mock: mock.assert_waited_at_least(0),
}


@pytest.mark.parametrize("check", LOOKS_AT_ALL.values(), ids=LOOKS_AT_ALL)
def test_assertion_that_cannot_look_at_every_call_fails(check: Any, mock: OmixaMock, generate: Ask) -> None:
    for _ in range(3):
        generate()
    mock.gateway.workspaces.enter(mock.api_key).journal.trim(1)
    with pytest.raises(AssertionError, match=r"2 calls were evicted from the full journal.*mock\.reset\(\)"):
        check(mock)


def test_call_that_is_found_needs_no_other(mock: OmixaMock, generate: Ask) -> None:
    for _ in range(3):
        generate()
    mock.gateway.workspaces.enter(mock.api_key).journal.trim(1)
    assert (mock.assert_called().number, mock.evicted) == (3, 2)
