"""Tests of the proxy with foreign programs: client libraries under every fault, Playwright, mitmproxy."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import httpx
import pytest

import omixa_mock
from omixa_mock.gateway import CATALOGUE

pytestmark = pytest.mark.acceptance

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(__file__).parent / "clients"
NODE = Path(__file__).parent / "node"
# By kind of client: the command of a program that orders one image.
CLIENTS = {
    "requests": [sys.executable, PROGRAMS / "client.py", "requests"],
    "openai": [sys.executable, PROGRAMS / "client.py", "openai-without-retries"],
    "fetch": ["node", NODE / "client.mjs", "fetch"],
    "curl": ["sh", PROGRAMS / "client.sh"],
    "php": ["php", PROGRAMS / "client.php", "curl"],
}
# Seconds; only a hang exceeds it.
TIMEOUT = "6"
SETTINGS = {"time_scale": 0.001}


def load(path: Path) -> ModuleType:
    """Load a module by its path: `tests` is no package."""
    spec = importlib.util.spec_from_file_location("proxy_fixtures", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


FIXTURES = load(ROOT / "tests" / "proxy" / "conftest.py")


@pytest.fixture(scope="module")
def urls() -> Iterator[tuple[str, str]]:
    """Return the URL of a fake, and of a proxy in front of another one."""
    with (
        omixa_mock.serve(settings=SETTINGS) as direct,
        omixa_mock.serve(settings=SETTINGS) as behind,
        FIXTURES.run_proxy(behind.url) as proxy,
    ):
        yield direct.url, proxy.url


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("fault", CATALOGUE)
def test_a_client_under_a_fault_does_what_it_does_without_the_proxy(
    client: str, fault: str, urls: tuple[str, str], tmp_path: Path
) -> None:
    if shutil.which(str(CLIENTS[client][0])) is None:
        pytest.skip(f"{CLIENTS[client][0]} is not on this machine")
    direct, proxied = (
        order_image(client, f"omx_live_fail_{fault}", url, tmp_path / name)
        for name, url in zip("ab", urls, strict=True)
    )

    assert proxied == direct


# Node ends so if nothing is left to wait for: rarely, its fetch forgets a body whose decoder failed.
FORGOTTEN = 13


def order_image(client: str, key: str, url: str, folder: Path) -> tuple[int, bytes, str]:
    """Return a program's exit code, the image that it wrote, and its one line about an error."""
    result = run_client(client, key, url, folder)
    return run_client(client, key, url, folder.with_suffix(".again")) if result[0] == FORGOTTEN else result


def run_client(client: str, key: str, url: str, folder: Path) -> tuple[int, bytes, str]:
    """Run a client once."""
    folder.mkdir()
    environment = {"OMIXA_BASE_URL": f"{url}/api/v1", "OMIXA_API_KEY": key, "OMIXA_TIMEOUT": TIMEOUT}
    done = subprocess.run(
        [str(word) for word in CLIENTS[client]],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    image = folder / "out.png"
    return done.returncode, image.read_bytes() if image.exists() else b"", done.stderr


REPLAY = """
import { chromium } from "playwright-core";
const [har, url, executablePath] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const page = await browser.newPage();
await page.routeFromHAR(har, { notFound: "abort" });
await page.goto(`${url}/api/v1/models`);
const body = JSON.stringify({ model: "gpt-image-1.5", prompt: "a cat" });
const answer = await page.evaluate(async ([url, body]) => {
  const headers = { "Content-Type": "application/json", Authorization: "Bearer omx_live_other" };
  const response = await fetch(`${url}/api/v1/images/generations`, { method: "POST", headers, body });
  return await response.text();
}, [url, body]);
process.stdout.write(answer);
await browser.close();
"""


@pytest.fixture
def recorded(tmp_path: Path) -> tuple[Path, str, bytes]:
    """Record two calls whole; return the HAR, the gateway's URL, and the body of the second response."""
    har = tmp_path / "recorded.har"
    policy = FIXTURES.Policy("keep", prompts=True)
    headers = {"Authorization": "Bearer omx_live_CANARYkey0123456789", "Content-Type": "application/json"}
    with omixa_mock.serve() as server, FIXTURES.run_proxy(server.url, record=har, policy=policy) as proxy:
        httpx.get(f"{proxy.url}/api/v1/models", headers=headers)
        content = b'{"model":"gpt-image-1.5","prompt":"a cat"}'
        body = httpx.post(f"{proxy.url}/api/v1/images/generations", content=content, headers=headers).content
        proxy.stop()
        return har, server.url, body


def test_playwright_replays_a_recording(recorded: tuple[Path, str, bytes], tmp_path: Path) -> None:
    har, url, body = recorded
    browser = shutil.which("chromium")
    if browser is None or not (NODE / "node_modules").exists():
        pytest.skip("there is no chromium, or no Playwright")
    script = NODE / f"replay-{tmp_path.name}.mjs"  # beside its modules
    script.write_text(REPLAY)
    try:
        done = subprocess.run(
            ["node", script, har, url, browser], capture_output=True, text=True, check=False, timeout=60
        )
    finally:
        script.unlink()

    assert done.stdout.encode() == body, done.stderr


def test_mitmproxy_reads_a_recording(recorded: tuple[Path, str, bytes], mitmdump: Path) -> None:
    har, url, _ = recorded
    done = subprocess.run(
        [mitmdump, "-n", "-r", har, "--set", "flow_detail=1"], capture_output=True, text=True, check=False, timeout=60
    )

    assert f"POST {url}/api/v1/images/generations" in done.stdout, done.stderr
    assert json.loads(har.read_text())["log"]["version"] == "1.2"
