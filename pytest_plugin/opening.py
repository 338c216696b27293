"""What the desk opens: workspaces, doors, sockets; each failure is told in the user's terms."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import pytest

from omixa_mock.gateway import SettingError, Settings, changed
from omixa_mock.interceptors.exchange import StartFlow
from omixa_mock.interceptors.install import start_interception
from omixa_mock.interceptors.patching import PatchFailed
from omixa_mock.interceptors.registry import Interception
from omixa_mock.mock import WorkspaceClient

from .markers import refused
from .options import option

__all__ = [
    "configure",
    "read_settings",
    "start_interception_or_fail",
    "telling_of_blocked_sockets",
    "touch",
]


def configure(node: Any, client: WorkspaceClient, changes: Mapping[str, Any]) -> None:
    """Give a workspace what the markers ask for; what it does not take fails with the user's line."""
    try:
        client.configure(changes)
    except SettingError as error:
        raise refused(node, str(error), str(error).partition(" ")[0]) from None


def read_settings(config: pytest.Config) -> Settings:
    """What every gateway of the run starts with."""
    try:
        return changed(Settings(), {"seed": option(config, "seed")})
    except SettingError as error:
        raise pytest.fail.Exception(f"omixa_mock_seed: {error}", pytrace=False) from None


def start_interception_or_fail(start_flow: StartFlow, *, everywhere: bool = False) -> Interception:
    """Open the doors; where a library cannot be intercepted, fail with its name and version alone."""
    try:
        return start_interception(start_flow, everywhere=everywhere)
    except PatchFailed as error:
        raise pytest.fail.Exception(f"omixa-mock: {error}", pytrace=False) from None


@contextmanager
def telling_of_blocked_sockets() -> Iterator[None]:
    """Say so where pytest-socket keeps tests from the server, instead of leaving it to each client's error."""
    try:
        yield
    except RuntimeError as error:
        if type(error).__module__ != "pytest_socket":
            raise
        raise pytest.fail.Exception(
            f"{type(error).__name__}: sockets are blocked in this run, and omixa_mock_server needs one. "
            "Allow it by --allow-hosts=127.0.0.1 (or where --omixa-mock-url points to), "
            "or use the fixture omixa_mock, which needs none.",
            pytrace=False,
        ) from None


def touch(url: str) -> None:
    """Connect to a server, as the test's clients will; whether it answers is asked elsewhere."""
    # A port that is none is refused where the fake is asked.
    with suppress(OSError, ValueError):
        parts = urlsplit(url)
        port = parts.port or {"https": 443}.get(parts.scheme, 80)
        socket.create_connection((parts.hostname or "", port), timeout=5).close()
