"""Captions as an OCR program reads them in thumbnails (tesseract)."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from PIL import Image

import omixa_mock

PROMPT = "a cat on a skateboard"
# The cells around the caption would be read as letters.
BORDER = 64


# An OCR program is made for other letters: at each width it takes another character for one that looks alike.
SCALES = (0.25, 0.3, 0.375)


def thumbnails_of(data: bytes) -> list[Image.Image]:
    """Return the caption of an image in thumbnails of several widths: of 1024 pixels remain 256 to 384."""
    image = Image.open(BytesIO(data)).convert("L")
    panel = image.crop((BORDER, image.height // 2 - 4 * BORDER, image.width - BORDER, image.height // 2 + 4 * BORDER))
    sizes = [(int(panel.width * scale), int(panel.height * scale)) for scale in SCALES]
    return [panel.resize(size, Image.Resampling.LANCZOS) for size in sizes]


@pytest.fixture
def read(tmp_path: Path, require: Callable[..., str]) -> Callable[[Image.Image], str]:
    """Return a function that reads the text in an image."""

    def text_of(image: Image.Image) -> str:
        path = tmp_path / "thumbnail.png"
        image.save(path)
        command = [require("tesseract"), str(path), "-", "--psm", "6"]
        text = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
        return " ".join(text.split())

    return text_of


@pytest.mark.parametrize("output_format", ["png", "webp", "jpeg"])
@pytest.mark.parametrize("size", ["1024x1024", "1024x1536", "1536x1024"])
def test_prompt_and_size_can_be_read(size: str, output_format: str, read: Callable[[Image.Image], str]) -> None:
    document = {"model": "gpt-image-1.5", "prompt": PROMPT, "size": size, "output_format": output_format}
    with omixa_mock.intercept() as mock:
        response = httpx.post(
            f"{mock.base_url}/images/generations", json=document, headers={"authorization": f"Bearer {mock.api_key}"}
        )
    data = base64.b64decode(response.json()["data"][0]["b64_json"])
    texts = [*map(read, thumbnails_of(data))]
    assert any(PROMPT in text for text in texts)
    assert any(size in text for text in texts)
