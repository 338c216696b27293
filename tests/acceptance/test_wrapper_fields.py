"""What the libraries of docs/clients.md send, and what helps: each row of its table, against the library."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import omixa_mock
from omixa_mock.gateway.contract.input_images import TINY_PNG

PAGE = Path(__file__).parents[2] / "docs" / "clients.md"
PROGRAM = Path(__file__).parent / "clients" / "wrapper.py"
# `client, call | version | sends besides model and prompt | undocumented | start with`
ROW = re.compile(r"^\| (.+?) \| [\d., ]+ \| (.+?) \| .+? \| (.+?) \|$", re.MULTILINE)
ROWS = {name: (sends, cure) for name, sends, cure in ROW.findall(PAGE.read_text("utf-8"))}
FIELD = re.compile(r"`(\w+): (.+?)`")


class Library(NamedTuple):
    """Library with a row in the table.

    Attributes:
        row: The first cell of its row.
        client: Its name in the program that uses it.
        result: What the program prints at last, if what the row advises is done.
        options: The options that the row advises.
    """

    row: str
    client: str
    result: Any
    options: Mapping[str, str] = {}


IN_NODE = (
    Library("AI SDK, `generateImage` with `@ai-sdk/openai`", "ai-sdk", result=True),
    Library("AI SDK, `generateImage` with `@ai-sdk/openai-compatible`", "ai-sdk-compatible", result=True),
    Library(
        "LangChain.js, `DallEAPIWrapper` of `@langchain/openai`",
        "langchain",
        result=True,
        options={"quality": "auto", "dallEResponseFormat": "b64_json"},
    ),
)
IN_PYTHON = (
    Library("LangChain, `DallEAPIWrapper` of langchain-community", "langchain", "TypeError"),
    Library(
        "llama-index, `OpenAIImageGenerationToolSpec` of llama-index-tools-openai-image-generation",
        *("llama-index-generation", "UnprocessableEntityError"),
    ),
    Library(
        "llama-index, `TextToImageToolSpec` of llama-index-tools-text-to-image", "llama-index-text", "AttributeError"
    ),
)
NODE = pytest.mark.parametrize("library", IN_NODE, ids=[library.client for library in IN_NODE])
PYTHON = pytest.mark.parametrize("library", IN_PYTHON, ids=[library.client for library in IN_PYTHON])


@pytest.fixture
def server() -> Iterator[omixa_mock.OmixaMockServer]:
    with omixa_mock.serve() as server:
        yield server


def fields_of(library: Library) -> dict[str, Any]:
    """Return the fields that the table says a library sends by itself."""
    return {name: json.loads(value) for name, value in FIELD.findall(ROWS[library.row][0])}


def allowed_by(library: Library) -> list[str]:
    """Return the fields that the table advises to allow."""
    return re.findall(r"--allow-field (\w+)", ROWS[library.row][1])


def sent(server: omixa_mock.OmixaMockServer) -> list[dict[str, Any]]:
    """Return what each call had besides model and prompt."""
    return [
        {name: value for name, value in call.request.items() if name not in {"model", "prompt"}}
        for call in server.calls
    ]


@pytest.fixture
def run(server: omixa_mock.OmixaMockServer, run_node: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that requests an image with a library of Node's, and returns whether there is one."""

    def run(library: Library, options: Mapping[str, Any]) -> Any:
        access = {"baseUrl": server.base_url, "apiKey": server.api_key}
        return run_node("wrapper-fields.mjs", {**access, "client": library.client, "options": options})

    return run


@NODE
def test_library_of_node_sends_what_the_table_says(
    library: Library, run: Callable[..., Any], server: omixa_mock.OmixaMockServer
) -> None:
    run(library, {})
    assert sent(server) == [fields_of(library)]


@NODE
def test_advice_helps_a_library_of_node(
    library: Library, run: Callable[..., Any], server: omixa_mock.OmixaMockServer
) -> None:
    server.configure(allowed_fields=allowed_by(library))
    assert run(library, library.options) == library.result
    assert all(f'{name}: "{value}"' in ROWS[library.row][1] for name, value in library.options.items())


@pytest.mark.parametrize("library", IN_NODE[:2], ids=["ai-sdk", "ai-sdk-compatible"])
def test_edit_of_the_ai_sdk_goes_to_an_endpoint_that_does_not_exist(
    library: Library, run: Callable[..., Any], server: omixa_mock.OmixaMockServer
) -> None:
    assert run(library, {"prompt": {"text": "a cat", "images": [TINY_PNG]}}) is False
    assert [call.path for call in (*server.calls, *server.unmatched_calls)] == ["/api/v1/images/edits"]


def test_ai_sdk_sends_no_seed_and_no_aspect_ratio(run: Callable[..., Any], server: omixa_mock.OmixaMockServer) -> None:
    assert run(IN_NODE[0], {"seed": 7, "aspectRatio": "1:1"})
    assert sent(server) == [fields_of(IN_NODE[0])]


def test_langchain_of_node_makes_a_call_for_each_image(
    run: Callable[..., Any], server: omixa_mock.OmixaMockServer
) -> None:
    library = IN_NODE[2]
    server.configure(allowed_fields=allowed_by(library))
    run(library, {**library.options, "n": 3})
    assert [fields["n"] for fields in sent(server)] == [1, 1, 1]


@PYTHON
def test_library_of_python_sends_what_the_table_says_and_fails(
    library: Library, wrappers: Path, server: omixa_mock.OmixaMockServer, tmp_path: Path
) -> None:
    done = subprocess.run(
        [wrappers, "-W", "ignore", PROGRAM, library.client],
        env={**os.environ, **server.env(openai=True)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    fields = fields_of(library)
    assert (done.stdout.split()[-1], sent(server)) == (library.result, [fields] if fields else [])


def test_every_row_is_tested() -> None:
    others = ("openai-python, ", "openai-node, ", "LiteLLM, ")  # by test_client_fields.py and test_clients.py
    assert {library.row for library in (*IN_NODE, *IN_PYTHON)} == {row for row in ROWS if not row.startswith(others)}
