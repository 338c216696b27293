"""State of one pytest run: the gateways of its tests, the tripwire, the checks at their end.

Imported at the first use of a fixture; every heavy import is behind it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from hashlib import blake2s
from itertools import count
from typing import Any

import pytest

from omixa_mock.advisory import OmixaAdvisory
from omixa_mock.gateway import ISSUED_PREFIX, Call, Flow, Gateway, Problem, Request, SettingError, bearer_key
from omixa_mock.interception import BASE_URL
from omixa_mock.interceptors import TRIPWIRE, Attempt, current_test
from omixa_mock.mock import (
    LocalClient,
    NotAFake,
    OmixaMock,
    OmixaMockServer,
    RemoteClient,
    WorkspaceClient,
    bypass_proxies,
    describe_call,
)
from omixa_mock.server import run_in_thread
from omixa_mock.shipped import shipped_contract
from omixa_mock.transports.app import build_app
from omixa_mock.transports.control import ControlPolicy
from omixa_mock.transports.listen import Address

from .markers import read_markers
from .mocks import MOCKS, keep_mock, name_of, set_environment
from .startup import (
    configure,
    read_settings,
    start_interception_or_fail,
    explain_blocked_sockets,
    touch,
)
from .options import ITEM, is_on, option
from .strictness import find_attempts, find_breaches, format_findings

__all__ = ["PluginSession"]


class PluginSession:
    """State that the tests of a run share.

    Attributes:
        gateway: The session's gateway, with the server's workspaces and the tombstones of all tests.
        shared: URL of a fake that other runs use too; empty if the run has its own.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        # Two runs may share one fake: their keys and names must differ.
        self._run = os.urandom(3).hex()
        self._issued = count(1)
        self._stack = ExitStack()
        self._url = ""
        # The newest client of each fake that answers at the shared URL.
        self._remotes: dict[str, RemoteClient] = {}
        self._settings = read_settings(config)
        # People have a base URL at hand.
        self.shared = option(config, "url").rstrip("/").removesuffix("/api/v1")
        self.gateway = Gateway(shipped_contract(), self._settings, keys="issued", now=time.time)
        # One for all tests in process: a key that an app has cached is still valid in the next test.
        self._in_process = f"{ISSUED_PREFIX}{self._worker}_{blake2s(self._run.encode(), digest_size=8).hexdigest()}"
        # Active to the end of the run: a late call is refused under its test's name.
        self._stack.push(start_interception_or_fail(self._answer_late))
        self.tripwire = TRIPWIRE
        self._arm()

    def _arm(self) -> None:
        self.tripwire.current = self._current
        self._stack.callback(setattr, self.tripwire, "current", current_test)
        self.tripwire.arm()
        self._stack.callback(self.tripwire.disarm)

    def _current(self) -> str:
        item = self._config.stash.get(ITEM, None)
        return current_test() if item is None else item.nodeid

    def close(self) -> None:
        """Stop the server, and restore every library."""
        self._stack.close()

    # Mocks of tests

    @contextmanager
    def intercept(self, node: pytest.Item, patch: pytest.MonkeyPatch) -> Iterator[OmixaMock]:
        """Yield a mock in this process, for one test."""
        options, key = read_markers(node), self._in_process
        gateway = Gateway(shipped_contract(), self._settings, keys="shared", now=time.time)

        def answer(request: Request) -> Flow:
            # Every key belongs to this test, except the key of a server's test that is over.
            return self._answer_late(request, but=key) or gateway.handle(request)

        client = LocalClient(gateway.workspaces.open(key))
        configure(node, client, {"settings": options.settings, **options.workspace})
        mock = OmixaMock(BASE_URL, key, client, gateway)
        with start_interception_or_fail(answer, everywhere=True):
            set_environment(patch, mock.env(openai=options.openai))
            keep_mock(node, mock)
            yield mock
        self.gateway.workspaces.add_tombstone(key, node.nodeid)

    @contextmanager
    def serve(self, node: Any, patch: pytest.MonkeyPatch | None = None) -> Iterator[OmixaMockServer]:
        """Yield a mock at the session's server, for one test or for the session, which sets no variables."""
        options, key = read_markers(node), self._issue(node)
        with explain_blocked_sockets():
            url = self.shared or self._start()
            touch(url)
            client = self._open_client(url, key)
        configure(node, client, {"settings": {"seed": self._settings.seed, **options.settings}, **options.workspace})
        mock = OmixaMockServer(url, key, client, None if self.shared else self.gateway)
        if patch is not None:
            set_environment(patch, mock.env(openai=options.openai) | bypass_proxies(url))
        keep_mock(node, mock)
        yield mock
        name = node.nodeid or "omixa_mock_session"
        if isinstance(client, RemoteClient):
            # The control route accepts 200 characters.
            client.close(f"{name[:150]}{self._tag}")
        else:
            self.gateway.workspaces.release(key)
            self.gateway.workspaces.close(key, name)

    def _open_client(self, url: str, key: str) -> WorkspaceClient:
        if not self.shared:
            workspaces = self.gateway.workspaces
            workspaces.open(key)
            # Looked up by its key each time: the control routes may reset it.
            return LocalClient(lambda: workspaces.enter(key), self.gateway.unmatched)
        try:
            client = RemoteClient(
                url, key, shipped_contract().field_names, option(self._config, "control_token") or None
            )
        except (NotAFake, SettingError) as error:
            message = str(error).replace("--control-token.", "--control-token as --omixa-mock-control-token.")
            raise pytest.fail.Exception(f"--omixa-mock-url: {message}", pytrace=False) from None
        self._remotes[client.instance] = client
        return client

    def _start(self) -> str:
        if not self._url:
            app = build_app(self.gateway, ControlPolicy())
            self._url = self._stack.enter_context(run_in_thread(app, self.gateway, Address()))
        return self._url

    def _issue(self, node: Any) -> str:
        # A test that is run again has another key: a late call of the first run is not the second's.
        text = f"{self._run} {next(self._issued)} {node.nodeid}"
        return f"{ISSUED_PREFIX}{self._worker}_{blake2s(text.encode(), digest_size=8).hexdigest()}"

    def _answer_late(self, request: Request, but: str = "") -> Flow | None:
        try:
            key = bearer_key(request.headers)
        except Problem:
            return None
        return self.gateway.handle(request) if key != but and self.gateway.workspaces.tombstone(key) else None

    # Checks at the end of tests

    def enforce_strictness(self, item: pytest.Item) -> None:
        """Fail a test for live attempts, broken contracts and unmet plans."""
        __tracebackhide__ = True
        findings = [*find_attempts(self.take_attempts(item))]
        mocks = item.stash.get(MOCKS, [])
        if mocks and self._is_strict(item):
            for mock in mocks:
                findings += find_breaches(mock, name_of(mock))
        if findings:
            pytest.fail(format_findings(findings), pytrace=False)
        for call in (call for mock in mocks for call in mock.calls):
            for advisory in call.advisories:
                try:
                    item.warn(OmixaAdvisory(f"{describe_call(call)}: {advisory.message} [{advisory.rule}]"))
                except OmixaAdvisory as error:  # The user's filter makes errors of warnings.
                    raise pytest.fail.Exception(f"omixa-mock: {error}", pytrace=False) from None

    def fail_on_attempts(self, item: pytest.Item) -> None:
        """Fail a teardown that tried to reach Omixa for real."""
        __tracebackhide__ = True
        message = self.describe_attempts(item)
        if message:
            pytest.fail(message, pytrace=False)

    def describe_attempts(self, item: pytest.Item) -> str:
        """Return the message about a test's live attempts; empty if there were none."""
        findings = [*find_attempts(self.take_attempts(item))]
        return format_findings(findings) if findings else ""

    def take_attempts(self, item: pytest.Item) -> Sequence[Attempt]:
        """Remove and return the live attempts of a test."""
        # The second form is the one that pytest writes into the environment.
        names = {item.nodeid, item.nodeid.replace("\x00", "(null)")}
        attempts = self.tripwire.attempts
        taken = [attempt for attempt in attempts if attempt.test in names]
        attempts[:] = [attempt for attempt in attempts if attempt.test not in names]
        return taken

    def _is_strict(self, item: pytest.Item) -> bool:
        strict = read_markers(item).strict
        return is_on(self._config, "strict") if strict is None else strict

    @property
    def _tag(self) -> str:
        return f" in run {self._run}"

    def late_calls(self) -> list[str]:
        """Return the calls made after their test had ended, with its name."""
        own = [call for call in self.gateway.unmatched if call.late]
        theirs = [call for call in self._unmatched_elsewhere() if call.late.endswith(self._tag)]
        return [f"{call.late.removesuffix(self._tag)}: {describe_call(call)}" for call in (*own, *theirs)]

    def _unmatched_elsewhere(self) -> Iterator[Call]:
        for client in self._remotes.values():
            # A fake that has ended meanwhile has no journal.
            with suppress(NotAFake, SettingError):
                yield from client.unmatched()

    def unmatched_attempts(self) -> list[str]:
        """Return the live attempts that failed no test: outside of any, or after its end."""
        return [str(attempt) for attempt in self.tripwire.attempts]
