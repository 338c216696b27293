"""Structs of the gateway: redacted representations, immutability, equality of copies."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Mapping
from decimal import Decimal
from pprint import pformat
from typing import Any

import pytest
from msgspec import Struct

from omixa_mock import gateway
from omixa_mock.gateway import (
    CATALOGUE,
    Advisory,
    Attempt,
    Call,
    Cut,
    Duration,
    Fault,
    Hang,
    LedgerEntry,
    Provenance,
    ReadBody,
    Refusal,
    Request,
    RequestHead,
    Response,
    Rule,
    Send,
    Settings,
    Violation,
    Wait,
    parse_head,
    with_changes,
)
from omixa_mock.gateway.contract import ImageRequest, InputImage, ParsedBody
from omixa_mock.gateway.images import draw

KEY = "omx_live_secret-of-somebody"
IMAGE = draw(bytes(range(12)), width=64, height=64, output_format="png")
# The signature of a PNG, in base64 and in the repr of bytes.
SIGNATURES = ("iVBORw0KGgo", "x89PNG")


def request_with_key(path: str = "/") -> tuple[Request, RequestHead]:
    """Return a request with an API key in every part of it, and its parsed head."""
    headers = {"authorization": f"Bearer {KEY}", "x-note": f"{KEY} is my key"}
    request = Request("GET", path, headers, {"key": KEY})
    head = parse_head(request)
    assert (head.key, len(head.fingerprint)) == (KEY, 32)
    return request, head


@pytest.fixture
def values(gateway: Any, part: Callable[[bytes], Any], ask: Callable[..., Any]) -> Mapping[str, object]:
    """Return values that contain a key or images, by name."""
    request, head = request_with_key()
    image = part(IMAGE)
    edit, refused = (
        ask(gateway, key=KEY, headers={"x-note": KEY}, input_images=[image], mask=mask).call
        for mask in (image, [image])
    )
    assert (edit.status, refused.status, edit.input_images[0].data) == (200, 422, IMAGE)
    return {
        "request": request,
        "request for a path with a key": request_with_key(f"/{KEY}")[0],
        "head": head,
        "head of a path with a key": request_with_key(f"/{KEY}")[1],
        "call": edit,
        "refused call": refused,
        "call to a path with a key": ask(gateway, method="GET", path=f"/{KEY}").call,
        "image": edit.input_images[0],
        "mask": edit.mask,
        "image without bytes": edit.mask.without_bytes(),
        "image request": edit.image_request,
        "response": edit.response,
        "parsed body": ParsedBody(edit.response.body + KEY.encode(), edit.document, edit.image_request),
        "several": [request, head, edit, *edit.input_images],
    }


HOLDERS = pytest.mark.parametrize(
    "name",
    [
        *(
            "request",
            "request for a path with a key",
            "head",
            "head of a path with a key",
            "call",
            "refused call",
        ),
        *(
            "call to a path with a key",
            "image",
            "mask",
            "image without bytes",
            "image request",
            "response",
            "parsed body",
            "several",
        ),
    ],
)


def rich(value: Any) -> str:
    """Return the representation that rich prints, for instance in tracebacks with locals."""
    return repr(value.__rich_repr__() if hasattr(value, "__rich_repr__") else value)


REPRESENTATIONS = pytest.mark.parametrize("represent", [repr, str, pformat, rich])


@HOLDERS
@REPRESENTATIONS
def test_representation_has_no_key(values: Mapping[str, object], name: str, represent: Callable[[object], str]) -> None:
    assert KEY not in represent(values[name])


@HOLDERS
@REPRESENTATIONS
def test_representation_has_no_image(
    values: Mapping[str, object], name: str, represent: Callable[[object], str]
) -> None:
    text = represent(values[name])
    assert [signature for signature in SIGNATURES if signature in text] == []


def test_table_of_values_is_complete(values: Mapping[str, object]) -> None:
    assert list(values) == HOLDERS.args[1]


def test_signatures_are_those_of_the_image(part: Callable[[bytes], Any]) -> None:
    text = f"{part(IMAGE)} {IMAGE!r}"
    assert [signature in text for signature in SIGNATURES] == [True, True]


STRUCTS = {
    name: value
    for name, value in vars(gateway).items()
    if name in gateway.__all__ and isinstance(value, type) and issubclass(value, Struct)
}
# A call is filled while its flow runs.
MUTABLE = (Call,)
FROZEN: list[type[Any]] = [*(kind for kind in STRUCTS.values() if kind not in MUTABLE), ImageRequest, InputImage]
FIELDS = [pytest.param(kind, name, id=f"{kind.__name__}.{name}") for kind in FROZEN for name in kind.__struct_fields__]


def empty(kind: type[Any]) -> Any:
    """Return an instance with None in every field; no constructor validates its arguments."""
    return kind(**dict.fromkeys(kind.__struct_fields__))


@pytest.mark.parametrize(("kind", "name"), FIELDS)
def test_field_of_a_frozen_value_cannot_be_assigned(kind: type[Any], name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(empty(kind), name, None)


@pytest.mark.parametrize(("kind", "name"), FIELDS)
def test_field_of_a_frozen_value_cannot_be_deleted(kind: type[Any], name: str) -> None:
    with pytest.raises(AttributeError):
        delattr(empty(kind), name)


@pytest.mark.parametrize("kind", [*FROZEN, *MUTABLE])
def test_value_takes_no_field_that_it_does_not_have(kind: type[Any]) -> None:
    with pytest.raises(AttributeError):
        empty(kind).unheard_of = None


@pytest.mark.parametrize("kind", [kind for kind in FROZEN if kind.__struct_config__.eq], ids=lambda kind: kind.__name__)
def test_frozen_values_of_equal_fields_are_equal_and_hash_alike(kind: type[Any]) -> None:
    assert (empty(kind), hash(empty(kind))) == (empty(kind), hash(empty(kind)))


INPUT_IMAGE = InputImage.from_bytes("image/png", (64, 64), IMAGE)
ATTEMPT = Attempt("azure-openai", "up")
REFUSAL = Refusal("invalid_request", "no", ("request.n.maximum",), planned=True, late="test_late")
ADVISORY = Advisory("request.mask.alone", "check it")
RESPONSE = Response(200, (("content-type", "application/json"), ("x-more", "")), b'{"data": []}')
PROVENANCE = Provenance("assumed", setting="seed", because="no page says")
IMAGE_REQUEST = ImageRequest(
    model="gpt-image-1.5",
    n=2,
    output_format="png",
    size="auto",
    width=1024,
    height=1024,
    quality="low",
    transparent=False,
    captioned=True,
    operation="edit",
    input_images=(INPUT_IMAGE,),
    mask=INPUT_IMAGE.without_bytes(),
    fields={"prompt": "a cat", "input_images": [{"type": "image_url"}]},
    digest="ab" * 32,
)
VALUES = {
    "advisory": ADVISORY,
    "attempt": ATTEMPT,
    "call": Call(
        "POST",
        "/",
        {"host": "a"},
        image_request=IMAGE_REQUEST,
        error=REFUSAL,
        attempts=(ATTEMPT,),
        charge=Decimal("0.039"),
    ),
    "cut": Cut("close", RESPONSE, "chunked"),
    "duration": Duration("lognormal", 0.5, 5.0),
    "fault": Fault("delay", "after_capture", Duration("fixed", 1.5, 1.5)),
    "hang": Hang(5.0),
    "image": INPUT_IMAGE,
    "image without bytes": INPUT_IMAGE.without_bytes(),
    "kind of fault": CATALOGUE["delay"],
    "ledger entry": LedgerEntry(3, "capture", Decimal("0.039000"), Decimal("99.961000"), Decimal(0), 1, "ab" * 32),
    "image request": IMAGE_REQUEST,
    "provenance": PROVENANCE,
    "read body": ReadBody(10),
    "refusal": REFUSAL,
    "response": RESPONSE,
    "rule": Rule("request.n.maximum", "maximum", 10, PROVENANCE, "how many"),
    "send": Send(RESPONSE, 10, 0.2),
    "violation": Violation("/n", "request.n.maximum", "too many", PROVENANCE),
    "wait": Wait(0.5),
}
VALUE = pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)


def pickled(value: Any) -> Any:
    """Return a copy of a value by pickling."""
    return pickle.loads(pickle.dumps(value))


COPYING = pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickled])


@VALUE
@COPYING
def test_copy_is_equal(value: Any, duplicate: Callable[[Any], Any]) -> None:
    assert duplicate(value) == value


@VALUE
@COPYING
def test_copy_is_of_the_same_type(value: Any, duplicate: Callable[[Any], Any]) -> None:
    assert type(duplicate(value)) is type(value)


@COPYING
def test_copy_of_a_call_is_independent(duplicate: Callable[[Any], Any]) -> None:
    call = Call("POST", "/", {})
    duplicate(call).number = 7
    assert call.number == 0


# Settings have immutable tables, which only `copy.copy` supports.
@pytest.mark.parametrize("changes", [{}, {"seed": 7, "latency": "1s", "models": ["gpt-image-1.5"]}], ids=str)
def test_copy_of_settings_is_equal(changes: Any) -> None:
    settings = with_changes(Settings(), changes)
    assert copy.copy(settings) == settings


def test_copy_of_a_call_that_ran_is_equal(gateway: Any, ask: Callable[..., Any]) -> None:
    call = ask(gateway).call
    assert copy.copy(call) == call
