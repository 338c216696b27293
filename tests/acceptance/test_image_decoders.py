"""Tests of every combination of format, size, background and n, decoded by Pillow and by a browser."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from io import BytesIO
from itertools import product
from typing import Any, NamedTuple

import pytest
from PIL import Image

import omixa_mock

FORMATS = ("png", "jpeg", "webp")
SIZES = ("auto", "1024x1024", "1024x1536", "1536x1024")
BACKGROUNDS = ("auto", "transparent", "opaque")
COUNTS = (1, 10)
# Fractions of width and height: corners, the middle, and points between them.
POINTS = [(x, y) for x in (0, 0.3, 0.5, 0.99) for y in (0, 0.3, 0.5, 0.99)]
# JPEG decoders may round differently (ITU-T T.81 allows it); the other two formats are lossless.
TOLERANCE = {"png": 0, "webp": 0, "jpeg": 3}

INSPECT = """
async (groups) => {
  const inspect = async ([url, points]) => {
    const image = new Image();
    image.src = url;
    await image.decode();
    const { naturalWidth: width, naturalHeight: height } = image;
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(image, 0, 0);
    const pixels = points.map(([x, y]) => [
      ...context.getImageData(Math.floor(x * width), Math.floor(y * height), 1, 1).data,
    ]);
    const all = context.getImageData(0, 0, width, height).data;
    let leastAlpha = 255;
    for (let at = 3; at < all.length; at += 4) leastAlpha = Math.min(leastAlpha, all[at]);
    return { width, height, pixels, leastAlpha };
  };
  const seen = {};
  for (const [name, [urls, points]] of Object.entries(groups)) {
    seen[name] = [];
    for (const url of urls) seen[name].push(await inspect([url, points]));
  }
  return seen;
}
"""


class Combination(NamedTuple):
    output_format: str
    size: str
    background: str
    n: int

    def __str__(self) -> str:
        return "-".join(map(str, self))

    @property
    def pixels(self) -> tuple[int, int]:
        width, height = ("1024x1024" if self.size == "auto" else self.size).split("x")
        return int(width), int(height)

    @property
    def transparent(self) -> bool:
        return self.background == "transparent"


ACCEPTED = [
    combination
    for combination in map(Combination._make, product(FORMATS, SIZES, BACKGROUNDS, COUNTS))
    if not (combination.output_format == "jpeg" and combination.transparent)
]
Images = dict[Combination, list[bytes]]


@pytest.fixture(scope="module")
def images() -> Images:
    """Return the images of every accepted combination, requested over a socket."""
    import httpx

    with (
        omixa_mock.serve(settings={"default_balance": "1000"}) as server,
        httpx.Client(base_url=server.base_url, headers={"Authorization": f"Bearer {server.api_key}"}) as client,
    ):

        def generate(combination: Combination) -> list[bytes]:
            image_request = {"model": "gpt-image-1.5", "prompt": "a gallery", **combination._asdict()}
            response = client.post("/images/generations", json=image_request).raise_for_status().json()
            return [b64decode(item["b64_json"], validate=True) for item in response["data"]]

        return {combination: generate(combination) for combination in ACCEPTED}


@pytest.fixture(params=ACCEPTED, ids=str)
def combination(request: pytest.FixtureRequest) -> Combination:
    assert isinstance(request.param, Combination)
    return request.param


def decode(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


@pytest.fixture
def decoded(images: Images, combination: Combination) -> list[Image.Image]:
    """Return the images of one combination, decoded by Pillow."""
    return [decode(data) for data in images[combination]]


def test_response_has_n_different_images(images: Images, combination: Combination) -> None:
    assert len(set(images[combination])) == combination.n


def test_pillow_reads_the_format(decoded: list[Image.Image], combination: Combination) -> None:
    assert {image.format for image in decoded} == {combination.output_format.upper()}


def test_pillow_reads_the_size(decoded: list[Image.Image], combination: Combination) -> None:
    assert {image.size for image in decoded} == {combination.pixels}


def test_pillow_reads_alpha_only_if_transparent(decoded: list[Image.Image], combination: Combination) -> None:
    least_alpha = [min(image.convert("RGBA").getchannel("A").tobytes()) for image in decoded]
    assert [alpha < 255 for alpha in least_alpha] == [combination.transparent] * combination.n


@pytest.fixture(scope="module")
def seen(images: Images, run_node: Callable[..., Any], browser: str) -> dict[str, list[dict[str, Any]]]:
    """Return the browser's view of every image, from a single start of it."""
    groups = {
        str(combination): [
            [f"data:image/{combination.output_format};base64,{b64(data)}" for data in group],
            POINTS,
        ]
        for combination, group in images.items()
    }
    seen: dict[str, list[dict[str, Any]]] = run_node(
        "browse.mjs", {"script": INSPECT, "argument": groups}, browser, "about:blank"
    )
    return seen


def b64(data: bytes) -> str:
    from base64 import b64encode

    return b64encode(data).decode()


Seen = dict[str, list[dict[str, Any]]]


def test_browser_shows_the_size(seen: Seen, combination: Combination) -> None:
    sizes = [(image["width"], image["height"]) for image in seen[str(combination)]]
    assert sizes == [combination.pixels] * combination.n


def test_browser_shows_alpha_only_if_transparent(seen: Seen, combination: Combination) -> None:
    shown = [image["leastAlpha"] < 255 for image in seen[str(combination)]]
    assert shown == [combination.transparent] * combination.n


def test_browser_shows_the_colours_that_pillow_decodes(
    seen: Seen, decoded: list[Image.Image], combination: Combination
) -> None:
    tolerance = TOLERANCE[combination.output_format]
    for image, shown in zip(decoded, seen[str(combination)], strict=True):
        rgba = image.convert("RGBA")
        for (x, y), pixel in zip(POINTS, shown["pixels"], strict=True):
            expected = rgba.getpixel((int(x * image.width), int(y * image.height)))
            assert isinstance(expected, tuple)
            # A canvas multiplies colours by alpha: if that is 0, no colour is left.
            expected = expected if expected[3] else (0, 0, 0, 0)
            assert max(abs(a - b) for a, b in zip(expected, pixel, strict=True)) <= tolerance
