"""Validator results equal those of `jsonschema`, for requests and responses, under any settings.

`jsonschema` validates the schema independently here. It shares no code with `jsonschema_rs`, which the
validator uses first, nor with the validator's shortcut for advisories.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from omixa_mock import Settings, shipped_contract, strategies
from omixa_mock.gateway import with_changes
from omixa_mock.gateway.contract import Validator
from omixa_mock.gateway.contract.contract import UNKNOWN
from omixa_mock.gateway.contract.input_images import TINY_PNG

Json = Any
VALID = Path(__file__).parents[2] / "schemas" / "examples" / "valid"
CONTRACT = shipped_contract()
MODELS = tuple(CONTRACT.requests)
# Every assertion that depends on a setting differs between two of these.
SETTINGS: tuple[dict[str, Any], ...] = (
    {},
    {"mask_shape": "object", "prompt_max_chars": 3, "input_images_max": 1},
    {
        "mask_shape": "string",
        "remote_images": "accept",
        "unknown_fields": "ignore",
        "empty_prompt": "allow",
        "transparent_jpeg": "opaque",
    },
)
RESPONSES = {
    "response": "image",
    "error": "error",
    **{name: name for name in ("models", "usage-requests", "usage-rollups")},
}


@cache
def request_validator(model: str, number: int) -> Validator:
    return CONTRACT.under(with_changes(Settings(), {"models": list(MODELS), **SETTINGS[number]})).validator(model)


@cache
def reference(schema_text: bytes) -> Any:
    return Draft202012Validator(orjson.loads(schema_text))


def disagreement(validator: Validator, instance: Json) -> str:
    """Return the differences between the validator and `jsonschema` for an instance; empty if there are none."""
    valid = reference(orjson.dumps(validator.schema)).is_valid(instance)
    advisories = validator.schema.get("x-omixa-advisories", {}).items()
    applying = [name for name, entry in advisories if not reference(orjson.dumps(entry["schema"])).is_valid(instance)]
    results = {
        "is_clean": (validator.is_clean(instance), valid and not applying),
        "is_valid": (validator.is_valid(instance), valid),
        "violations": (validator.violations(instance) == [], valid),
        "advisories": (
            [advisory.violation.rule for advisory in validator.advisories(instance)],
            [f"{validator.document}.{name}" for name in applying],
        ),
    }
    return "; ".join(
        f"{name}: {ours}, jsonschema: {theirs}" for name, (ours, theirs) in results.items() if ours != theirs
    )


def field_names(node: Json) -> Iterator[str]:
    """Yield every field name in a schema."""
    if isinstance(node, dict):
        yield from node.get("properties", ())
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from field_names(child)


def accepted_strings(node: Json) -> Iterator[str]:
    """Yield every string that a schema lists as accepted."""
    if isinstance(node, dict):
        yield from (value for value in (*node.get("enum", ()), node.get("const")) if isinstance(value, str))
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from accepted_strings(child)


SCHEMAS = [*CONTRACT.requests.values(), *CONTRACT.responses.values()]
NAMES = st.sampled_from(sorted({*field_names(SCHEMAS), "user", "猫", ""})) | st.text(max_size=3)
TEXTS = (
    "1024X1024",
    "JPEG",
    "0.039000",
    "0.039",
    "-1.000000",
    "http://a",
    "data:image/gif;base64,",
    "2026-06-05",
    "𝄞" * 4,
)
ODD: tuple[Json, ...] = (
    True,
    False,
    0,
    1,
    1.0,
    -0.0,
    1.5,
    10,
    11,
    -1,
    2**53 + 1,
    2**63,
    2**64,
    10**30,
    1e308,
    [],
    {},
    [TINY_PNG] * 2,
)
LEAVES = (
    st.sampled_from([None, *ODD, TINY_PNG, *TEXTS, *sorted({*accepted_strings(SCHEMAS)})])
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=4)
)
ANYTHING = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=8
)
EXAMPLES = {name: [json.loads(path.read_text("utf-8")) for path in VALID.glob(f"{name}--*.json")] for name in RESPONSES}


def positions_in(value: Json) -> Iterator[tuple[Json, Any]]:
    """Yield every position in a JSON value: its container, and its name or index."""
    for at in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, at
        yield from positions_in(value[at])


@st.composite
def mutated(draw: st.DrawFn, valid: st.SearchStrategy[Json]) -> Json:
    """Draw a valid value with one or two replacements, deletions or additions."""
    value = {"root": copy.deepcopy(draw(valid))}
    for _ in range(draw(st.integers(1, 2))):
        holder, at = draw(st.sampled_from(list(positions_in(value))))
        mutation = draw(st.sampled_from(["replace", "drop", "add"]))
        if mutation == "drop" and holder is not value:
            del holder[at]
        elif mutation == "add" and isinstance(holder[at], dict):
            holder[at][draw(NAMES)] = draw(ANYTHING)
        elif mutation == "add" and isinstance(holder[at], list):
            holder[at].insert(0, draw(st.sampled_from(holder[at]) | ANYTHING if holder[at] else ANYTHING))
        else:
            holder[at] = draw(ANYTHING)
    return value["root"]


SOURCES: dict[str, Callable[[str], st.SearchStrategy[Json]]] = {
    "valid": strategies.image_requests,
    "invalid": lambda model: strategies.invalid_image_requests(model).map(lambda case: case.document),
    "mutated": lambda model: mutated(strategies.image_requests(model)),
    "anything": lambda _: ANYTHING | st.dictionaries(NAMES, ANYTHING, max_size=5),
}


def as_parsed(value: Json) -> Json:
    """Return a value as the gateway's parser returns it."""
    return orjson.loads(json.dumps(value))


