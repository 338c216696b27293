"""The desk of one pytest run: the gateways of its tests, the tripwire, and the verdicts.

Imported at the first use of a fixture; everything heavy is behind it.
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
from omixa_mock.interceptors.tripwire import TRIPWIRE, Attempt, current_test
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
from omixa_mock.transports.control.access import ControlPolicy
from omixa_mock.transports.listen import Address

from .markers import read_markers
from .mocks import MOCKS, keep_mock, name_of, set_environment
from .opening import (
    configure,
    read_settings,
    start_interception_or_fail,
    telling_of_blocked_sockets,
    touch,
)
from .options import ITEM, is_on, option
from .strictness import find_attempts, find_faults, write_verdict

__all__ = ["PluginSession"]


class PluginSession:
    """All that a run shares.

    Attributes:
        gateway: The session's gateway: of the server, and of the tombstones of all tests.
        shared: URL of a fake that other runs use too; empty where the run has its own.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        # Two runs may share one fake: their keys must differ, and what is said of them.
        self._run = os.urandom(3).hex()
        self._issued = count(1)
        self._stack = ExitStack()
        self._url = ""
        # Of each fake that answers at the shared URL, the newest books.
        self._remotes: dict[str, RemoteClient] = {}
        self._settings = read_settings(config)
        # A base URL is what people have at hand.
        self.shared = option(config, "url").rstrip("/").removesuffix("/api/v1")
        self.gateway = Gateway(shipped_contract(), self._settings, keys="issued", now=time.time)
        # One for all tests in process: what an app keeps from one of them is still good in the next.
        self._in_process = f"{ISSUED_PREFIX}{self._worker}_{blake2s(self._run.encode(), digest_size=8).hexdigest()}"
        # Open to the end of the run: a late call is refused under its test's name, not let through.
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
        """Stop the server, and leave every library as it was."""
        self._stack.close()

    # Gateways for tests

    @contextmanager
    def intercept(self, node: pytest.Item, patch: pytest.MonkeyPatch) -> Iterator[OmixaMock]:
        """A gateway in this process, for one test."""
        options, key = read_markers(node), self._in_process
        gateway = Gateway(shipped_contract(), self._settings, keys="shared", now=time.time)

        def answer(request: Request) -> Flow:
            # Here every key means this test; but not that of a server's test which is over.
            return self._answer_late(request, but=key) or gateway.handle(request)

        client = LocalClient(gateway.workspaces.open(key))
        configure(node, client, {"settings": options.settings, **options.workspace})
        mock = OmixaMock(BASE_URL, key, client, gateway)
        with start_interception_or_fail(answer, everywhere=True):
            set_environment(patch, mock.env(openai=options.openai))
            keep_mock(node, mock)
            yield mock
        self.gateway.workspaces.bury(key, node.nodeid)

    @contextmanager
    def serve(self, node: Any, patch: pytest.MonkeyPatch | None = None) -> Iterator[OmixaMockServer]:
        """A workspace at the session's server, for one test; or for the session, which leaves the environment alone."""
        options, key = read_markers(node), self._issue(node)
        with telling_of_blocked_sockets():
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
            # The control route takes 200 characters.
            client.close(f"{name[:150]}{self._tag}")
        else:
            self.gateway.workspaces.release(key)
            self.gateway.workspaces.close(key, name)

    def _open_client(self, url: str, key: str) -> WorkspaceClient:
        if not self.shared:
            workspaces = self.gateway.workspaces
            workspaces.open(key)
            # By its key at each look: the control routes may begin it anew.
            return LocalClient(lambda: workspaces.enter(key), self.gateway.unmatched)
        try:
            client = RemoteClient(
                url, key, shipped_contract().field_names, option(self._config, "control_token") or None
            )
        except (NotAFake, SettingError) as error:
            told = str(error).replace("--control-token.", "--control-token as --omixa-mock-control-token.")
            raise pytest.fail.Exception(f"--omixa-mock-url: {told}", pytrace=False) from None
        self._remotes[client.instance] = client
        return client

    def _start(self) -> str:
        if not self._url:
            app = build_app(self.gateway, ControlPolicy())
            self._url = self._stack.enter_context(run_in_thread(app, self.gateway, Address()))
        return self._url

    def _issue(self, node: Any) -> str:
        # A test that is run again is another one: what comes late from the first is not the second's.
        text = f"{self._run} {next(self._issued)} {node.nodeid}"
        return f"{ISSUED_PREFIX}{self._worker}_{blake2s(text.encode(), digest_size=8).hexdigest()}"

    def _answer_late(self, request: Request, but: str = "") -> Flow | None:
        try:
            key = bearer_key(request.headers)
        except Problem:
            return None
        return self.gateway.handle(request) if key != but and self.gateway.workspaces.tombstone(key) else None

    # Verdicts

    def fail_if_unmet(self, item: pytest.Item) -> None:
        """Fail a test for what its asserts did not see: live attempts, breaches, unmet plans."""
        __tracebackhide__ = True
        findings = [*find_attempts(self.take_attempts(item))]
        mocks = item.stash.get(MOCKS, [])
        if mocks and self._is_strict(item):
            for mock in mocks:
                findings += find_faults(mock, name_of(mock))
        if findings:
            pytest.fail(write_verdict(findings), pytrace=False)
        for call in (call for mock in mocks for call in mock.calls):
            for advisory in call.advisories:
                try:
                    item.warn(OmixaAdvisory(f"{describe_call(call)}: {advisory.message} [{advisory.rule}]"))
                except OmixaAdvisory as error:  # The user's filter makes errors of warnings.
                    raise pytest.fail.Exception(f"omixa-mock: {error}", pytrace=False) from None

    def judge_attempts(self, item: pytest.Item) -> None:
        """Fail a teardown that tried to reach Omixa for real."""
        __tracebackhide__ = True
        told = self.tell_attempts(item)
        if told:
            pytest.fail(told, pytrace=False)

    def tell_attempts(self, item: pytest.Item) -> str:
        """The verdict on a test's live attempts; nothing where there were none."""
        findings = [*find_attempts(self.take_attempts(item))]
        return write_verdict(findings) if findings else ""

    def take_attempts(self, item: pytest.Item) -> Sequence[Attempt]:
        """The live attempts of a test, once."""
        # The second as pytest writes it into the environment, where nobody else knows.
        names = {item.nodeid, item.nodeid.replace("\x00", "(null)")}
        attempts = self.tripwire.attempts
        taken = [attempt for attempt in attempts if attempt.test in names]
        attempts[:] = [attempt for attempt in attempts if attempt.test not in names]
        return taken

    def _is_strict(self, item: pytest.Item) -> bool:
        wished = read_markers(item).strict
        return is_on(self._config, "strict") if wished is None else wished

    @property
    def _tag(self) -> str:
        return f" in run {self._run}"

    def late_calls(self) -> list[str]:
        """The calls that came after their test had ended, with its name."""
        own = [call for call in self.gateway.unmatched if call.late]
        theirs = [call for call in self._unmatched_elsewhere() if call.late.endswith(self._tag)]
        return [f"{call.late.removesuffix(self._tag)}: {describe_call(call)}" for call in (*own, *theirs)]

    def _unmatched_elsewhere(self) -> Iterator[Call]:
        for client in self._remotes.values():
            # One that has ended meanwhile took its journal with it.
            with suppress(NotAFake, SettingError):
                yield from client.unmatched()

    def unmatched_attempts(self) -> list[str]:
        """The live attempts that no test was failed for: outside of any, or after its end."""
        return [str(attempt) for attempt in self.tripwire.attempts]
