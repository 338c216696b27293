"""What the desk opens: workspaces, doors, sockets; each failure is told in the user's terms."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import pytest

from omixa_mock.books import Books
from omixa_mock.doors.inprocess.doors import open_doors
from omixa_mock.doors.inprocess.exchange import Answering
from omixa_mock.doors.inprocess.patching import PatchFailed
from omixa_mock.gateway import SettingError, Settings, changed

from .marks import refused
from .options import option

__all__ = ["configure", "current_test", "open_all_doors", "read_settings", "telling_of_blocked_sockets", "touch"]


def configure(node: Any, books: Books, changes: Mapping[str, Any]) -> None:
    """Give a workspace what the markers ask for; what it does not take fails with the user's line."""
    try:
        books.configure(changes)
    except SettingError as error:
        raise refused(node, str(error), str(error).partition(" ")[0]) from None


def read_settings(config: pytest.Config) -> Settings:
    """What every gateway of the run starts with."""
    try:
        return changed(Settings(), {"seed": option(config, "seed")})
    except SettingError as error:
        raise pytest.fail.Exception(f"omixa_mock_seed: {error}", pytrace=False) from None


def open_all_doors(answering: Answering) -> ExitStack:
    """Open the doors; where a library cannot be intercepted, fail with its name and version alone."""
    try:
        return open_doors(answering)
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
    parts = urlsplit(url)
    with suppress(OSError):
        socket.create_connection((parts.hostname or "", parts.port or 80), timeout=5).close()


def current_test() -> str:
    """The running test, as pytest tells it to every process."""
    return (
        os.environ.get("PYTEST_CURRENT_TEST", "something outside a test").rpartition(" (")[0]
        or "something outside a test"
    )
