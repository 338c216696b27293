"""Invalid input: the documented envelope, no cost, and a message with the correction."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omixa_mock import Gateway
from omixa_mock.gateway.calls import describe_call

Ask = Callable[..., Any]
Part = Callable[..., dict[str, Any]]
SENT = "omx_live_core"


def raw(extra: bytes) -> bytes:
    return b'{"model": "gpt-image-1.5", "prompt": "a cat", ' + extra + b"}"


def nested(levels: int, *, arrays: bool = True) -> bytes:
    """Return a body with a number of levels, its own object included."""
    inner = levels - 1
    return raw(b'"x": ' + (b"[" * inner + b"]" * inner if arrays else b'{"a":' * inner + b"1" + b"}" * inner))


def url(text: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": text}}


def image(text: str) -> bytes:
    body = {"model": "gpt-image-1.5", "prompt": "a cat", "input_images": [url(text)]}
    return json.dumps(body).encode()


BYTES = base64.b64encode(b"a long enough text to be wrapped, with ?>?>?> in it").decode()
IMAGE_URL = "request.input_images.item.image_url.url"
# Body, broken rule, and a part of the message.
BAD = {
    "empty": (b"", "gateway.body.malformed", "it is empty"),
    "white space": (b" \n", "gateway.body.malformed", "it is empty"),
    "latin-1": (b'{"prompt": "\xe9"}', "gateway.body.malformed", "not UTF-8 (byte 0xe9 at position 12)"),
    "UTF-16": ('{"model": 1}'.encode("utf-16"), "gateway.body.malformed", "not UTF-8"),
    "NUL": (b"\0", "gateway.body.malformed", "line 1, column 1"),
    "cut off": (b'{"model": "gpt', "gateway.body.malformed", "line 1, column"),
    "trailing comma": (raw(b'"n": 1,'), "gateway.body.malformed", "trailing comma"),
    "second line": (b'{"model":\n oops}', "gateway.body.malformed", "line 2, column 2"),
    "single quotes": (b"{'model': 1}", "gateway.body.malformed", "not JSON"),
    "two documents": (b"{}{}", "gateway.body.malformed", "not JSON"),
    "byte order mark": (b"\xef\xbb\xbf" + raw(b'"n": 1'), "gateway.body.malformed", "byte order mark"),
    "null": (b"null", "request.type", "The body is null, not an object"),
    "array": (b"[{}]", "request.type", "The body is an array, not an object"),
    "number": (b"5", "request.type", "The body is a number, not an object"),
    "text": (b'"a cat"', "request.type", "The body is a string, not an object"),
    "boolean": (b"true", "request.type", "The body is a boolean, not an object"),
    "NaN": (raw(b'"n": NaN'), "gateway.body.malformed", "NaN is not a JSON value"),
    "Infinity": (raw(b'"n": Infinity'), "gateway.body.malformed", "Infinity is not a JSON value"),
    "-Infinity": (raw(b'"n": -Infinity'), "gateway.body.malformed", "Infinity is not a JSON value"),
    "1e400": (raw(b'"n": 1e400'), "gateway.body.malformed", "beyond all bounds"),
    "5000 digits": (raw(b'"n": ' + b"9" * 5000), "gateway.body.malformed", "beyond all bounds"),
    "5000 digits after a dot": (raw(b'"n": 1.' + b"3" * 5000), "request.n.type", "accepted: an integer 1 to 10"),
    "300 digits": (raw(b'"n": ' + b"9" * 300), "request.n.maximum", "accepted: 1 to 10"),
    "lone surrogate": (raw(b'"user": "\\ud800"'), "gateway.body.malformed", "surrogate"),
    "two surrogates in the wrong order": (raw(b'"user": "\\udc00\\ud800"'), "gateway.body.malformed", "surrogate"),
    "the same name twice": (raw(b'"n": 1, "n": 1'), "gateway.body.duplicate-names", "'n' occurs twice"),
    "the same name, escaped": (raw(b'"n": 1, "\\u006e": 2'), "gateway.body.duplicate-names", "'n' occurs twice"),
    "the same name, spaced": (raw(b'"n" : 1, "n"\n: 2'), "gateway.body.duplicate-names", "'n' occurs twice"),
    "the same name deep down": (raw(b'"x": [{"a": {"b": 1, "b": 2}}]'), "gateway.body.duplicate-names", "'b' occurs"),
    "a whole object twice": (raw(b'"x": {"a": {"c": 1}, "a": 2}'), "gateway.body.duplicate-names", "'a' occurs"),
    "the empty name twice": (raw(b'"": 1, "": 2'), "gateway.body.duplicate-names", "'' occurs twice"),
    "65 levels": (nested(65), "gateway.body.nesting", "deeper than 64"),
    "65 levels of objects": (nested(65, arrays=False), "gateway.body.nesting", "deeper than 64"),
    "300 levels": (nested(300), "gateway.body.nesting", "deeper than 64"),
    "1000 levels": (nested(1000), "gateway.body.nesting", "deeper than 64"),
    "10000 levels": (nested(10_000), "gateway.body.nesting", "deeper than 64"),
    "10000 levels of objects": (nested(10_000, arrays=False), "gateway.body.nesting", "deeper than 64"),
    "10000 levels, never closed": (b"[" * 10_000, "gateway.body.nesting", "deeper than 64"),
    "n as text": (raw(b'"n": "1"'), "request.n.type", "Send 1 without quotes."),
    "n as 1.5": (raw(b'"n": 1.5'), "request.n.type", "accepted: an integer 1 to 10"),
    "n as true": (raw(b'"n": true'), "request.n.type", "accepted: an integer 1 to 10"),
    "n as null": (raw(b'"n": null'), "request.n.type", "Leave the field out"),
    "n as -0.0": (raw(b'"n": -0.0'), "request.n.minimum", "accepted: 1 to 10"),
    "http URL": (image("http://a.example/b.png"), f"{IMAGE_URL}.pattern", "links are never fetched"),
    "file URL": (image("file:///etc/passwd"), f"{IMAGE_URL}.pattern", "data:image/png;base64,…"),
    "data URL without a comma": (image("data:image/png;base64"), f"{IMAGE_URL}.pattern", "data:image/png;base64,…"),
    "data URL with a parameter": (
        image(f"data:image/png;a=b;base64,{BYTES}"),
        f"{IMAGE_URL}.pattern",
        "data:image/png;base64,…",
    ),
    "text called PNG": (image(f"data:image/png;base64,{BYTES}"), f"{IMAGE_URL}.media-type", "not an image"),
    "nothing called PNG": (image("data:image/png;base64,"), f"{IMAGE_URL}.media-type", "not an image"),
    "unused bits": (image("data:image/png;base64,iVBORw0KGgp="), f"{IMAGE_URL}.base64", "unused bits are not zero"),
    "unused bits of one byte": (image("data:image/png;base64,iR=="), f"{IMAGE_URL}.base64", "unused bits are not"),
    "URL-safe": (image("data:image/png;base64,--__"), f"{IMAGE_URL}.base64", 'Use "+" and "/".'),
    "wrapped": (image(f"data:image/png;base64,{BYTES[:60]}\n{BYTES[60:]}"), f"{IMAGE_URL}.base64", "Remove the white"),
    "with a space before": (image(f"data:image/png;base64, {BYTES}"), f"{IMAGE_URL}.base64", "Remove the white"),
    "unpadded": (image("data:image/png;base64,iVBORw0KGgo"), f"{IMAGE_URL}.base64", "without its padding"),
    "padding inside": (image("data:image/png;base64,iQ==iQ=="), f"{IMAGE_URL}.base64", "goes on after its padding"),
    "other alphabet": (image("data:image/png;base64,i%3D="), f"{IMAGE_URL}.base64", "outside the alphabet"),
    "letters of another script": (image("data:image/png;base64,äöüß"), f"{IMAGE_URL}.base64", "outside the alphabet"),
}


@pytest.fixture(params=list(BAD.values()), ids=list(BAD))
def case(request: pytest.FixtureRequest) -> tuple[bytes, str, str]:
    body, rule, text = request.param
    return body, rule, text


def test_bad_input_is_refused_by_its_rule(case: tuple[bytes, str, str], gateway: Gateway, ask: Ask) -> None:
    result = ask(gateway, case[0])
    assert (result.status, case[1] in result.rules) == (422, True), result.rules


def test_refusal_of_bad_input_has_a_correction(case: tuple[bytes, str, str], gateway: Gateway, ask: Ask) -> None:
    assert case[2] in ask(gateway, case[0]).message


def test_bad_input_costs_nothing(case: tuple[bytes, str, str], gateway: Gateway, ask: Ask) -> None:
    wallet = gateway.workspaces.open(SENT).wallet
    ask(gateway, case[0])
    assert [entry.kind for entry in wallet.ledger] == ["balance"]


@pytest.mark.parametrize(
    "body",
    [
        nested(64),
        nested(64, arrays=False),
        raw(b'"x": "\\ud83d\\ude00"'),
        raw(b'"x": "a \\": b, \\"n\\": \\"n\\":"'),
        raw(b'"x": {"model": 1, "prompt": 2}, "y": [{"model": 1}, {"model": 1}]'),
    ],
    ids=["64 levels", "64 levels of objects", "surrogate pair", "names within text", "a name in several objects"],
)
def test_unusual_but_sound_body_is_read(body: bytes, make_gateway: Callable[..., Gateway], ask: Ask) -> None:
    assert ask(make_gateway(unknown_fields="ignore"), body).status == 200


@pytest.mark.parametrize("n", [b"1.0", b"1e0", b"10E-1", b"0.1e1"])
def test_integer_with_a_decimal_point_is_an_integer(n: bytes, gateway: Gateway, ask: Ask) -> None:
    assert len(ask(gateway, raw(b'"n": ' + n)).images) == 1


LARGE = "A" * 2_000_000
MEGABYTES = {
    "value of the wrong type": {"n": LARGE},
    "object": {"size": {"a": LARGE}},
    "list": {"size": [LARGE]},
    "value outside the table": {"size": LARGE},
    "model": {"model": LARGE},
    "prompt": {"prompt": LARGE},
    "name": {LARGE: 1},
    "two names that begin alike": {LARGE: 1, LARGE + "B": 2},
    "bare base64": {"input_images": [url(LARGE)]},
    "image": {"input_images": [url(f"data:image/png;base64,{LARGE}")]},
    "image with a bad character": {"input_images": [url(f"data:image/png;base64,{LARGE}!")]},
    "media type": {"input_images": [url(f"data:image/{LARGE};base64,AAAA")]},
    "data URL without a comma": {"input_images": [url(f"data:{LARGE}")]},
    "link": {"input_images": [url(f"https://{LARGE}")]},
    "mask": {"mask": LARGE},
    "name in a part": {"input_images": [{"type": "image_url", "image_url": {"url": "data:", LARGE: 1}}]},
}


@pytest.mark.parametrize("fields", MEGABYTES.values(), ids=MEGABYTES.keys())
def test_message_about_two_megabytes_stays_below_one_kilobyte(
    fields: dict[str, Any], gateway: Gateway, ask: Ask
) -> None:
    result = ask(gateway, **fields)
    assert result.status == 422
    assert len(result.message.encode()) <= 1024 * len(fields)


@pytest.mark.parametrize(
    "body",
    [
        raw(b'"' + LARGE.encode() + b'": 1, "' + LARGE.encode() + b'": 1'),
        raw(b'"input_images": [' + b"1," * 200_000 + b"1]"),
        raw(b",".join(b'"f%d": 1' % index for index in range(5_000))),
    ],
    ids=["a long name twice", "200,000 wrong items", "5,000 unknown fields"],
)
def test_message_about_very_many_violations_is_bounded(body: bytes, gateway: Gateway, ask: Ask) -> None:
    assert len(ask(gateway, body).message) < 4096


@pytest.mark.parametrize("path", ["/" + "x" * 2_000_000, "/" + "ä" * 2_000_000])
def test_message_about_a_long_path_is_bounded(path: str, gateway: Gateway, ask: Ask) -> None:
    assert len(ask(gateway, path=path).message) <= 1024


def test_refusal_names_every_broken_rule_at_once(gateway: Gateway, ask: Ask) -> None:
    result = ask(gateway, n=0, size="big", style="x", prompt=..., input_images=[url("data:image/png;base64,!!!!")])
    assert sorted(result.rules) == [
        "request.additionalProperties",
        "request.input_images.item.image_url.url.base64",
        "request.n.minimum",
        "request.required",
        "request.size.enum",
    ]


def test_value_of_the_wrong_type_breaks_its_type_rule_only(gateway: Gateway, ask: Ask) -> None:
    assert ask(gateway, size=1024).rules == ["request.size.type"]


KEY_IN_REQUEST = "omx_live_somebody_elses_secret"
PLACES: dict[str, dict[str, Any]] = {
    "size": {"size": KEY_IN_REQUEST},
    "model": {"model": KEY_IN_REQUEST},
    "name of a field": {KEY_IN_REQUEST: 1},
    "object": {"size": {"key": KEY_IN_REQUEST}},
    "link": {"input_images": [url(f"https://a.example/?key={KEY_IN_REQUEST}")]},
    "data URL": {"input_images": [url(f"data:{KEY_IN_REQUEST},x")]},
    "base64": {"input_images": [url(f"data:image/png;base64,{KEY_IN_REQUEST}")]},
    "path": {"path": f"/api/v1/{KEY_IN_REQUEST}"},
    "content type": {"headers": {"content-type": KEY_IN_REQUEST}},
    "scheme": {"headers": {"authorization": f"{KEY_IN_REQUEST}"}},
    "other scheme": {"headers": {"authorization": f"Basic {KEY_IN_REQUEST}"}},
    "malformed key": {"headers": {"authorization": f"Bearer {KEY_IN_REQUEST}!"}},
    "name that occurs twice": {"raw": b'{"%s": 1, "%s": 1}' % ((KEY_IN_REQUEST.encode(),) * 2)},
    "limit": {"method": "GET", "path": "/api/v1/usage/requests", "query": {"limit": KEY_IN_REQUEST}},
    "period": {"method": "GET", "path": "/api/v1/usage/rollups", "query": {"period_type": KEY_IN_REQUEST}},
}


@pytest.mark.parametrize("request_", PLACES.values(), ids=PLACES.keys())
def test_a_key_is_never_echoed(request_: dict[str, Any], gateway: Gateway, ask: Ask) -> None:
    result = ask(gateway, **request_)
    assert result.status >= 400
    assert "somebody_elses" not in result.response.body.decode() + str(result.response.headers)


@pytest.mark.parametrize("model", ["omx_live_somebody_elses_secret", "x" * 2_000_000])
def test_refusal_of_a_forbidden_model_abbreviates_and_redacts_its_name(model: str, gateway: Gateway, ask: Ask) -> None:
    gateway.workspaces.open(SENT).configure({"models": []})
    message = ask(gateway, model=model).message
    assert (len(message) <= 1024, "somebody_elses" in message) == (True, False)


def test_base64_of_a_refused_image_is_never_echoed(gateway: Gateway, ask: Ask, part: Part) -> None:
    text = part(b"secret image bytes " * 50)["image_url"]["url"].partition(",")[2]
    assert text[:16] not in ask(gateway, input_images=[part(b"secret image bytes " * 50)]).message


# A gateway of its own: its responses do not depend on earlier requests.
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from(["model", "prompt", "n", "size", "quality", "input_images", "mask", "background", "stream"])
urls = st.builds(
    "data:image/{};base64,{}".format, st.sampled_from(["png", "jpg", "gif"]), st.text("iVBORw0KGgo=-_ \n", max_size=24)
)
images = st.lists(st.builds(url, urls | st.text(max_size=8)) | json_values, max_size=3)
requests = st.fixed_dictionaries(
    {},
    optional={"model": st.just("gpt-image-1.5") | json_values, "prompt": st.text(max_size=4), "input_images": images},
)


def assert_survived(gateway: Gateway, ask: Ask, body: bytes) -> None:
    """Assert that the response is valid (`ask` validates it), and that only a success costs anything."""
    wallet = gateway.workspaces.open(SENT).wallet
    before = wallet.captured
    result = ask(gateway, body)
    assert result.status in {200, 413, 422}
    assert (wallet.captured > before) == (result.status == 200)


@pytest.fixture(scope="module")
def rich_gateway(make_gateway: Callable[..., Gateway]) -> Gateway:
    return make_gateway(default_balance=10**9, body_max=100_000)


@given(body=st.binary(max_size=64))
@settings(max_examples=200, deadline=None)
def test_random_bytes_are_survived(body: bytes, rich_gateway: Gateway, ask: Ask) -> None:
    assert_survived(rich_gateway, ask, body)


@given(base=requests, extra=st.dictionaries(fields | st.text(max_size=8), json_values, max_size=3))
@settings(max_examples=100, deadline=None)
def test_random_json_is_survived(base: dict[str, Any], extra: dict[str, Any], rich_gateway: Gateway, ask: Ask) -> None:
    body = json.dumps({"model": "gpt-image-1.5", "prompt": "a cat", **base, **extra}).encode()
    assert_survived(rich_gateway, ask, body)


@given(position=st.integers(0, 90), byte=st.integers(0, 255))
@settings(max_examples=200, deadline=None)
def test_request_with_one_byte_changed_is_survived(position: int, byte: int, rich_gateway: Gateway, ask: Ask) -> None:
    body = bytearray(raw(b'"n": 1, "quality": "low", "size": "1024x1024"'))
    body[min(position, len(body) - 1)] = byte
    assert_survived(rich_gateway, ask, bytes(body))


headers = st.dictionaries(
    st.sampled_from(["authorization", "content-type", "content-length", "idempotency-key"]),
    st.text(st.characters(max_codepoint=255), max_size=12) | st.text("0123456789", max_size=6000),
)


@given(headers=headers, query=st.dictionaries(st.sampled_from(["limit", "period_type"]), st.text(max_size=6000)))
@settings(max_examples=150, deadline=None)
@pytest.mark.parametrize("path", ["images/generations", "usage/requests", "usage/rollups", "models"])
def test_random_headers_and_queries_are_survived(
    path: str, headers: dict[str, str], query: dict[str, str], rich_gateway: Gateway, ask: Ask
) -> None:
    method = "POST" if path == "images/generations" else "GET"
    result = ask(rich_gateway, method=method, path=f"/api/v1/{path}", headers=headers, query=query)
    assert result.status in {200, 401, 413, 415, 422}


CONTROLS = "\x1b[31mred\r\nFAKE PASSED\x9b"
CONTROLLED = {
    "field": {CONTROLS: 1},
    "field within": {"mask": url("data:image/png;base64,") | {CONTROLS: 1}},
    "value": {"size": CONTROLS},
    "long value": {"size": CONTROLS * 20},
    "media type": {"mask": url(f"data:{CONTROLS},AAAA")},
    "value twice": {"size": CONTROLS, "quality": CONTROLS},
}


@pytest.mark.parametrize("fields", CONTROLLED.values(), ids=CONTROLLED)
def test_message_has_no_control_character_of_the_request(gateway: Gateway, ask: Ask, fields: dict[str, Any]) -> None:
    call = ask(gateway, **fields).call
    text = f"{call.error.message}\n{describe_call(call)}"
    assert [line for line in text.split("\n") if not line.isprintable() or line.startswith("FAKE")] == []


@pytest.mark.parametrize("path", [f"/{CONTROLS}", f"/api/v1/{CONTROLS}"])
def test_message_has_no_control_character_of_the_path(gateway: Gateway, ask: Ask, path: str) -> None:
    call = ask(gateway, path=path).call
    assert f"{call.error.message}{describe_call(call)}".isprintable()
