"""Tests of the recording: HAR 1.2, whole after every entry, without keys, prompts and images."""

from __future__ import annotations

import base64
import errno
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import omixa_mock
from omixa_mock.cli import main
from omixa_mock.gateway import CATALOGUE
from omixa_mock.proxy.bodies import Policy
from omixa_mock.proxy.har_file import HarFile
from omixa_mock.proxy.secrets import Secrets

from .conftest import CAT, GENERATE, entries_of, run_proxy
from .test_passing_on import raw_server

KEY = "omx_live_CANARYkey0123456789abcdef"
PROMPT = "Zwei verschwiegene Pelikane über dem Canary Wharf"
FAULTS = ["", *(fault for fault in CATALOGUE if fault not in {"hang", "drip"})]


def make_png() -> bytes:
    """Return an image that the fake drew for another prompt."""
    with omixa_mock.serve() as server:
        headers = {"Authorization": f"Bearer {server.api_key}"}
        response = httpx.post(f"{server.url}{GENERATE}", json={**CAT, "prompt": "an input"}, headers=headers)
    return base64.b64decode(response.json()["data"][0]["b64_json"])


INPUT = base64.b64encode(make_png()).decode()


def post(url: str, *, key: str = KEY, **fields: Any) -> httpx.Response:
    return httpx.post(
        f"{url}{GENERATE}", json={**CAT, **fields}, headers={"Authorization": f"Bearer {key}"}, timeout=20
    )


def leaks(folder: Path, *canaries: str) -> list[str]:
    """Return the canaries of which eight characters in a row are in a file."""
    text = "\n".join(path.read_text("utf-8", "replace") for path in folder.rglob("*") if path.is_file())
    parts = {canary: {canary[at : at + 8] for at in range(len(canary) - 7)} for canary in canaries}
    return [part for canary in canaries for part in parts[canary] if part in text]


SECRET = KEY.removeprefix("omx_live_")


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    fault=st.sampled_from(FAULTS),
    place=st.sampled_from(
        ["bearer", "basic", "x-api-key", "cookie", "query", "path", "prompt", "field", "name", "agent"]
    ),
    coded=st.sampled_from(["plain", "percent", "base64"]),
    body=st.sampled_from(["valid", "edit", "broken", "list", "unknown", "repeated", "image as a prompt", "no names"]),
    images=st.sampled_from(["hash", "drop"]),
)
def test_no_file_has_a_byte_of_a_key_a_prompt_or_an_image(
    tmp_path_factory: Any, fault: str, place: str, coded: str, body: str, images: Any
) -> None:
    folder = tmp_path_factory.mktemp("recorded")
    key = {"plain": KEY, "percent": "".join(f"%{byte:02x}" for byte in KEY.encode())}.get(coded) or base64.b64encode(
        f"x{KEY}".encode()
    ).decode()
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    if place == "basic":
        headers["Authorization"] = f"Basic {base64.b64encode(f'me:{KEY}'.encode()).decode()}"
    elif place in {"x-api-key", "cookie", "agent"}:
        headers[{"agent": "User-Agent", "cookie": "Cookie"}.get(place, place)] = f"session={key}"
    target = {"query": f"{GENERATE}?api_key={quote(key)}", "path": f"{GENERATE}/{key}"}.get(place, GENERATE)
    content = make_body(body, place, key)
    faults = [fault] if fault else []
    with (
        omixa_mock.serve(faults=faults, settings={"time_scale": 0.001}) as server,
        run_proxy(server.url, record=folder / "r.har", policy=Policy(images)) as proxy,
    ):
        with suppress(httpx.HTTPError):
            httpx.post(f"{proxy.url}{target}", content=content, headers=headers, timeout=20)
        proxy.stop()
        (folder / "report.txt").write_text(repr(proxy.observer.report.findings), "utf-8")

    assert len(entries_of(folder / "r.har")) == 1
    assert leaks(folder, SECRET, PROMPT, INPUT[20:400]) == []


