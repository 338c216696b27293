"""Tests of strictness about faults: a fault that was not injected fails its test, with a reason."""

from __future__ import annotations

from typing import Any

import pytest

SOURCE = """
def is_dog(call):
    return call.fields["prompt"] == "a dog"

def draw_and_lose(times=1):
    for _ in range(times):
        with pytest.raises(httpx.TransportError):
            draw()

def test_never_fired(omixa_mock):
    omixa_mock.fail("reset_after_capture")

def test_partly_used(omixa_mock):
    omixa_mock.fail("reset", times=3)
    draw_and_lose(2)

def test_for_ever(omixa_mock):
    omixa_mock.fail("reset", times=None)

def test_too_early(omixa_mock):
    omixa_mock.fail("reset", after=2)
    draw()

def test_predicate_of_none(omixa_mock):
    omixa_mock.fail("reset", when=is_dog)
    draw()
    draw()

def test_fields_of_none(omixa_mock):
    omixa_mock.fail("reset", when={"n": 2})
    draw()

def test_predicate_that_raised(omixa_mock):
    omixa_mock.fail("reset", when=lambda call: call.nothing)
    draw()

def test_predicate_that_raised_once(omixa_mock):
    omixa_mock.fail("no_route", when=lambda call: {"a cat": True}[call.fields["prompt"]])
    draw("a dog")
    draw()

def test_refused_before(omixa_mock):
    omixa_mock.fail("reset")
    with omixa_mock.expect_refusal(422):
        draw(n=11)

def test_one_of_two(omixa_mock):
    omixa_mock.fail("reset")
    omixa_mock.fail("no_route")
    draw_and_lose()

def test_at_the_server(omixa_mock_server):
    omixa_mock_server.fail("garbage")

def test_hang_without_timeout(omixa_mock):
    omixa_mock.fail("hang")
    try:
        httpx.post(
            omixa_mock.base_url + "/images/generations",
            headers={"Authorization": "Bearer " + omixa_mock.api_key},
            json={"model": "gpt-image-1.5", "prompt": "a cat"},
            timeout=None,
        )
    except Exception:
        pass

def test_exhausted(omixa_mock):
    omixa_mock.fail("reset", times=2)
    draw_and_lose(2)

def test_ok_is_left(omixa_mock):
    omixa_mock.fail(["reset", "ok", "ok"])
    draw_and_lose()

def test_for_ever_once(omixa_mock):
    omixa_mock.fail("reset", times=None)
    draw_and_lose()

def test_probability(omixa_mock):
    omixa_mock.fail("reset", probability=0.000001)
    draw()

def test_probability_and_times(omixa_mock):
    omixa_mock.fail("reset", probability=0.000001, times=2)
    draw()

@pytest.mark.omixa_mock(strict=False)
def test_lenient(omixa_mock):
    omixa_mock.fail("reset")
"""
NOT_INJECTED = "omixa-mock: a planned fault did not come: "
RAISED = "omixa-mock: the predicate of a plan raised: "
FINDINGS = {
    "test_never_fired": "reset_after_capture (times=1): never fired; injected into 0 of 1 calls",
    "test_partly_used": "reset (times=3): partly used; injected into 2 of 3 calls",
    "test_for_ever": "reset (for ever): never fired; injected into 0 calls",
    "test_too_early": "reset (times=1, after=2): never fired; injected into 0 of 1 calls; "
    "of the calls that it means 1 came",
    "test_predicate_of_none": "reset (times=1, when is_dog): never fired; injected into 0 of 1 calls; "
    "its condition held for none of 2 valid calls",
    "test_fields_of_none": "reset (times=1, when n=2): never fired; injected into 0 of 1 calls; "
    "its condition held for none of 1 valid calls",
    "test_predicate_that_raised": "reset (times=1, when <lambda>): never fired; injected into 0 of 1 calls; "
    "its predicate raised AttributeError: 'Call' object has no attribute 'nothing'",
    "test_predicate_that_raised_once": "no_route (times=1, when <lambda>): exhausted; injected into 1 of 1 calls; "
    "its predicate raised KeyError: 'a dog'",
    "test_refused_before": "reset (times=1): never fired; injected into 0 of 1 calls; "
    "calls that were refused leave it unused (#1 invalid_request)",
    "test_one_of_two": "no_route (times=1): never fired; injected into 0 of 1 calls; of the calls that it means 1 came",
    "test_at_the_server": "garbage (times=1): never fired; injected into 0 of 1 calls",
}
PASSING = [
    "test_exhausted",
    "test_ok_is_left",
    "test_for_ever_once",
    "test_probability",
    "test_probability_and_times",
    "test_lenient",
]


@pytest.fixture(scope="module")
def run(run_pytest: Any) -> Any:
    return run_pytest(SOURCE)


@pytest.mark.parametrize("name", FINDINGS)
def test_fault_that_was_not_injected_fails_its_test(run: Any, name: str) -> None:
    title = RAISED if "predicate_that_raised" in name else NOT_INJECTED
    assert run.text(name).splitlines()[0] == title + FINDINGS[name]


@pytest.mark.parametrize("name", [*FINDINGS, "test_hang_without_timeout"])
def test_failing_test_is_reported_once(run: Any, name: str) -> None:
    assert run.outcomes[name] == "failed"


@pytest.mark.parametrize("name", PASSING)
def test_test_without_findings_passes(run: Any, name: str) -> None:
    assert run.outcomes[name] == "passed"


def test_tables_name_every_test_of_the_project(run: Any) -> None:
    assert set(run.outcomes) == {*FINDINGS, *PASSING, "test_hang_without_timeout"}


def test_client_without_a_timeout_is_named(run: Any) -> None:
    assert (
        "a planned hang met a client that has no timeout; with the real gateway it would wait for ever. "
        "Give the client one, for instance timeout=60." in run.error("test_hang_without_timeout")
    )


def test_short_summary_names_the_fault(run: Any) -> None:
    assert f"FAILED test_it.py::test_never_fired - Failed: {NOT_INJECTED}reset_after_capture" in run.output
