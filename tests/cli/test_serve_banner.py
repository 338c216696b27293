"""The banner: its curl line works for every model, and shows no key of the user's."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable

import httpx
import pytest

import omixa_mock
from omixa_mock.cli.banner import banner
from omixa_mock.gateway import Gateway, Settings, changed

MODELS = sorted(omixa_mock.shipped_contract().requests)
GIVEN = ("omx_live_mine", "omx_live_other")


def line_of(text: str, name: str) -> str:
    """What a banner says beside a name."""
    return next(line.strip().removeprefix(name).strip() for line in text.splitlines() if line.strip().startswith(name))


@pytest.fixture
def told() -> Callable[..., str]:
    """A banner of a gateway with a list of keys."""

    def tell(*keys: str) -> str:
        gateway = Gateway(omixa_mock.shipped_contract(), Settings(), keys=keys)
        return banner("http://[::1]:6649", gateway, keys)

    return tell


@pytest.mark.parametrize("model", MODELS)
def test_curl_line_works_for_the_first_model(model: str) -> None:
    with omixa_mock.serve(settings={"models": [model]}) as server:
        words = shlex.split(line_of(banner(server.url, server.gateway), "try"))
        headers = dict(words[at + 1].split(": ") for at, word in enumerate(words) if word == "-H")
        answer = httpx.post(words[1], content=words[-1], headers=headers, trust_env=False, verify=False)
    assert (answer.status_code, json.loads(words[-1])["model"]) == (200, model)


def test_curl_line_takes_the_first_of_several_models() -> None:
    settings = changed(Settings(), {"models": ["imagen-4.0-generate-001", "gpt-image-1.5"]})
    text = banner("http://a", Gateway(omixa_mock.shipped_contract(), settings, keys="any"))
    assert '"model": "imagen-4.0-generate-001"' in line_of(text, "try")


def test_keys_that_were_given_are_not_shown(told: Callable[..., str]) -> None:
    assert [key for key in GIVEN if key in told(*GIVEN)] == []


def test_variable_of_the_real_gateway_is_not_named(told: Callable[..., str]) -> None:
    assert "OMIXA_API_KEY" not in told(*GIVEN)


def test_curl_line_takes_a_given_key_from_a_variable_of_ours(told: Callable[..., str]) -> None:
    assert '"Authorization: Bearer $OMIXA_MOCK_KEY"' in line_of(told(*GIVEN), "try")


@pytest.mark.parametrize(
    ("keys", "remark"),
    [
        (GIVEN, "(one of the 2 keys that you gave; the next line takes one of them from the variable OMIXA_MOCK_KEY)"),
        (GIVEN[:1], "(the key that you gave; the next line takes it from the variable OMIXA_MOCK_KEY)"),
    ],
)
def test_remark_says_which_keys_work(told: Callable[..., str], keys: tuple[str, ...], remark: str) -> None:
    assert line_of(told(*keys), "API key").endswith(remark)


def test_address_in_brackets_is_quoted_for_the_shell(told: Callable[..., str]) -> None:
    assert "'http://[::1]:6649/api/v1/images/generations'" in line_of(told(*GIVEN), "try")
