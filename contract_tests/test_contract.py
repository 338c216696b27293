"""Every probe, as a test."""

from __future__ import annotations

import pytest

from .examination import PROBES, Examination, is_failure, tell
from .probe import Probe, Unseen
from .target import NoAnswer


@pytest.mark.parametrize("probe", PROBES, ids=[probe.name for probe in PROBES])
def test_contract(probe: Probe, examination: Examination) -> None:
    """A gateway keeps the rules that a probe watches."""
    __tracebackhide__ = True
    left_out = examination.leave_out(probe)
    if left_out:
        pytest.skip(left_out)
    try:
        broken = examination.ask(probe)
    except Unseen as unseen:
        pytest.skip(str(unseen))
    except NoAnswer as silence:
        pytest.exit(str(silence), returncode=3)
    told = "\n".join(tell(each) for each in broken)
    if any(map(is_failure, broken)):
        pytest.fail(told, pytrace=False)
    if broken:
        pytest.xfail(f"finding\n{told}")