@pytest.mark.parametrize("source", SOURCES)
@given(
    data=st.data(),
    model=st.sampled_from(MODELS),
    validated_as=st.sampled_from(["itself", "unknown"]),
    number=st.integers(0, len(SETTINGS) - 1),
)
@settings(max_examples=60, deadline=None)
def test_validator_of_requests_agrees_with_jsonschema(
    source: str, data: st.DataObject, model: str, validated_as: str, number: int
) -> None:
    instance = as_parsed(data.draw(SOURCES[source](model)))
    validator = request_validator(model if validated_as == "itself" else UNKNOWN, number)
    assert disagreement(validator, instance) == ""


@pytest.mark.parametrize("document", RESPONSES)
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_validator_of_responses_agrees_with_jsonschema(document: str, data: st.DataObject) -> None:
    valid = st.sampled_from(EXAMPLES[document])
    instance = as_parsed(data.draw(valid | mutated(valid) | ANYTHING))
    assert disagreement(CONTRACT.response_validator(RESPONSES[document]), instance) == ""


def with_bug(change: Callable[[Json], object]) -> Validator:
    """Return a validator whose two implementations use different schemas."""
    validator = Validator("request", request_validator(MODELS[0], 0).schema)
    changed_schema = copy.deepcopy(validator.schema)
    change(changed_schema)
    validator._is_clean = Validator("request", changed_schema)._is_clean
    validator._is_valid = jsonschema_rs.Draft202012Validator(changed_schema).is_valid
    return validator


def without_advisories() -> Validator:
    """Return a validator whose shortcut ignores every advisory."""
    return with_bug(lambda schema: schema.pop("x-omixa-advisories"))


# Each bug with the source that finds it fastest.
BUGS: dict[str, tuple[str, Callable[[], Validator]]] = {
    "n without a maximum": ("invalid", lambda: with_bug(lambda schema: schema["properties"]["n"].pop("maximum"))),
    "one size less": ("valid", lambda: with_bug(lambda schema: schema["properties"]["size"]["enum"].pop())),
    "any URL": ("invalid", lambda: with_bug(lambda schema: schema["$defs"]["data_url"].pop("pattern"))),
    "any fields": ("invalid", lambda: with_bug(lambda schema: schema.pop("additionalProperties"))),
    "no object": ("anything", lambda: with_bug(lambda schema: schema.pop("type"))),
    "transparent JPEG": ("invalid", lambda: with_bug(lambda schema: schema.pop("not"))),
    "no advisory": ("mutated", without_advisories),
}


@pytest.mark.acceptance  # a search through hundreds of examples each
@pytest.mark.parametrize(("source", "make_validator"), BUGS.values(), ids=BUGS)
def test_planted_bug_is_found(source: str, make_validator: Callable[[], Validator]) -> None:
    validator, instances = make_validator(), SOURCES[source](MODELS[0]).map(as_parsed)
    enough = settings(max_examples=5000, database=None, derandomize=True, deadline=None, phases=[Phase.generate])
    # `find` raises if there is no such instance.
    assert disagreement(
        validator, find(instances, lambda instance: disagreement(validator, instance) != "", settings=enough)
    )


@pytest.mark.parametrize(("source", "results"), [("valid", {True}), ("mutated", {True, False}), ("anything", {False})])
def test_sources_are_named_correctly(source: str, results: set[bool]) -> None:
    seen: set[bool] = set()

    @given(instance=SOURCES[source](MODELS[0]))
    @settings(max_examples=30, deadline=None, database=None, derandomize=True)
    def validate(instance: Json) -> None:
        seen.add(request_validator(MODELS[0], 0).is_valid(instance))

    validate()
    assert seen == results
