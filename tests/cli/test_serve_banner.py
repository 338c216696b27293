"""Start-up banner: its curl line works for every model, and no user key is shown."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from typing import Any

import httpx
import pytest

import omixa_mock
from omixa_mock.cli.banner import banner
from omixa_mock.gateway import Gateway, Settings, with_changes
from omixa_mock.transports.control import ControlPolicy

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


LINKS: dict[str, tuple[Any, str]] = {
    "any key": ("any", "http://[::1]:6649/__omixa/#key=omx_live_test"),
    "issued keys": ("issued", "http://[::1]:6649/__omixa/#key=omx_live_mock_serve"),
    "given keys": (GIVEN, "http://[::1]:6649/__omixa/"),
}


@pytest.mark.parametrize(("keys", "link"), LINKS.values(), ids=LINKS)
def test_link_to_the_inspector_has_a_key_that_may_be_shown_as_its_fragment(keys: Any, link: str) -> None:
    gateway = Gateway(omixa_mock.shipped_contract(), Settings(), keys=keys)
    text = banner("http://[::1]:6649", gateway, keys if keys is GIVEN else ())
    assert value_of(text, "inspector") == link


def test_banner_without_inspector_has_no_link() -> None:
    gateway = Gateway(omixa_mock.shipped_contract(), Settings(), keys="any")
    assert "__omixa/" not in banner("http://a", gateway, policy=ControlPolicy(inspector=False))


def test_address_in_brackets_is_quoted_for_the_shell(banner_of: Callable[..., str]) -> None:
    assert "'http://[::1]:6649/api/v1/images/generations'" in value_of(banner_of(*GIVEN), "try")


REACH: dict[str, tuple[ControlPolicy, str | None, str | None]] = {
    "loopback": (ControlPolicy(), None, None),
    "everywhere": (
        ControlPolicy("0.0.0.0"),
        "on every address of this machine; /__omixa/health is open",
        "routes are off; switch them on with --control-token TOKEN",
    ),
    "everywhere with a token": (
        ControlPolicy("::", "letmein"),
        "on every address of this machine; /__omixa/health is open",
        "routes are with the token",
    ),
    "one address": (
        ControlPolicy("192.0.2.1"),
        "on 192.0.2.1; /__omixa/health is open",
        "routes are off; switch them on with --control-token TOKEN",
    ),
}


@pytest.mark.parametrize(("policy", "listens", "control"), REACH.values(), ids=REACH)
def test_banner_says_what_other_machines_reach(policy: ControlPolicy, listens: str | None, control: str | None) -> None:
    text = banner("http://a", Gateway(omixa_mock.shipped_contract(), Settings()), policy=policy)
    found = [line.strip() for line in text.splitlines() if line.startswith(("  listens", "  control"))]
    assert found == ([f"listens   {listens}", f"control   {control}"] if listens else [])


CHANGES: dict[str, tuple[dict[str, Any], str]] = {
    "none": ({}, ""),
    "the default itself": ({"unknown_fields": "refuse"}, ""),
    "one": ({"unknown_fields": "ignore"}, "unknown_fields=ignore"),
    "several, in order": ({"seed": 7, "provider_limit": 4}, "provider_limit=4, seed=7"),
    "list": ({"allowed_fields": ["style", "response_format"]}, "allowed_fields=style+response_format"),
    "amount": ({"default_balance": "5"}, "default_balance=5"),
    "duration": ({"latency": "lognormal:8s"}, "latency=lognormal:8s..80s"),
    "table": ({"prices": {"gpt-image-1.5": "0.05"}}, "prices=gpt-image-1.5"),
}


@pytest.mark.parametrize(("changes", "expected"), CHANGES.values(), ids=CHANGES)
def test_banner_shows_each_setting_that_is_not_the_default(changes: dict[str, Any], expected: str) -> None:
    text = banner("http://a", Gateway(omixa_mock.shipped_contract(), with_changes(Settings(), changes)))
    assert [line for line in text.splitlines() if line.startswith("  settings")] == (
        [f"  settings  {expected}"] if expected else []
    )
