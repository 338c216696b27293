"""Test that runs every probe against the target."""

from __future__ import annotations

import pytest

from .formats import violation_lines
from .probe import Probe
from .runner import PROBES, ProbeRunner


@pytest.mark.parametrize("probe", PROBES, ids=[probe.name for probe in PROBES])
def test_contract(probe: Probe, runner: ProbeRunner) -> None:
    """Test that the gateway satisfies the rules of a probe."""
    __tracebackhide__ = True
    result = runner.run(probe)
    if result.violations:
        pytest.fail("\n".join(violation_lines(result)), pytrace=False)
    if result.left_out or result.inconclusive:
        pytest.skip(result.left_out or result.inconclusive)
