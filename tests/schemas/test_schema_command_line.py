"""Validation with the command `check-jsonschema`: its results equal ours."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import pytest
from check_jsonschema import main  # type: ignore[import-untyped]  # it ships no types
from click.testing import CliRunner, Result

pytestmark = pytest.mark.acceptance  # a process for every schema

SCHEMAS = Path(__file__).parents[2] / "schemas"
EXAMPLES = SCHEMAS / "examples"
FILES = sorted([*SCHEMAS.glob("requests/*.json"), *SCHEMAS.glob("responses/*.json")])


def examples_by_schema(folder: str) -> dict[str, list[Path]]:
    """Return the examples by `$id` suffix: one run of the command for each schema."""
    groups: dict[str, list[Path]] = defaultdict(list)
    models = {path.stem for path in SCHEMAS.glob("requests/*.json")}
    for path in sorted((EXAMPLES / folder).glob("*.json")):
        document = path.stem.split("--")[0].split(".")[0]
        body = json.loads(path.read_text("utf-8"))
        model = body.get("model") if isinstance(body, dict) else None
        request = model if model in models else "gpt-image-1.5"
        groups[{"request": str(request), "response": "image"}.get(document, document)].append(path)
    return groups


def check_jsonschema(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["--output-format", "json", *map(str, arguments)])


def schema_named(stem: str) -> Path:
    return next(path for path in FILES if path.stem == stem)


def test_every_schema_passes_the_metaschema() -> None:
    assert check_jsonschema("--check-metaschema", *FILES).exit_code == 0


@pytest.mark.parametrize("stem", examples_by_schema("valid"))
def test_command_accepts_every_valid_example(stem: str) -> None:
    paths = examples_by_schema("valid")[stem]
    assert check_jsonschema("--schemafile", schema_named(stem), *paths).exit_code == 0


@pytest.mark.parametrize("stem", examples_by_schema("invalid-beyond-schema"))
def test_command_accepts_examples_that_only_code_can_refuse(stem: str) -> None:
    paths = examples_by_schema("invalid-beyond-schema")[stem]
    assert check_jsonschema("--schemafile", schema_named(stem), *paths).exit_code == 0


@pytest.mark.parametrize("stem", examples_by_schema("invalid"))
def test_command_refuses_every_invalid_example(stem: str) -> None:
    paths = examples_by_schema("invalid")[stem]
    report = json.loads(check_jsonschema("--schemafile", schema_named(stem), *paths).stdout)
    assert {Path(error["filename"]).name for error in report["errors"]} == {path.name for path in paths}
