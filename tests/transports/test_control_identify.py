"""Identification over HTTP: which call made an image, for any body whatever."""

from __future__ import annotations

import base64
import struct
import sys
import threading
import zlib
from io import BytesIO
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

import omixa_mock
from omixa_mock import OmixaMockServer
from omixa_mock.gateway.images import draw

CAT = {"model": "gpt-image-1.5", "prompt": "a cat"}
GENERATE = "/api/v1/images/generations"
IDENTIFY = "/__omixa/identify"
FORMATS = ("png", "jpeg", "webp")


def generate(api: httpx.Client, **fields: Any) -> list[bytes]:
    """Request images, and return their files."""
    data = api.post(GENERATE, json=CAT | fields).raise_for_status().json()["data"]
    return [base64.b64decode(item["b64_json"]) for item in data]


def identify(api: httpx.Client, data: bytes) -> Any:
    return api.post(IDENTIFY, content=data).raise_for_status().json()


def saved_anew(data: bytes) -> bytes:
    """Return a file with the same pixels, and without metadata."""
    with Image.open(BytesIO(data)) as image:
        plain = Image.new("RGB", image.size)
        plain.paste(image)
    buffer = BytesIO()
    plain.save(buffer, "PNG")
    return buffer.getvalue()


def png(width: int, height: int, rows: bytes = b"") -> bytes:
    """Return a PNG whose header announces a size."""
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)), (b"IDAT", zlib.compress(rows, 9))]
    parts = [
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in [*chunks, (b"IEND", b"")]
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize("output_format", FORMATS)
def test_call_of_an_image_is_found(api: httpx.Client, output_format: str) -> None:
    generate(api, prompt="a dog")
    _, second = generate(api, n=2, output_format=output_format)
    found = identify(api, second)
    assert found["calls"] == [{"number": 2, "operation": "generate", "prompt": "a cat", "image": 2, "images": 2}]
    assert found["message"] == 'Call #2 made it: generate, prompt "a cat", image 2 of 2.'


def test_call_is_found_by_pixels(api: httpx.Client) -> None:
    (image,) = generate(api, size="1024x1024")
    assert identify(api, saved_anew(image))["message"] == 'Call #1 made it: generate, prompt "a cat".'


def test_equal_requests_are_all_named(api: httpx.Client) -> None:
    image = [*generate(api), *generate(api)][0]
    assert identify(api, image)["message"] == 'Calls #1, #2, with equal requests, made it: generate, prompt "a cat".'


def test_same_fingerprint_as_in_python(server: OmixaMockServer, api: httpx.Client) -> None:
    (image,) = generate(api)
    assert identify(api, image)["fingerprint"] == omixa_mock.identify(image)
    assert server.identify(image) == server.last


def test_image_of_another_key_has_a_fingerprint_and_no_call(api: httpx.Client) -> None:
    (image,) = generate(api)
    response = api.post(IDENTIFY, content=image, headers={"Authorization": "Bearer omx_live_other"}).json()
    assert (response["identified"], response["calls"]) == (True, [])
    assert "no call of this key made it" in response["message"]


def test_key_in_a_prompt_is_not_shown(api: httpx.Client) -> None:
    (image,) = generate(api, prompt="omx_live_SECRET")
    assert "SECRET" not in api.post(IDENTIFY, content=image).text


DRAWN = draw(bytes(12), width=64, height=64, output_format="png", transparent=False)
# More pixels than are read, in a few bytes; and few, in a strip of which a cell may be a fraction of a pixel.
BOMB = png(20_000, 20_000)
STRIP = png(1_000_000, 1, b"\0" + b"\xff\0" * 500_000)
NOT_IDENTIFIED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "It is empty."),
    "text": (b"hello", "It is no image. Give the file itself"),
    "base64": (base64.b64encode(DRAWN), "neither its base64 nor the JSON around it"),
    "foreign image": (saved_anew(DRAWN), "omixa-mock did not draw it"),
    "half an image": (saved_anew(DRAWN)[:60], "omixa-mock did not draw it"),
    "signature": (b"\x89PNG\r\n\x1a\n", "omixa-mock did not draw it"),
    "too many pixels": (BOMB, "it has 400,000,000 pixels: no more than 33,554,432 are read"),
    "one row": (STRIP, "omixa-mock did not draw it"),
    "PostScript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nquit\n", "It is no image"),
}


@pytest.mark.parametrize(("data", "text"), NOT_IDENTIFIED.values(), ids=NOT_IDENTIFIED)
def test_any_other_bytes_have_a_reason(api: httpx.Client, data: bytes, text: str) -> None:
    found = identify(api, data)
    assert (found["identified"], found["fingerprint"], found["calls"]) == (False, None, [])
    assert text in found["message"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=200), cut=st.integers(0, len(DRAWN)), at=st.integers(0, len(DRAWN)))
def test_damaged_images_have_an_answer(api: httpx.Client, data: bytes, cut: int, at: int) -> None:
    for body in (data, DRAWN[:cut], DRAWN[:at] + data + DRAWN[at + len(data) :], saved_anew(DRAWN)[:at] + data):
        assert set(identify(api, body)) == {"identified", "fingerprint", "calls", "message"}


def test_body_is_bounded_by_the_setting(server: OmixaMockServer, api: httpx.Client) -> None:
    server.configure(body_max=1000)
    statuses = [api.post(IDENTIFY, content=bytes(size)).status_code for size in (1000, 1001)]
    assert statuses == [200, 413]


def test_image_is_decoded_in_a_thread(api: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[str] = []
    monkeypatch.setattr(
        "omixa_mock.kit.identification.identify", lambda _: threads.append(threading.current_thread().name)
    )
    identify(api, DRAWN)
    assert threads[0].startswith("AnyIO worker")


@pytest.mark.parametrize("headers", [{"Authorization": ""}, {"Authorization": "Bearer sk-1"}])
def test_identification_needs_a_key(api: httpx.Client, headers: dict[str, str]) -> None:
    assert api.post(IDENTIFY, content=DRAWN, headers=headers).status_code == 401


def test_without_pillow_the_reason_is_given(api: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    found = identify(api, png(8, 8, bytes(9 * 8)))
    assert (found["identified"], "pip install 'omixa-mock[pillow]'" in found["message"]) == (False, True)
