"""Tests of lessons: what recorded calls teach, how often they must, and what they do not."""

from __future__ import annotations

import base64
import json
import zipfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

import omixa_mock
from omixa_mock.cli import main
from omixa_mock.configuration import read_config
from omixa_mock.gateway.images import draw
from omixa_mock.kit.profile_file import format_profile_file
from omixa_mock.learning.learn import learn_calls, make_profile
from omixa_mock.learning.recordings import read_recording

ORDER = {"model": "gpt-image-1.5", "prompt": "a cat"}
CONTRACT = omixa_mock.shipped_contract()


def success(count: int = 1, output_format: Any = "png", bill: str = "0.039000", **members: Any) -> Any:
    data = draw(bytes(12), width=1024, height=1024, output_format=output_format)
    item = {"b64_json": base64.b64encode(data).decode(), "url": None}
    return {"created": 1780660800, "data": [item] * count, "usage": {"billed_amount": bill}} | members


def refusal(type_: str = "validation_error", code: str = "invalid_request") -> Any:
    return {"error": {"message": "no", "type": type_, "code": code}}


def profile_of(*paths: Path) -> Any:
    calls = [call for path in paths for call in read_recording(path)]
    return make_profile(learn_calls(calls, CONTRACT), CONTRACT, date(2026, 11, 29))


@pytest.fixture
def learn(har: Any) -> Any:
    """Return a function from entries to the profile that they teach."""
    return lambda *entries: profile_of(har(*entries))


# Facts


def test_status_of_successes_is_learnt(learn: Any, entry: Any) -> None:
    assert learn(entry(ORDER, success(), 201)).settings == {"success_status": 201}


def test_what_is_as_assumed_is_observed(learn: Any, entry: Any) -> None:
    assert learn(entry(ORDER, success())).observed == ["auto_size", "created", "default_format", "success_status"]


def test_evidence_has_the_number_of_calls_and_the_first(learn: Any, entry: Any) -> None:
    profile = learn(entry(ORDER, refusal(), 422), *[entry(ORDER, success(), 201)] * 3)
    assert profile.evidence["success_status"] == ["3 exchanges, first: entry 2"]


def test_contradiction_is_named_and_not_averaged(learn: Any, entry: Any) -> None:
    profile = learn(entry(ORDER, success(), 200), entry(ORDER, success(), 201))
    text = "success_status: 200 in 1 exchange, first: entry 1; 201 in 1 exchange, first: entry 2"
    assert (profile.notes, "success_status" in profile.settings) == ([text], False)


def test_accepted_unknown_field_is_allowed(learn: Any, entry: Any) -> None:
    assert learn(entry({**ORDER, "response_format": "url"}, success())).settings == {
        "allowed_fields": ["response_format"]
    }


def test_two_accepted_unknown_fields_mean_that_all_are(learn: Any, entry: Any) -> None:
    assert learn(entry({**ORDER, "user": "x", "style": "y"}, success())).settings == {"unknown_fields": "ignore"}


def test_refused_unknown_field_means_that_not_all_are(learn: Any, entry: Any) -> None:
    entries = entry({**ORDER, "user": "x", "style": "y"}, success()), entry({**ORDER, "seed": 1}, refusal(), 422)
    assert learn(*entries).settings == {"allowed_fields": ["style", "user"]}


def test_longest_accepted_prompt_is_a_limit_if_longer_ones_are_refused(learn: Any, entry: Any) -> None:
    entries = [entry({**ORDER, "prompt": "x" * 900}, success()), entry({**ORDER, "prompt": "x" * 1100}, refusal(), 422)]
    assert learn(*entries).settings == {"prompt_max_chars": 900}


def test_far_refusal_teaches_no_limit(learn: Any, entry: Any) -> None:
    entries = [entry({**ORDER, "prompt": "x" * 90}, success()), entry({**ORDER, "prompt": "x" * 1100}, refusal(), 422)]
    assert learn(*entries).settings == {}


