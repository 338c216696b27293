"""Invalid requests violate every rule, and the gateway and the validators find exactly the labelled violations."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import strategies as st

from omixa_mock import Settings, shipped_contract, strategies
from omixa_mock.gateway import Response
from omixa_mock.gateway.contract import rules_of
from omixa_mock.kit.validation import validate_document
from omixa_mock.strategies import InvalidRequest

pytestmark = pytest.mark.acceptance  # hundreds of examples for each test

MODEL = "gpt-image-1.5"
CONTRACT = shipped_contract()
# No request violates a default or an advisory.
UNBREAKABLE = {"default", "x-omixa-advisories"}


def breakable(model: str) -> list[str]:
    rules = rules_of("request", CONTRACT.requests[model])
    return [rule.id for rule in rules if rule.keyword not in UNBREAKABLE]


def found_by_kit(case: InvalidRequest) -> list[tuple[str, str]]:
    verdict = validate_document(CONTRACT, orjson.dumps(case.document), "request")
    return sorted((violation.pointer, violation.rule) for violation in verdict.violations)


def label_of(case: InvalidRequest) -> list[tuple[str, str]]:
    return sorted(zip(case.pointers, case.rules, strict=True))


@pytest.fixture(scope="module")
def drawn(examples: Callable[..., list[Any]]) -> list[InvalidRequest]:
    found: list[InvalidRequest] = examples(strategies.invalid_image_requests(), 700)
    return found


def test_every_rule_is_violated(drawn: list[InvalidRequest], smallest: Callable[..., Any]) -> None:
    reached = {rule for case in drawn for rule in case.rules}

    assert reached <= set(breakable(MODEL))
    # A random sample may miss a rule: these are searched for.
    for rule in set(breakable(MODEL)) - reached:
        assert rule in smallest(strategies.invalid_image_requests(), lambda case, rule=rule: rule in case.rules).rules


@pytest.mark.parametrize("rule", breakable(MODEL))
def test_a_selected_rule_is_the_only_violated_one(
    rule: str, examples: Callable[..., list[Any]], response_to: Callable[..., Response]
) -> None:
    for case in examples(strategies.invalid_image_requests(rule=rule), 8):
        assert case.rules == (rule,)
        assert found_by_kit(case) == label_of(case)
        assert response_to(case.document).status == case.status == 422


def test_the_gateway_refuses_each_case_for_its_labelled_rules(
    drawn: list[InvalidRequest], response_to: Callable[..., Response]
) -> None:
    for case in drawn:
        response = response_to(case.document)

        assert response.status == case.status
        assert set(dict(response.headers)["x-omixa-mock-rules"].split(", ")) == set(case.rules)


def test_the_label_has_the_place_of_each_violation(drawn: list[InvalidRequest]) -> None:
    assert not [case for case in drawn if found_by_kit(case) != label_of(case)]


def test_both_validators_refuse_exactly_the_violations_of_the_schema(
    drawn: list[InvalidRequest], verdicts: Callable[[Any, str], set[bool]]
) -> None:
    beyond = {rule.id for rule in rules_of("request", CONTRACT.requests[MODEL]) if rule.keyword == "x-omixa-beyond"}
    for case in drawn:
        assert verdicts(case.document, f"requests/{MODEL}.json") == {set(case.rules) <= beyond}


def test_some_cases_violate_several_rules_and_most_violate_one(drawn: list[InvalidRequest]) -> None:
    counts = [len(case.rules) for case in drawn]

    assert set(counts) == {1, 2, 3}
    assert counts.count(1) > len(counts) / 3


@pytest.mark.parametrize("model", [model for model in CONTRACT.requests if model != MODEL])
def test_the_rules_of_other_models_are_violated_too(model: str, examples: Callable[..., list[Any]]) -> None:
    cases = examples(strategies.invalid_image_requests(model), 300)
    reached = {rule for case in cases for rule in case.rules}
    # A request that names another model is validated as that model. These models accept unknown fields.
    not_of_the_model = {"request.model.type", "request.model.const", "request.additionalProperties"}

    assert reached <= set(breakable(model)) - not_of_the_model
    assert len(reached) > 25
    assert not [case for case in cases if found_by_kit(case) != label_of(case)]


def test_every_case_survives_a_round_trip_as_json(drawn: list[InvalidRequest]) -> None:
    assert not [case for case in drawn if json.loads(json.dumps(case.document)) != case.document]


def test_an_invalid_request_shrinks_to_one_violation(smallest: Callable[..., Any]) -> None:
    case = smallest(strategies.invalid_image_requests())

    assert len(case.rules) == 1
    assert len(case.document) <= 5


@pytest.mark.parametrize(
    ("rule", "document"),
    [
        ("request.n.maximum", {"model": MODEL, "prompt": "0", "n": 11}),
        ("request.n.minimum", {"model": MODEL, "prompt": "0", "n": 0}),
        ("request.prompt.minLength", {"model": MODEL, "prompt": ""}),
        ("request.transparent-jpeg", {"background": "transparent", "output_format": "jpeg"}),
        ("request.prompt.type", {"model": MODEL, "prompt": None}),
        ("request.type", ""),
    ],
)
def test_the_other_fields_shrink_to_the_smallest_request(
    rule: str, document: Any, smallest: Callable[..., Any]
) -> None:
    found = smallest(strategies.invalid_image_requests(rule=rule)).document

    assert found == ({"model": MODEL, "prompt": "0"} | document if isinstance(document, dict) else document)


def test_two_violations_shrink_to_two(smallest: Callable[..., Any]) -> None:
    case = smallest(strategies.invalid_image_requests(), lambda case: len(case.rules) > 1)

    assert len(case.rules) == len(case.pointers) == 2
    assert len(case.document) <= 5


def test_no_image_is_printed(drawn: list[InvalidRequest]) -> None:
    assert max(len(repr(case)) for case in drawn) < 5000
    assert not [case for case in drawn if "data:image/png;base64,iVBORw0KGgoAAAANSUhEUg" in repr(case)]


def test_every_case_has_a_body(examples: Callable[..., list[Any]]) -> None:
    cases = examples(strategies.invalid_image_requests(rule="request.type"), 100)
    assert [case for case in cases if case.document is None] == []


def test_a_rule_that_cannot_be_violated_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match=r"breaks a rule 'request\.n\.max'\. Did you mean request\.n\.maximum\?"):
        strategies.invalid_image_requests(rule="request.n.max")
    with pytest.raises(ValueError, match="There is no model"):
        strategies.invalid_image_requests("gpt-5")


def test_the_status_is_that_of_the_contract() -> None:
    assert CONTRACT.under(Settings()).errors["invalid_request"].status == 422


def test_a_case_can_be_constructed() -> None:
    case: Any = InvalidRequest({"n": 1}, ("a",), ("/n",), 422)

    assert repr(case) == "InvalidRequest({'n': 1}, rules=('a',), pointers=('/n',), status=422)"
    assert st.just(case) is not None
