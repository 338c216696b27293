"""Schema of fault plans: it accepts the plans that `read_plan` accepts, beyond limits that no schema can express."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from omixa_mock import Settings, shipped_contract
from omixa_mock.gateway import CATALOGUE, SettingError
from omixa_mock.gateway.faults import PLAN_FIELDS, read_plan

SCHEMA: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "schemas" / "control" / "fault-plan.json").read_text("utf-8")
)
# Python's `$` also matches before a final line end; that of JSON Schema and of Rust does not.
PYTHON = Draft202012Validator(SCHEMA)
RUST = jsonschema_rs.Draft202012Validator(SCHEMA)
TERMS = shipped_contract().under(Settings())
STATUSES = {TERMS.errors[name].status for name in CATALOGUE if name in TERMS.errors}


def is_read(plan: Any) -> bool:
    try:
        read_plan(plan, TERMS)
    except SettingError:
        return False
    return True


def is_valid(plan: Any) -> bool:
    return RUST.is_valid(plan)


def plan(fail: Any = "no_route", **more: Any) -> dict[str, Any]:
    return {"fail": fail, **more}


def test_schema_is_valid_to_python_and_rust() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    jsonschema_rs.meta.validate(SCHEMA)


def test_id_follows_from_the_file_name() -> None:
    assert SCHEMA["$id"] == "urn:omixa-mock:schema:control:fault-plan"


def test_schema_has_the_fields_of_a_plan() -> None:
    assert tuple(SCHEMA["properties"]) == PLAN_FIELDS


@pytest.mark.parametrize("example", SCHEMA["examples"], ids=str)
def test_example_is_a_plan(example: Any) -> None:
    assert (is_valid(example), is_read(example)) == (True, True)


MOMENTS = ("", "_before_hold", "_before_capture", "_after_capture")
DURATIONS = ("", ":2s", ":.5", ":2.", ":500ms", ":1m", ":uniform:1s..5s", ":lognormal:8s", ":lognormal:8s..60s")
BAD_DURATIONS = (":", ":s", ":1h", ":-1", ":nan", ":1e3", ":uniform:1s", ":1s..5s", ":normal:1s..2s", ": 1s", ":1s ")
SPELLINGS = [name + moment for name in [*CATALOGUE, "ok", "no_rote", ""] for moment in MOMENTS]
NAMES = ("delay", "delay_after_capture", "drip", "hang", "ok")
TIMED = [f"{name}{duration}" for name in NAMES for duration in (*DURATIONS, *BAD_DURATIONS)]


@pytest.mark.parametrize("fail", [*SPELLINGS, *TIMED])
def test_schema_accepts_a_fault_if_the_reader_does(fail: str) -> None:
    assert is_valid(plan(fail)) == is_read(plan(fail))


PLANS: dict[str, tuple[Any, bool]] = {
    "list": (plan(["no_route", "ok", 402]), True),
    "list in a list": (plan([["no_route"]]), False),
    "empty list": (plan([]), False),
    "longest list": (plan(["ok"] * 10_000), True),
    "list too long": (plan(["ok"] * 10_001), False),
    "plan in a plan": (plan(plan()), False),
    "null": (plan(None), False),
    "true": (plan(fail=True), False),
    "status": (plan(503), True),
    "status with a point": (plan(503.0), True),
    "status with a fraction": (plan(503.5), False),
    "status of a success": (plan(200), False),
    "key": (plan("omx_live_fail_reset"), False),
    "line": (plan("no_route\n"), False),
    "no fail": ({"times": 1}, False),
    "another name": (plan(time=1), False),
    "empty": ({}, False),
    "times": (plan(times=2), True),
    "times with a point": (plan(times=2.0), True),
    "times with a fraction": (plan(times=2.5), False),
    "for ever": (plan(times=None), True),
    "times 0": (plan(times=0), False),
    "most times": (plan(times=10_000), True),
    "too many times": (plan(times=10_001), False),
    "times as text": (plan(times="2"), False),
    "true times": (plan(times=True), False),
    "after": (plan(after=0), True),
    "after with a point": (plan(after=1.0), True),
    "after a long time": (plan(after=10**7), True),
    "after too long a time": (plan(after=10**7 + 1), False),
    "negative after": (plan(after=-1), False),
    "null after": (plan(after=None), False),
    "when": (plan(when={"size": "1024x1536"}), True),
    "when null": (plan(when=None), True),
    "when empty": (plan(when={}), True),
    "when text": (plan(when="size"), False),
    "when list": (plan(when=[]), False),
    "probability": (plan(probability=0.5), True),
    "certain": (plan(probability=1), True),
    "probability 0": (plan(probability=0), False),
    "probability 1.1": (plan(probability=1.1), False),
    "true probability": (plan(probability=True), False),
    "null probability": (plan(probability=None), False),
    "all": (plan(["reset", "ok"], times=3, after=1, when={"n": 2}, probability=0.25), True),
}


@pytest.mark.parametrize(("document", "accepted"), PLANS.values(), ids=PLANS)
def test_schema_and_reader_agree(document: Any, *, accepted: bool) -> None:
    assert (is_valid(document), is_read(document)) == (accepted, accepted)


@pytest.mark.parametrize("document", [document for name, (document, _) in PLANS.items() if name != "line"])
def test_python_validator_agrees_with_the_rust_validator(document: Any) -> None:
    assert PYTHON.is_valid(document) == is_valid(document)


# A schema cannot express these limits.
BEYOND: dict[str, Any] = {
    "status of no fault": plan(418),
    "status of no fault in a list": plan(["ok", 599]),
    "longer than a day": plan("delay:1441m"),
    "maximum below": plan("delay:uniform:5s..1s"),
    "too many in all": plan(["ok"] * 101, times=100),
    "field that no call has": plan(when={"sise": "auto"}),
    "field that is not known yet": plan(when={"status": 200}),
    "value that can never be": plan(when={"n": 11}),
}


@pytest.mark.parametrize("document", BEYOND.values(), ids=BEYOND)
def test_reader_refuses_plans_beyond_the_schema(document: Any) -> None:
    assert (is_valid(document), is_read(document)) == (True, False)


OUTCOMES = st.one_of(
    st.sampled_from([*SPELLINGS, *TIMED]),
    st.sampled_from(sorted(STATUSES)),
    st.integers(max_value=399) | st.integers(min_value=600),
    st.text(max_size=12),
    st.none() | st.booleans() | st.floats(0, 399, allow_nan=False),
)
ODD = st.none() | st.booleans() | st.text(max_size=3) | st.lists(st.none(), max_size=1)
NUMBERS = st.integers(-2, 100) | st.floats(-2, 100, allow_nan=False) | st.integers(10_001)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "fail": OUTCOMES | st.lists(OUTCOMES, max_size=3),
        "times": ODD | NUMBERS,
        "after": ODD | NUMBERS,
        "when": ODD | st.fixed_dictionaries({}, optional={"prompt": st.text(max_size=3), "n": st.integers(1, 10)}),
        "probability": ODD | st.floats(-0.5, 1.5, allow_nan=False) | st.integers(-1, 2),
        "other": st.none(),
    },
)
# Mostly valid, so that an invalid value stands alone.
LIKELY = st.fixed_dictionaries(
    {"fail": st.sampled_from(["no_route", "delay:2s", ["reset", "ok"]])},
    optional={
        "times": st.integers(-1, 50),
        "after": st.integers(-1, 5),
        "when": st.none() | st.just({"n": 2}),
        "probability": st.floats(0, 1.1),
    },
)


@given(FIELDS | LIKELY)
@settings(max_examples=300, deadline=None)
def test_schema_accepts_any_plan_exactly_if_the_reader_does(document: Any) -> None:
    assert is_valid(document) == is_read(document)


@given(st.integers(400, 599))
def test_schema_accepts_every_error_status_and_the_reader_those_of_the_catalogue(status: int) -> None:
    assert (is_valid(plan(status)), is_read(plan(status))) == (True, status in STATUSES)
