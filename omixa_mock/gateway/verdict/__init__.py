"""The verdict on the calls of a test: breaches, unmet plans, charges, open holds, evictions.

The assertions of the mock, the strictness of the pytest plugin and the control route `/__omixa/verdict` share it.
"""

from __future__ import annotations

from .breaches import breaks_contract, is_about_key
from .charges import charged, describe_charges, find_duplicate, find_orphans
from .evictions import describe_evicted
from .open_holds import describe_held, find_open_holds, sum_held
from .plan_outcomes import describe_unmet, error_of, explain_plan_state, is_unmet
from .verdict import FINDINGS, Evidence, Finding, Verdict, reach_verdict

__all__ = [
    "FINDINGS",
    "Evidence",
    "Finding",
    "Verdict",
    "breaks_contract",
    "charged",
    "describe_charges",
    "describe_evicted",
    "describe_held",
    "describe_unmet",
    "error_of",
    "explain_plan_state",
    "find_duplicate",
    "find_open_holds",
    "find_orphans",
    "is_about_key",
    "is_unmet",
    "reach_verdict",
    "sum_held",
]
