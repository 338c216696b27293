"""Fields that a setting ignores: each by its name, or all that the model's table does not list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from omixa_mock import Gateway

Make = Callable[..., Gateway]
Ask = Callable[..., Any]
RULE = "gateway.field.allowed"
# The settings, the request's fields, and the names in its advisory.
IGNORED: dict[str, tuple[dict[str, Any], dict[str, Any], str, str]] = {
    "one": ({"allowed_fields": ["user"]}, {"user": "me"}, RULE, '"user" is ignored by the setting allowed_fields'),
    "two": (
        {"allowed_fields": "user,style"},
        {"style": "vivid", "user": None},
        RULE,
        '"style", "user" are ignored by the setting allowed_fields',
    ),
    "under unknown_fields": (
        {"unknown_fields": "ignore"},
        {"user": "me"},
        "gateway.field.unknown",
        '"user" is ignored by the setting unknown_fields',
    ),
    "outside ASCII": ({"allowed_fields": ["猫"]}, {"猫": 1}, RULE, '"\\u732b" is ignored'),
    "control character": (
        {"unknown_fields": "ignore"},
        {"a\r\nb": 1},
        "gateway.field.unknown",
        '"a\\r\\nb" is ignored',
    ),
    "a key": ({"allowed_fields": ["omx_live_secret_1"]}, {"omx_live_secret_1": 1}, RULE, '"omx_live_… is ignored'),
    "of a partial model": (
        {"allowed_fields": ["user"], "models": ["imagen-4.0-generate-001"]},
        {"model": "imagen-4.0-generate-001", "user": "me"},
        RULE,
        '"user" is ignored',
    ),
}


@pytest.mark.parametrize("name", IGNORED)
def test_ignored_field_has_an_advisory(make_gateway: Make, ask: Ask, name: str) -> None:
    settings, fields, rule, message = IGNORED[name]
    (advisory,) = ask(make_gateway(**settings), **fields).call.advisories
    assert (advisory.rule, message.partition("…")[0] in advisory.message) == (rule, True)


@pytest.mark.parametrize("name", IGNORED)
def test_advisory_is_in_a_header_of_the_response(make_gateway: Make, ask: Ask, name: str) -> None:
    settings, fields, rule, _ = IGNORED[name]
    text = ask(make_gateway(**settings), **fields).headers["x-omixa-mock-warn"]
    assert (text.startswith(f"{rule}: "), text.isprintable(), text.isascii()) == (True, True, True)


def test_advisory_contains_no_key(make_gateway: Make, ask: Ask) -> None:
    settings, fields, _, _ = IGNORED["a key"]
    assert "secret_1" not in ask(make_gateway(**settings), **fields).headers["x-omixa-mock-warn"]


def test_each_setting_has_an_advisory_of_its_own(make_gateway: Make, ask: Ask) -> None:
    gateway = make_gateway(allowed_fields=["user"], unknown_fields="ignore")
    rules = [advisory.rule for advisory in ask(gateway, user="me", style="vivid").call.advisories]
    assert rules == [RULE, "gateway.field.unknown"]


def test_advisory_lists_only_some_of_many_fields(make_gateway: Make, ask: Ask) -> None:
    fields: dict[str, Any] = {f"field_{number}": 1 for number in range(1000)}
    (advisory,) = ask(make_gateway(unknown_fields="ignore"), **fields).call.advisories
    assert ("and 988 more" in advisory.message, len(advisory.message) < 500) == (True, True)


def test_allowed_field_that_is_not_sent_has_no_advisory(make_gateway: Make, ask: Ask) -> None:
    assert ask(make_gateway(allowed_fields=["user"])).call.advisories == ()


def test_other_advisories_stay(make_gateway: Make, ask: Ask) -> None:
    result = ask(make_gateway(allowed_fields=["user"]), user="me", input_fidelity="high")
    assert {advisory.rule for advisory in result.call.advisories} == {
        RULE,
        "request.input-fidelity-without-input-images",
    }


def test_ignored_field_does_not_change_the_images(make_gateway: Make, ask: Ask) -> None:
    gateway = make_gateway(allowed_fields=["user"])
    assert ask(gateway, user="me").images == ask(gateway).images


def test_ignored_field_of_a_partial_model_does_not_change_its_images(make_gateway: Make, ask: Ask) -> None:
    model = "imagen-4.0-generate-001"
    gateway = make_gateway(models=[model], allowed_fields=["user"])
    assert ask(gateway, model=model, user="me").images == ask(gateway, model=model).images


def test_field_of_the_table_is_never_ignored(make_gateway: Make, ask: Ask) -> None:
    assert ask(make_gateway(allowed_fields=["n", "quality"]), n=11).rules == ["request.n.maximum"]


def test_field_of_another_name_is_refused(make_gateway: Make, ask: Ask) -> None:
    assert ask(make_gateway(allowed_fields=["user"]), style="vivid").rules == ["request.additionalProperties"]


def test_call_keeps_the_field_as_it_was_sent(make_gateway: Make, ask: Ask) -> None:
    assert ask(make_gateway(allowed_fields=["user"]), user="me").call.request["user"] == "me"


# What is said of a field that the table does not list, and what is not.
HINTS = {
    "response_format": ("b64_json", True),
    "user": ("no field for end users", True),
    "of_the_library": ("Leave it out; known: model", True),
    "stream": ("one whole JSON body", False),  # a client that streams would get no event
    "image": ("input_images", False),  # the image would be lost
    "qualty": ('Did you mean "quality"', False),
}


@pytest.mark.parametrize("name", HINTS)
def test_refusal_names_the_flag_unless_ignoring_does_harm(gateway: Gateway, ask: Ask, name: str) -> None:
    text, flag = HINTS[name]
    message = ask(gateway, **{name: True}).body["error"]["message"]
    assert (text in message, f"start with --allow-field {name} (in tests: allowed_fields)" in message) == (True, flag)


def test_refusal_of_a_nested_field_does_not_name_the_flag(gateway: Gateway, ask: Ask, image: Any) -> None:
    message = ask(gateway, input_images=[image(64, 64) | {"user": "me"}]).body["error"]["message"]
    assert ("Leave it out; known: type, image_url." in message, "--allow-field" in message) == (True, False)
