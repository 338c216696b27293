"""Tests of learning from the recordings of `omixa-mock proxy`, which leave out prompts and images."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import omixa_mock
from omixa_mock.gateway import with_changes
from omixa_mock.learning.learn import learn_calls, make_profile
from omixa_mock.learning.recordings import read_recording
from omixa_mock.proxy.bodies import Policy
from omixa_mock.server import run_in_thread
from omixa_mock.transports.app import build_app
from omixa_mock.transports.control import ControlPolicy
from omixa_mock.transports.listen import Address
from tests.contract import conftest as probing
from tests.contract.test_round_trip import OBSERVABLE, comparable, findings_of, visible
from tests.proxy.conftest import CAT, GENERATE, run_proxy

SEND_OVER_HTTP = import_module("omixa_mock.contract_tests.transport").send_over_http
# Whether a repeated call was billed again is in no response.
UNLEARNABLE = {"idempotency_key"}
POLICY = Policy()
CONTRACT = omixa_mock.shipped_contract()
TINY = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNgAAAAAgAB5Sfe/AAAAABJRU5ErkJggg=="


def learn(har: Path) -> dict[str, Any]:
    """Return the settings that a recording teaches, without the durations on a busy machine."""
    profile = make_profile(learn_calls(read_recording(har), CONTRACT), CONTRACT, date(2026, 11, 29))
    assert profile.notes == []
    return {name: value for name, value in profile.settings.items() if name != "latency"}


def record_verify(changes: Mapping[str, Any], har: Path) -> Any:
    """Return the report of `verify` against a fake, through a proxy that records."""
    gateway = probing.gateway_with(changes)
    with (
        run_in_thread(build_app(gateway, ControlPolicy()), gateway, Address()) as url,
        run_proxy(url, record=har) as proxy,
    ):
        runner = probing.run_probes(SEND_OVER_HTTP(proxy.url))
        proxy.stop()
    return probing.make_report(runner)


def verify(changes: Mapping[str, Any]) -> Any:
    """Return the report of `verify` against a fake."""
    app = build_app(probing.gateway_with(changes), ControlPolicy())
    with probing.sending_to(app) as send:
        return probing.make_report(probing.run_probes(send))


LEARNABLE = {name: values for name, values in OBSERVABLE.items() if name not in UNLEARNABLE}


@pytest.mark.acceptance  # each example asks all probes twice
@settings(max_examples=10, deadline=None)
@given(st.fixed_dictionaries({}, optional=LEARNABLE))
def test_what_a_recorded_client_teaches_gives_equal_findings(changes: dict[str, Any]) -> None:
    with TemporaryDirectory() as folder:
        report = record_verify(changes, Path(folder, "recorded.har"))
        learnt = learn(Path(folder, "recorded.har"))

    assert comparable(with_changes(omixa_mock.Settings(), learnt)) == comparable(visible(changes))
    assert findings_of(verify(learnt)) == findings_of(report)


@pytest.fixture
def teach(tmp_path: Path) -> Any:
    """Return a function from settings and requests to the settings that their recording teaches."""

    def teach(changes: Mapping[str, Any], *requests: Any, policy: Policy = POLICY) -> dict[str, Any]:
        har = tmp_path / "recorded.har"
        with omixa_mock.serve(settings=changes) as server, run_proxy(server.url, record=har, policy=policy) as proxy:
            headers = {"Authorization": f"Bearer {server.api_key}", "Content-Type": "application/json"}
            for request in requests:
                content = request if isinstance(request, bytes) else json.dumps({**CAT, **request}).encode()
                httpx.post(f"{proxy.url}{GENERATE}", content=content, headers=headers)
            proxy.stop()
        return learn(har)

    return teach


def with_image(url: str) -> dict[str, Any]:
    return {"input_images": [{"type": "image_url", "image_url": {"url": url}}]}


LIMITED = [{"prompt": "x" * 1500}, {"prompt": "x" * 1600}]
# The settings, and requests whose recording teaches them.
LESSONS: Mapping[str, tuple[dict[str, Any], list[Any]]] = {
    "a limit of prompts, from one long word": ({"prompt_max_chars": 1500}, LIMITED),
    "a limit of prompts, from words": ({"prompt_max_chars": 1500}, [{"prompt": "ab " * 500}, {"prompt": "ab " * 520}]),
    "no limit of prompts": ({"prompt_max_chars": 40_000}, [{"prompt": "x" * 40_000}, {"prompt": "x" * 40_001}]),
    "an allowed field": ({"allowed_fields": ["style"]}, [{"style": "very vivid"}]),
    "links as images": ({"remote_images": "accept"}, [with_image("https://a.invalid/very/private/cat.png")]),
    "damaged images": ({"image_checks": "ignore"}, [with_image(f"data:image/jpeg;base64,{TINY}")]),
    "the status of a body that is not JSON": ({"malformed_status": 400}, [b'{"model": "gpt-image-1.5"']),
    "another image for each call": ({"vary": "call"}, [{}, {}]),
}


@pytest.mark.parametrize("lesson", LESSONS)
@pytest.mark.parametrize("policy", [Policy(), Policy(prompts=True), Policy("keep", prompts=True)], ids=str)
def test_recording_teaches(lesson: str, policy: Policy, teach: Any) -> None:
    changes, requests = LESSONS[lesson]
    assert teach(changes, *requests, policy=policy) == changes


def test_different_prompts_of_one_length_are_no_repeated_request(teach: Any) -> None:
    assert teach({}, {"prompt": "a dog"}, {"prompt": "a cat"}, {"prompt": "a cow"}) == {}


def test_dropped_images_show_no_variation(teach: Any) -> None:
    assert teach({"vary": "call"}, {}, {}, policy=Policy("drop")) == {}