def make_body(kind: str, place: str, key: str) -> bytes:
    """Return a body with the prompt, and the key if it is its place."""
    fields: dict[str, Any] = {"model": "gpt-image-1.5", "prompt": f"{PROMPT} {key}" if place == "prompt" else PROMPT}
    if place == "field":
        fields["size"] = key
    if place == "name":
        fields[key] = 1
    if kind == "edit":
        fields["input_images"] = [{"type": "input_image", "image_url": f"data:image/png;base64,{INPUT}"}]
    if kind == "unknown":
        fields |= {"Prompt": PROMPT, "quality": PROMPT, "notes": [PROMPT, {PROMPT: INPUT}]}
    if kind == "image as a prompt":
        fields |= {
            "prompt": f"{PROMPT} {INPUT}",
            "image": INPUT[24:],
            "user": [INPUT, f"data:image/png;base64,{INPUT}"],
        }
    if kind == "no names":
        return json.dumps([PROMPT, INPUT, {"a": {"b": f"see {INPUT}"}}]).encode()
    text = json.dumps([fields] if kind == "list" else fields)
    if kind == "repeated":
        text = f'{{"prompt": {json.dumps(PROMPT)}, {text[1:]}'
    return text.encode()[: -1 if kind == "broken" else None]


def test_an_entry_has_the_members_that_har_requires(upstream: Any, start: Callable[..., Any], har: Path) -> None:
    proxy = start(upstream.url, record=har)
    post(proxy.url, key=upstream.api_key)
    proxy.stop()

    (entry,) = entries_of(har)
    assert {"startedDateTime", "time", "request", "response", "cache", "timings"} <= entry.keys()
    assert {"method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"} <= entry[
        "request"
    ].keys()
    assert {"status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL"} <= entry[
        "response"
    ].keys()
    assert (entry["request"]["url"], entry["response"]["status"]) == (f"{upstream.url}{GENERATE}", 200)
    assert abs(sum(entry["timings"].values()) - entry["time"]) < 0.01


def test_an_image_is_recorded_by_its_hash(upstream: Any, start: Callable[..., Any], har: Path) -> None:
    proxy = start(upstream.url, record=har)
    data = base64.b64decode(post(proxy.url).json()["data"][0]["b64_json"])
    proxy.stop()

    text = json.loads(entries_of(har)[0]["response"]["content"]["text"])["data"][0]["b64_json"]
    digest = hashlib.sha256(data).hexdigest()
    assert text == f"<not recorded: image, sha256 {digest}, {len(data)} bytes, image/png, 1024x1024>"


def test_images_may_be_kept_in_files_beside_the_recording(upstream: Any, start: Callable[..., Any], har: Path) -> None:
    proxy = start(upstream.url, record=har, policy=Policy("keep", prompts=True))
    body = post(proxy.url).content
    proxy.stop()

    name = entries_of(har)[0]["response"]["content"]["_file"]
    assert (har.parent / name).read_bytes() == body
    assert CliRunner().invoke(main, ["validate", str(har)]).exit_code == 0


def test_a_body_without_secrets_is_recorded_as_it_was(upstream: Any, start: Callable[..., Any], har: Path) -> None:
    proxy = start(upstream.url, record=har, policy=Policy(prompts=True))
    content = b'{"prompt":  "a cat",\n"model":"gpt-image-1.5"}'
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    httpx.post(f"{proxy.url}{GENERATE}", content=content, headers=headers)
    proxy.stop()

    assert entries_of(har)[0]["request"]["postData"]["text"] == content.decode()


@pytest.mark.parametrize("images", ["hash", "drop"])
def test_validate_counts_an_image_that_is_left_out_and_reports_no_rule(
    images: Any, upstream: Any, start: Callable[..., Any], har: Path
) -> None:
    proxy = start(upstream.url, record=har, policy=Policy(images))
    post(proxy.url)
    proxy.stop()

    strict, rest = (CliRunner().invoke(main, ["validate", *flags, str(har)]) for flags in ([], ["--allow-skipped"]))
    assert (strict.exit_code, rest.exit_code, rest.stdout) == (3, 0, "")
    assert "images that were not recorded (1)" in rest.stderr
    assert "--images keep --prompts" in strict.stderr


