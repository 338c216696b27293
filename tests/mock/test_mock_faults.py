"""Planned faults of the mock: `fail`, `plan`, and the plans that never applied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

import omixa_mock
from omixa_mock import SettingError, faults
from omixa_mock.gateway import CATALOGUE, OK, read_fault
from omixa_mock.gateway.faults.unknown_names import SYNONYMS

Ask = Callable[..., httpx.Response]
OmixaMock = omixa_mock.OmixaMock


# Planning

FAIL: dict[str, tuple[tuple[Any, dict[str, Any]], str]] = {
    "name": (("no_route", {}), "no_route (times=1)"),
    "status": ((503, {}), "no_route (times=1)"),
    "status of no page": ((429, {}), "rate_limited (times=1)"),
    "moment": (("reset_after_capture", {}), "reset_after_capture (times=1)"),
    "duration": (("delay:500ms", {}), "delay:0.5s (times=1)"),
    "sequence": ((["no_route", "no_route", "ok"], {}), "no_route, no_route, ok"),
    "times": (("reset", {"times": 2}), "reset (times=2)"),
    "for ever": (("reset", {"times": None}), "reset (for ever)"),
    "after": (("reset", {"after": 2}), "reset (times=1, after=2)"),
    "fields": (("reset", {"when": {"n": 2}}), "reset (times=1, when n=2)"),
    "predicate": (("reset", {"when": callable}), "reset (times=1, when callable)"),
    "probability": (("reset", {"probability": 0.5}), "reset (for ever, probability=0.5)"),
    "probability and times": (("reset", {"probability": 0.5, "times": 3}), "reset (times=3, probability=0.5)"),
}
PLAN: dict[str, tuple[Any, str]] = {
    "sentence": (faults.reset().after_capture().times(1), "reset_after_capture (times=1)"),
    "duration": (faults.delay("500ms"), "delay:0.5s (times=1)"),
    "seconds": (faults.drip(3), "drip:3s (times=1)"),
    "own duration": (faults.delay(2), "delay (times=1)"),
    "fields": (faults.hang().when(size="1024x1536"), "hang (times=1, when size='1024x1536')"),
    "probability": (faults.no_route().with_probability(0.5), "no_route (for ever, probability=0.5)"),
    "for ever": (faults.no_route().for_ever(), "no_route (for ever)"),
    "after": (faults.no_route().after(2).times(3), "no_route (times=3, after=2)"),
    "sequence": ([faults.no_route().times(2), faults.ok(), "reset"], "no_route, no_route, ok, reset"),
    "as fail takes it": ("no_route", "no_route (times=1)"),
    "object": ({"fail": 503, "times": 2}, "no_route (times=2)"),
}


@pytest.mark.parametrize(("arguments", "plan"), FAIL.values(), ids=FAIL)
def test_fail_plans(mock: OmixaMock, arguments: tuple[Any, dict[str, Any]], plan: str) -> None:
    mock.fail(arguments[0], **arguments[1])
    assert [str(run.plan) for run in mock.plans] == [plan]


@pytest.mark.parametrize(("arguments", "plan"), PLAN.values(), ids=PLAN)
def test_plan_plans(mock: OmixaMock, arguments: Any, plan: str) -> None:
    mock.plan(arguments)
    assert [str(run.plan) for run in mock.plans] == [plan]


def test_plan_takes_several(mock: OmixaMock, generate: Ask) -> None:
    mock.plan(faults.no_route(), faults.rate_limited())
    assert [generate().status_code for _ in range(3)] == [503, 429, 200]


def test_there_is_a_sentence_for_every_fault() -> None:
    made = {str(getattr(faults, name)().outcomes[0]) for name in faults.__all__}
    assert made == {*CATALOGUE, OK.name}


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "unknown name": ({"what": "no_rout"}, 'Did you mean "no_route"'),
    "nothing": ({"what": []}, "an outcome or more"),
    "None": ({"what": None}, "There is no fault null"),
    "negative times": ({"what": "reset", "times": -1}, "1 or more"),
    "no times": ({"what": "reset", "times": 0}, "1 or more"),
    "negative after": ({"what": "reset", "after": -1}, "0 to 10,000,000"),
    "probability too great": ({"what": "reset", "probability": 1.1}, "more than 0, up to 1"),
    "probability of nothing": ({"what": "reset", "probability": 0}, "more than 0, up to 1"),
    "probability that is no number": ({"what": "reset", "probability": float("nan")}, "more than 0, up to 1"),
    "when as text": ({"what": "reset", "when": "size == 'auto'"}, "function cannot travel"),
    "empty text": ({"what": "reset", "when": ""}, "function cannot travel"),
    "value that can never be": ({"what": "reset", "when": {"size": "1x1"}}, "can never be"),
    "delay that is no number": ({"what": "delay:nan"}, "500ms"),
}


@pytest.mark.parametrize(("arguments", "text"), BAD.values(), ids=BAD)
def test_bad_plan_is_refused_at_once(mock: OmixaMock, arguments: dict[str, Any], text: str) -> None:
    with pytest.raises(SettingError, match=text):
        mock.fail(**arguments)
    assert mock.plans == ()


@pytest.mark.parametrize(
    "make",
    [
        lambda: faults.no_route().after_capture(),
        lambda: faults.drip().before_capture(),
        lambda: faults.ok().after_capture(),
        lambda: faults.delay(float("nan")),
        lambda: faults.reset().times(0),
    ],
)
def test_bad_builder_is_refused_where_it_is_written(make: Callable[[], Any]) -> None:
    with pytest.raises(SettingError):
        make()


def test_unknown_field_of_a_plan_is_refused_where_it_is_planned(mock: OmixaMock) -> None:
    with pytest.raises(SettingError, match=r'when "promt": a call has no such field\. Did you mean prompt'):
        mock.plan(faults.reset().when(promt="a cat"))
    assert mock.plans == ()


def test_conditions_within_a_sequence_are_refused(mock: OmixaMock) -> None:
    with pytest.raises(SettingError, match="Plan it by itself"):
        mock.plan([faults.no_route().after(1), faults.ok()])


# assert_plans_exhausted


def test_exhausted_plans_are_exhausted(mock: OmixaMock, generate: Ask) -> None:
    mock.fail(["no_route", "ok"])
    for _ in range(2):
        generate()
    mock.assert_plans_exhausted()


@pytest.mark.parametrize(
    ("number", "state"),
    [(0, "never fired; injected into 0 of 3 calls"), (1, "partly used; injected into 1 of 3 calls")],
)
def test_plans_that_are_not_exhausted_are_distinguished(
    mock: OmixaMock, generate: Ask, number: int, state: str
) -> None:
    mock.fail("no_route", times=3)
    for _ in range(number):
        generate()
    with pytest.raises(AssertionError, match=rf"no_route \(times=3\): {state}"):
        mock.assert_plans_exhausted()


def test_plan_that_a_refused_call_left_unused_is_explained(mock: OmixaMock, generate: Ask) -> None:
    mock.fail("no_route")
    generate(n=11)
    with pytest.raises(AssertionError, match=r"refused leave it unused \(#1 invalid_request\)"):
        mock.assert_plans_exhausted()


# Plans as a table


def test_plans_print_as_a_table(mock: OmixaMock, generate: Ask) -> None:
    mock.fail("no_route", times=2, when={"n": 2})
    mock.fail(["rate_limited", "ok"])
    mock.fail("reset", times=None, after=5)
    generate()
    assert (
        str(mock.plans)
        == """\
