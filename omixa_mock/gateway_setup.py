"""Set-up of a gateway from a caller's options, with a client of the first key's workspace."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from omixa_mock.configuration import read_faults, read_keys
from omixa_mock.gateway import EXAMPLE_KEY, Contract, Gateway, KeyPolicy, Settings, with_changes
from omixa_mock.gateway.contract import read_size
from omixa_mock.mock import LocalClient

__all__ = ["set_up_gateway"]


def set_up_gateway(
    contract: Contract,
    keys: KeyPolicy,
    settings: Mapping[str, Any] | None,
    faults: Sequence[Any],
    journal_bytes: int | str,
) -> tuple[Gateway, LocalClient, str]:
    """Return a gateway, a client of one of its workspaces, and the key of that workspace.

    Args:
        contract: The contract documents.
        keys: The keys that open a workspace: `any`, only `issued` ones, or a list of keys.
        settings: Changes to `Settings`, by name.
        faults: Faults planned in every workspace: plans, or text such as `no_route=0.1`.
        journal_bytes: How many bytes of large bodies the journals keep together, for instance `"16MB"`.

    Raises:
        SettingError: One of them is unknown or not accepted.
    """
    policy = read_keys((keys,) if isinstance(keys, str) else keys)
    plans = read_faults(faults)
    kept = read_size("journal_bytes", journal_bytes)
    terms = with_changes(Settings(), settings or {})
    gateway = Gateway(contract, terms, keys=policy, plans=plans, journal_bytes=kept, now=time.time)
    api_key = EXAMPLE_KEY if isinstance(policy, str) else policy[0]
    if policy == "issued":
        gateway.workspaces.open(api_key)
    return gateway, LocalClient(gateway, api_key), api_key