def test_account_ids_are_redacted(start: Callable[..., Any], har: Path) -> None:
    body = b'{"account_id": "cust-987654", "note": "of cust-987654 and acct_A1B2C3D4"}'
    head = b"HTTP/1.1 200 OK\r\nX-Account-Id: cust-987654\r\nContent-Length: %d\r\n\r\n" % len(body)
    with raw_server(head + body) as (url, _):
        proxy = start(url, record=har)
        httpx.get(f"{proxy.url}/api/v1/models?organization_id=org-555555")
        proxy.stop()

    text = har.read_text()
    assert [secret for secret in ("987654", "A1B2C3D4", "555555") if secret in text] == []


@pytest.mark.parametrize(
    ("fault", "outcome", "status"),
    [
        ("no_response", "closed", 0),
        ("reset", "reset", 0),
        ("garbage", "malformed", 0),
        ("truncated", "closed", 200),
        ("reset_in_body", "reset", 200),
        ("malformed_chunk", "malformed", 200),
    ],
)
def test_a_broken_response_is_recorded_as_such(
    fault: str, outcome: str, status: int, upstream: Any, start: Callable[..., Any], har: Path
) -> None:
    proxy = start(upstream.url, record=har)
    upstream.fail(fault)
    with pytest.raises(httpx.HTTPError):
        post(proxy.url, key=upstream.api_key)
    proxy.stop()

    response = entries_of(har)[0]["response"]
    assert (response["_error"], response["status"]) == (outcome, status)
    assert CliRunner().invoke(main, ["validate", "--allow-skipped", str(har)]).exit_code == 0


def test_an_existing_file_is_not_overwritten(upstream: Any, har: Path) -> None:
    har.write_text("precious")
    result = CliRunner().invoke(main, ["proxy", upstream.url, "--no-cap", "--record", str(har)])

    assert (result.exit_code, har.read_text()) == (2, "precious")


@pytest.fixture
def process(upstream: Any, har: Path, tmp_path: Path) -> Any:
    """Start the command in a process of its own; return it with its URL."""
    ready = tmp_path / "url"
    command = [sys.executable, "-c", "from omixa_mock.cli import main; main()", "proxy", upstream.url]
    options = ["--max-spend", "9", "--port", "0", "--ready-file", str(ready), "--record", str(har)]
    started = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 20
    while not ready.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    yield started, ready.read_text()
    started.kill()
    started.communicate()


def test_a_killed_proxy_leaves_a_readable_file(process: Any, har: Path) -> None:
    started, url = process
    for _ in range(3):
        post(url)
    httpx.get(f"{url}/__omixa/requests")  # all are recorded
    started.send_signal(signal.SIGKILL)
    started.wait()

    assert [entry["response"]["status"] for entry in entries_of(har)] == [200, 200, 200]


@pytest.mark.acceptance
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM for others")
def test_sigterm_ends_it_with_open_calls_recorded_and_reported(process: Any, har: Path, upstream: Any) -> None:
    started, url = process
    upstream.fail("delay:20s")  # half a second under this time scale
    host, port = url.removeprefix("http://").split(":")
    body = b'{"model": "gpt-image-1.5", "prompt": "a cat"}'
    with socket.create_connection((host, int(port))) as connection:
        head = f"POST {GENERATE} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {upstream.api_key}\r\n"
        connection.sendall(
            f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        )
        time.sleep(0.2)
        started.send_signal(signal.SIGTERM)
        response = b"".join(iter(lambda: connection.recv(65536), b""))
    assert response.startswith(b"HTTP/1.1 200 OK")
    stdout, stderr = started.communicate(timeout=15)

    assert (started.returncode, stdout) == (0, "")
    assert "1 request, 1 response, all valid" in stderr
    assert "billed: 0.039000 USD of 9 allowed" in stderr
    assert entries_of(har)[0]["response"]["status"] == 200


ECHOES = [
    {"data": [{"b64_json": "%s"}]},
    {"image": "%s"},
    {"output": {"content": "%s"}},
    {"text": "Here it is: %s."},
    {"url": "data:image/png;base64,%s"},
    {"%s": 1},
]


