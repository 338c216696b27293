"""The benchmarks run; how fast is nothing that a test could judge on a shared machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_table_of_the_strategies() -> None:
    command = [sys.executable, str(BENCHMARKS / "strategies.py"), "20", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert done.stdout.count("\n| ") == 10
