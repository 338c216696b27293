"""Wrong successes whose fault lies in the images or in their base64; Pillow is the judge."""

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

Meet = Callable[..., Any]
Texts = Callable[..., list[str]]
KEY = "omx_live_core"
SIZES = pytest.mark.parametrize("n", [1, 3])
FORMATS = pytest.mark.parametrize("output_format", ["png", "jpeg", "webp"])
WEIGHTS = pytest.mark.parametrize("weight", [0, 50_000])


@pytest.fixture(scope="module")
def texts(make_gateway: Callable[..., Gateway], meet: Meet) -> Texts:
    """What stands in `b64_json` under a fault, of a gateway of its own."""

    def struck(name: str, weight: int = 0, **fields: Any) -> list[str]:
        gateway = make_gateway(weight=weight)
        gateway.workspaces.open(KEY).plan(Fault(name))
        return [item["b64_json"] for item in meet(gateway, **fields).body["data"]]

    return struck


def decode(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def look_at(data: bytes) -> tuple[str, tuple[int, int]]:
    with PIL.Image.open(io.BytesIO(data)) as image:
        image.load()
        return str(image.format).lower(), image.size


@FORMATS
@SIZES
@pytest.mark.parametrize("name", ["data_url_prefix", "unpadded_base64", "urlsafe_base64", "wrapped_base64"])
def test_text_is_no_base64_to_a_strict_reader(texts: Texts, name: str, output_format: str, n: int) -> None:
    for text in texts(name, n=n, output_format=output_format):
        with pytest.raises(binascii.Error):
            decode(text)


REPAIRS: dict[str, Callable[[str], str]] = {
    "data_url_prefix": lambda text: text.partition(",")[2],
    "urlsafe_base64": lambda text: text.replace("-", "+").replace("_", "/"),
    "wrapped_base64": lambda text: text.replace("\n", ""),
}


@FORMATS
@SIZES
@pytest.mark.parametrize(("name", "repair"), REPAIRS.items(), ids=REPAIRS)
def test_right_text_is_what_was_spoiled(
    texts: Texts, name: str, repair: Callable[[str], str], output_format: str, n: int
) -> None:
    fields = {"output_format": output_format, "n": n}
    assert [repair(text) for text in texts(name, **fields)] == texts("extra_fields", **fields)


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
        assert look_at(decode(text + "=" * (-len(text) % 4)))[0] == output_format


REQUESTS = st.fixed_dictionaries(
    {"prompt": st.text(min_size=1, max_size=5), "output_format": st.sampled_from(["png", "jpeg", "webp"])},
    optional={"size": st.sampled_from(["1024x1536", "1536x1024"])},
)


@given(fields=REQUESTS, name=st.sampled_from(["unpadded_base64", "urlsafe_base64", "wrapped_base64"]))
@settings(deadline=None, max_examples=60)
def test_text_of_any_order_is_no_base64_to_a_strict_reader(fields: Any, name: str, texts: Texts) -> None:
    (text,) = texts(name, **fields)
    with pytest.raises(binascii.Error):
        decode(text)


@FORMATS
@SIZES
def test_other_format_is_none_that_was_asked_for(texts: Texts, output_format: str, n: int) -> None:
    other = {"png": "jpeg", "jpeg": "png", "webp": "jpeg"}[output_format]
    found = [look_at(decode(text)) for text in texts("other_format", output_format=output_format, n=n)]
    assert found == [(other, (1024, 1024))] * n


def test_other_format_of_a_transparent_image_decodes(texts: Texts) -> None:
    (text,) = texts("other_format", background="transparent")
    assert look_at(decode(text))[0] == "jpeg"


@FORMATS
@SIZES
def test_other_size_is_half_of_what_was_asked_for(texts: Texts, output_format: str, n: int) -> None:
    came = texts("other_size", output_format=output_format, n=n, size="1024x1536")
    assert [look_at(decode(text)) for text in came] == [(output_format, (512, 768))] * n


@FORMATS
@SIZES
@WEIGHTS
def test_last_image_is_the_one_that_breaks_off(texts: Texts, output_format: str, n: int, weight: int) -> None:
    fields = {"output_format": output_format, "n": n, "weight": weight}
    *others, last = texts("corrupt_image", **fields)
    *right, whole = texts("extra_fields", **fields)
    assert (others, decode(whole).startswith(decode(last)), len(last) < len(whole)) == (right, True, True)


@FORMATS
@WEIGHTS
def test_image_that_breaks_off_cannot_be_decoded(texts: Texts, output_format: str, weight: int) -> None:
    (text,) = texts("corrupt_image", output_format=output_format, weight=weight)
    with pytest.raises((OSError, SyntaxError)):
        look_at(decode(text))


@FORMATS
def test_image_that_breaks_off_still_tells_what_it_was(texts: Texts, output_format: str) -> None:
    (text,) = texts("corrupt_image", output_format=output_format)
    marks = {"png": b"\x89PNG", "jpeg": b"\xff\xd8\xff", "webp": b"RIFF"}
    assert decode(text).startswith(marks[output_format])


@pytest.mark.parametrize("name", ["other_format", "other_size", "unpadded_base64"])
def test_images_of_one_response_differ(texts: Texts, name: str) -> None:
    assert len(set(texts(name, n=3))) == 3
