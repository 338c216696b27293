"""Plan parsing: names, statuses, sequences, plans and objects; refusals; text and JSON forms."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest

import omixa_mock
from omixa_mock.faults import delay, no_route, ok, reset
from omixa_mock.gateway import CATALOGUE, OK, Fault, Gateway, Plan, PlanState, SettingError, read_fault
from omixa_mock.gateway.faults import Matcher, describe_plan, describe_plan_state, read_plan, write_plan

TERMS = omixa_mock.shipped_contract().under(omixa_mock.Settings())
NO_ROUTE, NO_MONEY = Fault("no_route"), Fault("insufficient_balance")
LATE = Fault("reset", "after_capture")

READABLE: dict[str, tuple[Any, Plan]] = {
    "name": ("no_route", Plan((NO_ROUTE,))),
    "status": (503, Plan((NO_ROUTE,))),
    "status as JSON may have it": (503.0, Plan((NO_ROUTE,))),
    "status of the standard library": (HTTPStatus.PAYMENT_REQUIRED, Plan((NO_MONEY,))),
    "ok": ("ok", Plan((OK,))),
    "moment": ("reset_after_capture", Plan((LATE,))),
    "duration": ("delay:500ms", Plan((read_fault("delay:0.5s"),))),
    "fault": (LATE, Plan((LATE,))),
    "list": (["no_route", "ok"], Plan((NO_ROUTE, OK))),
    "tuple": (("no_route", 402), Plan((NO_ROUTE, NO_MONEY))),
    "plan": (reset().after_capture().times(2), Plan((LATE,), 2)),
    "plans in a list": ([no_route().times(2), ok(), 402], Plan((NO_ROUTE, NO_ROUTE, OK, NO_MONEY))),
    "times": ({"fail": "no_route", "times": 3}, Plan((NO_ROUTE,), 3)),
    "times as JSON may have it": ({"fail": "no_route", "times": 3.0}, Plan((NO_ROUTE,), 3)),
    "for ever": ({"fail": "no_route", "times": None}, Plan((NO_ROUTE,), None)),
    "list, times": ({"fail": ["no_route", "ok"], "times": 2}, Plan((NO_ROUTE, OK), 2)),
    "after": ({"fail": 503, "after": 2}, Plan((NO_ROUTE,), 1, 2)),
    "when": ({"fail": 503, "when": {"n": 2}}, Plan((NO_ROUTE,), matcher=Matcher({"n": 2}))),
    "when nothing": ({"fail": 503, "when": None}, Plan((NO_ROUTE,))),
    "probability": ({"fail": 503, "probability": 0.5}, Plan((NO_ROUTE,), None, probability=0.5)),
    "probability, times": ({"fail": 503, "times": 1, "probability": 0.5}, Plan((NO_ROUTE,), 1, probability=0.5)),
    "certain": ({"fail": 503, "probability": 1}, Plan((NO_ROUTE,), None)),
    "plan in an object": ({"fail": reset().after_capture(), "after": 1}, Plan((LATE,), 1, 1)),
}


@pytest.mark.parametrize(("what", "plan"), READABLE.values(), ids=READABLE)
def test_plan_is_read(what: Any, plan: Plan) -> None:
    assert read_plan(what, TERMS) == plan


@pytest.mark.parametrize(("what", "plan"), READABLE.values(), ids=READABLE)
def test_written_plan_is_read_as_the_same_plan(what: Any, plan: Plan) -> None:
    assert read_plan(write_plan(what), TERMS) == plan


@pytest.mark.parametrize(("what", "plan"), READABLE.values(), ids=READABLE)
def test_described_plan_can_be_planned_again(what: Any, plan: Plan) -> None:
    assert read_plan(describe_plan(read_plan(what, TERMS)), TERMS) == plan


@pytest.mark.parametrize("name", [name for name in CATALOGUE if name in TERMS.errors])
def test_status_is_the_plan_of_an_error_that_has_it(name: str) -> None:
    (fault,) = read_plan(TERMS.errors[name].status, TERMS).outcomes
    assert TERMS.errors[fault.name].status == TERMS.errors[name].status


def test_status_is_the_one_that_settings_give_an_error(make_gateway: Callable[..., Gateway]) -> None:
    gateway = make_gateway(errors={"no_route": {"status": 529}})
    assert gateway.workspaces.open("omx_live_core").plan(529).plan.outcomes == (NO_ROUTE,)


# Refusing

STATUSES = (
    "there are: invalid_key (401), insufficient_balance (402), model_not_allowed (403), invalid_request (422), "
    "no_route (503), rate_limited (429), moderation_refused (400), internal_error (500), bad_gateway (502), "
    "gateway_timeout (504)"
)
NAMES = f"There are: {', '.join([*CATALOGUE, 'ok'])}."
TIMES = "is not accepted; accepted: 1 or more, or null (None in Python) for ever"
AFTER = "is not accepted; accepted: 0 to 10,000,000 calls that pass before"
PROBABILITY = "is not accepted; accepted: more than 0, up to 1"
SECONDS = "is not accepted; accepted: seconds (0.5, 500ms, 2s), uniform:1s..5s or lognormal:8s..60s"
OBJECT = 'A plan has "fail" and may have "times", "after", "when", "probability"; given:'
BAD: dict[str, tuple[Any, str]] = {
    "misspelled": ("no_rote", f'There is no fault "no_rote". Did you mean "no_route"? {NAMES}'),
    "misspelled ok": ("okay", f'There is no fault "okay". Did you mean "ok"? {NAMES}'),
    "misspelled in a list": (["no_route", "rest"], f'There is no fault "rest". Did you mean "reset"? {NAMES}'),
    "not called": (reset, "reset is not called. Write reset()"),
    "number of many digits": (
        [10**5000],
        f"There is no fault with the status a number of more than 4300 digits; {STATUSES}",
    ),
    "space": ("no_route ", f'There is no fault "no_route ". Did you mean "no_route"? {NAMES}'),
    "status": (418, f"There is no fault with the status 418; {STATUSES}"),
    "status of a success": (200, f"There is no fault with the status 200; {STATUSES}"),
    "fraction of a status": (503.5, f"There is no fault with the status 503.5; {STATUSES}"),
    "NaN": (float("nan"), f"There is no fault with the status NaN; {STATUSES}"),
    "truth": (True, f"There is no fault true. {NAMES}"),
    "nothing": (None, f"There is no fault null. {NAMES}"),
    "list in a list": ([["no_route"]], f'There is no fault ["no_route"]. Did you mean "no_route"? {NAMES}'),
    "plan in a plan": ({"fail": {"fail": "ok"}}, f'There is no fault {{"fail": "ok"}}. {NAMES}'),
    "object in a list": ([{"fail": "ok"}], f'There is no fault {{"fail": "ok"}}. {NAMES}'),
    "fault made by hand": (Fault("x"), f'There is no fault "x". {NAMES}'),
    "empty list": ([], 'A plan needs an outcome or more, for instance ["no_route", "ok"]'),
    "moment before": (
        "truncated_before_capture",
        "truncated cannot happen before_capture; it happens after_capture",
    ),
    "moment after": ("no_route_after_capture", "no_route cannot happen after_capture; it happens before_hold"),
    "moment of a fault made by hand": (
        Fault("truncated", "before_capture"),
        "truncated cannot happen before_capture; it happens after_capture",
    ),
    "moment of ok": ("ok_after_capture", "ok cannot happen after_capture; it never happens, since it lets the call"),
    "duration of what takes none": ("reset:2s", "reset takes no duration; those that do: delay, drip"),
    "NaN delay": ("delay:nan", f'The duration "nan" {SECONDS}'),
    "negative delay": ("delay:-1", f'The duration "-1" {SECONDS}'),
    "empty delay": ("delay:", f'The duration "" {SECONDS}'),
    "times 0": ({"fail": 503, "times": 0}, f"times = 0 {TIMES}"),
    "negative times": ({"fail": 503, "times": -1}, f"times = -1 {TIMES}"),
    "true times": ({"fail": 503, "times": True}, f"times = true {TIMES}"),
    "text times": ({"fail": 503, "times": "2"}, f'times = "2" {TIMES}'),
    "fractional times": ({"fail": 503, "times": 1.5}, f"times = 1.5 {TIMES}"),
    "endless times": (
        {"fail": 503, "times": 10**12},
        "A plan has at most 10,000 outcomes; 1 × 1000000000000 were given.",
    ),
    "endless list": ({"fail": ["ok"] * 101, "times": 100}, "A plan has at most 10,000 outcomes; 101 × 100 were given."),
    "long list": (
        ["ok"] * 10_001,
        "A plan has at most 10,000 outcomes; 10001 × 1 were given. For ever is times = None",
    ),
    "negative after": ({"fail": 503, "after": -1}, f"after = -1 {AFTER}"),
    "true after": ({"fail": 503, "after": True}, f"after = true {AFTER}"),
    "after nothing": ({"fail": 503, "after": None}, f"after = null {AFTER}"),
    "probability 1.1": ({"fail": 503, "probability": 1.1}, f"probability = 1.1 {PROBABILITY}"),
    "probability 0": ({"fail": 503, "probability": 0}, f"probability = 0 {PROBABILITY}"),
    "probability NaN": ({"fail": 503, "probability": float("nan")}, f"probability = NaN {PROBABILITY}"),
    "true probability": ({"fail": 503, "probability": True}, f"probability = true {PROBABILITY}"),
    "text probability": ({"fail": 503, "probability": "1"}, f'probability = "1" {PROBABILITY}'),
    "when text": (
        {"fail": 503, "when": "lambda call: True"},
        "when is text; accepted: fields",
    ),
    "when a number": ({"fail": 503, "when": 5}, 'when = 5 is not accepted; accepted: fields, for instance {"size":'),
    "when misspelled": (
        {"fail": 503, "when": {"sise": 1}},
        'when "sise": a call has no such field. Did you mean size?',
    ),
    "when unknown": ({"fail": 503, "when": {"zzz": 1}}, 'when "zzz": a call has no such field. There are: operation,'),
    "when status": (
        {"fail": 503, "when": {"status": 200}},
        "when status: it is not known yet when a plan fires",
    ),
    "nothing in an object": ({}, f"{OBJECT} nothing"),
    "another name": ({"fail": 503, "time": 2}, f"{OBJECT} fail, time"),
    "no fail": ({"times": 2}, f"{OBJECT} times"),
    "condition in a list": ([no_route().when(n=2)], "no_route (times=1, when n=2) has conditions of its own, and can"),
    "for ever in a list": ([no_route().for_ever(), "ok"], "no_route (for ever) has conditions of its own, and cannot"),
}


@pytest.mark.parametrize(("what", "message"), BAD.values(), ids=BAD)
def test_bad_plan_is_refused_with_what_is_accepted(what: Any, message: str) -> None:
    with pytest.raises(SettingError) as raised:
        read_plan(what, TERMS)
    assert str(raised.value).startswith(message)


BAD_CALLS: dict[str, tuple[Callable[[], Any], str]] = {
    "moment": (lambda: no_route().after_capture(), "no_route cannot happen after_capture; it happens before_hold"),
    "delay": (lambda: delay("soon"), f'The duration "soon" {SECONDS}'),
    "times": (lambda: reset().times(-2), f"times = -2 {TIMES}"),
    "after": (lambda: reset().after(-2), f"after = -2 {AFTER}"),
    "probability": (lambda: reset().with_probability(1.1), f"probability = 1.1 {PROBABILITY}"),
}


@pytest.mark.parametrize(("make", "message"), BAD_CALLS.values(), ids=BAD_CALLS)
def test_bad_method_call_is_refused_with_what_is_accepted(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(SettingError) as raised:
        make()
    assert str(raised.value) == message


def test_unknown_field_of_a_plan_is_refused_when_it_is_planned() -> None:
    plan = reset().when(sise="auto")
    with pytest.raises(SettingError) as raised:
        read_plan(plan, TERMS)
    assert str(raised.value) == 'when "sise": a call has no such field. Did you mean size?'


LONG = "x" * 1_000_000
HUGE: dict[str, Any] = {
    "text": LONG,
    "list": [LONG],
    "list in a list": [[LONG]],
    "object": {LONG: 1},
    "times": {"fail": 503, "times": LONG},
    "after": {"fail": 503, "after": [LONG]},
    "when": {"fail": 503, "when": [LONG]},
    "when a field": {"fail": 503, "when": {LONG: 1}},
    "when a value": {"fail": 503, "when": {"size": LONG}},
    "probability": {"fail": 503, "probability": LONG},
    "duration": f"delay:{LONG}",
    "status without end": 10**5000,
    "times without end": {"fail": 503, "times": 10**5000},
}


@pytest.mark.parametrize("what", HUGE.values(), ids=HUGE)
def test_refusal_is_short(what: Any) -> None:
    with pytest.raises(SettingError) as raised:
        read_plan(what, TERMS)
    assert len(str(raised.value)) < 200 + len(NAMES)


SECRET = "omx_live_secret"
WITH_SECRET = (
    SECRET,
    [[SECRET]],
    {"fail": 503, "times": SECRET},
    {"fail": 503, "when": {"size": SECRET}},
    f"delay:{SECRET}",
)


@pytest.mark.parametrize("what", [*WITH_SECRET, {"fail": 503, "when": {SECRET: 1}}], ids=str)
def test_refusal_shows_no_key(what: Any) -> None:
    with pytest.raises(SettingError) as raised:
        read_plan(what, TERMS)
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize("what", [no_route().when(bool), {"fail": 503, "when": bool}], ids=["plan", "object"])
def test_predicate_cannot_be_written(what: Any) -> None:
    with pytest.raises(SettingError, match=r"A predicate cannot travel .* when=\{\"size\": \"1024x1536\"\}"):
        write_plan(what)


# Text and JSON

TEXTS = {
    "no_route (times=1)": no_route(),
    "no_route (times=2)": Plan((NO_ROUTE, NO_ROUTE)),
    "no_route (times=6)": Plan((NO_ROUTE, NO_ROUTE), 3),
    "no_route, ok": Plan((NO_ROUTE, OK)),
    "no_route, ok (times=2)": Plan((NO_ROUTE, OK), 2),
    "no_route, ok (for ever)": Plan((NO_ROUTE, OK), None),
    "reset_after_capture (times=1, after=2)": reset().after_capture().after(2),
    "delay:0.5s (times=1, when size='auto')": delay(0.5).when(size="auto"),
    "no_route (for ever, when bool, probability=0.1)": no_route().when(bool).with_probability(0.1),
}


@pytest.mark.parametrize(("text", "plan"), TEXTS.items())
def test_plan_has_its_text(text: str, plan: Plan) -> None:
    assert str(plan) == text


def test_plan_state_as_json() -> None:
    plan = Plan((NO_ROUTE, OK), None, 1, Matcher({"n": 2}), 0.5)
    document = {"fail": ["no_route", "ok"], "times": None, "after": 1, "when": {"n": 2}, "probability": 0.5}
    expected = {"plan": document, "number": 4, "seen": 9, "fired": 3, "state": "for ever", "predicate_error": ""}
    assert describe_plan_state(PlanState(plan, number=4, seen=9, fired=3)) == expected
