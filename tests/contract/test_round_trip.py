"""Property: a fake with any settings, examined, profiled and served again, is examined with equal findings."""

from __future__ import annotations

import time
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from omixa_mock import Settings, shipped_contract
from omixa_mock.configuration import read_config
from omixa_mock.gateway import describe_settings, with_changes

MODEL = "gpt-image-1.5"
KIB = 1024
QUALITIES = ("auto", "low", "medium", "high")
SIZES = ("auto", "1024x1024", "1024x1536", "1536x1024")
FORMAT_PROFILE = import_module("omixa_mock.contract_tests.profile").format_profile


def factors(*names: str) -> st.SearchStrategy[dict[str, str]]:
    """Factors of a price table, each with at most two decimals."""
    return st.dictionaries(st.sampled_from(names), st.integers(105, 300).map(lambda percent: f"{percent / 100:.2f}"))


def error_rows(*names: str) -> st.SearchStrategy[dict[str, dict[str, str]]]:
    """Rows of the error table with other names than the assumed ones."""
    row = st.fixed_dictionaries(
        {}, optional={column: st.from_regex(r"[a-z_]{3,12}", fullmatch=True) for column in ("type", "code")}
    )
    return st.dictionaries(st.sampled_from(names), row.filter(bool), min_size=1)


prices = st.builds(
    lambda cents, quality, size: {MODEL: {"base": f"0.0{cents}", "quality": quality, "size": size}},
    st.integers(10, 60),
    factors("medium", "high"),
    factors("1024x1536", "1536x1024"),
)
OBSERVABLE: Mapping[str, st.SearchStrategy[Any]] = {
    "unknown_fields": st.just("ignore"),
    "allowed_fields": st.lists(st.sampled_from(["response_format", "stream"]), min_size=1, unique=True).map(sorted),
    "empty_prompt": st.just("allow"),
    "prompt_max_chars": st.integers(1_000, 100_000),
    "input_images_max": st.integers(4, 40).filter(lambda count: count != 16),  # 16 is the default
    "mask_shape": st.sampled_from(["string", "object"]),
    "remote_images": st.just("accept"),
    "image_checks": st.just("ignore"),
    "transparent_jpeg": st.just("opaque"),
    "edit_fields_without_images": st.just("refuse"),
    "n_over_provider_limit": st.just("refuse"),
    "provider_limit": st.integers(2, 9),
    "malformed_status": st.just(400),
    "content_type": st.just("ignore"),
    "body_max": st.integers(256, 8191).map(lambda size: size * KIB),
    "idempotency_key": st.just("replay"),
    "success_status": st.just(201),
    "default_format": st.sampled_from(["jpeg", "webp"]),
    "auto_size": st.sampled_from(["1024x1536", "1536x1024"]),
    "models": st.just([MODEL, "imagen-4.0-generate-001"]),
    "prices": prices,
    "errors": error_rows("invalid_key", "invalid_request", "not_found", "method_not_allowed"),
    "fault_header": st.just("obey"),
    "vary": st.just("call"),
    "clock": st.just("real"),
    "created": st.integers(0, 2_000_000_000),
    "weight": st.integers(70_000, 120_000),
}
CHANGES = st.fixed_dictionaries({}, optional=dict(OBSERVABLE))


def visible(changes: Mapping[str, Any]) -> Settings:
    """Return settings without what no gateway can show beside the others."""
    hidden = {
        *({"allowed_fields"} if changes.get("unknown_fields") else ()),  # every field is ignored
        *({"created"} if changes.get("clock") else ()),  # the time of the call comes
        *({"n_over_provider_limit"} if "provider_limit" not in changes else ()),  # n is never over the limit
    }
    return with_changes(Settings(), {name: value for name, value in changes.items() if name not in hidden})


def comparable(terms: Settings) -> Any:
    """Return settings with the price of each kind of image in place of the table, whose form is not unique."""
    price = shipped_contract().under(terms).price
    cells = {(quality, size): price(MODEL, quality, size) for quality in QUALITIES for size in SIZES}
    return replace(terms, prices={}), cells


def findings_of(report: Any) -> list[Any]:
    """Return what a report tells, without the moment of the run."""
    return [(finding.rules, [str(cause) for cause in finding.causes], finding.changes) for finding in report.findings]


def test_at_least_25_settings_are_recovered() -> None:
    assert len(OBSERVABLE.keys() & describe_settings().keys()) >= 25


@pytest.mark.acceptance  # each example asks all probes twice
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CHANGES)
def test_profile_has_the_settings_of_the_gateway(
    probe_mock: Any, report_of: Any, tmp_path: Path, changes: dict[str, Any]
) -> None:
    examined = report_of(probe_mock(changes))
    path = tmp_path / f"{time.time_ns()}.toml"
    path.write_text(FORMAT_PROFILE(examined))
    recovered = read_config(path)

    assert comparable(with_changes(Settings(), recovered)) == comparable(visible(changes))
    assert findings_of(report_of(probe_mock(recovered))) == findings_of(examined)
