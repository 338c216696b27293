"""Tests of the verdict on plain curl."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.acceptance  # needs curl
ORDER = """
set -e
curl -sf -m 3 "$OMIXA_BASE_URL/images/generations" -H "Authorization: Bearer $OMIXA_API_KEY" \
  -H "Content-Type: application/json" -d '{"model": "gpt-image-1.5", "prompt": "a cat"}' > out.json
sed 's/.*"b64_json": *"\\([^"]*\\)".*/\\1/' out.json | base64 -d > out.png
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The report on curl, each fault once, and how long it took."""
    if shutil.which("curl") is None:
        pytest.skip("this machine has no curl")
    folder = tmp_path_factory.mktemp("curl")
    (folder / "order.sh").write_text(ORDER)
    command = [str(Path(sys.executable).with_name("omixa-mock")), "gauntlet", "-k", "once and not after_capture"]
    began = time.monotonic()
    done = subprocess.run(
        [*command, "--output", "out.png", "--format", "json", "--", "sh", "order.sh"],
        capture_output=True, text=True, check=False, cwd=folder,
    )  # fmt: skip
    return {"seconds": time.monotonic() - began, **json.loads(done.stdout)}


def outcomes(report: Any, name: str) -> set[str]:
    return {
        trial["case"].removesuffix(" once")
        for trial in report["trials"]
        if name in {outcome["name"] for outcome in trial["outcomes"]}
    }


def test_curl_swallows_wrong_files(report: Any) -> None:
    assert outcomes(report, "swallowed") >= {"url_and_empty_b64", "other_format", "other_size", "corrupt_image"}


def test_curl_never_pays_again(report: Any) -> None:
    assert outcomes(report, "paid again") == set()


def test_curl_ends_loudly_after_every_refusal(report: Any) -> None:
    assert outcomes(report, "ended loudly") >= {"no_route", "rate_limited", "invalid_key", "internal_error"}


def test_fifty_cases_are_tried(report: Any) -> None:
    assert len(report["trials"]) == 50
