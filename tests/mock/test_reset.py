"""`reset`: a mock begins anew, whichever way a test gets it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal

import httpx
import pytest

import omixa_mock
from omixa_mock import OmixaMock
from omixa_mock.mock import RemoteClient

INITIAL = {"settings": {"seed": 3}, "balance": "5"}


def in_another_process(stack: ExitStack) -> OmixaMock:
    server = stack.enter_context(omixa_mock.serve())
    fields = omixa_mock.shipped_contract().field_names
    client = RemoteClient(server.url, "omx_live_remote", fields)
    client.configure(INITIAL)
    return OmixaMock(server.base_url, "omx_live_remote", client, None, INITIAL)


WAYS: dict[str, Callable[[ExitStack], OmixaMock]] = {
    "intercept": lambda stack: stack.enter_context(omixa_mock.intercept()),
    "serve": lambda stack: stack.enter_context(omixa_mock.serve()),
    "another process": in_another_process,
}


@pytest.fixture(params=WAYS)
def mock(request: pytest.FixtureRequest) -> Iterator[OmixaMock]:
    with ExitStack() as stack:
        yield WAYS[request.param](stack)


@pytest.fixture
def generate(mock: OmixaMock) -> Iterator[Callable[..., httpx.Response]]:
    with httpx.Client(trust_env=False, verify=False, headers={"authorization": f"Bearer {mock.api_key}"}) as client:
        url = f"{mock.base_url}/images/generations"
        yield lambda **fields: client.post(url, json={"model": "gpt-image-1.5", "prompt": "a cat", **fields})


def test_everything_begins_anew(mock: OmixaMock, generate: Callable[..., httpx.Response]) -> None:
    before = mock.wallet
    mock.fail(503)
    mock.set_balance("1")
    mock.allow_models()
    mock.configure(success_status=201)
    generate()
    mock.reset()
    assert (mock.calls, mock.plans, mock.wallet) == ((), (), before)
    assert (generate().status_code, [call.number for call in mock.calls]) == (200, [1])


def test_images_are_those_of_the_first_beginning(mock: OmixaMock, generate: Callable[..., httpx.Response]) -> None:
    first = generate().content
    mock.reset()
    assert generate().content == first


def test_refusal_expected_before_is_not_expected_again(
    mock: OmixaMock, generate: Callable[..., httpx.Response]
) -> None:
    with mock.expect_refusal(422):
        generate(n=11)
    mock.reset()
    generate(n=11)
    assert not mock.is_expected(mock.last)


def test_initial_changes_are_made_again() -> None:
    with ExitStack() as stack:
        mock = in_another_process(stack)
        mock.set_balance("9")
        mock.reset()
        assert mock.wallet.balance == Decimal(5)


def test_adopted_key_stays_adopted() -> None:
    with omixa_mock.serve() as mock:
        mock.adopt("omx_live_app")
        mock.reset()
        httpx.get(f"{mock.base_url}/models", headers={"authorization": "Bearer omx_live_app"}, trust_env=False)
        assert len(mock.calls) == 1


def test_calls_elsewhere_before_are_forgotten() -> None:
    with omixa_mock.serve() as mock:
        for key in ("omx_live_other", "malformed"):
            httpx.get(f"{mock.base_url}/models", headers={"authorization": f"Bearer {key}"}, trust_env=False)
        mock.reset()
        with pytest.raises(AssertionError, match="the gateway was not called"):
            _ = mock.last
