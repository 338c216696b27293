"""Workspaces: the API key is the namespace.

A workspace belongs to a whole key: its wallet, models, routes, settings and
journal. So any number of tests, workers and processes share one gateway
without seeing each other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from itertools import count
from threading import Lock
from typing import Any, Literal

from omixa_mock.gateway.calls import CALLS_MAX, ENTRIES_MAX, trim_largest
from omixa_mock.gateway.contract import Contract, Settings
from omixa_mock.gateway.http import (
    ISSUED_PREFIX,
    Problem,
    RequestHead,
    bearer_key,
    fingerprint_key,
    invalid_key,
    label_key,
)

from .closed_keys import TOMBSTONES_MAX, Tombstone, Tombstones
from .workspace import Workspace

__all__ = ["WORKSPACES_MAX", "KeyPolicy", "Workspaces"]

KeyPolicy = Literal["any", "issued", "shared"] | Sequence[str]
# What the one workspace is kept under where every key means it.
SHARED = b""
# How many are open where every key opens one.
WORKSPACES_MAX = 10_000


class Workspaces:
    """The workspaces of a gateway, by what is kept of their keys.

    Where every key opens one, they are bounded in number: one more, and the one goes that was used longest ago and has
    no call under way. Its key is refused from then on, so that no wallet begins anew in silence.

    Args:
        contract: What every workspace judges by.
        settings: What a new workspace starts with.
        keys: Which keys open one: `any`, only `issued` ones, or a list of keys; `shared`: every key means the same one.
        plans: Faults that are planned in every new workspace (see `planning.read_plan`).
        entries_max: How many are open where every key opens one.
        tombstones_max: How many tombstones are kept.

    Attributes:
        keys: Which keys open one.
        terms: The contract under the settings that a new workspace starts with.
        dropped: How many were dropped to make room.
        tombstones: What is left of those that are gone.

    Raises:
        SettingError: A plan is not accepted.
    """

    def __init__(
        self,
        contract: Contract,
        settings: Settings,
        keys: KeyPolicy,
        plans: Sequence[Any] = (),
        *,
        entries_max: int = WORKSPACES_MAX,
        tombstones_max: int = TOMBSTONES_MAX,
    ) -> None:
        self._contract = contract
        self.terms = contract.under(settings)
        self._plans = plans
        self._furnish("")  # a rehearsal: a bad plan is refused now, not at the first call
        self.keys: str | frozenset[bytes] = keys if isinstance(keys, str) else frozenset(map(fingerprint_key, keys))
        self._open: dict[bytes, Workspace] = {}
        self.tombstones = Tombstones(tombstones_max)
        self.dropped = 0
        self._entries_max = entries_max
        self._arrivals = count(1)
        self._candidates: deque[tuple[int, bytes]] = deque()
        # Two threads may bring a new key each.
        self._lock = Lock()

    def enter(self, key: str) -> Workspace:
        """The workspace of a key that a call carries.

        Raises:
            Problem: `invalid_key`, when the key opens none or its workspace was closed.
        """
        return self._enter(key, self._identify(key))

    def receive(self, head: RequestHead) -> Workspace:
        """The workspace of the key that a request arrived with, as `enter` finds it."""
        return self._enter(head.key, SHARED if self.keys == "shared" else head.fingerprint)

    def _enter(self, key: str, identity: bytes) -> Workspace:
        workspace = self._open.get(identity)
        if workspace is not None:
            workspace.used = next(self._arrivals)
            return workspace
        tombstone = self.tombstones.find(identity)
        if tombstone is not None:
            raise tombstone.refuse()
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
        self.tombstones.remove(identity)
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
        self.tombstones.place(self._identify(key), Tombstone(label_key(key), name))

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
        return self.tombstones.find(self._identify(key))

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
        if identity not in self._open and self.keys == "any":
            self._make_room()
        # One atomic step: of two threads with a new key's first calls, both get the same workspace.
        workspace = self._open.setdefault(identity, self._furnish(label_key(key)))
        workspace.used = next(self._arrivals)
        return workspace

    def _make_room(self) -> None:
        """Drop what was used longest ago, until there is room for one more."""
        with self._lock:
            while len(self._open) >= self._entries_max:
                identity = self._find_idle()
                if identity is None:
                    return  # all of them are at work
                workspace = self._open.pop(identity)
                workspace.closed = f"{workspace.label}, dropped"
                self.tombstones.place(identity, Tombstone(workspace.label, "", crowded=self._entries_max))
                self.dropped += 1

    def _find_idle(self) -> bytes | None:
        """The workspace that was used longest ago and may be dropped; None where all are at work."""
        found = self._next_candidate()
        if found is None:
            # Rare: the last line was of all that were open then, and whoever was used since is younger than its end.
            opened = [(workspace.used, identity) for identity, workspace in tuple(self._open.items()) if workspace.idle]
            self._candidates.extend(sorted(opened))
            found = self._next_candidate()
        return found

    def _next_candidate(self) -> bytes | None:
        while self._candidates:
            used, identity = self._candidates.popleft()
            workspace = self._open.get(identity)
            if workspace is not None and workspace.used == used and workspace.idle:
                return identity
        return None

    def trim_largest(self, calls_max: int = CALLS_MAX, entries_max: int = ENTRIES_MAX) -> None:
        """Have the longest journals and ledgers shortened, where all together hold too much."""
        workspaces = set(self._open.copy().values())
        trim_largest([workspace.journal for workspace in workspaces], calls_max)
        trim_largest([workspace.wallet.ledger for workspace in workspaces], entries_max)

    def count(self) -> dict[str, int]:
        """How many there are, and how many made room, for the control route."""
        dropped = {"workspaces_dropped": self.dropped, "tombstones_dropped": self.tombstones.dropped}
        return {"workspaces": len(self), **dropped}

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