def test_refusal_that_two_sizes_explain_teaches_no_limit(learn: Any, entry: Any) -> None:
    entries = [entry(ORDER, success()), entry({**ORDER, "prompt": "x" * 99, "n": 5}, refusal(), 422)]
    assert learn(*entries).settings == {}


def test_number_to_which_n_is_capped_is_learnt(learn: Any, entry: Any) -> None:
    assert learn(entry({**ORDER, "n": 8}, success(4, bill="0.156000"))).settings == {"provider_limit": 4}


def test_prices_are_a_table(learn: Any, entry: Any) -> None:
    entries = [entry(ORDER, success(bill="0.050000"))] * 2
    entries.append(entry({**ORDER, "quality": "high"}, success(bill="0.100000")))
    row = {"base": "0.050000", "quality": {"high": "2"}}
    assert learn(*entries).settings == {"prices": {"gpt-image-1.5": row}}


def test_one_bill_is_no_price(learn: Any, entry: Any) -> None:
    assert "prices" not in learn(entry(ORDER, success(bill="0.050000"))).settings


def test_several_prices_of_one_kind_are_a_contradiction(learn: Any, entry: Any) -> None:
    profile = learn(*[entry(ORDER, success(bill=bill)) for bill in ("0.05", "0.06")])
    assert profile.notes == ["prices: several prices for quality auto and size auto"]


def test_names_of_an_error_are_learnt(learn: Any, entry: Any) -> None:
    assert learn(entry({**ORDER, "n": 0}, refusal("a", "b"), 422)).settings == {
        "errors": {"invalid_request": {"type": "a", "code": "b"}}
    }


@pytest.mark.parametrize(("count", "settings"), [(1, {}), (2, {}), (3, {"errors": {"no_route": {"code": "b"}}})])
def test_one_503_is_no_rule(count: int, settings: Any, learn: Any, entry: Any) -> None:
    assert learn(*[entry(ORDER, refusal("routing_error", "b"), 503)] * count).settings == settings


def test_400_of_a_broken_request_is_no_moderation(learn: Any, entry: Any) -> None:
    assert learn(entry({**ORDER, "n": 0}, refusal("a", "b"), 400)).settings == {}


def test_latency_is_learnt_from_twenty_samples(learn: Any, entry: Any) -> None:
    entries = [entry(ORDER, success(), milliseconds=8_000 + number) for number in range(20)]
    assert learn(*entries).settings == {"latency": "lognormal:8.01s..8.02s"}


def test_nineteen_samples_are_too_few(learn: Any, entry: Any) -> None:
    assert learn(*[entry(ORDER, success(), milliseconds=8_000)] * 19).settings == {}


def test_retry_after_needs_three_samples(learn: Any, entry: Any) -> None:
    busy = entry(ORDER, refusal("rate_limit_error", "rate_limited"), 429, response_headers={"retry-after": "20"})
    assert [learn(*[busy] * count).settings for count in (2, 3)] == [{}, {"retry_after": 20}]


# What a recorder has left out


def test_placeholder_of_an_image_has_its_facts(learn: Any, entry: Any) -> None:
    placeholder = "<not recorded: image, sha256 aa, 80000 bytes, image/webp, 1024x1536>"
    response = success()
    response["data"][0]["b64_json"] = placeholder
    assert learn(entry(ORDER, response)).settings == {
        "default_format": "webp", "auto_size": "1024x1536", "weight": 80_000,
    }  # fmt: skip


def test_placeholder_of_a_prompt_has_its_length(learn: Any, entry: Any) -> None:
    prompts = [f"<not recorded: text, {length} characters>" for length in ("900", "1,100")]
    entries = [
        entry({**ORDER, "prompt": prompts[0]}, success()),
        entry({**ORDER, "prompt": prompts[1]}, refusal(), 422),
    ]
    assert learn(*entries).settings == {"prompt_max_chars": 900}


