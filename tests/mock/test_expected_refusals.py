"""`expect_refusal` as an object: the refusal after its block, any status, a pattern for the message."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

import omixa_mock
from omixa_mock import OmixaMock

Ask = Callable[..., httpx.Response]


def test_refusal_is_described_after_the_block(mock: OmixaMock, generate: Ask) -> None:
    with mock.expect_refusal(422) as refusal:
        generate(n=11)
    assert (refusal.call, refusal.status, refusal.error) == (mock.last, 422, mock.last.error)
    assert refusal.message.startswith("The request breaks a rule. /n: 11 is out of range")


def test_newest_of_several_refusals_is_described(mock: OmixaMock, generate: Ask) -> None:
    with mock.expect_refusal() as refusal:
        generate(n=11)
        generate(n=12)
        generate()
    assert refusal.call is mock.calls[1]


@pytest.mark.parametrize("name", ["call", "status", "message", "error"])
def test_refusal_cannot_be_read_within_the_block(mock: OmixaMock, generate: Ask, name: str) -> None:
    with mock.expect_refusal() as refusal:
        generate(n=11)
        with pytest.raises(LookupError, match="after the `with` block"):
            getattr(refusal, name)


def test_refusal_is_described_if_the_client_raised(mock: OmixaMock, generate: Ask) -> None:
    def draw() -> None:
        generate(n=11).raise_for_status()

    with pytest.raises(httpx.HTTPStatusError), mock.expect_refusal() as refusal:
        draw()
    assert refusal.status == 422


@pytest.mark.parametrize("plan", ["no_route", 402, "invalid_key"])
def test_refusal_without_a_status_is_any(mock: OmixaMock, generate: Ask, plan: Any) -> None:
    mock.fail(plan)
    with mock.expect_refusal() as refusal:
        status = generate().status_code
    assert (refusal.status, mock.is_expected(mock.last)) == (status, True)


def test_success_is_no_refusal_of_any_status(mock: OmixaMock, generate: Ask) -> None:
    with (
        pytest.raises(AssertionError, match=r"^Expected a call to be refused; none was\.\n#1 200"),
        mock.expect_refusal(),
    ):
        generate()


@pytest.mark.parametrize("match", [r"out of r\w+", re.compile("OUT OF", re.IGNORECASE)])
def test_message_matches_a_pattern(mock: OmixaMock, generate: Ask, match: Any) -> None:
    with mock.expect_refusal(422, match=match):
        generate(n=11)
    assert mock.is_expected(mock.last)


def test_message_that_does_not_match_fails_with_the_message(mock: OmixaMock, generate: Ask) -> None:
    with pytest.raises(AssertionError) as raised, mock.expect_refusal(match="size"):
        generate(n=11)
    first, second, third = str(raised.value).splitlines()
    assert first == 'Expected a call to be refused, by a message that matches "size"; none was.'
    assert (second[:6], third[:30]) == ("#1 422", "    The request breaks a rule.")
    assert not mock.is_expected(mock.last)


def test_call_without_a_key_is_described() -> None:
    with omixa_mock.serve() as mock:
        with mock.expect_refusal(401) as refusal:
            httpx.get(f"{mock.base_url}/models", trust_env=False)
        assert (refusal.status, refusal.call) == (401, mock.unmatched_calls[-1])
