"""The image in the docs is an image of the fake."""

from __future__ import annotations

import base64
from pathlib import Path

import httpx
import pytest

import omixa_mock

ROOT = Path(__file__).parents[2]
IMAGE = ROOT / "docs" / "a-cat-on-a-skateboard.png"
REQUEST = {"model": "gpt-image-1.5", "prompt": "a cat on a skateboard", "quality": "high"}


def test_image_in_the_docs_is_the_one_of_its_request() -> None:
    with omixa_mock.intercept() as mock:
        auth = {"authorization": f"Bearer {mock.api_key}"}
        response = httpx.post(f"{mock.base_url}/images/generations", json=REQUEST, headers=auth).json()
    assert base64.b64decode(response["data"][0]["b64_json"]) == IMAGE.read_bytes()


@pytest.mark.parametrize("page", ["README.md", "docs/images.md"])
def test_page_shows_the_image(page: str) -> None:
    assert IMAGE.name in (ROOT / page).read_text("utf-8")
