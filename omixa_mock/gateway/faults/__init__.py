"""Planned faults: catalogue, plans, matching, injection, response mutations."""

from __future__ import annotations

from .catalogue import CATALOGUE, OK, RESPOND, Fault, FaultKind, Moment, read_fault, read_recorded
from .injection import (
    ABORTED,
    BROKEN,
    MESSAGES,
    ConnectionAborted,
    ResponseReplaced,
    deliver,
    fault_of,
    inject,
    provider_seconds,
    wait_for,
)
from .matching import CALL_FIELDS, Matcher, Predicate, read_matcher, value_of
from .mutations import MUTATIONS, mutate_response
from .own_response import OwnResponse, ResponseBody, read_own_response
from .performable import refuse_unperformable
from .plan import Plan, describe_plan, is_covered
from .plan_parsing import PLAN_FIELDS, read_plan, write_plan
from .plan_state import PlannedOutcome, PlanState, describe_plan_state
from .triggers import read_header, read_trigger

__all__ = [
    "ABORTED",
    "BROKEN",
    "CALL_FIELDS",
    "CATALOGUE",
    "MESSAGES",
    "MUTATIONS",
    "OK",
    "PLAN_FIELDS",
    "RESPOND",
    "ConnectionAborted",
    "Fault",
    "FaultKind",
    "Matcher",
    "Moment",
    "OwnResponse",
    "Plan",
    "PlanState",
    "PlannedOutcome",
    "Predicate",
    "ResponseBody",
    "ResponseReplaced",
    "deliver",
    "describe_plan",
    "describe_plan_state",
    "fault_of",
    "inject",
    "is_covered",
    "mutate_response",
    "provider_seconds",
    "read_fault",
    "read_header",
    "read_matcher",
    "read_own_response",
    "read_plan",
    "read_recorded",
    "read_trigger",
    "refuse_unperformable",
    "value_of",
    "wait_for",
    "write_plan",
]
