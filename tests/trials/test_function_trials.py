"""Tests of `omixa_mock.gauntlet`: the trials of a function."""

from __future__ import annotations

import asyncio
import base64
import os
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3 import Retry

import omixa_mock


def order(client: httpx.Client | None = None) -> bytes:
    """Make one image, and return its bytes."""
    response = (client or httpx).post(
        f"{os.environ['OMIXA_BASE_URL']}/images/generations",
        json={"model": "gpt-image-1.5", "prompt": "a cat"},
        headers={"Authorization": f"Bearer {os.environ['OMIXA_API_KEY']}"},
    )
    return base64.b64decode(response.raise_for_status().json()["data"][0]["b64_json"])


async def order_async() -> bytes:
    async with httpx.AsyncClient() as client:
        response = await client.post(
            f"{os.environ['OMIXA_BASE_URL']}/images/generations",
            json={"model": "gpt-image-1.5", "prompt": "a cat"},
            headers={"Authorization": f"Bearer {os.environ['OMIXA_API_KEY']}"},
        )
        return base64.b64decode(response.raise_for_status().json()["data"][0]["b64_json"])


def order_blindly() -> bytes:
    for _ in range(2):
        try:
            return order()
        except Exception:  # noqa: BLE001  # the careless retry that is tested
            continue
    return order()


def order_after_429() -> bytes:
    with httpx.Client() as client:
        try:
            return order(client)
        except httpx.HTTPStatusError:
            return order(client)


def order_without_timeout() -> bytes:
    with httpx.Client(timeout=None) as client:  # the careless client that is tested
        return order(client)


def names(report: Any) -> dict[str, list[str]]:
    return {trial.case.name: [outcome.name for outcome in trial.outcomes] for trial in report.trials}


@pytest.mark.parametrize("call", [order, order_async])
def test_outcomes_of_a_plain_function(call: Any) -> None:
    report = omixa_mock.gauntlet(call, faults=["no_route", "url_and_empty_b64"], only="once")
    assert names(report) == {"no_route once": ["ended loudly"], "url_and_empty_b64 once": ["swallowed"]}


def test_blind_retry_pays_again() -> None:
    report = omixa_mock.gauntlet(order_blindly, faults=["reset_in_body"], only="once")
    assert names(report) == {"reset_in_body once": ["paid again", "recovered"]}


def test_function_without_a_timeout_hangs() -> None:
    report = omixa_mock.gauntlet(order_without_timeout, faults=["hang"], only="once")
    assert names(report) == {"hang once": ["hung"], "hang_after_capture once": ["hung"]}


def test_result_that_is_no_file_is_not_looked_at() -> None:
    report = omixa_mock.gauntlet(lambda: order() and None, faults=["other_format"], only="once")
    assert names(report) == {"other_format once": ["recovered"]}


def test_list_of_files_is_looked_at() -> None:
    report = omixa_mock.gauntlet(lambda: [order()], faults=["other_format"], only="once")
    assert names(report) == {"other_format once": ["swallowed"]}


def test_failures_are_asserted() -> None:
    report = omixa_mock.gauntlet(order_blindly, faults=["reset_in_body"], only="once")
    with pytest.raises(AssertionError, match="reset_in_body once: paid again: 2 calls were charged"):
        report.assert_passed()


def test_function_without_failures_passes() -> None:
    omixa_mock.gauntlet(order, faults=["no_route", "reset"]).assert_passed()


def test_allowed_failures_pass(tmp_path: Path) -> None:
    path = tmp_path / "allow.toml"
    path.write_text('[[allow]]\ncase = "reset_in_body *"\noutcome = "paid again"\nreason = "known"\n')
    omixa_mock.gauntlet(order_blindly, faults=["reset_in_body"], allow=path).assert_passed()


def test_function_without_a_baseline_is_refused() -> None:
    with pytest.raises(ValueError, match="without a fault it made 0 calls"):
        omixa_mock.gauntlet(lambda: None)


def test_exit_of_a_program_is_its_own() -> None:
    def program() -> None:
        try:
            order()
        except httpx.HTTPError:
            raise SystemExit(3) from None

    assert names(omixa_mock.gauntlet(program, faults=["no_route"], only="once")) == {"no_route once": ["ended loudly"]}


def test_faults_may_be_one_name() -> None:
    assert len(omixa_mock.gauntlet(order, faults="no_route").trials) == 2


async def refused_in_a_loop() -> None:
    omixa_mock.gauntlet(order)


def test_running_event_loop_is_refused() -> None:
    with pytest.raises(RuntimeError, match="outside of an event loop"):
        asyncio.run(refused_in_a_loop())


def test_quick_has_twelve_trials() -> None:
    assert len(omixa_mock.gauntlet(order, quick=True).trials) == 12


def test_settings_are_the_callers() -> None:
    report = omixa_mock.gauntlet(order, faults=["no_route"], settings={"success_status": 201})
    assert report.trials[0].calls == 1


class Retries:
    """A function that repeats its request after 429, by the retries of requests itself."""

    def __init__(self, **options: Any) -> None:
        self.options = {"total": 2, "status_forcelist": [429], "allowed_methods": None, **options}

    def __call__(self) -> None:
        with requests.Session() as session:
            session.mount("https://", HTTPAdapter(max_retries=Retry(**self.options)))
            response = session.post(
                f"{os.environ['OMIXA_BASE_URL']}/images/generations",
                json={"model": "gpt-image-1.5", "prompt": "a cat"},
                headers={"Authorization": f"Bearer {os.environ['OMIXA_API_KEY']}"},
                timeout=5,
            )
            response.raise_for_status()


@pytest.mark.parametrize(
    ("call", "haste"),
    [
        (order_after_429, {"no backoff", "Retry-After ignored"}),
        (Retries(respect_retry_after_header=False), {"no backoff", "Retry-After ignored"}),
        (Retries(), set()),
    ],
    ids=["own loop", "no wait", "wait as named"],
)
@pytest.mark.usefixtures("busy_machine")
def test_haste_is_seen_although_waits_are_shortened(call: Any, haste: set[str]) -> None:
    report = omixa_mock.gauntlet(call, faults=["rate_limited"], only="once")
    assert set(names(report)["rate_limited once"]) - {"recovered"} == haste
