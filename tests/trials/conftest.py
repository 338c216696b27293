"""Fixtures for the tests of the gauntlet: client programs of a few lines, in Python alone."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest
from click.testing import CliRunner, Result

from omixa_mock.cli import main

HEAD = """
    import base64, json, os, sys, time, urllib.error, urllib.request

    def order(**fields):
        body = json.dumps({"model": "gpt-image-1.5", "prompt": "a cat", **fields}).encode()
        headers = {"Authorization": "Bearer " + os.environ["OMIXA_API_KEY"], "Content-Type": "application/json"}
        request = urllib.request.Request(os.environ["OMIXA_BASE_URL"] + "/images/generations", body, headers)
        with urllib.request.urlopen(request, timeout=5) as response:
            return json.load(response)

    def write(document):
        open("out.png", "wb").write(base64.b64decode(document["data"][0]["b64_json"]))
"""
# What a client does with `order` and `write`.
CLIENTS = {
    "plain": "write(order())",
    "twice": "order(); write(order())",
    "blind": """
        for attempt in range(3):
            try:
                write(order())
                break
            except Exception:
                if attempt == 2: raise
    """,
    "silent": """
        try:
            write(order())
        except Exception:
            pass
    """,
    "deaf": "order(); time.sleep(60)",
    "broken": "sys.exit('not today')",
    "two images": """
        for number, item in enumerate(order(n=2)["data"]):
            open(f"out{number}.png", "wb").write(base64.b64decode(item["b64_json"]))
    """,
}

MakeClient = Callable[[str], list[str]]
Gauntlet = Callable[..., Result]


@pytest.fixture
def client(tmp_path: Path) -> MakeClient:
    """Return a function that writes a client program, and returns its command."""

    def make(name: str) -> list[str]:
        path = tmp_path / f"{name.replace(' ', '_')}.py"
        path.write_text(dedent(HEAD) + dedent(CLIENTS[name]))
        return [sys.executable, "-S", str(path)]

    return make


@pytest.fixture
def gauntlet(client: MakeClient) -> Gauntlet:
    """Return a function that runs the command with a client of this module."""

    def run(name: str, *options: str) -> Result:
        return CliRunner().invoke(main, ["gauntlet", *options, "--", *client(name)])

    return run
