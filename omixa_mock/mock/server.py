"""`OmixaMockServer`: the mock of a fake gateway on a socket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from omixa_mock.gateway import Gateway
from omixa_mock.gateway.http import describe_form, is_well_formed

from .mock import NO_CHANGES, OmixaMock
from .proxies import bypass_proxies, has_proxy
from .workspace_client import WorkspaceClient

__all__ = ["OmixaMockServer"]


class OmixaMockServer(OmixaMock):
    """A fake gateway on a socket, as one test sees it.

    Attributes:
        url: The server's URL, without a path.
    """

    def __init__(
        self,
        url: str,
        api_key: str,
        client: WorkspaceClient,
        gateway: Gateway | None = None,
        initial: Mapping[str, Any] = NO_CHANGES,
    ) -> None:
        super().__init__(f"{url}/api/v1", api_key, client, gateway, initial)
        self.url = url

    def env(self, *, openai: bool = False) -> dict[str, str]:
        """Return the environment variables for a client; if a proxy is set, also those that bypass it.

        Args:
            openai: Add the names that OpenAI's SDKs read.
        """
        return super().env(openai=openai) | (bypass_proxies(self.url) if has_proxy() else {})

    def adopt(self, key: str) -> None:
        """Count the calls made with `key` as this test's until it ends: for apps that read their key once.

        Args:
            key: Any well-formed key, also one that the fake never issued.

        Raises:
            ValueError: The key is malformed; the gateway refuses every call with it.
            RuntimeError: The server is shared (`--omixa-mock-url`): others may be using that key.
        """
        if self._gateway is None:
            raise RuntimeError(
                f"adopt() would take calls from other runs: the fake at {self.url} is shared (--omixa-mock-url). "
                "Run this test without that option, with a server of its own."
            )
        if not is_well_formed(key):
            raise ValueError(
                f"adopt: the key has the wrong form: {describe_form(key)}. A key is omx_live_ and 1 to 200 of "
                "A-Z a-z 0-9 _ -, for instance omx_live_app"
            )
        self._gateway.workspaces.enter(self.api_key)  # its first use may be this one
        self._gateway.workspaces.adopt(key, self.api_key)