@pytest.mark.parametrize("echo", ECHOES, ids=str)
@pytest.mark.parametrize("form", ["standard", "urlsafe", "wrapped", "without its beginning"])
def test_no_image_of_a_response_is_recorded_wherever_it_is(
    echo: Any, form: str, start: Callable[..., Any], har: Path
) -> None:
    data = os.urandom(3000)
    text = base64.b64encode(b"\x89PNG\r\n\x1a\n" + data).decode()
    shown = {
        "standard": text,
        "urlsafe": text.replace("+", "-").replace("/", "_"),
        "wrapped": "\n".join(text[at : at + 76] for at in range(0, len(text), 76)),
        "without its beginning": text[24:],
    }[form]
    body = json.dumps(echo).replace("%s", json.dumps(shown)[1:-1]).encode()
    field = shown[:600].replace("\n", "").encode()
    head = b"HTTP/1.1 200 OK\r\nX-Image: %s\r\nContent-Length: %d\r\n\r\n" % (field, len(body))
    with raw_server(head + body) as (url, _):
        proxy = start(url, record=har, policy=Policy(prompts=True))
        httpx.post(f"{proxy.url}{GENERATE}?image={quote(shown[:2000])}", json=CAT)
        proxy.stop()

    assert leaks(har.parent, shown) == []


def test_a_prompt_in_the_query_is_not_recorded(upstream: Any, start: Callable[..., Any], har: Path) -> None:
    proxy = start(upstream.url, record=har)
    httpx.get(f"{proxy.url}/api/v1/usage/requests?prompt=cat&text={quote(PROMPT)}&limit=5")
    proxy.stop()

    (request,) = (entry["request"] for entry in entries_of(har))
    assert leaks(har.parent, PROMPT) == []
    assert [(row["name"], len(row["value"]) < 9) for row in request["queryString"]] == [
        ("prompt", False), ("text", False), ("limit", True),
    ]  # fmt: skip


def test_equal_texts_have_equal_numbers(upstream: Any, start: Callable[..., Any], har: Path) -> None:
    proxy = start(upstream.url, record=har)
    for prompt in ("a dog", "a cow", "a dog"):
        post(proxy.url, prompt=prompt)
    proxy.stop()

    prompts = [json.loads(entry["request"]["postData"]["text"])["prompt"] for entry in entries_of(har)]
    assert prompts == [f"<not recorded: text, 5 characters, number {number}>" for number in (1, 2, 1)]


def test_a_long_word_is_a_prompt_and_no_image(upstream: Any, start: Callable[..., Any], har: Path) -> None:
    proxy = start(upstream.url, record=har, policy=Policy(prompts=True))
    post(proxy.url, prompt="Donaudampfschiff" * 500)
    proxy.stop()

    assert json.loads(entries_of(har)[0]["request"]["postData"]["text"])["prompt"] == "Donaudampfschiff" * 500


def test_a_full_disk_leaves_the_entries_before_readable(har: Path, monkeypatch: Any) -> None:
    file = HarFile(har)
    file.add({"number": 1}, [])
    write, failing = os.write, [True]

    def write_a_part(descriptor: int, data: bytes) -> int:
        if len(data) > 1000 and failing:
            return write(descriptor, data[:500])
        if failing and len(data) > 100:
            failing.clear()
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data)

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", write_a_part)
        with pytest.raises(OSError, match="No space"):
            file.add({"text": "x" * 1200}, [])
    after_failure = entries_of(har)
    file.add({"number": 3}, [])
    file.close()

    assert (after_failure, entries_of(har)) == ([{"number": 1}], [{"number": 1}, {"number": 3}])


@pytest.fixture
def eager_threads() -> Iterator[None]:
    """Let threads take turns after a microsecond."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("eager_threads")
def test_a_secret_may_be_learnt_while_another_thread_redacts() -> None:
    secrets = Secrets()
    with ThreadPoolExecutor(1) as pool:
        redacting = pool.submit(lambda: [secrets.redact(f"text {number}") for number in range(100)])
        for number in range(200):
            secrets.add(f"canary-{number}-of-many", "the key")
        redacting.result()

    assert secrets.redact("see canary-5-of-many") == "see <the key>"
