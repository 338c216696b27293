"""The OpenAI SDK, unchanged, against the fake in process."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator
from typing import Any, Literal

import httpx2
import openai
import pytest

import omixa_mock
from omixa_mock.faults import reset

REQUEST: Any = {"model": "gpt-image-1.5", "prompt": "a cat"}
# The exceptions of the SDK for the documented errors.
ERRORS: dict[str, type[openai.APIStatusError]] = {
    "invalid_key": openai.AuthenticationError,
    "insufficient_balance": openai.APIStatusError,
    "model_not_allowed": openai.PermissionDeniedError,
    "invalid_request": openai.UnprocessableEntityError,
    "no_route": openai.InternalServerError,
}


@pytest.fixture
def mock() -> Iterator[omixa_mock.OmixaMock]:
    """Intercept, and set the environment variables of OpenAI's SDK."""
    with omixa_mock.intercept(openai=True) as mock:
        yield mock


@pytest.fixture
def client(mock: omixa_mock.OmixaMock, monkeypatch: pytest.MonkeyPatch) -> Iterator[openai.OpenAI]:  # noqa: ARG001  # its environment
    """Return the SDK's client, configured only by the environment, without waits between its attempts."""
    monkeypatch.setattr(openai.OpenAI, "_calculate_retry_timeout", lambda *_: 0)
    with httpx2.Client(verify=False) as http, openai.OpenAI(http_client=http) as client:
        yield client


@pytest.fixture
def no_retries(client: openai.OpenAI) -> openai.OpenAI:
    """Return a client that never retries."""
    return client.with_options(max_retries=0)


def test_sdk_returns_the_images_of_the_call(mock: omixa_mock.OmixaMock, client: openai.OpenAI) -> None:
    response = client.images.generate(**REQUEST, n=2)
    assert tuple(base64.b64decode(image.b64_json) for image in response.data) == mock.last.images


def test_async_sdk_returns_the_images_of_the_call(mock: omixa_mock.OmixaMock) -> None:
    async def draw() -> Any:
        async with httpx2.AsyncClient(verify=False) as http, openai.AsyncOpenAI(http_client=http) as client:
            return await client.images.generate(**REQUEST)

    assert [base64.b64decode(image.b64_json) for image in asyncio.run(draw()).data] == [*mock.last.images]


def test_sdk_has_the_key_and_the_base_url_of_the_environment(mock: omixa_mock.OmixaMock, client: openai.OpenAI) -> None:
    assert (client.api_key, str(client.base_url)) == (mock.api_key, f"{mock.base_url}/")


def test_sdk_retries_after_planned_faults(mock: omixa_mock.OmixaMock, client: openai.OpenAI) -> None:
    mock.fail("no_route", times=2)
    client.images.generate(**REQUEST)
    assert [call.status for call in mock.calls] == [503, 503, 200]


def test_async_sdk_retries_after_planned_faults(mock: omixa_mock.OmixaMock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai.AsyncOpenAI, "_calculate_retry_timeout", lambda *_: 0)
    mock.fail("no_route", times=2)

    async def draw() -> None:
        async with httpx2.AsyncClient(verify=False) as http, openai.AsyncOpenAI(http_client=http) as client:
            await client.images.generate(**REQUEST)

    asyncio.run(draw())
    assert [call.status for call in mock.calls] == [503, 503, 200]


def test_retried_call_is_charged_once(mock: omixa_mock.OmixaMock, client: openai.OpenAI) -> None:
    mock.fail(["no_route", "ok"])
    client.images.generate(**REQUEST)
    mock.assert_single_charge()


@pytest.mark.parametrize(("name", "error"), ERRORS.items())
def test_documented_error_is_an_error_of_the_sdk(
    mock: omixa_mock.OmixaMock, no_retries: openai.OpenAI, name: str, error: type[openai.APIStatusError]
) -> None:
    mock.fail(name)
    with pytest.raises(openai.APIStatusError) as raised:
        no_retries.images.generate(**REQUEST)
    assert (type(raised.value), raised.value.status_code) == (error, mock.last.status)


@pytest.mark.parametrize("part", ["code", "type", "message"])
def test_error_of_the_sdk_has_every_part_of_the_envelope(
    mock: omixa_mock.OmixaMock, no_retries: openai.OpenAI, part: Literal["code", "type", "message"]
) -> None:
    mock.set_balance(0)
    with pytest.raises(openai.APIStatusError) as raised:
        no_retries.images.generate(**REQUEST)
    body: Any = raised.value.body
    assert body[part] == httpx2.Response(402, content=mock.last.response.body).json()["error"][part]


def test_sdk_raises_its_own_timeout_at_once(mock: omixa_mock.OmixaMock, no_retries: openai.OpenAI) -> None:
    mock.configure(latency=3600)
    with pytest.raises(openai.APITimeoutError):
        no_retries.images.generate(**REQUEST, timeout=5)


def test_sdk_that_times_out_thrice_is_not_charged(mock: omixa_mock.OmixaMock, client: openai.OpenAI) -> None:
    mock.configure(latency=3600)
    with pytest.raises(openai.APITimeoutError):
        client.images.generate(**REQUEST, timeout=5)
    assert [(call.client_left, call.charged) for call in mock.calls] == [(True, False)] * 3


def test_list_of_models_is_parsed_by_the_sdk(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["gpt-image-1.5"]


@pytest.fixture
def three_charges(mock: omixa_mock.OmixaMock, client: openai.OpenAI) -> omixa_mock.OmixaMock:
    """Lose three charged responses to a client with the SDK's own number of retries."""
    mock.plan(reset().after_capture().times(3))
    with pytest.raises(openai.APIConnectionError):
        client.images.generate(**REQUEST)
    return mock


def test_blind_retries_after_a_reset_pay_three_times(three_charges: omixa_mock.OmixaMock) -> None:
    assert [str(call.charge) for call in three_charges.calls] == ["0.039000"] * 3


def test_cost_of_blind_retries_is_explained(three_charges: omixa_mock.OmixaMock) -> None:
    with pytest.raises(AssertionError) as raised:
        three_charges.assert_single_charge()
    expected = (
        "Expected one charge; there were 3.",
        "Call #2 repeats the request of #1, which was charged and whose response was lost",
        "response was lost (the plan reset_after_capture)",
        "GET /api/v1/usage/requests lists the last calls",
    )
    assert [text for text in expected if text not in str(raised.value)] == []
