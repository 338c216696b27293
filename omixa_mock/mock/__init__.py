"""The mock: what a test holds of its fake gateway."""

from __future__ import annotations

from .absence import mention_under_way, mention_unmatched
from .advising import warn_user
from .charges import charged, describe_charges, find_duplicate, find_orphans
from .descriptions import cut, describe_call, describe_calls, head_of
from .local_client import LocalClient
from .mock import OmixaMock
from .plan_outcomes import error_of, explain_plan_state, is_unmet
from .proxies import bypass_proxies
from .refusals import ExpectedRefusal
from .remote_client import NotAFake, RemoteClient
from .server import OmixaMockServer
from .tables import Ledger, Plans
from .workspace_client import Balance, OtherCalls, WorkspaceClient

__all__ = [
    "Balance",
    "ExpectedRefusal",
    "Ledger",
    "LocalClient",
    "NotAFake",
    "OmixaMock",
    "OmixaMockServer",
    "OtherCalls",
    "Plans",
    "RemoteClient",
    "WorkspaceClient",
    "bypass_proxies",
    "charged",
    "cut",
    "describe_call",
    "describe_calls",
    "describe_charges",
    "error_of",
    "explain_plan_state",
    "find_duplicate",
    "find_orphans",
    "head_of",
    "is_unmet",
    "mention_under_way",
    "mention_unmatched",
    "warn_user",
]
