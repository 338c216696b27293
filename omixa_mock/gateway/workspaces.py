"""Workspaces: the API key is the namespace.

A workspace belongs to a whole key: its wallet, models, routes, settings and
journal. So any number of tests, workers and processes share one gateway
without seeing each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .contract import Contract
from .keys import ISSUED_PREFIX, bearer_key, fingerprint_key, invalid_key, label_key
from .problems import Problem
from .settings import Settings
from .workspace import Workspace

__all__ = ["KeyPolicy", "Tombstone", "Workspaces"]

KeyPolicy = Literal["any", "issued", "shared"] | Sequence[str]
# What the one workspace is kept under where every key means it.
SHARED = b""


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What is left of a closed workspace: its label, and what to call it in a refusal."""

    label: str
    name: str


class Workspaces:
    """The workspaces of a gateway, by what is kept of their keys.

    Args:
        contract: What every workspace judges by.
        settings: What a new workspace starts with.
        keys: Which keys open one: `any`, only `issued` ones, or a list of keys; `shared`: every key means the same one.
        plans: Faults that are planned in every new workspace (see `planning.read_plan`).

    Raises:
        SettingError: A plan is not accepted.
    """

    def __init__(self, contract: Contract, settings: Settings, keys: KeyPolicy, plans: Sequence[Any] = ()) -> None:
        self._contract = contract
        self.terms = contract.under(settings)
        self._plans = plans
        self._furnish("")  # a rehearsal: a bad plan is refused now, not at the first call
        self.keys: str | frozenset[bytes] = keys if isinstance(keys, str) else frozenset(map(fingerprint_key, keys))
        self._open: dict[bytes, Workspace] = {}
        self._closed: dict[bytes, Tombstone] = {}

    def enter(self, key: str) -> Workspace:
        """The workspace of a key that a call carries.

        Raises:
            Problem: `invalid_key`, when the key opens none or its workspace was closed.
        """
        identity = self._identify(key)
        workspace = self._open.get(identity)
        if workspace is not None:
            return workspace
        if identity in self._closed:
            name = self._closed[identity].name
            told = f"The workspace of this key was closed{name and f' ({name})'}: the call came too late."
            raise invalid_key(told, "known", late=name)
        if self.keys in {"any", "shared"} or (not isinstance(self.keys, str) and identity in self.keys):
            return self._add(key, identity)
        raise invalid_key(self._describe_policy(), "known")

    def open(self, key: str) -> Workspace:
        """The workspace of a key that whoever runs the fake opens; a closed one begins anew.

        Raises:
            Problem: `invalid_key`, when a list of keys is in force and this is not on it.
        """
        identity = self._identify(key)
        if not isinstance(self.keys, str) and identity not in self.keys:
            raise invalid_key(self._describe_policy(), "known")
        self._closed.pop(identity, None)
        return self._add(key, identity)

    def owner(self, headers: Mapping[str, str]) -> Workspace | None:
        """The open workspace whose key a request carries, whatever else is wrong with it."""
        try:
            identity = self._identify(bearer_key(headers))
        except Problem:
            identity = SHARED
        return self._open.get(identity)

    def close(self, key: str, name: str = "") -> None:
        """Close a workspace and leave its tombstone: late calls get 401, under `name`."""
        self.release(key)
        identity = self._identify(key)
        workspace = self._open.pop(identity, None)
        # Of an adopted key only the key is closed, not the workspace of who adopted it.
        if workspace is not None and identity not in workspace.adopted:
            workspace.closed = name or workspace.label
        self.bury(key, name)

    def bury(self, key: str, name: str) -> None:
        """Leave the tombstone of a workspace that was open elsewhere."""
        self._closed[self._identify(key)] = Tombstone(label_key(key), name)

    def adopt(self, key: str, by: str) -> None:
        """Let calls with `key` belong to the workspace of the key `by`, until that one is closed."""
        workspace = self._open[self._identify(by)]
        # Whoever had it before the first adoption gets it back: a second one is no other.
        workspace.adopted.setdefault(self._identify(key), self._open.get(self._identify(key)))
        self._open[self._identify(key)] = workspace

    def release(self, key: str) -> None:
        """Give back what the workspace of `key` adopted; nothing where it was closed meanwhile."""
        workspace = self._open.get(self._identify(key))
        if workspace is None or self._identify(key) in workspace.adopted:
            return
        for identity, before in workspace.adopted.items():
            if before is None:
                self._open.pop(identity, None)
            else:
                self._open[identity] = before
        workspace.adopted.clear()

    def tombstone(self, key: str) -> Tombstone | None:
        """What is left of the closed workspace of a key."""
        return self._closed.get(self._identify(key))

    def reset(self, key: str) -> Workspace:
        """Begin the workspace of a key anew: settings, wallet, routes and journal; what it adopted stays its own."""
        before = self._open.pop(self._identify(key), None)
        fresh = self._add(key, self._identify(key))
        if before is not None:
            before.closed = f"{before.label}, reset since"
            fresh.adopted |= before.adopted
            others = [identity for identity, workspace in self._open.items() if workspace is before]
            self._open.update(dict.fromkeys(others, fresh))
        return fresh

    def _add(self, key: str, identity: bytes) -> Workspace:
        # One atomic step: of two threads with a new key's first calls, both get the same workspace.
        return self._open.setdefault(identity, self._furnish(label_key(key)))

    def _furnish(self, label: str) -> Workspace:
        """A new workspace, with what is planned in all of them."""
        workspace = Workspace(label, self.terms)
        for plan in self._plans:
            workspace.plan(plan)
        return workspace

    def _identify(self, key: str) -> bytes:
        """What a workspace is kept under."""
        return SHARED if self.keys == "shared" else fingerprint_key(key)

    def _describe_policy(self) -> str:
        if self.keys == "issued":
            return f"This key was not issued by the fake. Use one that it issued (they begin with {ISSUED_PREFIX})."
        return "This key is not on the fake's list. Use one of the keys that it was started with."

    def __len__(self) -> int:
        return len(self._open)
