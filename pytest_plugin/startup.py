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
from omixa_mock.profile import read_profile

from .markers import refused
from .options import RefusedOption, is_given, option, profile_path

__all__ = [
    "configure",
    "explain_blocked_sockets",
    "read_seed",
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


def read_settings(config: pytest.Config) -> dict[str, Any]:
    """Return the changes to `Settings` of the whole run: the profile's, and above them the option for the seed.

    Raises:
        RefusedOption: The seed is no number, or the profile cannot be used.
    """
    return {**read_run_profile(config), **read_seed(config)}


def read_run_profile(config: pytest.Config) -> dict[str, Any]:
    """Return the settings of the run's profile; none without one."""
    path, source = profile_path(config)
    try:
        return {} if path is None else read_profile(path)
    except SettingError as error:
        raise RefusedOption(f"{source}: {error}") from None


def read_seed(config: pytest.Config) -> dict[str, Any]:
    """Return the setting for the seed, if its option is given."""
    if not is_given(config, "seed"):
        return {}
    try:
        return {"seed": with_changes(Settings(), {"seed": option(config, "seed")}).seed}
    except SettingError as error:
        raise RefusedOption(f"omixa_mock_seed: {error}") from None


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
