"""Golden tests: the pure gateway's responses to the corpus equal the recorded ones, byte for byte.

An optimisation must not change any of them. To change a response on purpose, record again and review the difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from omixa_mock import shipped_contract
from omixa_mock.gateway import CATALOGUE
from omixa_mock.gateway.contract import rules_of

CONTRACT = shipped_contract()
RULES = {rule.id: rule.keyword for schema in CONTRACT.requests.values() for rule in rules_of("request", schema)}


def calls_of(recorded: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (call for case in recorded.values() for call in case["calls"])


def headers_of(call: dict[str, Any], name: str) -> Iterator[str]:
    return (line.partition(": ")[2] for line in call.get("headers", ()) if line.startswith(f"{name}: "))


def test_response_is_the_recorded_one(
    golden: str, replay: Callable[[str], Any], recorded: dict[str, Any], recording: Any
) -> None:
    recording.compare(replay(golden), recorded.get(golden, {}))


def test_recorded_status_is_the_one_in_the_table(corpus: Any, recorded: dict[str, Any]) -> None:
    calls = {name: zip(cases, recorded[name]["calls"], strict=True) for name, cases in corpus.CORPUS.items()}
    # 0 accepts any recorded status.
    rows = [(name, case.status, call.get("status")) for name, pairs in calls.items() for case, call in pairs]
    assert [row for row in rows if row[1] not in {0, row[2]}] == []


def test_every_recorded_case_is_in_the_corpus(corpus: Any, recorded: dict[str, Any]) -> None:
    assert set(recorded) <= set(corpus.CORPUS)


def test_every_rule_that_a_request_can_break_is_broken(recorded: dict[str, Any]) -> None:
    broken = {rule for call in calls_of(recorded) for line in headers_of(call, "x-omixa-mock-rules")
              for rule in line.split(", ")}  # fmt: skip
    assert {rule for rule, keyword in RULES.items() if keyword not in {"default", "x-omixa-advisories"}} <= broken


def test_every_advisory_is_given(recorded: dict[str, Any]) -> None:
    given = {item["rule"] for call in calls_of(recorded) for item in call["call"].get("advisories", ())}
    assert {rule for rule, keyword in RULES.items() if keyword == "x-omixa-advisories"} <= given


def test_every_fault_is_injected(recorded: dict[str, Any]) -> None:
    injected = {call["call"].get("fault", "") for call in calls_of(recorded)}
    assert [name for name in CATALOGUE if not any(fault.startswith(name) for fault in injected)] == []


def test_every_error_is_recorded(recorded: dict[str, Any]) -> None:
    # The transports send these two, and no request to the API gets them.
    errors = set(CONTRACT.table["errors"]) - {"control_refused", "malformed_http"}
    assert errors <= {call["call"].get("error") for call in calls_of(recorded)}


@pytest.mark.parametrize(
    ("actual", "pointer"),
    [
        ({"calls": [{"status": 2, "body": "a"}]}, "/calls/0/status"),
        ({"calls": [{"status": 1, "body": "b"}]}, "/calls/0/body"),
        ({"calls": [{"status": True, "body": "a"}]}, "/calls/0/status"),
        ({"calls": [{"status": 1, "body": "a", "new": 1}]}, "/calls/0/new"),
        ({"calls": []}, "/calls"),
        ({}, "/calls"),
    ],
)
def test_difference_is_reported_with_its_pointer(recording: Any, actual: Any, pointer: str) -> None:
    [line] = recording.differences(actual, {"calls": [{"status": 1, "body": "a"}]})
    assert line.startswith(f"{pointer}:\n")


def test_failure_explains_how_to_record_again(recording: Any) -> None:
    with pytest.raises(AssertionError, match=r"python tests/golden/record\.py"):
        recording.compare({"calls": []}, {"calls": [1]})
