"""Tests that the probes detect and recover every observable changed setting, and nothing else."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

from omixa_mock.gateway import describe_settings

NOT_OBSERVABLE = import_module("omixa_mock.contract_tests.profile").NOT_OBSERVABLE
FINDINGS = import_module("omixa_mock.contract_tests.findings")
CHANGED: dict[str, Any] = {
    "unknown_fields": "ignore",
    "allowed_fields": ["response_format"],
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
    "body_max": 1_000_448,
    "idempotency_key": "replay",
    "success_status": 201,
    "default_format": "webp",
    "auto_size": "1024x1536",
    "models": ["gpt-image-1.5", "imagen-4.0-generate-001"],
    "prices": {"gpt-image-1.5": {"base": "0.050000", "quality": {"low": "0.5", "high": "2"}}},
    "errors": {"not_found": {"code": "x"}},
    "fault_header": "obey",
    "vary": "call",
    "clock": "real",
    "created": 1,
    "weight": 100_000,
}
TOGETHER: dict[str, dict[str, Any]] = {
    "a limit that refuses": {"provider_limit": 3, "n_over_provider_limit": "refuse"},
    "prompts longer than assumed": {"prompt_max_chars": 50_001},
    "more images than assumed": {"input_images_max": 21},
    "two known fields": {"allowed_fields": ["response_format", "stream"]},
    "a price by size": {
        "prices": {"gpt-image-1.5": {"base": "0.030000", "quality": {"high": "3"}, "size": {"1024x1536": "1.25"}}}
    },
    "names and a status": {
        "errors": {"invalid_key": {"type": "a", "code": "b"}, "method_not_allowed": {"status": 400}}
    },
}
CASES = {name: {name: value} for name, value in CHANGED.items()} | TOGETHER


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest, probe_mock: Any, report_of: Any) -> tuple[dict[str, Any], Any]:
    """Return changed settings, and the report on a mock that has them."""
    settings = CASES[request.param]
    return settings, report_of(probe_mock(settings))


@pytest.mark.acceptance  # each fake is asked all probes
def test_a_changed_setting_is_the_only_finding(case: Any) -> None:
    settings, report = case
    assert set(report.changed) == settings.keys()


@pytest.mark.acceptance  # each fake is asked all probes
def test_a_changed_setting_is_recovered(case: Any) -> None:
    settings, report = case
    assert FINDINGS.merge_changes(finding.changes for finding in report.findings) == settings


@pytest.mark.acceptance  # each fake is asked all probes
def test_a_changed_setting_is_no_failure(case: Any) -> None:
    assert not case[1].failures


def test_acceptance_of_unissued_keys_is_a_finding(probe_mock: Any, violated_rules: Any) -> None:
    assert violated_rules(probe_mock(keys="any")) == {"gateway.key.known": "keys"}


def test_the_mock_violates_no_rule(probe_mock: Any, violated_rules: Any) -> None:
    assert violated_rules(probe_mock()) == {}


def test_every_setting_is_observable_or_has_a_reason() -> None:
    listed = {*CHANGED, *NOT_OBSERVABLE}
    assert listed == describe_settings().keys(), "add it to CHANGED with a probe, or to NOT_OBSERVABLE with a reason"


def test_no_setting_is_both_observable_and_not() -> None:
    assert not CHANGED.keys() & NOT_OBSERVABLE.keys()


def test_every_observable_setting_of_the_mock_is_observed(probe_mock: Any, report_of: Any) -> None:
    # No run sees all rows of the error table.
    assert set(report_of(probe_mock()).observed) == CHANGED.keys() - {"errors"}
