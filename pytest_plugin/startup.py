"""Start of workspaces, interceptions and sockets, with failures in the user's terms."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import pytest

from omixa_mock.gateway import SettingError, Settings, with_changes
from omixa_mock.interceptors import Interception, PatchFailed, StartFlow, start_interception
from omixa_mock.mock import WorkspaceClient

from .markers import refused
from .options import option

__all__ = [
    "configure",
    "explain_blocked_sockets",
    "read_settings",
    "start_interception_or_fail",
    "touch",
]


def configure(node: Any, client: WorkspaceClient, changes: Mapping[str, Any]) -> None:
    """Configure a workspace by its markers; a value that is not accepted fails with the user's line."""
    try:
        client.configure(changes)
    except SettingError as error:
        raise refused(node, str(error), str(error).partition(" ")[0]) from None


def read_settings(config: pytest.Config) -> Settings:
    """Return the settings that every gateway of the run starts with."""
    try:
        return with_changes(Settings(), {"seed": option(config, "seed")})
    except SettingError as error:
        raise pytest.fail.Exception(f"omixa_mock_seed: {error}", pytrace=False) from None


def start_interception_or_fail(start_flow: StartFlow, **options: Any) -> Interception:
    """Start an interception; if a library cannot be patched, fail with its name and version."""
    try:
        return start_interception(start_flow, **options)
    except PatchFailed as error:
        raise pytest.fail.Exception(f"omixa-mock: {error}", pytrace=False) from None


@contextmanager
def explain_blocked_sockets() -> Iterator[None]:
    """Fail with an explanation if pytest-socket blocks the connection to the server."""
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
    """Connect to a server, as the test's clients will; whether it answers is checked elsewhere."""
    # An invalid port is refused by the first request.
    with suppress(OSError, ValueError):
        parts = urlsplit(url)
        port = parts.port or {"https": 443}.get(parts.scheme, 80)
        socket.create_connection((parts.hostname or "", port), timeout=5).close()
