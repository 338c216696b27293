"""The desk of one pytest run: the gateways of its tests, the tripwire, and the verdicts.

Imported at the first use of a fixture; everything heavy is behind it.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from hashlib import blake2s
from typing import Any

import pytest

from omixa_mock.books import Books, LocalBooks
from omixa_mock.doors.app import build_app
from omixa_mock.doors.guard import ControlPolicy
from omixa_mock.doors.inprocess.doors import open_doors
from omixa_mock.doors.listen import Address
from omixa_mock.doors.tripwire import Tripwire
from omixa_mock.environment import environment
from omixa_mock.expectations import describe_call, describe_calls
from omixa_mock.gateway import ISSUED_PREFIX, Gateway, Journey, Problem, Request, Settings, bearer_key, changed
from omixa_mock.handle import Handle
from omixa_mock.interception import BASE_URL
from omixa_mock.remote import RemoteBooks
from omixa_mock.server import run_in_thread
from omixa_mock.shipped import shipped_contract

from .marks import Wishes, read_marks
from .options import is_on, option
from .verdict import broken_contracts, unmet_plans

__all__ = ["Desk", "OmixaAdvisory", "ServerHandle"]

HANDLES = pytest.StashKey[list[Handle]]()


class OmixaAdvisory(UserWarning):
    """A call was answered, and there is something doubtful about it."""


class ServerHandle(Handle):
    """The handle of a test whose gateway is on a socket.

    Attributes:
        url: The server's URL, without a path.
    """

    def __init__(self, url: str, api_key: str, books: Books, desk: Desk) -> None:
        super().__init__(f"{url}/api/v1", api_key, books)
        self.url = url
        self._desk = desk

    def adopt(self, key: str) -> None:
        """Let calls with `key` belong to this test until it ends: for apps that read their key once.

        Raises:
            RuntimeError: The server is shared (`--omixa-mock-url`): others may be using that key.
        """
        if self._desk.shared:
            raise RuntimeError("adopt() would take calls from other runs: the server of --omixa-mock-url is shared.")
        self._desk.gateway.workspaces.adopt(key, self.api_key)


class Desk:
    """All that a run shares.

    Attributes:
        gateway: The session's gateway: of the server, and of the tombstones of all tests.
        shared: URL of a fake that other runs use too; empty where the run has its own.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        # Two runs may share one fake: their keys must differ.
        self._run = os.urandom(3).hex()
        self._stack = ExitStack()
        self._url = ""
        self._remote: RemoteBooks | None = None
        self._names: set[str] = set()
        self._judged = 0
        self._settings = changed(Settings(), {"seed": option(config, "seed")})
        self.shared = option(config, "url")
        self.gateway = Gateway(shipped_contract(), self._settings, keys="issued", now=time.time)
        self.tripwire = Tripwire(current_test)
        self.tripwire.arm()
        self._stack.callback(self.tripwire.disarm)
        # Open to the end of the run: a late call is refused under its test's name, not let through.
        self._stack.push(open_doors(self._answer_late))

    def close(self) -> None:
        """Stop the server, and leave every library as it was."""
        self._stack.close()

    # Gateways for tests

    @contextmanager
    def intercept(self, node: pytest.Item) -> Iterator[Handle]:
        """A gateway in this process, for one test."""
        wishes, key = read_marks(node), self._issue(node)
        gateway = Gateway(shipped_contract(), changed(self._settings, wishes.settings), keys="shared", now=time.time)
        workspace = gateway.workspaces.open(key)
        workspace.configure(wishes.books)
        handle = Handle(BASE_URL, key, LocalBooks(workspace))
        with open_doors(gateway.handle), environment(handle.env(openai=wishes.openai)):
            yield from self._hand_over(node, handle)
        self.gateway.workspaces.bury(key, node.nodeid)

    @contextmanager
    def serve(self, node: Any) -> Iterator[ServerHandle]:
        """A workspace at the session's server, for one test or for the session."""
        wishes, key = read_marks(node), self._issue(node)
        url = self.shared or self._start()
        books = self._open_books(url, key, wishes)
        handle = ServerHandle(url, key, books, self)
        with environment(handle.env(openai=wishes.openai)):
            yield from self._hand_over(node, handle)
        if isinstance(books, RemoteBooks):
            books.close(node.nodeid)
        else:
            self.gateway.workspaces.release(key)
            self.gateway.workspaces.close(key, node.nodeid)

    def _hand_over(self, node: Any, handle: Any) -> Iterator[Any]:
        handles = node.stash.setdefault(HANDLES, [])
        handles.append(handle)
        yield handle

    def _open_books(self, url: str, key: str, wishes: Wishes) -> Books:
        books: Books
        if self.shared:
            books = self._remote = RemoteBooks(url, key, option(self._config, "control_token") or None)
        else:
            books = LocalBooks(self.gateway.workspaces.open(key))
        settings = {"seed": self._settings.seed, **wishes.settings}
        books.configure({"settings": settings, **wishes.books})
        return books

    def _start(self) -> str:
        if not self._url:
            app = build_app(self.gateway, ControlPolicy())
            self._url = self._stack.enter_context(run_in_thread(app, self.gateway, Address()))
        refuse_blocked_sockets(self._url)
        return self._url

    def _issue(self, node: Any) -> str:
        self._names.add(node.nodeid)
        name = blake2s(f"{self._run}{node.nodeid}".encode(), digest_size=8).hexdigest()
        return f"{ISSUED_PREFIX}{self._worker}_{name}"

    def _answer_late(self, request: Request) -> Journey | None:
        try:
            key = bearer_key(request.headers)
        except Problem:
            return None
        return self.gateway.handle(request) if self.gateway.workspaces.tombstone(key) else None

    # Verdicts

    @contextmanager
    def watch(self, item: pytest.Item) -> Iterator[None]:
        """Let real calls through while a test runs that asks for it."""
        live = any(mark.kwargs.get("live") for mark in item.iter_markers("omixa_mock"))
        self.tripwire.armed = not live
        try:
            yield
        finally:
            self.tripwire.armed = True

    def judge(self, item: pytest.Item) -> None:
        """Fail a test for what its asserts did not see: live attempts, breaches, unmet plans."""
        __tracebackhide__ = True
        attempts = [str(attempt) for attempt in self.tripwire.attempts[self._judged :]]
        self._judged = len(self.tripwire.attempts)
        findings = [f"{attempt}; it was refused" for attempt in attempts]
        handles = item.stash.get(HANDLES, [])
        if handles and self._is_strict(item):
            for handle in handles:
                findings += [f"a call broke the contract: {text}" for text in broken_contracts(handle)]
                findings += [f"a planned failure did not come: {text}" for text in unmet_plans(handle.plans)]
        if findings:
            pytest.fail("omixa-mock:\n  " + "\n  ".join(findings) + HINT, pytrace=False)
        for handle in handles:
            for call in handle.calls:
                for advisory in call.advisories:
                    item.warn(OmixaAdvisory(f"{describe_call(call)}: {advisory.message} [{advisory.rule}]"))

    def _is_strict(self, item: pytest.Item) -> bool:
        wished = read_marks(item).strict
        return is_on(self._config, "strict") if wished is None else wished

    def describe(self, item: pytest.Item) -> str:
        """A test's last calls, for its report."""
        return "\n".join(describe_calls(handle.calls) for handle in item.stash.get(HANDLES, []) if handle.calls)

    def late_calls(self) -> list[str]:
        """The calls that came after their test had ended, with its name."""
        calls = [*self.gateway.unclaimed, *(self._remote.unclaimed() if self._remote else ())]
        return [
            f"{call.error.late}: {describe_call(call)}"
            for call in calls
            if call.error and call.error.late in self._names
        ]


def refuse_blocked_sockets(url: str) -> None:
    """Say so where pytest-socket keeps tests from this server, instead of leaving it to each client's error."""
    host, _, port = url.removeprefix("http://").partition(":")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except RuntimeError as error:
        raise pytest.fail.Exception(
            f"{type(error).__name__}: sockets are blocked in this run, and omixa_mock_server needs one to {host}. "
            f"Allow it by --allow-hosts={host}, or use the fixture omixa_mock, which needs none.",
            pytrace=False,
        ) from None


HINT = (
    "\nIf that is what the test is about: `with handle.expect_refusal(STATUS):` around the call, "
    "or @pytest.mark.omixa_mock(strict=False)."
)


def current_test() -> str:
    """The running test, as pytest tells it to every process."""
    return (
        os.environ.get("PYTEST_CURRENT_TEST", "something outside a test").rpartition(" (")[0]
        or "something outside a test"
    )
