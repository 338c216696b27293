"""Mutations of images and their base64, checked with Pillow."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Callable
from typing import Any

import PIL.Image
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omixa_mock import Gateway
from omixa_mock.gateway import Fault
from omixa_mock.gateway.images import find_mark

RunFlow = Callable[..., Any]
Texts = Callable[..., list[str]]
KEY = "omx_live_core"
SIZES = pytest.mark.parametrize("n", [1, 3])
FORMATS = pytest.mark.parametrize("output_format", ["png", "jpeg", "webp"])
WEIGHTS = pytest.mark.parametrize("weight", [0, 50_000])


@pytest.fixture(scope="module")
def texts(make_gateway: Callable[..., Gateway], run_flow: RunFlow) -> Texts:
    """Return a function that gets the values of `b64_json` under a fault, from a new gateway."""

    def run(name: str, weight: int = 0, **fields: Any) -> list[str]:
        gateway = make_gateway(weight=weight)
        gateway.workspaces.open(KEY).plan(Fault(name))
        return [item["b64_json"] for item in run_flow(gateway, **fields).body["data"]]

    return run


def decode(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def inspect(data: bytes) -> tuple[str, tuple[int, int]]:
    with PIL.Image.open(io.BytesIO(data)) as image:
        image.load()
        return str(image.format).lower(), image.size


@FORMATS
@SIZES
@pytest.mark.parametrize("name", ["data_url_prefix", "unpadded_base64", "urlsafe_base64", "wrapped_base64"])
def test_text_is_refused_by_a_strict_decoder(texts: Texts, name: str, output_format: str, n: int) -> None:
    for text in texts(name, n=n, output_format=output_format):
        with pytest.raises(binascii.Error):
            decode(text)


REPAIRS: dict[str, Callable[[str], str]] = {
    "data_url_prefix": lambda text: text.partition(",")[2],
    "wrapped_base64": lambda text: text.replace("\n", ""),
}


@FORMATS
@SIZES
@pytest.mark.parametrize(("name", "repair"), REPAIRS.items(), ids=REPAIRS)
def test_mutation_of_the_text_can_be_undone(
    texts: Texts, name: str, repair: Callable[[str], str], output_format: str, n: int
) -> None:
    fields = {"output_format": output_format, "n": n}
    assert [repair(text) for text in texts(name, **fields)] == texts("extra_fields", **fields)


@FORMATS
@SIZES
def test_urlsafe_text_is_that_of_the_same_image(texts: Texts, output_format: str, n: int) -> None:
    fields = {"output_format": output_format, "n": n}
    urlsafe, standard = (texts(name, **fields) for name in ("urlsafe_base64", "extra_fields"))
    # An image whose base64 is the same in both alphabets gets some padding.
    assert [find_mark(base64.urlsafe_b64decode(text)) for text in urlsafe] == [
        find_mark(base64.b64decode(text)) for text in standard
    ]


@FORMATS
def test_prefix_names_the_format(texts: Texts, output_format: str) -> None:
    (text,) = texts("data_url_prefix", output_format=output_format)
    assert text.startswith(f"data:image/{output_format};base64,")


def test_lines_have_76_characters_at_most(texts: Texts) -> None:
    (text,) = texts("wrapped_base64")
    assert {len(line) for line in text.split("\n")[:-1]} == {76}


@FORMATS
@SIZES
def test_padding_is_all_that_is_missing(texts: Texts, output_format: str, n: int) -> None:
    for text in texts("unpadded_base64", output_format=output_format, n=n):
        assert inspect(decode(text + "=" * (-len(text) % 4)))[0] == output_format


REQUESTS = st.fixed_dictionaries(
    {"prompt": st.text(min_size=1, max_size=5), "output_format": st.sampled_from(["png", "jpeg", "webp"])},
    optional={"size": st.sampled_from(["1024x1536", "1536x1024"])},
)


@given(fields=REQUESTS, name=st.sampled_from(["unpadded_base64", "urlsafe_base64", "wrapped_base64"]))
@settings(deadline=None, max_examples=60)
def test_text_of_any_request_is_refused_by_a_strict_decoder(fields: Any, name: str, texts: Texts) -> None:
    (text,) = texts(name, **fields)
    with pytest.raises(binascii.Error):
        decode(text)


@FORMATS
@SIZES
def test_other_format_is_not_the_requested_one(texts: Texts, output_format: str, n: int) -> None:
    expected = {"png": "jpeg", "jpeg": "png", "webp": "jpeg"}[output_format]
    actual = [inspect(decode(text)) for text in texts("other_format", output_format=output_format, n=n)]
    assert actual == [(expected, (1024, 1024))] * n


def test_other_format_of_a_transparent_image_decodes(texts: Texts) -> None:
    (text,) = texts("other_format", background="transparent")
    assert inspect(decode(text))[0] == "jpeg"


@FORMATS
@SIZES
def test_other_size_is_half_of_the_requested_one(texts: Texts, output_format: str, n: int) -> None:
    mutated = texts("other_size", output_format=output_format, n=n, size="1024x1536")
    assert [inspect(decode(text)) for text in mutated] == [(output_format, (512, 768))] * n


@FORMATS
@SIZES
@WEIGHTS
def test_only_the_last_image_is_truncated(texts: Texts, output_format: str, n: int, weight: int) -> None:
    fields = {"output_format": output_format, "n": n, "weight": weight}
    *others, last = texts("corrupt_image", **fields)
    *correct, whole = texts("extra_fields", **fields)
    assert (others, decode(whole).startswith(decode(last)), len(last) < len(whole)) == (correct, True, True)


@FORMATS
@WEIGHTS
def test_truncated_image_cannot_be_decoded(texts: Texts, output_format: str, weight: int) -> None:
    (text,) = texts("corrupt_image", output_format=output_format, weight=weight)
    with pytest.raises((OSError, SyntaxError)):
        inspect(decode(text))


@FORMATS
def test_truncated_image_keeps_its_signature(texts: Texts, output_format: str) -> None:
    (text,) = texts("corrupt_image", output_format=output_format)
    marks = {"png": b"\x89PNG", "jpeg": b"\xff\xd8\xff", "webp": b"RIFF"}
    assert decode(text).startswith(marks[output_format])


@pytest.mark.parametrize("name", ["other_format", "other_size", "unpadded_base64"])
def test_images_of_one_response_differ(texts: Texts, name: str) -> None:
    assert len(set(texts(name, n=3))) == 3
