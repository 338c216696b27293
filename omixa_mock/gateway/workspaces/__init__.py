"""Workspaces: everything that belongs to one API key, and the registry that finds it."""

from __future__ import annotations

from .closed_keys import TOMBSTONES_MAX, Tombstone, Tombstones
from .registry import WORKSPACES_MAX, KeyPolicy, Workspaces
from .replays import Replays, replay_key
from .workspace import Workspace

__all__ = [
    "TOMBSTONES_MAX",
    "WORKSPACES_MAX",
    "KeyPolicy",
    "Replays",
    "Tombstone",
    "Tombstones",
    "Workspace",
    "Workspaces",
    "replay_key",
]
