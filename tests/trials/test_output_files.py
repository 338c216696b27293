"""Tests of the validation of files that a client wrote."""

from __future__ import annotations

import base64
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from omixa_mock import Call, intercept
from omixa_mock.trials.output_files import find_files_flaw, read_files


def make(fault: str = "", **fields: Any) -> tuple[tuple[Call, ...], list[bytes]]:
    """Return the calls of a client, and the files in its response."""
    with intercept() as mock:
        if fault:
            mock.fail(fault)
        headers = {"Authorization": f"Bearer {mock.api_key}"}
        request = {"model": "gpt-image-1.5", "prompt": "a cat", **fields}
        document = httpx.post(f"{mock.base_url}/images/generations", json=request, headers=headers).json()
        return tuple(mock.calls), [base64.b64decode(item["b64_json"]) for item in document["data"]]


def flaw_of(fault: str = "", **fields: Any) -> str:
    """Return what is wrong with the files of a client that writes what it got."""
    calls, files = make(fault, **fields)
    return find_files_flaw({f"{number}.png": data for number, data in enumerate(files)}, calls)


@pytest.mark.parametrize("fields", [{}, {"n": 3}, {"output_format": "webp"}, {"size": "1024x1536"}])
def test_requested_images_have_no_flaw(fields: dict[str, Any]) -> None:
    assert flaw_of(**fields) == ""


@pytest.mark.parametrize(
    ("fault", "flaw"),
    [
        ("url_and_empty_b64", "0.png is empty"),
        ("other_format", "0.png is a jpeg; requested: png"),
        ("other_size", "0.png has 512x512 pixels; requested: 1024x1024"),
        ("corrupt_image", "0.png is damaged: it ends within its chunk 'IDAT'"),
    ],
)
def test_wrong_image_is_named(fault: str, flaw: str) -> None:
    assert flaw_of(fault) == flaw


def test_missing_image_is_counted() -> None:
    assert flaw_of("fewer_images", n=2) == "1 of 2 images were written"


def test_text_is_no_image() -> None:
    assert find_files_flaw({"a.png": b"<html>"}, make()[0]) == "a.png is no image"


def test_image_of_another_trial_is_none_of_this_one() -> None:
    calls, _ = make(prompt="a dog")
    _, files = make(prompt="a cat")
    assert find_files_flaw({"a.png": files[0]}, calls) == "a.png is no image of this trial's calls"


def test_image_that_was_saved_again_is_recognised() -> None:
    calls, (data,) = make()
    saved = BytesIO()
    Image.open(BytesIO(data)).save(saved, "PNG")
    assert find_files_flaw({"a.png": saved.getvalue()}, calls) == ""


def test_damaged_image_of_two_is_named() -> None:
    assert "is damaged" in flaw_of("corrupt_image", n=2)


def test_files_of_one_name_in_two_folders_are_two(tmp_path: Path) -> None:
    for number in "01":
        (tmp_path / number).mkdir()
        (tmp_path / number / "image.png").write_bytes(b"x")
    assert list(read_files(tmp_path, "*/image.png")) == ["0/image.png", "1/image.png"]


def test_files_match_a_pattern(tmp_path: Path) -> None:
    for name in ("out1.png", "out2.png", "log.txt"):
        (tmp_path / name).write_bytes(b"x")
    assert list(read_files(tmp_path, "out*.png")) == ["out1.png", "out2.png"]
