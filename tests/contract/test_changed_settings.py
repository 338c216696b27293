"""Tests that the probes detect every observable changed setting, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from omixa_mock.gateway import describe_settings

slow = pytest.mark.acceptance  # each runs all probes against a gateway
CHANGED: dict[str, Any] = {
    "unknown_fields": "ignore",
    "empty_prompt": "allow",
    "prompt_max_chars": 100,
    "input_images_max": 4,
    "mask_shape": "string",
    "remote_images": "accept",
    "image_checks": "ignore",
    "transparent_jpeg": "opaque",
    "edit_fields_without_images": "refuse",
    "provider_limit": 4,
    "malformed_status": 400,
    "content_type": "ignore",
    "body_max": "1MB",
    "idempotency_key": "replay",
    "success_status": 201,
    "default_format": "webp",
    "auto_size": "1024x1536",
    "models": "gpt-image-1.5,imagen-4.0-generate-001",
    "prices": {"gpt-image-1.5": {"base": "0.05", "quality": {"low": "0.5", "high": "2"}}},
    "errors": {"not_found": {"code": "x"}},
    "fault_header": "obey",
    "vary": "call",
    "clock": "real",
    "created": 1,
}
UNOBSERVABLE = {
    "n_over_provider_limit": "observable only if the provider's limit is under 10, which is another assumption",
    "nesting_max": "a request that nests deeper than any documented field is refused for its unknown field",
    "balance_check": "needs a wallet that is empty",
    "default_balance": "no documented endpoint returns a balance",
    "minimum_hold": "only the gateway observes a hold; it is inferred from a page, not assumed",
    "routes": "provider diagnostics never reach the user",
    "latency": "no rule limits the duration of a call",
    "failover_latency": "needs a route that is down",
    "client_leaves": "needs a wallet that can be read",
    "retry_after": "needs an exceeded rate limit",
    "seed": "images of a real gateway show no seed",
    "weight": "every file size is valid",
    "time_scale": "concerns the delays of the mock",
    "hang_limit": "concerns clients in the process of the mock",
}


@slow
@pytest.mark.parametrize(("setting", "value"), CHANGED.items(), ids=CHANGED)
def test_a_changed_setting_is_the_only_finding(setting: str, value: Any, probe_mock: Any, violated_rules: Any) -> None:
    assert set(violated_rules(probe_mock({setting: value})).values()) == {setting}


@slow
def test_acceptance_of_unissued_keys_is_a_finding(probe_mock: Any, violated_rules: Any) -> None:
    assert violated_rules(probe_mock(keys="any")) == {"gateway.key.known": "keys"}


@slow
def test_the_mock_violates_no_rule(probe_mock: Any, violated_rules: Any) -> None:
    assert violated_rules(probe_mock()) == {}


def test_every_setting_is_observable_or_has_a_reason() -> None:
    listed = CHANGED.keys() | UNOBSERVABLE.keys()
    assert listed == describe_settings().keys(), "add it to CHANGED with a probe, or to UNOBSERVABLE with a reason"


def test_no_setting_is_both_observable_and_unobservable() -> None:
    assert not CHANGED.keys() & UNOBSERVABLE.keys()