#  plan                          state        calls  of
1  no_route (times=2, when n=2)  never fired      0   2
2  rate_limited, ok              partly used      1   2
3  reset (for ever, after=5)     never fired      0   -"""
    )


def test_no_plans_print_as_headings(mock: OmixaMock) -> None:
    assert (str(mock.plans), mock.plans) == ("#  plan  state  calls  of", ())


# Names that no fault has

CURES: dict[str, tuple[Any, str]] = {
    "misspelt": ("no_rout", 'Did you mean "no_route"?'),
    "status as text": ("503", "Use fail(503): a status is a number, not text."),
    "timeout": ("timeout", 'Did you mean "hang" or "delay"?'),
    "connection error": ("connection_error", 'Did you mean "reset" or "no_response"?'),
    "in another spelling": ("Read-Timeout", 'Did you mean "hang" or "delay"?'),
    "respond": ("respond", "It needs a response: use mock.respond(...)."),
}


@pytest.mark.parametrize(("name", "cure"), CURES.values(), ids=CURES)
def test_cure_of_an_unknown_name_comes_before_the_catalogue(mock: OmixaMock, name: str, cure: str) -> None:
    with pytest.raises(SettingError) as raised:
        mock.fail(name)
    assert str(raised.value).startswith(f'There is no fault "{name}". {cure} There are: invalid_key, ')


@pytest.mark.parametrize("meant", [name for names in SYNONYMS.values() for name in names])
def test_fault_that_is_meant_is_there(meant: str) -> None:
    assert read_fault(meant)
