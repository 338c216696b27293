"""Exports of recorded calls: the curl command repeats them, the pytest test passes, the HAR can be read."""

from __future__ import annotations

import contextlib
import json
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import omixa_mock
from omixa_mock import Call, OmixaMock
from omixa_mock.cli import main
from omixa_mock.gateway import CATALOGUE
from omixa_mock.kit.exports import NotExportable, write_curl, write_har, write_test

URL, KEY = "http://127.0.0.1:6649", "omx_live_exported"
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNgAAAAAgAB5Sfe/AAAAABJRU5ErkJggg=="
IMAGE = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
CAT = {"model": "gpt-image-1.5", "prompt": "a cat"}
GENERATE = "/images/generations"


def post(mock: OmixaMock, path: str = GENERATE, method: str = "POST", **options: Any) -> None:
    """Send a request; a fault may leave it without a response."""
    headers = {"Authorization": f"Bearer {mock.api_key}"}
    # Without this machine's certificates, which take long to load.
    with (
        httpx.Client(headers=headers, timeout=0.2, verify=False, trust_env=False) as client,
        contextlib.suppress(httpx.HTTPError),
    ):
        client.request(method, mock.base_url + path, **options)


def make_call(prepare: Callable[[OmixaMock], None] = lambda _: None, **options: Any) -> Callable[[OmixaMock], None]:
    """Return a function that prepares a mock and makes a call."""

    def make(mock: OmixaMock) -> None:
        prepare(mock)
        post(mock, **({"json": CAT} | options))

    return make


# Calls of every kind, each by a function that makes it.
CALLS: dict[str, Callable[[OmixaMock], None]] = {
    "success": make_call(),
    "every field": make_call(
        json=CAT | {"n": 2, "size": "1024x1536", "output_format": "webp", "background": "transparent"}
    ),
    "text of all kinds": make_call(json=CAT | {"prompt": 'it\'s "a" $cat `x` \\ é 猫 🐈\n\u2028 <img onerror=1> {0}'}),
    "edit": make_call(json=CAT | {"input_images": [IMAGE]}),
    "merge": make_call(json=CAT | {"input_images": [IMAGE, IMAGE]}),
    "broken rules": make_call(json=CAT | {"n": 11, "size": "1x1", "quality": None, "user": True}),
    "wrong path": make_call(path="/images/edits"),
    "path outside": make_call(path="/../nowhere"),
    "wrong method": make_call(path="/models", method="DELETE", json=None),
    "list of models": make_call(path="/models", method="GET", json=None),
    "no balance": make_call(lambda mock: mock.set_balance("0")),
    "another model": make_call(lambda mock: mock.allow_models()),
    "routes down": make_call(lambda mock: mock.routes_down("azure-openai")),
    "setting": make_call(lambda mock: mock.configure(unknown_fields="ignore"), json=CAT | {"user": "me"}),
    "prices": make_call(lambda mock: mock.configure(prices={"gpt-image-1.5": "0.5"})),
    "latency": make_call(lambda mock: mock.configure(latency="10ms")),
    **{name: make_call(lambda mock, name=name: mock.fail(name)) for name in CATALOGUE if name not in {"delay", "drip"}},  # type: ignore[misc]
    "delay": make_call(lambda mock: mock.fail("delay_after_capture:10ms")),
    "reset after capture": make_call(lambda mock: mock.fail("reset_after_capture")),
}
# An exported test loads this machine's certificates, which takes long; all of them run in one acceptance test.
FEW = {name: make for name, make in CALLS.items() if name not in CATALOGUE or name in {"no_route", "reset"}}
EVERY_CALL = pytest.mark.parametrize("make", CALLS.values(), ids=CALLS)


@pytest.fixture
def mock() -> Iterator[OmixaMock]:
    with omixa_mock.intercept() as mock:
        yield mock


def settings_of(mock: OmixaMock) -> dict[str, Any]:
    """Return the changed settings of a mock, as the control routes describe them."""
    from omixa_mock.transports.control.json import changed_settings

    return changed_settings(mock.gateway.workspaces.enter(mock.api_key).settings)


def export(make: Callable[[OmixaMock], None]) -> tuple[Call, str]:
    """Return a new call and its pytest test."""
    with omixa_mock.intercept() as mock:
        make(mock)
        return mock.last, write_test(mock.last, settings_of(mock))


