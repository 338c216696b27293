"""Examples checked by two independent validators: each result matches the file name."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from jsonschema import Draft202012Validator, ValidationError

SCHEMAS = Path(__file__).parents[2] / "schemas"
EXAMPLES = SCHEMAS / "examples"
RESPONSES = {"response": "image", "error": "error", "models": "models"}
RESPONSES |= {"usage-requests": "usage-requests", "usage-rollups": "usage-rollups"}


def table(folder: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", sorted((EXAMPLES / folder).glob("*.json")), ids=lambda path: path.stem)


def read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def schema_file(path: Path) -> Path:
    """Return the schema file of an example: its document's, or for a request its model's."""
    document = path.stem.split("--")[0].split(".")[0]
    if document != "request":
        return SCHEMAS / "responses" / f"{RESPONSES[document]}.json"
    body = read(path)
    model = body.get("model") if isinstance(body, dict) else None
    named = SCHEMAS / "requests" / f"{model}.json"
    # By comparison, not by `exists`: some file systems ignore case.
    return named if named in list(named.parent.iterdir()) else named.with_name("gpt-image-1.5.json")


@cache
def python_validator(schema: Path) -> Draft202012Validator:
    return Draft202012Validator(read(schema))


@cache
def rust_validator(schema: Path) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(read(schema))


def rule_id(document: str, error: ValidationError) -> str:
    path = ["item" if isinstance(step, int) else step for step in error.absolute_path]
    schema: Any = error.schema
    entry = schema["x-omixa-provenance"][error.validator]
    return ".".join([document, *path, entry.get("rule", error.validator)])


def broken_rules(path: Path) -> set[str]:
    """Return rule ids from Python's errors; for a value of the wrong type, only that of its type."""
    document = path.stem.split("--")[0].split(".")[0]
    errors = list(python_validator(schema_file(path)).iter_errors(read(path)))
    mistyped = {error.json_path for error in errors if error.validator == "type"}
    counted = [error for error in errors if error.validator == "type" or error.json_path not in mistyped]
    return {rule_id(document, error) for error in counted}


def keywords_by_python(path: Path) -> set[tuple[str, str]]:
    errors = python_validator(schema_file(path)).iter_errors(read(path))
    return {("/".join(map(str, error.absolute_path)), str(error.validator)) for error in errors}


def keywords_by_rust(path: Path) -> set[tuple[str, str]]:
    errors = rust_validator(schema_file(path)).iter_errors(read(path))
    return {("/".join(map(str, error.instance_path)), str(error.schema_path[-1])) for error in errors}


@table("valid")
def test_valid_example_is_accepted_by_python(path: Path) -> None:
    assert python_validator(schema_file(path)).is_valid(read(path))


@table("valid")
def test_valid_example_is_accepted_by_rust(path: Path) -> None:
    assert rust_validator(schema_file(path)).is_valid(read(path))


@table("invalid")
def test_invalid_example_breaks_the_rule_in_its_name_and_no_other(path: Path) -> None:
    assert broken_rules(path) == {path.stem.split("--")[0]}


@table("invalid")
def test_both_validators_find_the_same_errors(path: Path) -> None:
    assert keywords_by_rust(path) == keywords_by_python(path)


@table("invalid-beyond-schema")
def test_python_accepts_examples_beyond_the_schema(path: Path) -> None:
    assert python_validator(schema_file(path)).is_valid(read(path))


@table("invalid-beyond-schema")
def test_rust_accepts_examples_beyond_the_schema(path: Path) -> None:
    assert rust_validator(schema_file(path)).is_valid(read(path))


@pytest.mark.parametrize("schema", sorted(SCHEMAS.glob("re*/*.json")), ids=lambda path: path.stem)
def test_every_schema_has_a_valid_example(schema: Path) -> None:
    assert schema in {schema_file(path) for path in (EXAMPLES / "valid").glob("*.json")}


@pytest.mark.parametrize("field", ["output_format", "size", "quality", "background", "moderation", "input_fidelity"])
def test_every_accepted_value_has_a_valid_example(field: str) -> None:
    accepted = set(read(SCHEMAS / "requests/gpt-image-1.5.json")["properties"][field]["enum"])
    bodies = [read(path) for path in (EXAMPLES / "valid").glob("request--*.json")]
    assert accepted <= {body.get(field) for body in bodies if body["model"] == "gpt-image-1.5"}


@pytest.mark.parametrize("name", ["mask-without-input-images", "input-fidelity-without-input-images"])
def test_advisory_matches_its_valid_example(name: str) -> None:
    advisory = read(SCHEMAS / "requests/gpt-image-1.5.json")["x-omixa-advisories"][name]
    example = read(EXAMPLES / "valid" / f"request--advisory-{name}.json")
    assert not Draft202012Validator(advisory["schema"]).is_valid(example)


def test_advisories_are_silent_about_a_complete_edit() -> None:
    advisories = read(SCHEMAS / "requests/gpt-image-1.5.json")["x-omixa-advisories"]
    example = read(EXAMPLES / "valid" / "request--merge-with-mask.json")
    assert all(Draft202012Validator(advisory["schema"]).is_valid(example) for advisory in advisories.values())
