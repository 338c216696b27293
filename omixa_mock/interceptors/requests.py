"""The door for requests: an adapter of our own for calls to Omixa's hosts.

It takes the place of `Session.send`, where a session asks for its adapter. `responses` patches
the adapters and requests-mock the sessions' own `get_adapter`; both are below that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from http.client import responses as phrases
from io import BytesIO
from types import ModuleType
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse, HTTPSConnectionPool, Timeout

# urllib3 1.26 has it nowhere else.
from urllib3._collections import HTTPHeaderDict
from urllib3.exceptions import ReadTimeoutError

from omixa_mock.gateway import Cut, Flow, Request, Response
from omixa_mock.transports.header_fields import Fields, join_fields, read_query, response_fields

from .exchange import ClientTimedOut, answer, is_omixa, visible_body
from .network_guard import refuse_live
from .patching import Facade, Patch
from .registry import flow_of
from .replay_urllib3 import replay

__all__ = ["make_patches"]

# Where an adapter asks for a connection, by its name of today and that before requests 2.32.
CONNECTING = ("get_connection_with_tls_context", "get_connection")


def make_patches(library: ModuleType) -> list[Patch]:
    """What is patched in requests."""
    connecting = next((name for name in CONNECTING if name in vars(HTTPAdapter)), CONNECTING[0])
    return [
        Patch(library, requests.Session, "send", send),
        Patch(library, HTTPAdapter, connecting, guard),
    ]


def send(own: Callable[..., Any]) -> Callable[..., Any]:
    """What stands in place of a session's `send`."""

    @wraps(own)
    def send(session: Any, request: Any, **kwargs: Any) -> Any:
        flow = flow_of(read_head(request)) if is_omixa(host_of(request)) else None
        if flow is None:
            return own(session, request, **kwargs)
        adapter = Answered(flow)
        # All else (cookies, hooks, redirects) is the session's own business.
        return own(Facade(session, get_adapter=lambda *_, **__: adapter), request, **kwargs)

    return send


def guard(own: Callable[..., Any]) -> Callable[..., Any]:
    """What stands in place of the method where an adapter asks for a connection, which may be open already."""

    @wraps(own)
    def get_connection(adapter: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        # vcrpy plays the connections below.
        if HTTPSConnectionPool.ConnectionCls.__module__.startswith("urllib3."):
            refuse_live(host_of(request), lambda told: requests.ConnectionError(told, request=as_request(request)))
        return own(adapter, request, *args, **kwargs)

    return get_connection


def host_of(request: Any) -> str:
    """The host that a request, or a URL, goes to; nothing where it is none."""
    try:
        return urlsplit(getattr(request, "url", request) or "").hostname or ""
    except (TypeError, ValueError):
        return ""  # The session refuses it in its own words.


def as_request(request: Any) -> requests.PreparedRequest | None:
    """The request, where it is one and no URL."""
    return request if isinstance(request, requests.PreparedRequest) else None


class Answered:
    """The adapter of one call that is answered here."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow

    def send(self, request: requests.PreparedRequest, timeout: Any = None, **kwargs: Any) -> requests.Response:
        """Answer one prepared request."""
        try:
            ending = answer(self._flow, b"".join(chunks_of(request.body)), read_timeout_of(timeout))
        except ClientTimedOut as impatient:
            raise timed_out(request, timeout, in_body=impatient.in_body) from None
        if isinstance(ending, Cut):
            return replay(request, ending, stream=kwargs.get("stream", False))
        return build_response(request, ending.response)


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


def read_timeout_of(timeout: Any) -> float | None:
    """The read timeout in what requests takes as `timeout`: a number, a pair, a urllib3 Timeout or None."""
    seconds: Any = timeout
    if isinstance(timeout, tuple):
        _, seconds = timeout
    elif isinstance(timeout, Timeout):
        # It knows what is left of a total only once the clock runs.
        running = timeout.clone()
        running.start_connect()
        seconds = running.read_timeout
    read_timeout: float | None = seconds
    return read_timeout


def timed_out(request: requests.PreparedRequest, timeout: Any, *, in_body: bool) -> requests.RequestException:
    """The exception of a read timeout, as requests words it; in the body it is a failed connection to requests."""
    parts = urlsplit(request.url or "")
    # urllib3 always names the port.
    pool = HTTPSConnectionPool(parts.hostname or "", parts.port or {"http": 80}.get(parts.scheme, 443))
    told = "Read timed out." if in_body else f"Read timed out. (read timeout={read_timeout_of(timeout)})"
    kind = requests.exceptions.ConnectionError if in_body else requests.exceptions.ReadTimeout
    return kind(ReadTimeoutError(pool, request.url or "", told), request=request)


# It is asked for nothing but to translate a response; making one takes longer than that.
BUILDER = HTTPAdapter()


def build_response(request: requests.PreparedRequest, response: Response) -> requests.Response:
    """A response as requests would have built it from a connection."""
    raw = HTTPResponse(
        body=BytesIO(visible_body(response, request.method or "")),
        headers=HTTPHeaderDict((name.decode(), value.decode("latin-1")) for name, value in response_fields(response)),
        status=response.status,
        reason=phrases.get(response.status, ""),
        preload_content=False,
        request_method=request.method,
    )
    return BUILDER.build_response(request, raw)
