"""What the OpenAI SDK sends by itself, as docs/clients.md says; other clients are in tests/acceptance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import openai
import pytest

import omixa_mock

REQUEST: Any = {"model": "gpt-image-1.5", "prompt": "a cat"}
PNG = ("cat.png", b"\x89PNG", "image/png")


@pytest.fixture
def mock() -> Iterator[omixa_mock.OmixaMock]:
    with omixa_mock.intercept(openai=True) as mock:
        yield mock


@pytest.fixture
def client(mock: omixa_mock.OmixaMock) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key=mock.api_key, base_url=mock.base_url, max_retries=0) as client:
        yield client


def test_sdk_sends_no_field_that_it_was_not_given(mock: omixa_mock.OmixaMock, client: openai.OpenAI) -> None:
    client.images.generate(**REQUEST)
    assert mock.last.request == REQUEST


OPTIONS: dict[str, dict[str, Any]] = {
    "user": {"user": "me"},
    "response_format": {"response_format": "b64_json"},
    "output_compression": {"output_compression": 90},
}


@pytest.mark.parametrize("name", OPTIONS)
def test_option_that_no_page_documents_is_refused_with_its_flag(client: openai.OpenAI, name: str) -> None:
    with pytest.raises(openai.UnprocessableEntityError, match=f"start with --allow-field {name} "):
        client.images.generate(**REQUEST, **OPTIONS[name])


@pytest.mark.parametrize("name", OPTIONS)
def test_allowed_option_gets_an_image_and_an_advisory(
    mock: omixa_mock.OmixaMock, client: openai.OpenAI, name: str
) -> None:
    mock.configure(allowed_fields=[name])
    (image,) = client.images.generate(**REQUEST, **OPTIONS[name]).data
    (advisory,) = mock.last.advisories
    assert (bool(image.b64_json), f'"{name}" is ignored' in advisory.message) == (True, True)


def test_stream_that_is_allowed_has_no_event(mock: omixa_mock.OmixaMock, client: openai.OpenAI) -> None:
    mock.configure(allowed_fields=["stream"])
    with client.images.generate(**REQUEST, stream=True) as events:
        assert list(events) == []


UPLOADS: dict[str, Callable[[openai.OpenAI], Any]] = {
    "/api/v1/images/edits": lambda client: client.images.edit(**REQUEST, image=PNG),
    "/api/v1/images/variations": lambda client: client.images.create_variation(model="gpt-image-1.5", image=PNG),
}


@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")
@pytest.mark.parametrize("path", UPLOADS)
def test_upload_of_the_sdk_is_refused_with_what_to_send_instead(
    mock: omixa_mock.OmixaMock, client: openai.OpenAI, path: str
) -> None:
    with pytest.raises(openai.NotFoundError, match="input_images"):
        UPLOADS[path](client)
    (call,) = mock.calls
    assert (call.path, call.headers["content-type"].partition(";")[0]) == (path, "multipart/form-data")
