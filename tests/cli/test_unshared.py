"""What is refused, and what is said, where several workers are asked for something that they do not share."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from omixa_mock import Settings, shipped_contract
from omixa_mock.cli.unshared import refuse_what_must_be_shared, tell_what_is_not_shared
from omixa_mock.gateway import Gateway, SettingError, changed

Run = Callable[..., Result]
ErrorOf = Callable[[Result], str]


def gateway(keys: Any = "any", **settings: Any) -> Gateway:
    return Gateway(shipped_contract(), changed(Settings(), settings), keys=keys)


@pytest.fixture
def linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")


REFUSED: dict[tuple[str, ...], str] = {
    ("--key", "issued"): "keys = issued: nobody could open a key in all workers",
    ("--idempotency-key", "replay"): "idempotency_key = replay: a repeated key may reach another worker",
}


@pytest.mark.usefixtures("linux")
@pytest.mark.parametrize("arguments", REFUSED, ids=str)
def test_what_must_be_shared_is_a_usage_error(run: Run, error_of: ErrorOf, arguments: tuple[str, ...]) -> None:
    assert REFUSED[arguments] in error_of(run("serve", "--workers", "2", *arguments))


@pytest.mark.usefixtures("linux")
@pytest.mark.parametrize("arguments", REFUSED, ids=str)
def test_refusal_says_what_to_do_instead(run: Run, error_of: ErrorOf, arguments: tuple[str, ...]) -> None:
    assert "Serve with one worker, or run replicas" in error_of(run("serve", "--workers", "2", *arguments))


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_system_that_does_not_spread_connections_is_refused(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    with pytest.raises(SettingError, match=f"workers = 2 needs Linux.*this is {platform}"):
        refuse_what_must_be_shared(2, gateway())


@pytest.mark.usefixtures("linux")
def test_keys_that_were_named_are_accepted() -> None:
    refuse_what_must_be_shared(2, gateway(["omx_live_ci"]))


@pytest.mark.parametrize("count", ["0", "65", "many"])
def test_number_of_workers_has_bounds(run: Run, error_of: ErrorOf, count: str) -> None:
    assert "--workers" in error_of(run("serve", "--workers", count))


COUNTING: list[Any] = [{"fail": "no_route"}, {"fail": "no_route", "times": 2}, {"fail": "no_route", "after": 1}]
COUNTING += [{"fail": "no_route", "probability": 0.5, "times": 2}]
ALWAYS: list[Any] = ["no_route", "no_route=0.1", {"fail": "no_route", "probability": 0.5}]


@pytest.mark.parametrize("fault", COUNTING, ids=str)
def test_fault_that_counts_calls_is_warned_of(fault: Any) -> None:
    assert [*tell_what_is_not_shared(3, gateway(), [fault])] == [
        "faults with times or after: each of the 3 workers counts by itself, in each workspace."
    ]


@pytest.mark.parametrize("fault", ALWAYS, ids=str)
def test_fault_that_counts_nothing_is_not_warned_of(fault: Any) -> None:
    assert [*tell_what_is_not_shared(3, gateway(), [fault])] == []


def test_varying_images_are_warned_of() -> None:
    assert [*tell_what_is_not_shared(3, gateway(vary="call"), [])] == [
        "vary = call: each of the 3 workers counts by itself, so an image may come 3 times."
    ]
