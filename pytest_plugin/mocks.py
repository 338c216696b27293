"""The handles of a test: that of a server's workspace, where they are kept, what they set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from omixa_mock.gateway.workspaces import Workspaces
from omixa_mock.mock import OmixaMock
from omixa_mock.mock.workspace_client import WorkspaceClient

from .opening import has_proxy, past_proxies

__all__ = ["MOCKS", "OmixaMockServer", "forget_mocks", "keep_mock", "name_of", "set_environment"]

MOCKS = pytest.StashKey[list[OmixaMock]]()


class OmixaMockServer(OmixaMock):
    """The handle of a test whose gateway is on a socket.

    Attributes:
        url: The server's URL, without a path.
    """

    def __init__(
        self, url: str, api_key: str, client: WorkspaceClient, workspaces: Workspaces, *, shared: bool
    ) -> None:
        super().__init__(f"{url}/api/v1", api_key, client)
        self.url = url
        self._shared, self._workspaces = shared, workspaces

    def env(self, *, openai: bool = False) -> dict[str, str]:
        """What a client's environment needs; where a proxy is set, also that it is not for this server."""
        return super().env(openai=openai) | (past_proxies(self.url) if has_proxy() else {})

    def adopt(self, key: str) -> None:
        """Let calls with `key` belong to this test until it ends: for apps that read their key once.

        Raises:
            RuntimeError: The server is shared (`--omixa-mock-url`): others may be using that key.
        """
        if self._shared:
            raise RuntimeError(
                f"adopt() would take calls from other runs: the fake at {self.url} is shared (--omixa-mock-url). "
                "Run this test without that option, with a server of its own."
            )
        self._workspaces.adopt(key, self.api_key)


def set_environment(patch: pytest.MonkeyPatch, names: Mapping[str, str]) -> None:
    """Set variables until the test ends, on the same pile as what the test itself sets."""
    for name, value in names.items():
        patch.setenv(name, value)


def name_of(mock: OmixaMock) -> str:
    """The fixture that gave a handle."""
    return "omixa_mock_server" if isinstance(mock, OmixaMockServer) else "omixa_mock"


def keep_mock(node: Any, mock: OmixaMock) -> None:
    """Let the verdict find a test's handles."""
    node.stash.setdefault(MOCKS, []).append(mock)


def forget_mocks(item: pytest.Item) -> None:
    """Let a test's journal go with the test; one that is run again begins anew."""
    item.stash[MOCKS] = []
