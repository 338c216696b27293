"""HTTP client of the control routes of a fake in another process."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from http import HTTPStatus
from http.client import HTTPException
from typing import Any

from omixa_mock.gateway import SettingError

__all__ = ["ControlClient", "KeyRefusedError", "NotAFake"]

# A proxy of the environment is for other hosts.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
TIMEOUT = 30.0


class NotAFake(RuntimeError):  # noqa: N818  # named by what is wrong
    """Nothing answers at the URL, or something that is not omixa-mock."""


class KeyRefusedError(SettingError):
    """The fake does not accept the key, for instance since its workspace was closed (401)."""


class ControlClient:
    """HTTP client of the control routes, with the key of one workspace.

    Args:
        url: The fake's URL, without a path.
        key: The workspace's key.
        token: The token of the control routes; None if they need none.
    """

    def __init__(self, url: str, key: str, token: str | None = None) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {key}"}
        if token:
            self._headers["X-Omixa-Mock-Token"] = token

    def ask(self, method: str, path: str, body: bytes | None = None) -> Any:
        """Return the JSON that a control route responds with.

        Raises:
            NotAFake: Nothing answers at the URL, or something else does.
            SettingError: The fake refused the call, with its message; KeyRefusedError if it refused the key.
        """
        try:
            request = urllib.request.Request(  # noqa: S310  # the user's own URL
                f"{self._url}/__omixa{path}", body, self._headers, method=method
            )
            with DIRECT.open(request, timeout=TIMEOUT) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                if "x-omixa-mock" in error.headers:
                    kind = KeyRefusedError if error.code == HTTPStatus.UNAUTHORIZED else SettingError
                    raise kind(read_message(error.read())) from None
                raise self.no_fake(f"{method} /__omixa{path} gets {error.code}") from None
        except OSError as error:
            reason = getattr(error, "reason", error)
            raise NotAFake(f"Nothing answers at {self._url} ({reason}). Start a fake: omixa-mock serve") from None
        except (ValueError, HTTPException) as error:
            raise self.no_fake(f"{type(error).__name__}: {error}") from None

    def no_fake(self, why: str) -> NotAFake:
        """Return the exception for a server that is no fake."""
        return NotAFake(f"What answers at {self._url} is no omixa-mock: {why}. Start one: omixa-mock serve")


def read_message(body: bytes) -> str:
    """Return the message in a refusal of a control route."""
    try:
        return str(json.loads(body)["error"]["message"])
    except (ValueError, LookupError, TypeError):
        return "the control route answered with something else than a fake's refusal"
