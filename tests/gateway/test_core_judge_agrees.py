"""The fast judge says what `jsonschema` says: of valid requests and wrong ones, of responses, under any settings.

`jsonschema` reads the schema by itself here. It shares no line with `jsonschema_rs`, which the judge
asks first, nor with the judge's shortcut past the advisories.
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
from omixa_mock.gateway import changed
from omixa_mock.gateway.contract import Validator
from omixa_mock.gateway.contract.contract import UNKNOWN
from omixa_mock.gateway.contract.input_images import TINY_PNG

Json = Any
VALID = Path(__file__).parents[2] / "schemas" / "examples" / "valid"
CONTRACT = shipped_contract()
MODELS = tuple(CONTRACT.requests)
# Each assertion that a setting changes or takes away is there in one of them, and is not, or is another, in the next.
UNDER: tuple[dict[str, Any], ...] = (
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
def request_judge(model: str, under: int) -> Validator:
    return CONTRACT.under(changed(Settings(), {"models": list(MODELS), **UNDER[under]})).validator(model)


@cache
def reference(schema_text: bytes) -> Any:
    return Draft202012Validator(orjson.loads(schema_text))


def disagreement(validator: Validator, instance: Json) -> str:
    """Where the judge and `jsonschema` differ about an instance; empty where they do not."""
    valid = reference(orjson.dumps(validator.schema)).is_valid(instance)
    advisories = validator.schema.get("x-omixa-advisories", {}).items()
    doubtful = [name for name, each in advisories if not reference(orjson.dumps(each["schema"])).is_valid(instance)]
    said = {
        "passes": (validator.passes(instance), valid and not doubtful),
        "accepts": (validator.accepts(instance), valid),
        "violations": (validator.violations(instance) == [], valid),
        "doubts": (
            [advisory.violation.rule for advisory in validator.advisories(instance)],
            [f"{validator.document}.{name}" for name in doubtful],
        ),
    }
    return "; ".join(f"{what}: {ours}, jsonschema: {theirs}" for what, (ours, theirs) in said.items() if ours != theirs)


def names_in(node: Json) -> Iterator[str]:
    """Every name of a field within a schema."""
    if isinstance(node, dict):
        yield from node.get("properties", ())
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from names_in(child)


def words_in(node: Json) -> Iterator[str]:
    """Every text that a schema lists as accepted."""
    if isinstance(node, dict):
        yield from (word for word in (*node.get("enum", ()), node.get("const")) if isinstance(word, str))
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from words_in(child)


SCHEMAS = [*CONTRACT.requests.values(), *CONTRACT.responses.values()]
NAMES = st.sampled_from(sorted({*names_in(SCHEMAS), "user", "猫", ""})) | st.text(max_size=3)
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
    st.sampled_from([None, *ODD, TINY_PNG, *TEXTS, *sorted({*words_in(SCHEMAS)})])
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=4)
)
ANYTHING = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=8
)
EXAMPLES = {name: [json.loads(path.read_text("utf-8")) for path in VALID.glob(f"{name}--*.json")] for name in RESPONSES}


def places_in(value: Json) -> Iterator[tuple[Json, Any]]:
    """Every place of a JSON value, as what holds it and the name or index there."""
    for at in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, at
        yield from places_in(value[at])


@st.composite
def mutated(draw: st.DrawFn, valid: st.SearchStrategy[Json]) -> Json:
    """A valid value in which something was replaced, left out or added."""
    value = {"the whole": copy.deepcopy(draw(valid))}
    for _ in range(draw(st.integers(1, 2))):
        holder, at = draw(st.sampled_from(list(places_in(value))))
        how = draw(st.sampled_from(["replace", "drop", "add"]))
        if how == "drop" and holder is not value:
            del holder[at]
        elif how == "add" and isinstance(holder[at], dict):
            holder[at][draw(NAMES)] = draw(ANYTHING)
        elif how == "add" and isinstance(holder[at], list):
            holder[at].insert(0, draw(st.sampled_from(holder[at]) | ANYTHING if holder[at] else ANYTHING))
        else:
            holder[at] = draw(ANYTHING)
    return value["the whole"]


SOURCES: dict[str, Callable[[str], st.SearchStrategy[Json]]] = {
    "valid": strategies.image_requests,
    "invalid": lambda model: strategies.invalid_image_requests(model).map(lambda case: case.document),
    "mutated": lambda model: mutated(strategies.image_requests(model)),
    "anything": lambda _: ANYTHING | st.dictionaries(NAMES, ANYTHING, max_size=5),
}


def as_it_arrives(value: Json) -> Json:
    """A value as the gateway's parser gives it."""
    return orjson.loads(json.dumps(value))


