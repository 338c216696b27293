"""The documentation's samples, run as they stand there but for origin and image, print the documented shape.

The saved page is not part of the project: where it lies beside the repository, its own text is run. Samples of our
own, one in each of the same three languages, are run everywhere.
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
const order = {
    model: "gpt-image-1.5",
    prompt: "Put the vase on a marble table.",
    input_images: [{ type: "image_url", image_url: { url: "data:image/png;base64,<base64-reference>" } }],
};
const response = await fetch("https://www.omixa.cloud/api/v1/images/generations", {
    method: "POST",
    headers: { authorization: "Bearer omx_live_ours", "content-type": "application/json" },
    body: JSON.stringify(order),
});
const data = await response.json();
"""
OUR_REQUESTS = """
import requests

order = {
    "model": "gpt-image-1.5",
    "prompt": "Put the vase on a marble table.",
    "input_images": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,<base64-reference>"}}],
}
headers = {"Authorization": "Bearer omx_live_ours"}
print(requests.post("https://www.omixa.cloud/api/v1/images/generations", json=order, headers=headers).json())
"""


class Language(NamedTuple):
    """How a sample is found on the page, run, and its output read."""

    begins: str
    ends: str
    tools: tuple[str, ...]
    arguments: tuple[str, ...]
    epilogue: str
    read: Callable[[str], Any]
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
    """The text of a sample."""
    if source == "ours":
        return language.ours
    page = PAGE.read_text("utf-8")
    begin = page.index(f"\n{language.begins}") + 1
    return page[begin : page.index(f"\n{language.ends}", begin)]


@pytest.fixture
def printed(
    server: omixa_mock.OmixaMockServer, language: Language, sample: str, require: Callable[..., str], input_image: str
) -> Any:
    """What the sample prints, run against the local gateway with a real image."""
    assert ORIGIN in sample
    assert PLACEHOLDER in sample
    text = sample.replace(ORIGIN, server.url).replace(PLACEHOLDER, input_image) + language.epilogue
    command = [require(*language.tools), *language.arguments]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return language.read(done.stdout)


def test_sample_prints_the_documented_shape(printed: Any) -> None:
    assert shape_of(printed) == {
        "created": "int",
        "data": [{"b64_json": "str", "url": "NoneType"}],
        "usage": {"billed_amount": "str"},
    }


def shape_of(value: Any) -> Any:
    """A JSON value with the name of its type in place of each leaf."""
    if isinstance(value, dict):
        return {name: shape_of(child) for name, child in value.items()}
    return [shape_of(child) for child in value] if isinstance(value, list) else type(value).__name__


@pytest.mark.parametrize("source", SOURCES)
def test_requests_sample_runs_as_it_stands_under_the_fixture(
    omixa_mock: Any, source: str, input_image: str, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = sample_of(LANGUAGES["requests"], source)
    exec(sample.replace(PLACEHOLDER, input_image), {"__name__": "sample"})
    omixa_mock.assert_single_charge()
    assert ast.literal_eval(capsys.readouterr().out)["usage"] == {"billed_amount": str(omixa_mock.last.charge)}
