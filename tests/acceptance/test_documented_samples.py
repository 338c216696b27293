"""Tests that the documentation's samples, with another origin and image, print the documented shape.

The saved page is not part of the project. Its samples run if it exists beside the repository. Our own samples, one in
each of the same three languages, always run.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import omixa_mock

PAGE = Path(__file__).parents[3] / "shared" / "seed-page.txt"
ORIGIN = "https://www.omixa.cloud"
PLACEHOLDER = "<base64-reference>"

OUR_CURL = """
curl https://www.omixa.cloud/api/v1/images/generations \\
    --header 'Authorization: Bearer omx_live_ours' --header 'Content-Type: application/json' --data '{
        "model": "gpt-image-1.5",
        "prompt": "Put the vase on a marble table.",
        "input_images": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,<base64-reference>"}}]
    }'
"""
OUR_FETCH = """
const imageRequest = {
    model: "gpt-image-1.5",
    prompt: "Put the vase on a marble table.",
    input_images: [{ type: "image_url", image_url: { url: "data:image/png;base64,<base64-reference>" } }],
};
const response = await fetch("https://www.omixa.cloud/api/v1/images/generations", {
    method: "POST",
    headers: { authorization: "Bearer omx_live_ours", "content-type": "application/json" },
    body: JSON.stringify(imageRequest),
});
const data = await response.json();
"""
OUR_REQUESTS = """
import requests

image_request = {
    "model": "gpt-image-1.5",
    "prompt": "Put the vase on a marble table.",
    "input_images": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,<base64-reference>"}}],
}
headers = {"Authorization": "Bearer omx_live_ours"}
print(requests.post("https://www.omixa.cloud/api/v1/images/generations", json=image_request, headers=headers).json())
"""


class Language(NamedTuple):
    """Language of a sample: its place on the page, its command, and the parser of its output."""

    begin: str
    end: str
    tools: tuple[str, ...]
    arguments: tuple[str, ...]
    epilogue: str
    parse: Callable[[str], Any]
    ours: str


LANGUAGES = {
    "curl": Language("curl -X POST", "const response = await fetch", ("bash",), ("-s",), "", json.loads, OUR_CURL),
    "fetch": Language(
        "const response = await fetch",
        "import requests",
        ("node",),
        ("--input-type=module", "-"),
        "\nconsole.log(JSON.stringify(data))",
        json.loads,
        OUR_FETCH,
    ),
    "requests": Language(
        "import requests", "$ch = curl_init", (sys.executable,), ("-",), "", ast.literal_eval, OUR_REQUESTS
    ),
}
SOURCES = ["ours", *(["page"] if PAGE.exists() else [])]


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> Language:
    return LANGUAGES[request.param]


@pytest.fixture(params=SOURCES)
def sample(request: pytest.FixtureRequest, language: Language) -> str:
    return sample_of(language, request.param)


def sample_of(language: Language, source: str) -> str:
    """Return the text of a sample."""
    if source == "ours":
        return language.ours
    page = PAGE.read_text("utf-8")
    start = page.index(f"\n{language.begin}") + 1
    return page[start : page.index(f"\n{language.end}", start)]


@pytest.fixture
def printed(
    server: omixa_mock.OmixaMockServer, language: Language, sample: str, require: Callable[..., str], input_image: str
) -> Any:
    """Run the sample against the local server with a real image; return its parsed output."""
    assert ORIGIN in sample
    assert PLACEHOLDER in sample
    text = sample.replace(ORIGIN, server.url).replace(PLACEHOLDER, input_image) + language.epilogue
    command = [require(*language.tools), *language.arguments]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return language.parse(done.stdout)


def test_sample_prints_the_documented_shape(printed: Any) -> None:
    assert shape_of(printed) == {
        "created": "int",
        "data": [{"b64_json": "str", "url": "NoneType"}],
        "usage": {"billed_amount": "str"},
    }


def shape_of(value: Any) -> Any:
    """Return a JSON value with each leaf replaced by the name of its type."""
    if isinstance(value, dict):
        return {name: shape_of(child) for name, child in value.items()}
    return [shape_of(child) for child in value] if isinstance(value, list) else type(value).__name__


@pytest.mark.parametrize("source", SOURCES)
def test_requests_sample_runs_unchanged_with_the_fixture(
    omixa_mock: Any, source: str, input_image: str, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = sample_of(LANGUAGES["requests"], source)
    exec(sample.replace(PLACEHOLDER, input_image), {"__name__": "sample"})
    omixa_mock.assert_single_charge()
    assert ast.literal_eval(capsys.readouterr().out)["usage"] == {"billed_amount": str(omixa_mock.last.charge)}
