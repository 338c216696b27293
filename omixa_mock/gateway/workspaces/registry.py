"""Workspace registry, with the API key as the namespace.

A workspace is all of one API key: its wallet, models, routes, settings and
journal. Any number of tests, workers and processes can therefore share one
gateway in isolation from each other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from threading import Lock
from typing import Any, Literal

from omixa_mock.gateway.calls import CALLS_MAX, ENTRIES_MAX, trim_largest
from omixa_mock.gateway.contract import Contract, Settings
from omixa_mock.gateway.http import (
    NOT_ISSUED,
    NOT_LISTED,
    Problem,
    RequestHead,
    bearer_key,
    fingerprint_key,
    invalid_key,
    label_key,
    redact,
)

from .closed_keys import TOMBSTONES_MAX, Tombstone, Tombstones
from .workspace import Workspace

__all__ = ["WORKSPACES_MAX", "KeyPolicy", "Workspaces"]

KeyPolicy = Literal["any", "issued", "shared"] | Sequence[str]
# The identity of the only workspace if all keys share it.
SHARED = b""
# The bound on open workspaces if every key opens one.
WORKSPACES_MAX = 10_000


class Workspaces:
    """The workspaces of a gateway, by key fingerprint.

    If every key opens a workspace, their number is bounded: a new one evicts the least recently used one that has no
    call under way. The evicted key is refused from then on, so that no wallet starts again unnoticed.

    Args:
        contract: The contract of every workspace.
        settings: The initial settings of a new workspace.
        keys: The accepted keys: `any`, only `issued` ones, or a list of keys; `shared` maps all keys to one workspace.
        plans: Faults that are planned in every new workspace (see `read_plan`).
        entries_max: The bound on open workspaces if every key opens one.
        tombstones_max: The number of tombstones that are kept.

    Attributes:
        keys: The accepted keys.
        terms: The contract under the initial settings.
        dropped: The number of workspaces that were dropped to make room.
        tombstones: The closed and dropped keys.

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
        self._create("")  # refuses a bad plan now, instead of at the first call
        self.keys: str | frozenset[bytes] = keys if isinstance(keys, str) else frozenset(map(fingerprint_key, keys))
        self._open: dict[bytes, Workspace] = {}
        self.tombstones = Tombstones(tombstones_max)
        self.dropped = 0
        self._entries_max = entries_max
        self._arrivals = count(1)
        self._candidates: deque[tuple[int, bytes]] = deque()
        # Two threads may open new workspaces at once.
        self._lock = Lock()

    def enter(self, key: str) -> Workspace:
        """Return the workspace of a call's key; open it if the policy on keys allows.

        Raises:
            Problem: `invalid_key` if the key opens no workspace, or its workspace was closed.
        """
        return self._enter(key, self._identify(key))

    def receive(self, head: RequestHead) -> Workspace:
        """Return the workspace of a parsed request head, as `enter` does."""
        return self._enter(head.key, SHARED if self.keys == "shared" else head.fingerprint)

    def _enter(self, key: str, identity: bytes) -> Workspace:
        workspace = self._open.get(identity)
        if workspace is not None:
            workspace.used = next(self._arrivals)
            return workspace
        tombstone = self.tombstones.find(identity)
        if tombstone is not None:
            raise tombstone.to_problem()
        if self.keys in {"any", "shared"} or (not isinstance(self.keys, str) and identity in self.keys):
            return self._add(key, identity)
        raise invalid_key(self._describe_policy(), "known")

    def open(self, key: str) -> Workspace:
        """Return the workspace of a key, opened on purpose; a closed one begins anew.

        Raises:
            Problem: `invalid_key` if a list of keys is in force and this key is not on it.
        """
        identity = self._identify(key)
        if not isinstance(self.keys, str) and identity not in self.keys:
            raise invalid_key(self._describe_policy(), "known")
        self.tombstones.remove(identity)
        return self._add(key, identity)

    def owner(self, headers: Mapping[str, str]) -> Workspace | None:
        """Return the open workspace of a refused request's key; None if there is none."""
        try:
            identity = self._identify(bearer_key(headers))
        except Problem:
            identity = SHARED
        return self._open.get(identity)

    def close(self, key: str, name: str = "") -> None:
        """Close a workspace and add its tombstone: late calls get a 401 that mentions `name`."""
        self.release(key)
        identity = self._identify(key)
        workspace = self._open.pop(identity, None)
        # An adopted key is closed alone: its calls belong to a workspace that stays open.
        if workspace is not None and identity not in workspace.adopted:
            workspace.closed = redact(name) or workspace.label
        self.add_tombstone(key, name)

    def add_tombstone(self, key: str, name: str) -> None:
        """Add the tombstone of a key, also of one whose workspace was never open here."""
        self.tombstones.add(self._identify(key), Tombstone(label_key(key), redact(name)))

    def adopt(self, key: str, by: str) -> None:
        """Route calls with `key` to the workspace of the key `by`, until that workspace is closed."""
        workspace = self._open[self._identify(by)]
        # `setdefault`: a repeated adoption must not replace the workspace that gets the key back.
        workspace.adopted.setdefault(self._identify(key), self._open.get(self._identify(key)))
        self._open[self._identify(key)] = workspace

    def release(self, key: str) -> None:
        """Give back the keys that the workspace of `key` adopted; do nothing if it is closed."""
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
        """Return the tombstone of a key; None if there is none."""
        return self.tombstones.find(self._identify(key))

    def reset(self, key: str) -> Workspace:
        """Replace the workspace of a key by a new one, which keeps the adopted keys."""
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
        # `setdefault` is atomic: two threads with a new key's first calls get the same workspace.
        workspace = self._open.setdefault(identity, self._create(label_key(key)))
        workspace.used = next(self._arrivals)
        return workspace

    def _make_room(self) -> None:
        """Drop the least recently used idle workspaces, until there is room for one more."""
        with self._lock:
            while len(self._open) >= self._entries_max:
                identity = self._find_idle()
                if identity is None:
                    return  # every workspace has a call under way
                workspace = self._open.pop(identity)
                workspace.closed = f"{workspace.label}, dropped"
                self.tombstones.add(identity, Tombstone(workspace.label, "", evicted_at=self._entries_max))
                self.dropped += 1

    def _find_idle(self) -> bytes | None:
        """Return the identity of the least recently used idle workspace; None if all are busy."""
        found = self._next_candidate()
        if found is None:
            # Rare: the last queue held every workspace open at that time, and any used since is more recent than it.
            idle = [(workspace.used, identity) for identity, workspace in tuple(self._open.items()) if workspace.idle]
            self._candidates.extend(sorted(idle))
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
        """Trim the longest journals and ledgers, if all together hold too many entries."""
        workspaces = list(self)
        trim_largest([workspace.journal for workspace in workspaces], calls_max)
        trim_largest([workspace.wallet.ledger for workspace in workspaces], entries_max)

    def count(self) -> dict[str, int]:
        """Return the numbers of open and dropped workspaces, for the control route."""
        dropped = {"workspaces_dropped": self.dropped, "tombstones_dropped": self.tombstones.dropped}
        return {"workspaces": len(self), **dropped}

    def _create(self, label: str) -> Workspace:
        """Create a workspace, with the faults that are planned in all of them."""
        workspace = Workspace(label, self.terms)
        for plan in self._plans:
            workspace.plan(plan)
        return workspace

    def _identify(self, key: str) -> bytes:
        """Return the identity under which the workspace of a key is stored."""
        return SHARED if self.keys == "shared" else fingerprint_key(key)

    def _describe_policy(self) -> str:
        return NOT_ISSUED if self.keys == "issued" else NOT_LISTED

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[Workspace]:
        # Each once: a workspace may have adopted keys.
        return iter(dict.fromkeys(self._open.copy().values()))
