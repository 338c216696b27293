"""OpenAPI description: named, flat schemas that say the same as the files, with examples, tags and provenance."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest

import omixa_mock
from omixa_mock import Settings, shipped_contract
from omixa_mock.gateway.contract import describe_api, rules_of

EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples"
CONTRACT = shipped_contract()
MODELS = tuple(CONTRACT.requests)
ROOTS = {
    "request": "ImageRequest",
    "response": "ImageResponse",
    "error": "ErrorResponse",
    "models": "ModelsResponse",
    "usage-requests": "UsageRequestsResponse",
    "usage-rollups": "UsageRollupsResponse",
}
# What some generator does not support, or takes for something else.
UNSUPPORTED = {"$defs", "$id", "$schema", "title", "default", "oneOf", "allOf", "dependentRequired"}
ONLY_NULL = {"type": ["string", "null"], "const": None}
ONE_MODEL: dict[str, Any] = {}
ALL_MODELS: dict[str, Any] = {"models": MODELS}
EVERY_SETTING = pytest.mark.parametrize("settings", [ONE_MODEL, ALL_MODELS], ids=["one model", "all models"])


def describe(**settings: Any) -> Any:
    return describe_api(CONTRACT, CONTRACT.under(Settings(**settings)))


def schemas_of(document: Any) -> Iterator[tuple[str, Any]]:
    """Yield every subschema with its path, that of a component first; `not` is not for generators."""

    def below(path: str, schema: Any) -> Iterator[tuple[str, Any]]:
        yield path, schema
        for name, child in schema.get("properties", {}).items():
            yield from below(f"{path}.{name}", child)
        for child in [*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else ())]:
            yield from below(f"{path}[]", child)

    for name, schema in document["components"]["schemas"].items():
        yield from below(name, schema)


@cache
def validator(component: str, *models: str) -> jsonschema_rs.Draft202012Validator:
    """Return the validator of a component, with those that it refers to."""
    document = describe(models=models)
    reference = {"$ref": f"#/components/schemas/{component}", "components": document["components"]}
    return jsonschema_rs.Draft202012Validator(reference)


def operations(document: Any) -> list[Any]:
    return [operation for item in document["paths"].values() for operation in item.values()]


# Structure


@pytest.mark.parametrize("name", ["ImageRequest", "ImageResponse", "ErrorResponse", "ImagePart"])
@EVERY_SETTING
def test_component_has_its_plain_name(settings: Any, name: str) -> None:
    assert name in describe(**settings)["components"]["schemas"]


@EVERY_SETTING
def test_names_of_components_are_identifiers(settings: Any) -> None:
    names = describe(**settings)["components"]["schemas"]
    assert [name for name in names if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", name)] == []


@EVERY_SETTING
def test_no_schema_has_a_keyword_that_generators_misread(settings: Any) -> None:
    document = describe(**settings)
    assert {path: found for path, schema in schemas_of(document) if (found := UNSUPPORTED & schema.keys())} == {}


@EVERY_SETTING
def test_no_schema_has_a_keyword_of_ours(settings: Any) -> None:
    assert [path for path, schema in schemas_of(describe(**settings)) if "x-omixa" in " ".join(schema)] == []


@EVERY_SETTING
def test_every_object_is_a_component(settings: Any) -> None:
    assert [path for path, schema in schemas_of(describe(**settings)) if "properties" in schema and "." in path] == []


@EVERY_SETTING
def test_every_schema_has_one_type_or_is_null(settings: Any) -> None:
    lists = [schema for _, schema in schemas_of(describe(**settings)) if not isinstance(schema.get("type", ""), str)]
    assert all(schema.items() >= ONLY_NULL.items() for schema in lists)


@EVERY_SETTING
def test_every_component_is_referred_to(settings: Any) -> None:
    document = describe(**settings)
    text = json.dumps(document)
    assert [name for name in document["components"]["schemas"] if f'schemas/{name}"' not in text] == []


def test_image_part_of_the_mask_is_that_of_the_input_images() -> None:
    mask = describe()["components"]["schemas"]["ImageRequest"]["properties"]["mask"]
    assert mask["anyOf"][1] == {"$ref": "#/components/schemas/ImagePart"}


@pytest.mark.parametrize(("shape", "keyword"), [("either", "anyOf"), ("string", "pattern"), ("object", "$ref")])
def test_mask_has_the_shape_of_the_setting(shape: str, keyword: str) -> None:
    assert keyword in describe(mask_shape=shape)["components"]["schemas"]["ImageRequest"]["properties"]["mask"]


def test_default_is_in_the_description() -> None:
    n = describe()["components"]["schemas"]["ImageRequest"]["properties"]["n"]
    assert n["description"].endswith("Default: 1.")


def test_seconds_have_64_bits() -> None:
    created = describe()["components"]["schemas"]["ImageResponse"]["properties"]["created"]
    assert created["format"] == "int64"


def test_model_selects_the_schema_of_several() -> None:
    mapping = describe(models=MODELS)["components"]["schemas"]["ImageRequest"]["discriminator"]["mapping"]
    assert mapping["imagen-4.0-generate-001"] == "#/components/schemas/Imagen40Generate001Request"


# The same contract


@pytest.mark.parametrize("models", [MODELS[:1], MODELS], ids=["one model", "all models"])
@pytest.mark.parametrize("folder", ["valid", "invalid"])
def test_components_accept_what_the_schemas_accept(folder: str, models: tuple[str, ...]) -> None:
    terms = CONTRACT.under(Settings(models=models))
    for path in (EXAMPLES / folder).glob("*.json"):
        document, body = path.stem.split("--")[0].split(".")[0], json.loads(path.read_text("utf-8"))
        if document == "request":
            expected = terms.validator_for(body if isinstance(body, dict) else {}).is_valid(body)
        else:
            expected = folder == "valid"
        assert validator(ROOTS[document], *models).is_valid(body) == expected, path.stem


@EVERY_SETTING
def test_every_rule_of_the_schemas_has_its_provenance(settings: Any) -> None:
    schemas = [CONTRACT.requests[model] for model in settings.get("models", MODELS[:1])]
    schemas += CONTRACT.responses.values()
    ids = {rule.id for schema in schemas for rule in rules_of(schema["x-omixa-document"], schema)}
    assert describe(**settings)["x-omixa-provenance"].keys() == ids


def test_provenance_of_a_shared_rule_is_that_of_the_first_model() -> None:
    provenance = describe(models=MODELS)["x-omixa-provenance"]["request.n.maximum"]
    assert provenance == {"status": "documented", "page": f"docs/models/{MODELS[0]}"}


# What linters and readers look for


@pytest.mark.parametrize("member", ["title", "version", "description", "contact", "license"])
def test_info_has_the_member(member: str) -> None:
    assert describe()["info"][member]


def test_servers_are_the_fake_first_and_the_gateway() -> None:
    assert [server["url"] for server in describe()["servers"]] == ["http://127.0.0.1:6649", "https://www.omixa.cloud"]


@pytest.mark.parametrize("operation", operations(describe()), ids=lambda operation: str(operation["operationId"]))
def test_operation_has_a_declared_tag_and_a_description(operation: Any) -> None:
    declared = {tag["name"] for tag in describe()["tags"]}
    assert (len(operation["tags"]), {*operation["tags"]} <= declared, bool(operation["description"])) == (1, True, True)


@EVERY_SETTING
def test_every_response_has_a_valid_example(settings: Any) -> None:
    document = describe(**settings)
    responses = [response for operation in operations(document) for response in operation["responses"].values()]
    responses = [response for response in responses if "$ref" not in response]
    for response in [*responses, *document["components"]["responses"].values()]:
        content = response["content"]["application/json"]
        name = content["schema"]["$ref"].rpartition("/")[2]
        assert validator(name, *settings.get("models", MODELS[:1])).is_valid(content["example"])


@pytest.mark.parametrize("name", ["generation", "edit"])
@pytest.mark.parametrize("model", MODELS)
def test_example_of_a_request_makes_an_image(model: str, name: str) -> None:
    operation = describe(models=(model,))["paths"]["/api/v1/images/generations"]["post"]
    body = operation["requestBody"]["content"]["application/json"]["examples"][name]["value"]
    with omixa_mock.intercept(settings={"models": [model]}) as mock:
        auth = {"Authorization": f"Bearer {mock.api_key}"}
        assert httpx.post(f"{mock.base_url}/images/generations", headers=auth, json=body).status_code == 200


def test_example_of_an_error_has_the_code_of_the_settings() -> None:
    document = describe(errors={"no_route": {"code": "other"}})
    example = document["components"]["responses"]["no_route"]["content"]["application/json"]["example"]
    assert example["error"]["code"] == "other"
