"""Workspaces: the API key is the namespace.

A workspace belongs to a whole key: its wallet, models, routes, settings and
journal. So any number of tests, workers and processes share one gateway
without seeing each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .contract import Contract, Terms
from .journal import Call
from .keys import ISSUED_PREFIX, fingerprint_key, invalid_key, label_key
from .messages import Reply, Request
from .records import Records
from .settings import SettingError, Settings, changed, read_amount
from .wallet import Wallet

__all__ = ["KeyPolicy", "Tombstone", "Workspace", "Workspaces"]

KeyPolicy = Literal["any", "issued"] | Sequence[str]
CONFIGURABLE = ("settings", "balance", "models", "routes_down")


class Workspace:
    """All that belongs to one key.

    Attributes:
        label: The key as it may be shown.
        terms: The contract under this workspace's settings.
        wallet: Balance, holds, ledger.
        models: The models that the key is restricted to; None for all that are enabled.
        routes_down: Provider routes that are marked down.
        journal: The calls that have ended, oldest first.
        placed: How often each order was placed, by digest.
        replies: First replies by Idempotency-Key, for the setting `idempotency_key`.
    """

    def __init__(self, label: str, terms: Terms) -> None:
        self.label = label
        self.terms = terms
        self.wallet = Wallet(terms.settings.default_balance)
        self.models: tuple[str, ...] | None = None
        self.routes_down: frozenset[str] = frozenset()
        self.journal: Records[Call] = Records(weigh=lambda call: call.size)
        self.placed: Counter[str] = Counter()
        self.replies: dict[str, Reply] = {}
        self.arrived = 0

    def next_number(self) -> int:
        """The number of a call that arrives now."""
        self.arrived += 1
        return self.arrived

    def place(self, digest: str) -> int:
        """Count an order; returns how often it had been placed before."""
        self.placed[digest] += 1
        return self.placed[digest] - 1

    def repeat(self, request: Request, call: Call) -> Reply | None:
        """The first reply to the request's Idempotency-Key, where the setting `idempotency_key` replays it."""
        replays = self.settings.idempotency_key == "replay"
        reply = self.replies.get(request.headers.get("idempotency-key", "")) if replays else None
        call.replayed = reply is not None
        return reply

    def remember(self, request: Request, reply: Reply) -> None:
        """Keep a reply for whoever repeats its Idempotency-Key, where that is replayed."""
        token = request.headers.get("idempotency-key")
        if token and self.settings.idempotency_key == "replay":
            self.replies[token] = reply

    @property
    def settings(self) -> Settings:
        """The settings in force here."""
        return self.terms.settings

    def as_json(self) -> Any:
        """The workspace for the control route."""
        return {
            "key": self.label,
            "balance": f"{self.wallet.balance:.6f}",
            "held": f"{self.wallet.held:.6f}",
            "captured": f"{self.wallet.captured:.6f}",
            "models": list(self.models if self.models is not None else self.settings.models),
            "restricted": self.models is not None,
            "routes_down": sorted(self.routes_down),
            "calls": self.arrived,
            "calls_evicted": self.journal.evicted,
        }


def is_list_of(accepted: Collection[str], names: Any) -> bool:
    """Whether `names` is a list, and all in it are accepted; it may come from anybody's JSON."""
    return isinstance(names, list | tuple | set | frozenset) and all(
        isinstance(name, str) and name in accepted for name in names
    )


def check_models(models: Sequence[str] | None, terms: Terms) -> tuple[str, ...] | None:
    """The models that a key is to be restricted to; None is no restriction.

    Raises:
        SettingError: One of them is not enabled.
    """
    if models is None:
        return None
    if not is_list_of(terms.models, models):
        enabled = ", ".join(terms.models)
        raise SettingError(f"models = {models!r} is not accepted; accepted: a list of {enabled}, or null for all")
    return tuple(models)