def test_placeholder_without_a_length_teaches_no_limit(learn: Any, entry: Any) -> None:
    unknown = "<not recorded: image, sha256 aa, 3000 bytes>"
    entries = [entry(ORDER, success()), entry({**ORDER, "prompt": unknown}, refusal(), 422)]
    assert learn(*entries).settings == {}


def test_placeholder_breaks_no_rule(learn: Any, entry: Any) -> None:
    url = "<not recorded: image, sha256 aa, 90 bytes, image/png, 1x1>"
    part = {"type": "image_url", "image_url": {"url": url}}
    assert learn(entry({**ORDER, "input_images": [part]}, success())).settings == {}


def test_placeholder_of_a_code_is_no_name_of_an_error(learn: Any, entry: Any) -> None:
    refused = refusal(code="<not recorded: text, it has a part of the request>")
    assert learn(entry({**ORDER, "n": 0}, refused, 422)).settings == {}


def test_rules_noted_by_the_proxy_count_for_what_it_left_out(learn: Any, entry: Any) -> None:
    url = "<not recorded: image, sha256 aa, 90 bytes, image/png, 1x1>"
    part = {"type": "image_url", "image_url": {"url": url}}
    pointer = "/input_images/0/image_url/url"
    note = {"side": "request", "rule": "request.input_images.item.image_url.url.media-type", "pointer": pointer}
    call = entry({**ORDER, "input_images": [part]}, success())
    call["_omixaMock"] = {"brokenRules": [note, {"side": "response"}, 5]}
    assert learn(call).settings == {"image_checks": "ignore"}


@pytest.mark.parametrize(("images", "settings"), [([], {}), (["one"], {"mask_shape": "object"})])
def test_mask_without_an_input_image_shows_no_form(images: list[str], settings: Any, learn: Any, entry: Any) -> None:
    url = "<not recorded: image, sha256 aa, 90 bytes, image/png, 1x1>"
    part = {"type": "image_url", "image_url": {"url": url}}
    edited = {**ORDER, "input_images": [part for _ in images]} if images else ORDER
    entries = [entry({**edited, "mask": part}, success()), entry({**edited, "mask": url}, refusal(), 422)]
    assert learn(*entries).settings == settings


# Files


def test_calls_of_other_addresses_are_left_out(learn: Any, entry: Any) -> None:
    other = entry(ORDER, success(), 201)
    other["request"]["url"] = "https://elsewhere.invalid/images"
    assert learn(other, entry(ORDER, success())).settings == {}


def test_calls_that_the_proxy_answered_itself_are_left_out(learn: Any, entry: Any) -> None:
    own = {**entry(ORDER, success(), 201), "_omixaMock": {"proxyResponse": True}}
    assert learn(own, entry(ORDER, success())).settings == {}


