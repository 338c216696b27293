"""What LiteLLM and the OpenAI SDK for Node send by themselves, as docs/clients.md says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import omixa_mock
from omixa_mock.gateway.contract.input_images import TINY_PNG

REQUEST = {"model": "gpt-image-1.5", "prompt": "a cat"}
# LiteLLM in a process of its own: it takes seconds to import, and leaves tasks behind.
LITELLM = """\
import base64, io, json, sys
import litellm
options = json.loads(sys.argv[1])
fields, image = options.pop("fields"), io.BytesIO(base64.b64decode(options.pop("image")))
try:
    if options.pop("edit"):
        litellm.image_edit(image=image, prompt="a cat", **options)
    else:
        litellm.image_generation(prompt="a cat", **options, **fields)
    print("ok")
except Exception as error:
    print(type(error).__name__)
"""


@pytest.fixture
def server() -> Iterator[omixa_mock.OmixaMockServer]:
    with omixa_mock.serve() as server:
        yield server


def run_litellm(server: omixa_mock.OmixaMockServer, *, edit: bool = False, **fields: Any) -> str:
    """Call LiteLLM and return `ok`, or the name of its exception."""
    pytest.importorskip("litellm", reason="`make acceptance` installs it")
    options = {
        "model": "openai/gpt-image-1.5",
        "api_base": server.base_url,
        "api_key": server.api_key,
        "edit": edit,
        "fields": fields,
        "image": TINY_PNG.partition(",")[2],  # it looks at the bytes
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LITELLM, json.dumps(options)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env={**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
    )
    return done.stdout.splitlines()[-1]


def paths(server: omixa_mock.OmixaMockServer) -> list[str]:
    """Return the paths of all calls; those to an unknown path open no workspace."""
    return [call.path for call in (*server.calls, *server.unmatched_calls)]


def test_litellm_sends_no_field_that_it_was_not_given(server: omixa_mock.OmixaMockServer) -> None:
    assert run_litellm(server) == "ok"
    assert server.last.request == REQUEST


def test_litellm_refuses_response_format_itself(server: omixa_mock.OmixaMockServer) -> None:
    assert run_litellm(server, response_format="b64_json") == "UnsupportedParamsError"
    assert server.calls == ()


def test_litellm_drops_response_format_and_sends_user(server: omixa_mock.OmixaMockServer) -> None:
    server.configure(allowed_fields=["user"])
    assert run_litellm(server, response_format="b64_json", user="me", drop_params=True) == "ok"
    assert server.last.request == {**REQUEST, "user": "me"}


def test_edit_of_litellm_goes_to_an_endpoint_that_does_not_exist(server: omixa_mock.OmixaMockServer) -> None:
    assert run_litellm(server, edit=True) == "NotFoundError"
    assert paths(server) == ["/api/v1/images/edits"]


@pytest.mark.parametrize(("edit", "status", "path"), [(False, 200, "generations"), (True, 404, "edits")])
def test_openai_node_sends_what_it_was_given(
    server: omixa_mock.OmixaMockServer, run_node: Callable[..., Any], *, edit: bool, status: int, path: str
) -> None:
    options = {"baseUrl": server.base_url, "apiKey": server.api_key, "edit": edit}
    assert run_node("client-fields.mjs", options) == {"status": status}
    assert paths(server) == [f"/api/v1/images/{path}"]
    assert edit or server.last.request == REQUEST
