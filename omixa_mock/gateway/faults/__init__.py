"""Planned faults: catalogue, plans, matching, injection, response mutations."""

from __future__ import annotations

from .catalogue import CATALOGUE, OK, Fault, FaultKind, Moment, read_fault
from .injection import BROKEN, MESSAGES, SEVERED, Severed, deliver, provider_seconds, strike, wait_for
from .matching import FIELDS, TOLD, Condition, Predicate, read_condition, value_of
from .mutations import VARIANTS, disfigure
from .plan import Plan, describe_plan, is_covered
from .plan_parsing import PLAN_FIELDS, read_plan, write_plan
from .plan_state import PlannedRun, Turn, describe_run
from .triggers import read_header, read_trigger

__all__ = [
    "BROKEN",
    "CATALOGUE",
    "FIELDS",
    "MESSAGES",
    "OK",
    "PLAN_FIELDS",
    "SEVERED",
    "TOLD",
    "VARIANTS",
    "Condition",
    "Fault",
    "FaultKind",
    "Moment",
    "Plan",
    "PlannedRun",
    "Predicate",
    "Severed",
    "Turn",
    "deliver",
    "describe_plan",
    "describe_run",
    "disfigure",
    "is_covered",
    "provider_seconds",
    "read_condition",
    "read_fault",
    "read_header",
    "read_plan",
    "read_trigger",
    "strike",
    "value_of",
    "wait_for",
    "write_plan",
]
