"""The fake gateway itself, pure: no clock, socket, file, sleep, thread or global of its own."""

from __future__ import annotations

from .arrival import Arrival, read_arrival
from .contract import Contract, Terms
from .durations import Duration
from .faults import CATALOGUE, OK, Fault, FaultKind, read_fault
from .gateway import Gateway
from .images import BytesDropped
from .journal import Call
from .keys import EXAMPLE_KEY, ISSUED_PREFIX, bearer_key
from .messages import Body, ClientGone, Cut, Hang, Journey, ReadBody, Reply, Request, Send, Step, StepAside, Wait
from .notes import Advisory, Attempt, Refusal
from .plans import Plan
from .problems import Problem, envelope
from .repair import Violation
from .rules import Provenance, Rule
from .runs import PlannedRun
from .settings import SettingError, Settings, changed, describe_settings
from .version import VERSION
from .wallet import LedgerEntry, Wallet
from .workspace import Workspace
from .workspaces import KeyPolicy, Workspaces

__all__ = [
    "CATALOGUE",
    "EXAMPLE_KEY",
    "ISSUED_PREFIX",
    "OK",
    "VERSION",
    "Advisory",
    "Arrival",
    "Attempt",
    "Body",
    "BytesDropped",
    "Call",
    "ClientGone",
    "Contract",
    "Cut",
    "Duration",
    "Fault",
    "FaultKind",
    "Gateway",
    "Hang",
    "Journey",
    "KeyPolicy",
    "LedgerEntry",
    "Plan",
    "PlannedRun",
    "Problem",
    "Provenance",
    "ReadBody",
    "Refusal",
    "Reply",
    "Request",
    "Rule",
    "Send",
    "SettingError",
    "Settings",
    "Step",
    "StepAside",
    "Terms",
    "Violation",
    "Wait",
    "Wallet",
    "Workspace",
    "Workspaces",
    "bearer_key",
    "changed",
    "describe_settings",
    "envelope",
    "read_arrival",
    "read_fault",
]