@pytest.mark.parametrize("source", SOURCES)
@given(
    data=st.data(),
    model=st.sampled_from(MODELS),
    judged_as=st.sampled_from(["itself", "unknown"]),
    under=st.integers(0, len(UNDER) - 1),
)
@settings(max_examples=60, deadline=None)
def test_judge_of_requests_agrees_with_jsonschema(
    source: str, data: st.DataObject, model: str, judged_as: str, under: int
) -> None:
    instance = as_it_arrives(data.draw(SOURCES[source](model)))
    validator = request_judge(model if judged_as == "itself" else UNKNOWN, under)
    assert disagreement(validator, instance) == ""


@pytest.mark.parametrize("document", RESPONSES)
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_judge_of_responses_agrees_with_jsonschema(document: str, data: st.DataObject) -> None:
    valid = st.sampled_from(EXAMPLES[document])
    instance = as_it_arrives(data.draw(valid | mutated(valid) | ANYTHING))
    assert disagreement(CONTRACT.response_validator(RESPONSES[document]), instance) == ""


def planted(change: Callable[[Json], object]) -> Validator:
    """A judge whose fast half reads another schema than its slow half."""
    validator = Validator("request", request_judge(MODELS[0], 0).schema)
    other = copy.deepcopy(validator.schema)
    change(other)
    validator._passes = Validator("request", other)._passes
    validator._accepts = jsonschema_rs.Draft202012Validator(other).is_valid
    return validator


def blind() -> Validator:
    """A judge whose shortcut passes every advisory by."""
    return planted(lambda schema: schema.pop("x-omixa-advisories"))


# Each with the source that comes upon it soonest.
PLANTS: dict[str, tuple[str, Callable[[], Validator]]] = {
    "n without an end": ("invalid", lambda: planted(lambda schema: schema["properties"]["n"].pop("maximum"))),
    "one size less": ("valid", lambda: planted(lambda schema: schema["properties"]["size"]["enum"].pop())),
    "any URL": ("invalid", lambda: planted(lambda schema: schema["$defs"]["data_url"].pop("pattern"))),
    "any fields": ("invalid", lambda: planted(lambda schema: schema.pop("additionalProperties"))),
    "no object": ("anything", lambda: planted(lambda schema: schema.pop("type"))),
    "transparent JPEG": ("invalid", lambda: planted(lambda schema: schema.pop("not"))),
    "no advisory": ("mutated", blind),
}


@pytest.mark.acceptance  # a search through hundreds of examples each
@pytest.mark.parametrize(("source", "plant"), PLANTS.values(), ids=PLANTS)
def test_planted_disagreement_is_found(source: str, plant: Callable[[], Validator]) -> None:
    validator, instances = plant(), SOURCES[source](MODELS[0]).map(as_it_arrives)
    enough = settings(max_examples=1000, database=None, derandomize=True, deadline=None, phases=[Phase.generate])
    # Where nothing is found, `find` raises.
    assert disagreement(
        validator, find(instances, lambda instance: disagreement(validator, instance) != "", settings=enough)
    )


@pytest.mark.parametrize(("source", "verdicts"), [("valid", {True}), ("mutated", {True, False}), ("anything", {False})])
def test_sources_are_what_they_are_called(source: str, verdicts: set[bool]) -> None:
    seen: set[bool] = set()

    @given(instance=SOURCES[source](MODELS[0]))
    @settings(max_examples=30, deadline=None, database=None, derandomize=True)
    def look(instance: Json) -> None:
        seen.add(request_judge(MODELS[0], 0).accepts(instance))

    look()
    assert seen == verdicts
