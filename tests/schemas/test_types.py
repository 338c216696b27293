"""`omixa_mock.types`: made from the schemas, and cheap to import."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any, get_args, get_type_hints

import pytest

from omixa_mock import shipped_contract, types
from tests.schemas.typed_dicts import TYPES, render

REQUEST = shipped_contract().requests["gpt-image-1.5"]
ENUMS = {name: member["enum"] for name, member in REQUEST["properties"].items() if "enum" in member}
LOADED = "import json, sys, typing; before = {*sys.modules}; import omixa_mock.types; "
LOADED += "print(json.dumps(sorted({*sys.modules} - before)))"


def test_module_is_made_from_the_schemas() -> None:
    assert TYPES.read_text("utf-8") == render(), "run: python -m tests.schemas.typed_dicts"


def test_request_has_the_fields_of_the_schema() -> None:
    assert get_type_hints(types.ImageRequest).keys() == REQUEST["properties"].keys()


def test_request_requires_the_fields_of_the_schema() -> None:
    assert types.ImageRequest.__required_keys__ == {*REQUEST["required"]}


@pytest.mark.parametrize("name", ENUMS)
def test_field_accepts_the_values_of_the_schema(name: str) -> None:
    hints: dict[str, Any] = get_type_hints(types.ImageRequest)
    assert list(get_args(hints[name])) == ENUMS[name]


def test_import_loads_typing_only() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == ["omixa_mock", "omixa_mock.types"]
