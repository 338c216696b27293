"""Schema files: well formed, portable, and with provenance for every assertion."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema_rs
import pytest
from jsonschema import Draft202012Validator

from omixa_mock.gateway import describe_settings

SCHEMAS = Path(__file__).parents[2] / "schemas"
FILES = sorted([*SCHEMAS.glob("requests/*.json"), *SCHEMAS.glob("responses/*.json")])
MODEL_FILES = sorted(SCHEMAS.glob("requests/*.json"))
FULLY_EXEMPLIFIED = ("requests/gpt-image-1.5", *(f"responses/{path.stem}" for path in SCHEMAS.glob("responses/*.json")))

# The policy on keys is an argument of the gateway, not a field of Settings.
SETTINGS = {*describe_settings(), "keys"}
ANNOTATIONS = {"$schema", "$id", "$ref", "$defs", "title", "description", "default", "properties", "items"}
# Validators disagree about these keywords, or they would nest the schema.
FORBIDDEN = {"format", "multipleOf", "oneOf", "anyOf", "allOf", "if", "$dynamicRef", "patternProperties"}
# Regex syntax that the engines of Python, Rust and JavaScript interpret differently.
NOT_PORTABLE = ("\\d", "\\w", "\\s", "\\b", "(?")


class Place(NamedTuple):
    """Subschema with the path of its values in an instance."""

    document: str
    path: tuple[str, ...]
    schema: dict[str, Any]

    def rule(self, keyword: str, entry: dict[str, Any]) -> str:
        return ".".join((self.document, *self.path, entry.get("rule", keyword)))


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return content


def places(root: dict[str, Any]) -> Iterator[Place]:
    """Yield every subschema in the sequence of the instance, with `$ref`s resolved."""

    def below(schema: dict[str, Any], path: tuple[str, ...]) -> Iterator[Place]:
        if "$ref" in schema:
            schema = root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
        yield Place(root["x-omixa-document"], path, schema)
        for name, member in schema.get("properties", {}).items():
            yield from below(member, (*path, name))
        if "items" in schema:
            yield from below(schema["items"], (*path, "item"))

    return below(root, ())


def assertions(place: Place) -> set[str]:
    return {word for word in place.schema if word not in ANNOTATIONS and not word.startswith("x-omixa-")}


def provenances() -> Iterator[Any]:
    for path in FILES:
        for place in places(read(path)):
            entries = place.schema.get("x-omixa-provenance", {}) | place.schema.get("x-omixa-beyond", {})
            entries |= place.schema.get("x-omixa-advisories", {})
            for word, entry in entries.items():
                yield pytest.param(entry, id=f"{path.stem}:{place.rule(word, entry)}")
        model = read(path).get("x-omixa-model", {"provenance": {}, "price": {"provenance": {}}})
        for word, entry in (model["provenance"] | model["price"]["provenance"]).items():
            yield pytest.param(entry, id=f"{path.stem}:x-omixa-model.{word}")


def rules(path: Path) -> set[str]:
    return {
        place.rule(word, place.schema["x-omixa-provenance"][word])
        for place in places(read(path))
        for word in assertions(place)
    }


def beyond_rules(path: Path) -> set[str]:
    return {place.rule(name, {}) for place in places(read(path)) for name in place.schema.get("x-omixa-beyond", {})}


def exemplified(folder: str) -> set[str]:
    return {path.stem.split("--")[0] for path in (SCHEMAS / "examples" / folder).glob("*.json")}


EVERY_ENTRY = pytest.mark.parametrize("entry", list(provenances()))
EVERY_FILE = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


@EVERY_FILE
def test_file_is_a_valid_schema_to_python(path: Path) -> None:
    Draft202012Validator.check_schema(read(path))


@EVERY_FILE
def test_file_is_a_valid_schema_to_rust(path: Path) -> None:
    jsonschema_rs.Draft202012Validator(read(path))


@EVERY_FILE
def test_id_follows_from_the_file_name(path: Path) -> None:
    assert read(path)["$id"] == f"urn:omixa-mock:schema:{path.parent.name}:{path.stem}"


@EVERY_FILE
def test_schema_has_title_and_description(path: Path) -> None:
    assert {"$schema", "title", "description", "x-omixa-document"} <= read(path).keys()


@EVERY_FILE
def test_no_forbidden_keyword_is_used(path: Path) -> None:
    used = {word for place in places(read(path)) for word in place.schema}
    assert not used & FORBIDDEN


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("[rc]*/*.json")), ids=lambda path: path.stem)
def test_no_member_id_is_text_outside_properties(path: Path) -> None:
    """Some validators, such as @cfworker/json-schema, take it for a schema's URL, in unknown keywords too."""

    def below(node: Any) -> Iterator[Any]:
        for name, child in node.items() if isinstance(node, dict) else ():
            yield from (child,) if name == "id" and isinstance(child, str) else ()
            yield from below(child)

    assert list(below(read(path))) == []


