"""Response mutations: each breaks exactly one thing."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omixa_mock.gateway import CATALOGUE, Fault, Gateway
from omixa_mock.gateway.faults import MUTATIONS

RunFlow = Callable[..., Any]
KEY = "omx_live_core"
SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "responses" / "image.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
WRONG = [name for name, kind in CATALOGUE.items() if kind.family == "wrong success"]
EVERY_WRONG = pytest.mark.parametrize("name", WRONG)
SIZES = pytest.mark.parametrize("n", [1, 3])
FORMATS = pytest.mark.parametrize("output_format", ["png", "jpeg", "webp"])
URL = r"https://pictures\.omixa\.invalid/[0-9a-f]{24}\.webp"


@pytest.fixture(scope="module")
def wrong(make_gateway: Callable[..., Gateway], run_flow: RunFlow) -> Callable[..., Any]:
    """Return a function that gets a wrong success, from a new gateway by default."""

    def run(name: str, gateway: Gateway | None = None, **fields: Any) -> Any:
        gateway = gateway or make_gateway()
        gateway.workspaces.open(KEY).plan(Fault(name))
        return run_flow(gateway, **{"output_format": "webp", **fields})

    return run


Wrong = Callable[..., Any]


def violations(document: Any) -> set[tuple[str, str]]:
    """Return the violations of responses/image.json, as pointers and keywords, with items as `*`."""
    return {
        ("/".join("*" if isinstance(step, int) else step for step in error.absolute_path), str(error.validator))
        for error in VALIDATOR.iter_errors(document)
    }


ITEM = "data/*"
BROKEN: dict[str, set[tuple[str, str]]] = {
    "empty_data": {("data", "minItems")},
    "missing_data": {("", "required")},
    "null_image": {(f"{ITEM}/b64_json", "type")},
    "url_instead_of_b64": {(ITEM, "required"), (f"{ITEM}/url", "type")},
    "url_and_null_b64": {(f"{ITEM}/b64_json", "type"), (f"{ITEM}/url", "type")},
    "url_and_empty_b64": {(f"{ITEM}/b64_json", "minLength"), (f"{ITEM}/url", "type")},
    "billed_as_number": {("usage/billed_amount", "type")},
    "billed_with_exponent": {("usage/billed_amount", "pattern")},
    "missing_usage": {("", "required")},
    "created_in_ms": {("created", "maximum")},
    "created_as_text": {("created", "type")},
    "missing_created": {("", "required")},
    "extra_fields": {("", "additionalProperties"), (ITEM, "additionalProperties"), ("usage", "additionalProperties")},
    "error_with_200": {("", "required"), ("", "additionalProperties")},
}
NO_JSON = {"invalid_json", "byte_order_mark", "empty_body", "html_page", "gzip_not_announced"}
# The body is valid under the schema: the mistake is in the images or in the headers.
KEPT = [name for name in WRONG if name not in BROKEN and name not in NO_JSON and name != "fewer_images"]


def test_every_wrong_success_has_its_mutation() -> None:
    assert {*WRONG, "bad_gateway_page"} == MUTATIONS.keys()


@SIZES
@pytest.mark.parametrize(("name", "broken"), BROKEN.items(), ids=BROKEN)
def test_schema_is_broken_only_by_the_mutation(wrong: Wrong, name: str, broken: set[tuple[str, str]], n: int) -> None:
    assert violations(wrong(name, n=n).body) == broken


@SIZES
@pytest.mark.parametrize("name", KEPT)
def test_mutation_beyond_the_schema_breaks_no_rule(wrong: Wrong, name: str, n: int) -> None:
    assert violations(wrong(name, n=n).body) == set()


@pytest.mark.parametrize("name", sorted(NO_JSON))
def test_body_is_no_json(wrong: Wrong, name: str) -> None:
    with pytest.raises(ValueError):
        json.loads(wrong(name).response.body.decode())


@EVERY_WRONG
@SIZES
def test_wrong_success_is_a_success(wrong: Wrong, name: str, n: int) -> None:
    assert wrong(name, n=n).response.status == 200


@EVERY_WRONG
@SIZES
def test_charge_stays_correct(make_gateway: Callable[..., Gateway], wrong: Wrong, name: str, n: int) -> None:
    gateway = make_gateway()
    call = wrong(name, gateway, n=n).call
    assert call.charge == gateway.workspaces.enter(KEY).wallet.captured == n * Decimal("0.039")


HEADERS = {
    "html_page": ("content-type", "text/html; charset=utf-8"),
    "wrong_content_type": ("content-type", "text/html; charset=utf-8"),
    "gzip_not_applied": ("content-encoding", "gzip"),
}


@EVERY_WRONG
def test_headers_are_unchanged_except_the_mutated_one(
    make_gateway: Callable[..., Gateway], run_flow: RunFlow, wrong: Wrong, name: str
) -> None:
    unchanged = run_flow(make_gateway()).headers
    changed = dict([HEADERS[name]] if name in HEADERS else [])
    assert wrong(name).headers == unchanged | changed | {"x-omixa-mock-fault": name}


@FORMATS
@SIZES
@EVERY_WRONG
def test_wrong_success_differs_from_the_correct_one(
    make_gateway: Callable[..., Gateway], run_flow: RunFlow, wrong: Wrong, name: str, output_format: str, n: int
) -> None:
    fields = {"output_format": output_format, "n": n, "quality": "low"}
    correct, mutated = run_flow(make_gateway(), **fields).response, wrong(name, **fields).response
    same = name in {"wrong_content_type", "gzip_not_applied"}
    assert (mutated.body == correct.body) == same


# Documents


@SIZES
def test_fewer_images_are_one_less(wrong: Wrong, n: int) -> None:
    assert len(wrong("fewer_images", n=n).body["data"]) == n - 1


@SIZES
@pytest.mark.parametrize("name", ["url_instead_of_b64", "url_and_null_b64", "url_and_empty_b64"])
def test_each_image_has_a_url_that_leads_nowhere(wrong: Wrong, name: str, n: int) -> None:
    urls = {item["url"] for item in wrong(name, n=n).body["data"]}
    assert (len(urls), all(re.fullmatch(URL, url) for url in urls)) == (n, True)


BILLS = {"billed_as_number": 0.039, "billed_with_exponent": "3.9e-2"}


@pytest.mark.parametrize(("name", "bill"), BILLS.items())
def test_billed_amount_in_another_notation_is_equal(wrong: Wrong, name: str, bill: Any) -> None:
    assert wrong(name).body["usage"]["billed_amount"] == bill


@given(micros=st.integers(0, 10**12 - 1))
@settings(deadline=None, max_examples=30)
def test_billed_amount_with_an_exponent_is_always_wrong_and_equal(
    micros: int, make_gateway: Callable[..., Gateway], wrong: Wrong
) -> None:
    price = f"{Decimal(micros) / 10**6:.6f}"
    gateway = make_gateway(prices={"gpt-image-1.5": price}, default_balance=10**9)
    text = wrong("billed_with_exponent", gateway).body["usage"]["billed_amount"]
    assert ("e" in text, Decimal(text)) == (True, Decimal(price))


CREATED = {"created_in_ms": 1_780_660_800_000, "created_as_text": "2026-06-05T12:00:00Z"}


@pytest.mark.parametrize(("name", "created"), CREATED.items())
def test_created_in_another_notation_is_the_same_time(wrong: Wrong, name: str, created: Any) -> None:
    assert wrong(name).body["created"] == created


def test_error_with_200_is_an_envelope(wrong: Wrong) -> None:
    assert wrong("error_with_200").body["error"].keys() == {"message", "type", "code"}


@pytest.fixture(scope="module")
def correct(make_gateway: Callable[..., Gateway], run_flow: RunFlow) -> bytes:
    """Return the body of the correct response."""
    body: bytes = run_flow(make_gateway(), output_format="webp").response.body
    return body


BYTES: dict[str, Callable[[bytes], bytes]] = {
    "invalid_json": lambda body: body.replace(b",}", b"}"),
    "byte_order_mark": lambda body: body.decode("utf-8-sig").encode(),
    "gzip_not_announced": gzip.decompress,
    "gzip_not_applied": bytes,
    "wrong_content_type": bytes,
}


@pytest.mark.parametrize(("name", "repair"), BYTES.items(), ids=BYTES)
def test_mutation_of_the_body_can_be_undone(
    wrong: Wrong, correct: bytes, name: str, repair: Callable[[bytes], bytes]
) -> None:
    assert repair(wrong(name).response.body) == correct


def test_gzip_of_more_than_a_block_is_unpacked(make_gateway: Callable[..., Gateway], wrong: Wrong) -> None:
    body = wrong("gzip_not_announced", make_gateway(weight="200KB")).response.body
    assert len(json.loads(gzip.decompress(body))["data"][0]["b64_json"]) > 200_000


def test_body_without_gzip_cannot_be_unpacked(wrong: Wrong) -> None:
    with pytest.raises(gzip.BadGzipFile):
        gzip.decompress(wrong("gzip_not_applied").response.body)
