"""The soak test runs, in its small form."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SMOKE = [sys.executable, "-m", "tests.soak", "--smoke"]


@pytest.mark.acceptance
@pytest.mark.skipif(sys.platform != "linux", reason="it reads /proc")
def test_money_adds_up_under_faults_and_clients_that_leave() -> None:
    done = subprocess.run(SMOKE, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["0 findings"]), done.stdout + done.stderr
