"""The mock: what a test holds of its fake gateway."""

from __future__ import annotations

from .absence import mention_under_way, mention_unmatched
from .advising import warn_user
from .control_client import ControlClient, NotAFake
from .local_client import LocalClient
from .mock import OmixaMock
from .proxies import bypass_proxies
from .refusals import ExpectedRefusal
from .remote_client import RemoteClient
from .server import OmixaMockServer
from .tables import Ledger, Plans
from .workspace_client import Balance, OtherCalls, WorkspaceClient

__all__ = [
    "Balance",
    "ControlClient",
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
    "mention_under_way",
    "mention_unmatched",
    "warn_user",
]
