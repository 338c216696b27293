"""gateway.json: the error table, and behaviours beyond JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from omixa_mock.gateway import describe_settings

SCHEMAS = Path(__file__).parents[2] / "schemas"
DATA: dict[str, Any] = json.loads((SCHEMAS / "gateway.json").read_text("utf-8"))
DOCUMENTED_STATUSES = {401, 402, 403, 422, 503}
# The policy on keys is an argument of the gateway, not a field of Settings.
SETTINGS = {*describe_settings(), "keys"}
# The fake's own control routes respond with 403 too; no page documents them.
NOT_THE_GATEWAY_S = {"control_refused"}


def facts() -> Iterator[Any]:
    for name, error in DATA["errors"].items():
        for column, entry in error["provenance"].items():
            yield pytest.param(entry, id=f"{name}.{column}")
    for name, behaviour in DATA["behaviours"].items():
        yield pytest.param(behaviour, id=name)


FACTS = pytest.mark.parametrize("entry", list(facts()))
ERRORS = pytest.mark.parametrize(("name", "error"), list(DATA["errors"].items()), ids=DATA["errors"])


@FACTS
def test_fact_names_a_page_unless_it_is_assumed(entry: dict[str, Any]) -> None:
    assert entry["page"].startswith("docs") if entry["status"] != "assumed" else "setting" in entry


@FACTS
def test_fact_gives_a_reason_unless_it_is_documented(entry: dict[str, Any]) -> None:
    assert entry["status"] == "documented" or (entry["status"] in {"inferred", "assumed"} and entry["because"])


@FACTS
def test_setting_of_a_fact_exists(entry: dict[str, Any]) -> None:
    assert entry.get("setting") is None or entry["setting"] in SETTINGS


@pytest.mark.parametrize("behaviour", list(DATA["behaviours"].values()), ids=DATA["behaviours"])
def test_behaviour_is_stated_in_a_sentence(behaviour: dict[str, Any]) -> None:
    assert behaviour["statement"].endswith(".")


@ERRORS
def test_error_has_every_column_with_its_provenance(name: str, error: dict[str, Any]) -> None:
    assert error["provenance"].keys() == error.keys() - {"meaning", "provenance"} == {"status", "type", "code"}, name


@ERRORS
def test_status_is_documented_for_the_five_that_a_page_lists(name: str, error: dict[str, Any]) -> None:
    listed = error["status"] in DOCUMENTED_STATUSES and name not in NOT_THE_GATEWAY_S
    assert (error["provenance"]["status"]["status"] == "documented") == listed


@ERRORS
def test_type_and_code_are_documented_for_402_alone(name: str, error: dict[str, Any]) -> None:
    documented = {error["provenance"][column]["status"] == "documented" for column in ("type", "code")}
    assert documented == {name == "insufficient_balance"}


# Documented, so no assumption turns on it.
@pytest.mark.parametrize("setting", sorted(SETTINGS - {"minimum_hold"}))
def test_setting_is_the_setting_of_some_behaviour(setting: str) -> None:
    assert setting in {behaviour.get("setting") for behaviour in DATA["behaviours"].values()}
