"""Interceptor for requests: an adapter of ours for calls to Omixa's hosts.

It replaces `Session.send`, in which a session selects its adapter. `responses` patches the adapters, and requests-mock
the sessions' own `get_adapter`; both are below that.
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
from omixa_mock.transports.header_fields import Fields, join_fields, parse_query, response_fields

from .exchange import ClientTimedOut, is_omixa, run_flow, visible_body
from .network_guard import refuse_live
from .patching import AttributeOverlay, Patch
from .registry import flow_of
from .replay_urllib3 import replay

__all__ = ["make_patches"]

# The adapter's method that returns a connection: its present name, and that before requests 2.32.
GET_CONNECTION = ("get_connection_with_tls_context", "get_connection")


def make_patches(library: ModuleType) -> list[Patch]:
    """Return the patches of requests."""
    get_connection = next((name for name in GET_CONNECTION if name in vars(HTTPAdapter)), GET_CONNECTION[0])
    return [
        Patch(library, requests.Session, "send", make_send),
        Patch(library, HTTPAdapter, get_connection, make_guard),
    ]


def make_send(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return the replacement of a session's `send`."""

    @wraps(original)
    def send(session: Any, request: Any, **kwargs: Any) -> Any:
        flow = flow_of(build_request(request)) if is_omixa(host_of(request)) else None
        if flow is None:
            return original(session, request, **kwargs)
        adapter = GatewayAdapter(flow)
        # Everything else (cookies, hooks, redirects) stays the session's own.
        return original(AttributeOverlay(session, get_adapter=lambda *_, **__: adapter), request, **kwargs)

    return send


def make_guard(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return the replacement of the method that returns a connection, which may be open already."""

    @wraps(original)
    def get_connection(adapter: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        # vcrpy replaces the connection class below.
        if HTTPSConnectionPool.ConnectionCls.__module__.startswith("urllib3."):
            refuse_live(
                host_of(request), lambda message: requests.ConnectionError(message, request=as_request(request))
            )
        return original(adapter, request, *args, **kwargs)

    return get_connection


def host_of(request: Any) -> str:
    """Return the host of a request or a URL; empty if it has none."""
    try:
        return urlsplit(getattr(request, "url", request) or "").hostname or ""
    except (TypeError, ValueError):
        return ""  # The session refuses it with its own message.


def as_request(request: Any) -> requests.PreparedRequest | None:
    """Return the request; None if it is a URL."""
    return request if isinstance(request, requests.PreparedRequest) else None


class GatewayAdapter:
    """Adapter of one call, which gets its response from a gateway."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow

    def send(self, request: requests.PreparedRequest, timeout: Any = None, **kwargs: Any) -> requests.Response:
        """Return the response to a prepared request."""
        try:
            ending = run_flow(self._flow, b"".join(chunks_of(request.body)), read_timeout_of(timeout))
        except ClientTimedOut as timed_out:
            raise build_timeout_error(request, timeout, in_body=timed_out.in_body) from None
        if isinstance(ending, Cut):
            return replay(request, ending, stream=kwargs.get("stream", False))
        return build_response(request, ending.response)


def build_request(request: requests.PreparedRequest) -> Request:
    """Return the gateway's request for a prepared request."""
    parts = urlsplit(request.url or "")
    query = parts.query.encode("latin-1", "replace")
    return Request(
        request.method or "GET", unquote(parts.path) or "/", join_fields(fields_of(request)), parse_query(query)
    )


def fields_of(request: requests.PreparedRequest) -> Fields:
    """Yield the header fields of a request; requests accepts them as text and as bytes."""
    for name, value in request.headers.items():
        yield as_bytes(name), as_bytes(value)


def as_bytes(text: Any) -> bytes:
    """Return text as encoded in a header."""
    return text if isinstance(text, bytes) else str(text).encode("latin-1", "replace")


def chunks_of(body: Any) -> Iterator[bytes]:
    """Yield all of a body: bytes, text, a file or an iterable of either; text is sent as UTF-8."""
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
    """Return the read timeout in a `timeout` of requests: a number, a pair, a urllib3 Timeout or None."""
    seconds: Any = timeout
    if isinstance(timeout, tuple):
        _, seconds = timeout
    elif isinstance(timeout, Timeout):
        # It computes the rest of a total only once the clock runs.
        running = timeout.clone()
        running.start_connect()
        seconds = running.read_timeout
    read_timeout: float | None = seconds
    return read_timeout


def build_timeout_error(request: requests.PreparedRequest, timeout: Any, *, in_body: bool) -> requests.RequestException:
    """Return the exception of a read timeout as requests words it; in the body it is a `ConnectionError`."""
    parts = urlsplit(request.url or "")
    # urllib3 always names the port.
    pool = HTTPSConnectionPool(parts.hostname or "", parts.port or {"http": 80}.get(parts.scheme, 443))
    message = "Read timed out." if in_body else f"Read timed out. (read timeout={read_timeout_of(timeout)})"
    kind = requests.exceptions.ConnectionError if in_body else requests.exceptions.ReadTimeout
    return kind(ReadTimeoutError(pool, request.url or "", message), request=request)


# Used only to build responses. It is shared, since making an adapter takes longer than that.
BUILDER = HTTPAdapter()


def build_response(request: requests.PreparedRequest, response: Response) -> requests.Response:
    """Return a response as requests would have built it from a connection."""
    raw = HTTPResponse(
        body=BytesIO(visible_body(response, request.method or "")),
        headers=HTTPHeaderDict((name.decode(), value.decode("latin-1")) for name, value in response_fields(response)),
        status=response.status,
        reason=phrases.get(response.status, ""),
        preload_content=False,
        request_method=request.method,
    )
    return BUILDER.build_response(request, raw)