@EVERY_FILE
def test_patterns_mean_the_same_to_every_engine(path: Path) -> None:
    patterns = [place.schema["pattern"] for place in places(read(path)) if "pattern" in place.schema]
    assert not [pattern for pattern in patterns if any(syntax in pattern for syntax in NOT_PORTABLE)]


@EVERY_FILE
def test_every_definition_is_referred_to(path: Path) -> None:
    text = path.read_text("utf-8")
    assert [name for name in read(path).get("$defs", {}) if f'"#/$defs/{name}"' not in text] == []


@EVERY_FILE
def test_every_assertion_and_default_has_provenance_and_nothing_else_has(path: Path) -> None:
    for place in places(read(path)):
        expected = assertions(place) | ({"default"} & place.schema.keys())
        assert place.schema.get("x-omixa-provenance", {}).keys() == expected, place.path


@EVERY_FILE
def test_rule_ids_are_unique(path: Path) -> None:
    all_places = list(places(read(path)))
    entries = [
        (place, word, place.schema["x-omixa-provenance"][word]) for place in all_places for word in assertions(place)
    ]
    ids = [place.rule(word, entry) for place, word, entry in entries]
    ids += [place.rule(word, {}) for place in all_places for word in place.schema.get("x-omixa-beyond", {})]
    assert len(ids) == len(set(ids))


@EVERY_ENTRY
def test_provenance_is_of_a_known_kind(entry: dict[str, Any]) -> None:
    assert entry["status"] in {"documented", "inferred", "assumed"}


@EVERY_ENTRY
def test_provenance_names_a_page_unless_it_is_assumed(entry: dict[str, Any]) -> None:
    assert entry["status"] == "assumed" or entry["page"].startswith("docs")


@EVERY_ENTRY
def test_provenance_gives_a_reason_unless_it_is_documented(entry: dict[str, Any]) -> None:
    assert entry["status"] == "documented" or entry["because"]


@EVERY_ENTRY
def test_only_assumptions_name_a_setting(entry: dict[str, Any]) -> None:
    assert (entry["status"] == "assumed") == ("setting" in entry)


@EVERY_ENTRY
def test_setting_exists(entry: dict[str, Any]) -> None:
    assert entry.get("setting") is None or entry["setting"] in SETTINGS


@pytest.mark.parametrize("path", MODEL_FILES, ids=lambda path: path.stem)
def test_model_data_belongs_to_the_file(path: Path) -> None:
    schema = read(path)
    assert schema["x-omixa-model"]["name"] == path.stem == schema["properties"]["model"]["const"]


@pytest.mark.parametrize("path", MODEL_FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize("field", ["quality", "size"])
def test_price_has_a_factor_for_every_accepted_value(path: Path, field: str) -> None:
    schema = read(path)
    accepted = schema["properties"].get(field, {"enum": []})["enum"]
    assert list(schema["x-omixa-model"]["price"][field]) == accepted


@pytest.mark.parametrize("path", MODEL_FILES, ids=lambda path: path.stem)
def test_only_a_complete_table_refuses_unknown_fields(path: Path) -> None:
    schema = read(path)
    assert schema["additionalProperties"] is (schema["x-omixa-model"]["status"] == "partial")


@pytest.mark.parametrize("name", FULLY_EXEMPLIFIED)
def test_every_rule_has_an_example_that_breaks_it(name: str) -> None:
    assert rules(SCHEMAS / f"{name}.json") - exemplified("invalid") == set()


def test_every_rule_beyond_schema_has_an_example_that_breaks_it() -> None:
    declared = [beyond_rules(SCHEMAS / f"{name}.json") for name in FULLY_EXEMPLIFIED]
    assert set().union(*declared) == exemplified("invalid-beyond-schema")


def test_every_invalid_example_is_named_after_a_rule() -> None:
    assert exemplified("invalid") <= set().union(*map(rules, FILES))
