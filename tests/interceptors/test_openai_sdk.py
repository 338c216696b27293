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
# What the documented errors become in the SDK.
ERRORS: dict[str, type[openai.APIStatusError]] = {
    "invalid_key": openai.AuthenticationError,
    "insufficient_balance": openai.APIStatusError,
    "model_not_allowed": openai.PermissionDeniedError,
    "invalid_request": openai.UnprocessableEntityError,
    "no_route": openai.InternalServerError,
}


@pytest.fixture
def gateway() -> Iterator[omixa_mock.OmixaMock]:
    """An interception that sets the names which OpenAI's SDK reads."""
    with omixa_mock.intercept(openai=True) as gateway:
        yield gateway


@pytest.fixture
def client(gateway: omixa_mock.OmixaMock, monkeypatch: pytest.MonkeyPatch) -> Iterator[openai.OpenAI]:  # noqa: ARG001  # its environment
    """The SDK's client, made of nothing but the environment; it waits for nothing between its attempts."""
    monkeypatch.setattr(openai.OpenAI, "_calculate_retry_timeout", lambda *_: 0)
    with httpx2.Client(verify=False) as http, openai.OpenAI(http_client=http) as client:
        yield client


@pytest.fixture
def patient(client: openai.OpenAI) -> openai.OpenAI:
    """A client that never asks twice."""
    return client.with_options(max_retries=0)


def test_sdk_generates_what_the_call_records(gateway: omixa_mock.OmixaMock, client: openai.OpenAI) -> None:
    response = client.images.generate(**REQUEST, n=2)
    assert tuple(base64.b64decode(each.b64_json) for each in response.data) == gateway.last.images


def test_async_sdk_generates_what_the_call_records(gateway: omixa_mock.OmixaMock) -> None:
    async def draw() -> Any:
        async with httpx2.AsyncClient(verify=False) as http, openai.AsyncOpenAI(http_client=http) as client:
            return await client.images.generate(**REQUEST)

    assert [base64.b64decode(each.b64_json) for each in asyncio.run(draw()).data] == [*gateway.last.images]


def test_sdk_carries_the_key_and_the_base_url_of_the_environment(
    gateway: omixa_mock.OmixaMock, client: openai.OpenAI
) -> None:
    assert (client.api_key, str(client.base_url)) == (gateway.api_key, f"{gateway.base_url}/")


def test_sdk_tries_again_after_planned_failures(gateway: omixa_mock.OmixaMock, client: openai.OpenAI) -> None:
    gateway.fail("no_route", times=2)
    client.images.generate(**REQUEST)
    assert [call.status for call in gateway.calls] == [503, 503, 200]


def test_async_sdk_tries_again_after_planned_failures(
    gateway: omixa_mock.OmixaMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openai.AsyncOpenAI, "_calculate_retry_timeout", lambda *_: 0)
    gateway.fail("no_route", times=2)

    async def draw() -> None:
        async with httpx2.AsyncClient(verify=False) as http, openai.AsyncOpenAI(http_client=http) as client:
            await client.images.generate(**REQUEST)

    asyncio.run(draw())
    assert [call.status for call in gateway.calls] == [503, 503, 200]


def test_retried_call_is_charged_once(gateway: omixa_mock.OmixaMock, client: openai.OpenAI) -> None:
    gateway.fail(["no_route", "ok"])
    client.images.generate(**REQUEST)
    gateway.assert_single_charge()


@pytest.mark.parametrize(("name", "error"), ERRORS.items())
def test_documented_error_is_an_error_of_the_sdk(
    gateway: omixa_mock.OmixaMock, patient: openai.OpenAI, name: str, error: type[openai.APIStatusError]
) -> None:
    gateway.fail(name)
    with pytest.raises(openai.APIStatusError) as raised:
        patient.images.generate(**REQUEST)
    assert (type(raised.value), raised.value.status_code) == (error, gateway.last.status)


@pytest.mark.parametrize("part", ["code", "type", "message"])
def test_error_of_the_sdk_has_each_part_of_the_envelope(
    gateway: omixa_mock.OmixaMock, patient: openai.OpenAI, part: Literal["code", "type", "message"]
) -> None:
    gateway.set_balance(0)
    with pytest.raises(openai.APIStatusError) as raised:
        patient.images.generate(**REQUEST)
    body: Any = raised.value.body
    assert gateway.last.response is not None
    assert body[part] == httpx2.Response(402, content=gateway.last.response.body).json()["error"][part]


def test_impatient_sdk_raises_its_own_timeout_at_once(gateway: omixa_mock.OmixaMock, patient: openai.OpenAI) -> None:
    gateway.configure(latency=3600)
    with pytest.raises(openai.APITimeoutError):
        patient.images.generate(**REQUEST, timeout=5)


def test_sdk_that_times_out_thrice_is_not_charged(gateway: omixa_mock.OmixaMock, client: openai.OpenAI) -> None:
    gateway.configure(latency=3600)
    with pytest.raises(openai.APITimeoutError):
        client.images.generate(**REQUEST, timeout=5)
    assert [(call.client_left, call.charged) for call in gateway.calls] == [(True, False)] * 3


def test_list_of_models_is_read_by_the_sdk(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["gpt-image-1.5"]


@pytest.fixture
def three_charges(gateway: omixa_mock.OmixaMock, client: openai.OpenAI) -> omixa_mock.OmixaMock:
    """A gateway that has lost three charged responses, to a client with the SDK's own number of retries."""
    gateway.plan(reset().after_capture().times(3))
    with pytest.raises(openai.APIConnectionError):
        client.images.generate(**REQUEST)
    return gateway


def test_blind_retries_after_a_reset_pay_three_times(three_charges: omixa_mock.OmixaMock) -> None:
    assert [str(call.charge) for call in three_charges.calls] == ["0.039000"] * 3


def test_what_blind_retries_cost_is_explained(three_charges: omixa_mock.OmixaMock) -> None:
    with pytest.raises(AssertionError) as raised:
        three_charges.assert_single_charge()
    told = (
        "Expected one charge; there were 3.",
        "Call #2 repeats the order of #1, which was charged and whose response was lost (the plan reset_after_capture)",
        "send an Idempotency-Key",
    )
    assert [each for each in told if each not in str(raised.value)] == []