def test_json_lines_are_read(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    path.write_text("\n".join(json.dumps({"request": ORDER, "response": success(), "status": 201}) for _ in range(2)))
    assert profile_of(path).settings == {"success_status": 201}


def test_zipped_har_is_read(har: Any, entry: Any, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "calls.har.zip", "w") as archive:
        archive.write(har(entry(ORDER, success(), 201)), "calls.har")
    assert profile_of(tmp_path / "calls.har.zip").settings == {"success_status": 201}


@pytest.mark.parametrize("part", ["request", "response", "startedDateTime", "time"])
@pytest.mark.parametrize("value", [None, [], "x", -1, {}])
def test_entry_with_odd_parts_is_read(part: str, value: Any, learn: Any, entry: Any) -> None:
    assert learn({**entry(ORDER, success()), part: value}, entry(ORDER, success(), 201)).settings.keys() <= {
        "success_status"
    }


# The property: what `verify` sends teaches what `verify` sees


VISIBLE: Mapping[str, Any] = {
    "empty_prompt": st.just("allow"),
    "prompt_max_chars": st.integers(1_000, 60_000),
    "input_images_max": st.integers(4, 30).filter(lambda count: count != 16),  # 16 is the default
    "mask_shape": st.sampled_from(["string", "object"]),
    "remote_images": st.just("accept"),
    "image_checks": st.just("ignore"),
    "transparent_jpeg": st.just("opaque"),
    "malformed_status": st.just(400),
    "content_type": st.just("ignore"),
    "success_status": st.just(201),
    "default_format": st.sampled_from(["jpeg", "webp"]),
    "auto_size": st.sampled_from(["1024x1536", "1536x1024"]),
    "provider_limit": st.integers(2, 9),
    "clock": st.just("real"),
    "vary": st.just("call"),
    "fault_header": st.just("obey"),
    "weight": st.integers(70_000, 90_000),
    "unknown_fields": st.just("ignore"),
    "prices": st.integers(10, 60).map(lambda cents: {"gpt-image-1.5": {"base": f"0.0{cents}000"[:8]}}),
}


@pytest.mark.acceptance  # each example asks all probes
@settings(max_examples=40, deadline=None)
@given(st.fixed_dictionaries({}, optional=dict(VISIBLE)))
def test_traffic_of_verify_teaches_the_settings(record_probes: Any, changes: dict[str, Any]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "calls.har")
        path.write_text(json.dumps({"log": {"entries": record_probes(changes)}}))
        assert dict(profile_of(path).settings) == changes


# The command


def run(*arguments: Any) -> Result:
    return CliRunner().invoke(main, ["learn", *map(str, arguments)])


def test_profile_is_one_that_serve_reads(har: Any, entry: Any, tmp_path: Path) -> None:
    path = tmp_path / "profile.toml"
    run(har(entry(ORDER, success(), 201)), "-o", path)
    assert read_config(path) == {"success_status": 201}


def test_profile_goes_to_standard_output_by_default(har: Any, entry: Any) -> None:
    path = har(entry(ORDER, success(), 201))
    assert (
        run(path).stdout.partition("[settings]")[2] == format_profile_file(profile_of(path)).partition("[settings]")[2]
    )


def test_profile_has_no_text_of_a_call(har: Any, entry: Any) -> None:
    path = har(
        entry({**ORDER, "prompt": "secret cat"}, {"error": {"message": "account 8123", "type": "a", "code": "b"}}, 422)
    )
    assert not {"secret cat", "8123"} & set(run(path).stdout.split())


def test_difference_from_an_earlier_profile_ends_with_1(har: Any, entry: Any, tmp_path: Path) -> None:
    profile = tmp_path / "profile.toml"
    run(har(entry(ORDER, success())), "-o", profile)
    result = run(har(entry(ORDER, success(), 201)), "--diff", profile)
    assert (result.exit_code, result.stdout) == (
        1, "success_status: 200 before, 201 now (1 exchange, first: entry 1)\n",
    )  # fmt: skip


def test_no_difference_ends_with_0(har: Any, entry: Any, tmp_path: Path) -> None:
    profile, path = tmp_path / "profile.toml", har(entry(ORDER, success(), 201))
    run(path, "-o", profile)
    assert run(path, "--diff", profile).exit_code == 0


def test_report_of_verify_is_a_source(tmp_path: Path) -> None:
    report = {
        "verdict": "failed", "started_at": "2026-11-29", "failures": [], "observed_settings": ["auto_size"],
        "findings": [{"rules": ["r"], "settings": {"success_status": 201, "errors": {"not_found": {"code": "x"}}}}],
    }  # fmt: skip
    path = tmp_path / "report.json"
    path.write_text(json.dumps(report))
    run(path, "-o", tmp_path / "profile.toml")
    assert read_config(tmp_path / "profile.toml") == {"success_status": 201, "errors": {"not_found": {"code": "x"}}}


@pytest.mark.parametrize("text", ["", "{}", "no", '{"log": {"entries": []}}', "\0", '{"request": 1}'])
def test_file_without_a_call_ends_with_3(text: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text(text)
    assert run(path).exit_code == 3


def test_missing_file_ends_with_3() -> None:
    assert run("/no/such/file.har").exit_code == 3
