"""Planned faults: catalogue, plans, matching, injection, response mutations."""

from __future__ import annotations

from .catalogue import CATALOGUE, OK, Fault, FaultKind, Moment, read_fault
from .injection import ABORTED, BROKEN, MESSAGES, ConnectionAborted, deliver, inject, provider_seconds, wait_for
from .matching import FIELDS, TOLD, Matcher, Predicate, read_matcher, value_of
from .mutations import MUTATIONS, mutate_response
from .plan import Plan, describe_plan, is_covered
from .plan_parsing import PLAN_FIELDS, read_plan, write_plan
from .plan_state import PlannedOutcome, PlanState, describe_plan_state
from .triggers import read_header, read_trigger

__all__ = [
    "BROKEN",
    "CATALOGUE",
    "FIELDS",
    "MESSAGES",
    "OK",
    "PLAN_FIELDS",
    "ABORTED",
    "TOLD",
    "MUTATIONS",
    "Matcher",
    "Fault",
    "FaultKind",
    "Moment",
    "Plan",
    "PlanState",
    "Predicate",
    "ConnectionAborted",
    "PlannedOutcome",
    "deliver",
    "describe_plan",
    "describe_plan_state",
    "mutate_response",
    "is_covered",
    "provider_seconds",
    "read_matcher",
    "read_fault",
    "read_header",
    "read_plan",
    "read_trigger",
    "inject",
    "value_of",
    "wait_for",
    "write_plan",
]
