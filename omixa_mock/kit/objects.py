"""From what a program holds to what can be judged: mappings, text, and the objects of client libraries.

By their shape alone: none of httpx, httpx2, requests or the OpenAI SDK is imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson

from .exchanges import HttpReply, HttpRequest

__all__ = ["read_reply", "read_request"]

REQUESTS = "a mapping, JSON text (bytes or str), or a request of httpx, httpx2 or requests"
REPLIES = (
    "a mapping, JSON text (bytes or str), a response of httpx, httpx2 or requests, an error that has one, "
    "or what the OpenAI SDK returns, raw or parsed"
)


def read_request(thing: Any) -> HttpRequest | bytes:
    """A whole request, or, of what has no head, its body as JSON text.

    Raises:
        TypeError: It is neither.
    """
    body = read_body(thing)
    if body is not None:
        return body
    if not has(thing, "method", "url", "headers"):
        raise refuse(thing, REQUESTS)
    # A `requests.Request` has its body made when it is prepared.
    sent = thing.prepare() if hasattr(thing, "prepare") and hasattr(thing, "json") else thing
    return HttpRequest(str(sent.method), path_of(sent.url), headers_of(sent), body_of(sent))


def read_reply(thing: Any) -> HttpReply | bytes:
    """A whole reply, or, of what has no head, its body as JSON text.

    Raises:
        TypeError: It is neither.
    """
    if isinstance(thing, BaseException):
        # What clients raise for a refusal has the response with it.
        thing = getattr(thing, "response", None) if getattr(thing, "response", None) is not None else thing
    # What `with_raw_response` of the OpenAI SDK returns holds the library's own response.
    thing = getattr(thing, "http_response", thing)
    body = read_body(thing)
    if body is not None:
        return body
    if not has(thing, "status_code", "headers", "content"):
        raise refuse(thing, REPLIES)
    media_type = headers_of(thing).get("content-type", "")
    return HttpReply(int(thing.status_code), bytes(thing.content), media_type, path_answered(thing))


def read_body(thing: Any) -> bytes | None:
    """The JSON text of what has no head: a mapping, text, a pydantic model; None of what is none of these."""
    match thing:
        case Mapping():
            return orjson.dumps(dict(thing))
        case bytes() | bytearray() | memoryview():
            return bytes(thing)
        case str():
            # Half a surrogate pair is no text; judged as bytes it is refused as such.
            return thing.encode(errors="surrogatepass")
    if hasattr(thing, "model_dump") and not isinstance(thing, type):
        # Only what came: a parsed model also has fields that the reply had not.
        return orjson.dumps(thing.model_dump(mode="json", by_alias=True, exclude_unset=True))
    return None


def has(thing: Any, *names: str) -> bool:
    """Whether a thing looks like a message; a class does not, though it has the names."""
    return not isinstance(thing, type) and all(name in dir(thing) for name in names)


def refuse(thing: Any, accepted: str) -> TypeError:
    """What to say of a thing that has no message in it."""
    return TypeError(f"{type(thing).__module__}.{type(thing).__qualname__} cannot be judged; accepted: {accepted}.")


def path_of(url: Any) -> str:
    """The path of a URL, be it text or an object."""
    return unquote(urlsplit(str(url)).path)


def path_answered(reply: Any) -> str:
    """The path of the request that a reply answers; empty where it does not know."""
    try:
        return path_of(reply.request.url)
    except (AttributeError, RuntimeError):
        # httpx raises a RuntimeError where a response was made without a request.
        return ""


def headers_of(message: Any) -> dict[str, str]:
    """A message's headers by lower-case name."""
    return {text_of(name).lower(): text_of(value) for name, value in dict(message.headers).items()}


def text_of(value: str | bytes) -> str:
    """A header's name or value as text; requests lets both be bytes."""
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def body_of(request: Any) -> bytes:
    """A request's body: httpx has it as `content`, requests as `body`."""
    body = request.content if "content" in dir(request) else getattr(request, "body", None)
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    raise TypeError(f"the request's body is a {type(body).__name__}, which can be read once only; accepted: bytes.")
