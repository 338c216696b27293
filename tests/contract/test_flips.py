"""Every assumption that can be seen from outside, turned round: the examination finds exactly that one."""

from __future__ import annotations

from typing import Any

import pytest

from omixa_mock.gateway import describe_settings

pytestmark = pytest.mark.acceptance  # an examination of a whole gateway each
FLIPS: dict[str, Any] = {
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
HIDDEN = {
    "n_over_provider_limit": "shows only where the provider's limit is under 10, which is another assumption",
    "nesting_max": "a request that nests deeper than any documented field is refused for its unknown field",
    "balance_check": "needs a wallet that is empty",
    "default_balance": "no documented address tells a balance",
    "minimum_hold": "a hold is seen by nobody but the gateway; it is inferred from a page, not assumed",
    "routes": "provider diagnostics never reach the user",
    "latency": "how long a call takes is no rule that a gateway could break",
    "failover_latency": "needs a route that is down",
    "client_leaves": "needs a wallet that can be read",
    "retry_after": "needs a gateway that is overrun",
    "seed": "images of a real gateway show no seed",
    "weight": "every length of a file is right",
    "time_scale": "is about the fake's own waiting",
    "hang_limit": "is about clients in the fake's own process",
}


@pytest.mark.parametrize(("setting", "value"), FLIPS.items(), ids=FLIPS)
def test_an_assumption_that_is_otherwise_is_the_only_finding(
    setting: str, value: Any, examine_fake: Any, broken: Any
) -> None:
    assert set(broken(examine_fake({setting: value})).values()) == {setting}


def test_keys_that_nobody_issued_are_a_finding(examine_fake: Any, broken: Any) -> None:
    assert broken(examine_fake(keys="any")) == {"gateway.key.known": "keys"}


def test_the_fake_itself_breaks_nothing(examine_fake: Any, broken: Any) -> None:
    assert broken(examine_fake()) == {}


def test_every_setting_can_be_seen_or_has_a_reason_why_not() -> None:
    assert FLIPS.keys() | HIDDEN.keys() == describe_settings().keys()


def test_no_setting_is_both_seen_and_hidden() -> None:
    assert not FLIPS.keys() & HIDDEN.keys()