@pytest.mark.acceptance
def test_every_exported_test_passes(tmp_path: Path) -> None:
    for number, make in enumerate(CALLS.values()):
        (tmp_path / f"test_{number}.py").write_text(export(make)[1], "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-5000:]
    assert f"{len(CALLS)} passed" in done.stdout


@pytest.mark.parametrize("make", FEW.values(), ids=FEW)
def test_exported_test_repeats_the_request(make: Callable[[OmixaMock], None]) -> None:
    call, text = export(make)
    names: dict[str, Any] = {}
    exec(compile(text, "exported", "exec"), names)
    with omixa_mock.intercept() as mock:
        mock.configure(**mark_of(names[f"test_call_{call.number}"]))
        names[f"test_call_{call.number}"](mock)
        assert (mock.last.method, mock.last.path, mock.last.document) == (call.method, call.path, call.document)


def mark_of(function: Any) -> dict[str, Any]:
    """Return the options of a test's marker."""
    return {name: value for mark in getattr(function, "pytestmark", ()) for name, value in mark.kwargs.items()}


def test_lines_of_an_exported_test_are_as_short_as_their_texts() -> None:
    assert max(map(len, export(CALLS["reset after capture"])[1].splitlines())) <= 100


@EVERY_CALL
def test_command_repeats_the_request(mock: OmixaMock, make: Callable[[OmixaMock], None]) -> None:
    make(mock)
    words = shlex.split(write_curl(mock.last, URL, KEY))
    assert words[:2] == ["curl", URL + mock.last.path]
    assert (json.loads(words[-1]) if "-d" in words else None) == mock.last.document


def test_command_has_the_key(mock: OmixaMock) -> None:
    post(mock, json=CAT)
    assert f"-H 'Authorization: Bearer {KEY}'" in write_curl(mock.last, URL, KEY)


def test_command_keeps_the_headers_that_change_the_response(mock: OmixaMock) -> None:
    post(mock, json=CAT, headers={"Idempotency-Key": "a b", "X-Other": "1"})
    words = shlex.split(write_curl(mock.last, URL, KEY))
    assert "Idempotency-Key: a b" in words
    assert "X-Other: 1" not in words


def test_long_body_is_a_here_document(mock: OmixaMock) -> None:
    mock.configure(prompt_max_chars=1_000_000)
    post(mock, json=CAT | {"prompt": "it's " * 30_000})
    head, body, end = write_curl(mock.last, URL, KEY).split("\n")
    assert (head.endswith("--data-binary @- <<'OMIXA_MOCK_BODY'"), json.loads(body)["prompt"][:4], end) == (
        True,
        "it's",
        "OMIXA_MOCK_BODY",
    )


# What cannot be exported: options of the call, and a text of the refusal.
LOST: dict[str, tuple[dict[str, Any], str]] = {
    "no JSON": ({"content": b"{"}, "is not kept"),
    "no object": ({"json": [1]}, "is not kept"),
    "no body": ({}, "is not kept"),
}


@pytest.mark.parametrize("write", [lambda call: write_curl(call, URL, KEY), lambda call: write_test(call, {})])
@pytest.mark.parametrize(("options", "text"), LOST.values(), ids=LOST)
def test_unrecorded_body_is_refused(
    mock: OmixaMock, write: Callable[[Call], str], options: dict[str, Any], text: str
) -> None:
    post(mock, **options)
    with pytest.raises(NotExportable, match=text):
        write(mock.last)


def test_dropped_body_is_refused() -> None:
    with omixa_mock.serve(journal_bytes=1) as mock:
        for _ in range(2):
            post(mock, json=CAT | {"prompt": "a" * 5000})
        with pytest.raises(NotExportable, match="--journal-bytes 256MB"):
            write_curl(mock.calls[0], URL, KEY)


def test_response_of_the_test_is_refused(mock: OmixaMock) -> None:
    mock.respond({"data": []})
    post(mock, json=CAT)
    with pytest.raises(NotExportable, match="a test's own"):
        write_test(mock.last, {})


# HAR


@pytest.fixture
def har(mock: OmixaMock) -> Any:
    """Return the HAR of a call of every kind."""
    mock.configure(time_scale=0)
    for make in CALLS.values():
        mock.routes_down()
        mock.set_balance("100")
        make(mock)
    return write_har(mock.calls, URL)


def test_har_has_an_entry_for_each_call(mock: OmixaMock, har: Any) -> None:
    assert [(entry["request"]["method"], entry["request"]["url"]) for entry in har["log"]["entries"]] == [
        (call.method, URL + call.path) for call in mock.calls
    ]


def test_har_is_json(har: Any) -> None:
    assert json.loads(json.dumps(har)) == har


def test_har_has_no_key(mock: OmixaMock) -> None:
    post(mock, json=CAT | {"prompt": "a cat named omx_live_secret"})
    post(mock, path="/omx_live_secret", json=CAT)
    post(mock, json=CAT, headers={"Authorization": "Bearer omx_live_secret"})
    assert "omx_live_secret" not in json.dumps(write_har(mock.calls, URL))


MEMBERS = {
    "entry": {"startedDateTime", "time", "request", "response", "cache", "timings"},
    "request": {"method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"},
    "response": {
        *("status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL", "headersSize"),
        "bodySize",
    },
}


@pytest.mark.parametrize("kind", MEMBERS)
def test_har_has_the_required_members(har: Any, kind: str) -> None:
    entries = har["log"]["entries"]
    assert [entry for entry in entries if not MEMBERS[kind] <= set(entry if kind == "entry" else entry[kind])] == []


def test_validate_reads_a_har(mock: OmixaMock, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for options in ({}, {"n": 2, "output_format": "webp"}, {"input_images": [IMAGE]}):
        post(mock, json=CAT | options)
    path = tmp_path / "calls.har"
    path.write_text(json.dumps(write_har(mock.calls, URL)))
    with pytest.raises(SystemExit) as caught:
        main(["validate", str(path)])
    assert (caught.value.code or 0, capsys.readouterr().out) == (0, "")