def check_routes(routes: Sequence[str], terms: Terms) -> frozenset[str]:
    """The provider routes that are to be marked down.

    Raises:
        SettingError: One of them serves no enabled model.
    """
    known = sorted({route for model in terms.models for route in terms.routes(model)})
    if not is_list_of(known, routes):
        raise SettingError(f"routes_down = {routes!r} is not accepted; accepted: a list of {', '.join(known)}")
    return frozenset(routes)


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
        keys: Which keys open one: `any`, only `issued` ones, or a list of keys.
    """

    def __init__(self, contract: Contract, settings: Settings, keys: KeyPolicy) -> None:
        self._contract = contract
        self.terms = contract.under(settings)
        self.keys: str | frozenset[bytes] = keys if isinstance(keys, str) else frozenset(map(fingerprint_key, keys))
        self._open: dict[bytes, Workspace] = {}
        self._closed: dict[bytes, Tombstone] = {}

    def enter(self, key: str) -> Workspace:
        """The workspace of a key that a call carries.

        Raises:
            Problem: `invalid_key`, when the key opens none or its workspace was closed.
        """
        identity = fingerprint_key(key)
        workspace = self._open.get(identity)
        if workspace is not None:
            return workspace
        if identity in self._closed:
            name = self._closed[identity].name
            raise invalid_key(
                f"The workspace of this key was closed{name and f' ({name})'}: the call came too late.", "known"
            )
        if self.keys == "any" or (not isinstance(self.keys, str) and identity in self.keys):
            return self._add(key, identity)
        raise invalid_key(self._describe_policy(), "known")

    def open(self, key: str) -> Workspace:
        """The workspace of a key that whoever runs the fake opens; a closed one begins anew.

        Raises:
            Problem: `invalid_key`, when a list of keys is in force and this is not on it.
        """
        identity = fingerprint_key(key)
        if not isinstance(self.keys, str) and identity not in self.keys:
            raise invalid_key(self._describe_policy(), "known")
        self._closed.pop(identity, None)
        return self._add(key, identity)

    def close(self, key: str, name: str = "") -> None:
        """Close a workspace and leave its tombstone: late calls get 401, under `name`."""
        identity = fingerprint_key(key)
        if self._open.pop(identity, None) is not None:
            self._closed[identity] = Tombstone(label_key(key), name)

    def tombstone(self, key: str) -> Tombstone | None:
        """What is left of the closed workspace of a key."""
        return self._closed.get(fingerprint_key(key))

    def reset(self, key: str) -> Workspace:
        """Begin the workspace of a key anew: settings, wallet, routes and journal."""
        self._open.pop(fingerprint_key(key), None)
        return self._add(key, fingerprint_key(key))

    def configure(self, workspace: Workspace, changes: Mapping[str, Any]) -> None:
        """Change what a workspace is made of: `settings`, `balance`, `models`, `routes_down`.

        Raises:
            SettingError: Something is unknown or not accepted; then nothing was changed.
        """
        for name in changes:
            if name not in CONFIGURABLE:
                raise SettingError(f"Unknown name {name!r}; accepted: {', '.join(CONFIGURABLE)}")
        settings = changes.get("settings", {})
        if not isinstance(settings, Mapping):
            raise SettingError(f'settings = {settings!r} is not a table, for instance {{"seed": 1}}')
        terms = self._contract.under(changed(workspace.settings, settings))
        models = check_models(changes.get("models", workspace.models), terms)
        down = check_routes(changes.get("routes_down", tuple(workspace.routes_down)), terms)
        balance = read_amount("balance", changes["balance"], ()) if "balance" in changes else None
        workspace.terms, workspace.models, workspace.routes_down = terms, models, down
        if balance is not None:
            workspace.wallet.set_balance(balance)

    def _add(self, key: str, identity: bytes) -> Workspace:
        # One atomic step: of two threads with a new key's first calls, both get the same workspace.
        return self._open.setdefault(identity, Workspace(label_key(key), self.terms))

    def _describe_policy(self) -> str:
        if self.keys == "issued":
            return f"This key was not issued by the fake. Use one that it issued (they begin with {ISSUED_PREFIX})."
        return "This key is not on the fake's list. Use one of the keys that it was started with."

    def __len__(self) -> int:
        return len(self._open)
