"""The door for requests: an adapter of our own, handed out for Omixa's hosts.

The `responses` library could not share a test with a user's own use of it; an
adapter can, since `responses` patches the adapters that are left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http.client import responses as phrases
from io import BytesIO
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse, HTTPSConnectionPool, Timeout
from urllib3.exceptions import ReadTimeoutError

from omixa_mock.doors.fields import Fields, join_fields, read_query, reply_fields
from omixa_mock.gateway import Cut, Journey, Reply, Request

from .exchange import Answering, Impatient, answer, is_omixa, visible_body
from .patching import PatchFailed, describe
from .replay_urllib3 import replay

__all__ = ["RequestsDoor"]

PATCHED = "get_adapter"
GetAdapter = Callable[[requests.Session, str], BaseAdapter]


class OmixaAdapter(BaseAdapter):
    """An adapter that answers from the gateways of the open doors, and passes on what none claims.

    Args:
        own: The adapter that the session would have used.
    """

    def __init__(self, own: BaseAdapter) -> None:
        super().__init__()
        self._own = own

    def send(  # type: ignore[override]  # whatever requests adds is passed on as it came
        self, request: requests.PreparedRequest, timeout: Any = None, **kwargs: Any
    ) -> requests.Response:
        """Answer one prepared request."""
        journey = RequestsDoor.journey(read_head(request))
        if journey is None:
            return self._own.send(request, timeout=timeout, **kwargs)
        try:
            ending = answer(journey, b"".join(chunks_of(request.body)), patience_of(timeout))
        except Impatient:
            raise timed_out(request, timeout) from None
        if isinstance(ending, Cut):
            return replay(request, ending, stream=kwargs.get("stream", False))
        return build_response(request, ending.reply)

    def close(self) -> None:
        """Nothing is open."""


def read_head(request: requests.PreparedRequest) -> Request:
    """The head of a prepared request."""
    parts = urlsplit(request.url or "")
    query = parts.query.encode("latin-1", "replace")
    return Request(
        request.method or "GET", unquote(parts.path) or "/", join_fields(fields_of(request)), read_query(query)
    )


def fields_of(request: requests.PreparedRequest) -> Fields:
    """The header fields of a request, which requests takes as text and as bytes."""
    for name, value in request.headers.items():
        yield as_bytes(name), as_bytes(value)


def as_bytes(text: Any) -> bytes:
    """Text as it goes over the wire."""
    return text if isinstance(text, bytes) else str(text).encode("latin-1", "replace")


def chunks_of(body: Any) -> Iterator[bytes]:
    """All of a body, which is bytes, text, a file or an iterable of either; text is sent as UTF-8."""
    if isinstance(body, str):
        yield body.encode()
    elif hasattr(body, "read"):
        yield from chunks_of(body.read())
    elif isinstance(body, bytes | bytearray | memoryview):
        yield bytes(body)
    elif body is not None:
        for chunk in body:
            yield from chunks_of(chunk)


def patience_of(timeout: Any) -> float | None:
    """The read timeout in what requests takes as `timeout`: a number, a pair, a urllib3 Timeout or None."""
    seconds: Any = timeout
    if isinstance(timeout, tuple):
        _, seconds = timeout
    elif isinstance(timeout, Timeout):
        # It knows what is left of a total only once the clock runs.
        running = timeout.clone()
        running.start_connect()
        seconds = running.read_timeout
    return None if seconds is None else float(seconds)


def timed_out(request: requests.PreparedRequest, timeout: Any) -> requests.exceptions.ReadTimeout:
    """The exception of a read timeout, as requests words it."""
    parts = urlsplit(request.url or "")
    pool = HTTPSConnectionPool(parts.hostname or "", parts.port)
    told = f"Read timed out. (read timeout={patience_of(timeout):g})"
    return requests.exceptions.ReadTimeout(ReadTimeoutError(pool, request.url or "", told), request=request)


# It is asked for nothing but to translate a response; making one takes longer than that.
BUILDER = HTTPAdapter()


def build_response(request: requests.PreparedRequest, reply: Reply) -> requests.Response:
    """A reply as requests would have built it from a connection."""
    raw = HTTPResponse(
        body=BytesIO(visible_body(reply, request.method or "")),
        headers=HTTPHeaderDict((name.decode(), value.decode("latin-1")) for name, value in reply_fields(reply)),
        status=reply.status,
        reason=phrases.get(reply.status, ""),
        preload_content=False,
        request_method=request.method,
    )
    return BUILDER.build_response(request, raw)


class RequestsDoor:
    """Answers requests' calls to Omixa's hosts while it is open.

    All doors share one patch, so that they may be closed in any order.
    """

    name = "requests"
    # Those that are open, the newest first.
    doors: ClassVar[list[RequestsDoor]] = []
    own: ClassVar[GetAdapter]

    def __init__(self, answering: Answering) -> None:
        self._answering = answering

    @classmethod
    def journey(cls, request: Request) -> Journey | None:
        """The journey by the newest open door that claims a request."""
        journeys = (door._answering(request) for door in tuple(cls.doors))  # noqa: SLF001  # of this very class
        return next((journey for journey in journeys if journey is not None), None)

    def open(self) -> None:
        """Hand out our adapter from `Session.get_adapter`.

        Raises:
            PatchFailed: requests has no such method.
        """
        if not self.doors:
            patch()
        self.doors.insert(0, self)

    def close(self) -> None:
        """Leave; the last one gives the method back."""
        if self in self.doors:
            self.doors.remove(self)
            if not self.doors:
                setattr(requests.Session, PATCHED, RequestsDoor.own)


def patch() -> None:
    """Put our own method in place of requests'.

    Raises:
        PatchFailed: There is none.
    """
    own: GetAdapter | None = getattr(requests.Session, PATCHED, None)
    if own is None:
        raise PatchFailed(
            f"{describe(requests)} could not be intercepted: there is no requests.Session.{PATCHED}. No call went out. "
            f"Use another version of requests, or the fixture omixa_mock_server, which needs no patch."
        )

    def get_adapter(session: requests.Session, url: str) -> BaseAdapter:
        adapter = own(session, url)
        return OmixaAdapter(adapter) if is_omixa(urlsplit(url).hostname or "") else adapter

    RequestsDoor.own = staticmethod(own)
    setattr(requests.Session, PATCHED, get_adapter)
