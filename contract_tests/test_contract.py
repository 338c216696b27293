"""Test that runs every probe against the target."""

from __future__ import annotations

import pytest

from .probe import Inconclusive, Probe
from .runner import PROBES, ProbeRunner, format_violation, is_failure
from .target import NoResponse


@pytest.mark.parametrize("probe", PROBES, ids=[probe.name for probe in PROBES])
def test_contract(probe: Probe, runner: ProbeRunner) -> None:
    """Test that the gateway satisfies the rules of a probe."""
    __tracebackhide__ = True
    skip_reason = runner.skip_reason(probe)
    if skip_reason:
        pytest.skip(skip_reason)
    try:
        violations = runner.run(probe)
    except Inconclusive as inconclusive:
        pytest.skip(str(inconclusive))
    except NoResponse as error:
        pytest.exit(str(error), returncode=3)
    message = "\n".join(format_violation(violation) for violation in violations)
    if any(map(is_failure, violations)):
        pytest.fail(message, pytrace=False)
    if violations:
        pytest.xfail(f"finding\n{message}")
