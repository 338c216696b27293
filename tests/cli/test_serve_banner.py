"""Start-up banner: its curl line works for every model, and no user key is shown."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable

import httpx
import pytest

import omixa_mock
from omixa_mock.cli.banner import banner
from omixa_mock.gateway import Gateway, Settings, with_changes

MODELS = sorted(omixa_mock.shipped_contract().requests)
GIVEN = ("omx_live_mine", "omx_live_other")


def value_of(text: str, name: str) -> str:
    """Return the value beside a name in a banner."""
    return next(line.strip().removeprefix(name).strip() for line in text.splitlines() if line.strip().startswith(name))


@pytest.fixture
def banner_of() -> Callable[..., str]:
    """Return a function that renders the banner of a gateway with a list of keys."""

    def render(*keys: str) -> str:
        gateway = Gateway(omixa_mock.shipped_contract(), Settings(), keys=keys)
        return banner("http://[::1]:6649", gateway, keys)

    return render


@pytest.mark.parametrize("model", MODELS)
def test_curl_line_works_for_the_first_model(model: str) -> None:
    with omixa_mock.serve(settings={"models": [model]}) as server:
        words = shlex.split(value_of(banner(server.url, server.gateway), "try"))
        headers = dict(words[at + 1].split(": ") for at, word in enumerate(words) if word == "-H")
        response = httpx.post(words[1], content=words[-1], headers=headers, trust_env=False, verify=False)
    assert (response.status_code, json.loads(words[-1])["model"]) == (200, model)


def test_curl_line_takes_the_first_of_several_models() -> None:
    settings = with_changes(Settings(), {"models": ["imagen-4.0-generate-001", "gpt-image-1.5"]})
    text = banner("http://a", Gateway(omixa_mock.shipped_contract(), settings, keys="any"))
    assert '"model": "imagen-4.0-generate-001"' in value_of(text, "try")


def test_keys_that_were_given_are_not_shown(banner_of: Callable[..., str]) -> None:
    assert [key for key in GIVEN if key in banner_of(*GIVEN)] == []


def test_variable_of_the_real_gateway_is_not_named(banner_of: Callable[..., str]) -> None:
    assert "OMIXA_API_KEY" not in banner_of(*GIVEN)


def test_curl_line_takes_a_given_key_from_a_variable_of_ours(banner_of: Callable[..., str]) -> None:
    assert '"Authorization: Bearer $OMIXA_MOCK_KEY"' in value_of(banner_of(*GIVEN), "try")


@pytest.mark.parametrize(
    ("keys", "remark"),
    [
        (GIVEN, "(one of the 2 keys that you gave; the next line takes one of them from the variable OMIXA_MOCK_KEY)"),
        (GIVEN[:1], "(the key that you gave; the next line takes it from the variable OMIXA_MOCK_KEY)"),
    ],
)
def test_remark_says_which_keys_work(banner_of: Callable[..., str], keys: tuple[str, ...], remark: str) -> None:
    assert value_of(banner_of(*keys), "API key").endswith(remark)


def test_address_in_brackets_is_quoted_for_the_shell(banner_of: Callable[..., str]) -> None:
    assert "'http://[::1]:6649/api/v1/images/generations'" in value_of(banner_of(*GIVEN), "try")
