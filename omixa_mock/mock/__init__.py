"""The mock: what a test holds of its fake gateway."""

from __future__ import annotations

from .charges import charged, describe_charges, find_duplicate, find_orphans
from .descriptions import cut, describe_call, describe_calls, head_of, mention_unmatched
from .mock import OmixaMock
from .plan_outcomes import explain_plan_state, is_unmet
from .proxies import bypass_proxies
from .remote_client import NotAFake, RemoteClient
from .server import OmixaMockServer
from .workspace_client import Balance, LocalClient, WorkspaceClient

__all__ = [
    "Balance",
    "LocalClient",
    "NotAFake",
    "OmixaMock",
    "OmixaMockServer",
    "RemoteClient",
    "WorkspaceClient",
    "bypass_proxies",
    "charged",
    "cut",
    "describe_call",
    "describe_calls",
    "describe_charges",
    "explain_plan_state",
    "find_duplicate",
    "find_orphans",
    "head_of",
    "is_unmet",
    "mention_unmatched",
]
