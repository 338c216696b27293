"""The door for requests: an adapter of our own, handed out for Omixa's hosts.

The `responses` library could not share a test with a user's own use of it; an
adapter can, since `responses` patches the adapters that are left.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPResponse

from omixa_mock.gateway import Reply, Request

from .exchange import Answering, Impatient, answer, is_omixa
from .patching import PatchFailed, describe

__all__ = ["RequestsDoor"]

PATCHED = "get_adapter"
GetAdapter = Callable[[requests.Session, str], BaseAdapter]


class OmixaAdapter(BaseAdapter):
    """An adapter that answers from a gateway, and passes on what it does not claim.

    Args:
        answering: Who answers.
        own: The adapter that the session would have used.
    """

    def __init__(self, answering: Answering, own: BaseAdapter) -> None:
        super().__init__()
        self._answering = answering
        self._own = own

    def send(  # type: ignore[override]  # whatever requests adds is passed on as it came
        self, request: requests.PreparedRequest, timeout: Any = None, **kwargs: Any
    ) -> requests.Response:
        """Answer one prepared request."""
        journey = self._answering(read_head(request))
        if journey is None:
            return self._own.send(request, timeout=timeout, **kwargs)
        try:
            reply = answer(journey, read_body(request.body), patience_of(timeout))
        except Impatient:
            raise requests.exceptions.ReadTimeout("Read timed out.", request=request) from None
        return build_response(request, reply)

    def close(self) -> None:
        """Nothing is open."""


def read_head(request: requests.PreparedRequest) -> Request:
    """The head of a prepared request."""
    parts = urlsplit(request.url or "")
    headers = {name.lower(): as_text(value) for name, value in request.headers.items()}
    return Request(request.method or "GET", unquote(parts.path) or "/", headers, dict(parse_qsl(parts.query)))


def as_text(value: Any) -> str:
    """A header's value, which requests takes as bytes too."""
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def read_body(body: Any) -> bytes:
    """All of a body: bytes, text, a file or an iterable of bytes."""
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if hasattr(body, "read"):
        return read_body(body.read())
    return bytes(body) if isinstance(body, bytes | bytearray) else b"".join(body)


def patience_of(timeout: Any) -> float | None:
    """The read timeout in what requests takes as `timeout`: a number, a pair, a urllib3 Timeout or None."""
    if isinstance(timeout, tuple):
        timeout = timeout[1]
    seconds: float | None = getattr(timeout, "read_timeout", timeout)
    return seconds


def build_response(request: requests.PreparedRequest, reply: Reply) -> requests.Response:
    """A reply as requests would have built it from a connection."""
    raw = HTTPResponse(
        body=BytesIO(reply.body),
        headers={**dict(reply.headers), "content-length": str(len(reply.body))},
        status=reply.status,
        reason=HTTPStatus(reply.status).phrase,
        preload_content=False,
        request_method=request.method,
    )
    return HTTPAdapter().build_response(request, raw)


class RequestsDoor:
    """Answers requests' calls to Omixa's hosts while it is open."""

    name = "requests"

    def __init__(self, answering: Answering) -> None:
        self._answering = answering
        self._own: GetAdapter | None = None

    def open(self) -> None:
        """Hand out our adapter from `Session.get_adapter`.

        Raises:
            PatchFailed: requests has no such method.
        """
        own = getattr(requests.Session, PATCHED, None)
        if own is None:
            raise PatchFailed(f"{describe(requests)} has no Session.get_adapter: omixa-mock cannot answer its calls.")

        def get_adapter(session: requests.Session, url: str) -> BaseAdapter:
            adapter = own(session, url)
            return OmixaAdapter(self._answering, adapter) if is_omixa(urlsplit(url).hostname or "") else adapter

        self._own = own
        setattr(requests.Session, PATCHED, get_adapter)

    def close(self) -> None:
        """Give the method back."""
        if self._own is not None:
            setattr(requests.Session, PATCHED, self._own)
        self._own = None
