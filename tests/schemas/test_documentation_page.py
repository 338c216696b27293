"""Schema of gpt-image-1.5 compared with the documentation page's table, field by field."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

REPOSITORY = Path(__file__).parents[2]
PAGE = REPOSITORY.parent / "shared" / "seed-page.txt"
SCHEMA = json.loads((REPOSITORY / "schemas/requests/gpt-image-1.5.json").read_text("utf-8"))
ROW = re.compile(r"^(\w+) \|\n([^|\n]+) \| (Yes|No) \| ([^|\n]+) \|", re.MULTILINE)
FIELDS = list(SCHEMA["properties"])


class Row(NamedTuple):
    type: str
    required: bool
    accepted: str


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text("utf-8")


@pytest.fixture(scope="module")
def page_table(page: str) -> dict[str, Row]:
    return {name: Row(kind, required == "Yes", accepted) for name, kind, required, accepted in ROW.findall(page)}


def accepted_by(field: dict[str, Any]) -> str:
    """Return the text of the page's column for a field's schema."""
    if "const" in field:
        return str(field["const"])
    if "enum" in field:
        return ", ".join(field["enum"])
    if "maximum" in field:
        return f"{field['minimum']}-{field['maximum']}"
    return "Any valid value"


def test_fields_match_the_page_in_number_and_sequence(page_table: dict[str, Row]) -> None:
    assert list(page_table) == FIELDS


@pytest.mark.parametrize("name", FIELDS)
def test_type_matches_the_page(page_table: dict[str, Row], name: str) -> None:
    kind = SCHEMA["properties"][name]["type"]
    assert page_table[name].type == ("image data" if name == "mask" else kind)


@pytest.mark.parametrize("name", FIELDS)
def test_required_fields_match_the_page(page_table: dict[str, Row], name: str) -> None:
    assert page_table[name].required == (name in SCHEMA["required"])


@pytest.mark.parametrize("name", FIELDS)
def test_accepted_values_match_the_page(page_table: dict[str, Row], name: str) -> None:
    assert page_table[name].accepted == accepted_by(SCHEMA["properties"][name])


def test_sample_response_has_the_members_of_the_response_schema(page: str) -> None:
    schema = json.loads((REPOSITORY / "schemas/responses/image.json").read_text("utf-8"))
    sample = json.loads(page[page.index('{\n"created"') : page.index("\nReplace the example")])
    assert list(sample) == list(schema["properties"])


def test_example_of_the_page_s_request_differs_only_in_the_image(page: str) -> None:
    sample, _ = json.JSONDecoder().raw_decode(page[page.index('{\n"model"') :])
    example = json.loads((REPOSITORY / "schemas/examples/valid/request--page-sample.json").read_text("utf-8"))
    example["input_images"][0]["image_url"]["url"] = "data:image/png;base64,<base64-reference>"
    assert example == sample
