"""Tests that recordings of foreign programs teach what the proxy's own recording of the same traffic teaches."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest

import omixa_mock
from omixa_mock.learning.learn import learn_calls, make_profile
from omixa_mock.learning.recordings import read_recording
from tests.contract import conftest as probing
from tests.learning.test_through_proxy import SEND_OVER_HTTP
from tests.proxy.conftest import CAT, GENERATE, run_proxy

ROOT = Path(__file__).parents[2]
NODE = Path(__file__).parent / "node"
ODD: Mapping[str, Any] = {
    "success_status": 201,
    "default_format": "webp",
    "auto_size": "1536x1024",
    "provider_limit": 3,
    "prompt_max_chars": 5000,
    "allowed_fields": ["response_format"],
    "malformed_status": 400,
    "prices": {"gpt-image-1.5": {"base": "0.050000", "quality": {"high": "2"}}},
    "errors": {"not_found": {"code": "no_such_thing"}},
    "vary": "call",
}
# Bodies that a client sends to the generations endpoint.
FIELDS: Sequence[Mapping[str, Any]] = (
    {},
    {},
    {"n": 5},
    {"quality": "high"},
    {"response_format": "b64_json, please"},
    {"prompt": "x" * 5000},
    {"prompt": "x" * 5001},
)
REQUESTS = (*(json.dumps({**CAT, **fields}) for fields in FIELDS), '{"model": "gpt-image-1.5"')


def profile_of(har: Path) -> tuple[Mapping[str, Any], Sequence[str], Sequence[str]]:
    """Return the settings that a recording teaches, those that are as assumed, and the contradictions.

    Without durations, which are those of each recorder.
    """
    contract = omixa_mock.shipped_contract()
    profile = make_profile(learn_calls(read_recording(har), contract), contract, date(2026, 11, 29))
    settings = {name: value for name, value in profile.settings.items() if name != "latency"}
    return settings, profile.observed, profile.notes


@contextmanager
def run_mitmdump(mitmdump: Path, target: str, har: Path) -> Iterator[str]:
    """Run mitmdump in front of a URL during the block, and let it write a HAR; yield its URL."""
    options = ["--mode", f"reverse:{target}", "--listen-host", "127.0.0.1", "-p", "0", "--set", f"hardump={har}"]
    command = [str(mitmdump), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        lines = iter(process.stdout.readline, "")  # type: ignore[union-attr]  # it is a pipe
        port = next(found[1] for line in lines if (found := re.search(r"listening at .*:(\d+)", line)))
        # A line for each flow: an unread pipe would stop it.
        reader = Thread(target=deque, args=(lines, 0))
        reader.start()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGINT)
            reader.join()


@pytest.fixture
def record_twice(tmp_path: Path, mitmdump: Path) -> Callable[[Callable[[str], None]], tuple[Path, Path]]:
    """Return a function that records calls by mitmproxy and by the proxy behind it."""

    def record(call: Callable[[str], None]) -> tuple[Path, Path]:
        own, foreign = tmp_path / "own.har", tmp_path / "foreign.har"
        settings = {**ODD, "default_balance": "1000000"}
        with (
            omixa_mock.serve(settings=settings, keys=(probing.KEY,)) as server,
            run_proxy(server.url, record=own) as proxy,
        ):
            with run_mitmdump(mitmdump, proxy.url, foreign) as url:
                call(url)
            proxy.stop()
        return own, foreign

    return record


def order(url: str) -> None:
    """Send all requests, and one to another path."""
    headers = {"Authorization": f"Bearer {probing.KEY}", "Content-Type": "application/json"}
    for body in REQUESTS:
        httpx.post(f"{url}{GENERATE}", content=body, headers=headers)
    httpx.get(f"{url}/api/v1/nothing", headers=headers)


def examine(url: str) -> None:
    """Send all requests of `verify`."""
    probing.run_probes(SEND_OVER_HTTP(url))


@pytest.mark.parametrize("call", [order, examine])
def test_a_recording_of_mitmproxy_teaches_the_same_as_the_proxys_own(
    call: Callable[[str], None], record_twice: Callable[[Callable[[str], None]], tuple[Path, Path]]
) -> None:
    own, foreign = record_twice(call)

    assert "mitmproxy" in json.loads(foreign.read_text())["log"]["creator"]["name"].lower()
    assert profile_of(foreign) == profile_of(own)
    assert profile_of(own)[0] == ODD


RECORD = """
import { chromium } from "playwright-core";
const [har, url, executablePath, key, bodies] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const context = await browser.newContext({ recordHar: { path: har } });
const page = await context.newPage();
await page.goto(`${url}/api/v1/models`);
await page.evaluate(async ([url, key, bodies]) => {
  const headers = { "Content-Type": "application/json", Authorization: `Bearer ${key}` };
  for (const body of bodies) {
    await (await fetch(`${url}/api/v1/images/generations`, { method: "POST", headers, body })).text();
  }
  await (await fetch(`${url}/api/v1/nothing`, { headers })).text();
}, [url, key, JSON.parse(bodies)]);
await context.close();
await browser.close();
"""


def test_a_recording_of_playwright_teaches_the_same_as_the_proxys_own(tmp_path: Path) -> None:
    browser = shutil.which("chromium")
    if browser is None or not (NODE / "node_modules").exists():
        pytest.skip("there is no chromium, or no Playwright")
    own, foreign = tmp_path / "own.har", tmp_path / "foreign.har"
    script = NODE / f"record-{tmp_path.name}.mjs"  # beside its modules
    script.write_text(RECORD)
    try:
        with omixa_mock.serve(settings=ODD) as server, run_proxy(server.url, record=own) as proxy:
            arguments = [str(foreign), proxy.url, browser, server.api_key, json.dumps(REQUESTS)]
            done = subprocess.run(["node", script, *arguments], capture_output=True, text=True, check=False, timeout=60)
            proxy.stop()
    finally:
        script.unlink()

    assert done.returncode == 0, done.stderr
    assert profile_of(foreign) == profile_of(own)
    assert profile_of(own)[0] == ODD
