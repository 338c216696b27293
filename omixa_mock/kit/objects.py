"""From what a program holds to what can be judged: mappings, text, and the objects of client libraries.

By their shape alone: none of httpx, httpx2, requests or the OpenAI SDK is imported.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from .exchanges import HttpRequest, HttpResponse

__all__ = ["read_request", "read_response"]

REQUESTS = "a mapping, JSON text (bytes or str), or a request of httpx, httpx2 or requests"
RESPONSES = (
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
    sent = prepared(thing) if hasattr(thing, "prepare") and hasattr(thing, "json") else thing
    return HttpRequest(str(sent.method), path_of(sent.url), headers_of(sent), body_of(sent))


def read_response(thing: Any) -> HttpResponse | bytes:
    """A whole response, or, of what has no head, its body as JSON text.

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
        raise refuse(thing, RESPONSES)
    media_type = headers_of(thing).get("content-type", "")
    return HttpResponse(int(thing.status_code), bytes(thing.content), media_type, path_answered(thing))


def read_body(thing: Any) -> bytes | None:
    """The JSON text of what has no head: a mapping, text, a pydantic model; None of what is none of these."""
    match thing:
        case Mapping():
            return write_json(dict(thing))
        case bytes() | bytearray() | memoryview():
            return bytes(thing)
        case str():
            # Half a surrogate pair is no text; judged as bytes it is refused as such.
            return thing.encode(errors="surrogatepass")
    if hasattr(thing, "model_dump") and not isinstance(thing, type):
        # Only what came: a parsed model also has fields that the response had not.
        return write_json(thing.model_dump(mode="json", by_alias=True, exclude_unset=True))
    return None


def write_json(value: dict[Any, Any]) -> bytes:
    """A mapping as clients write it; NaN, large numbers and halves of surrogate pairs are for the judge to refuse.

    Raises:
        TypeError: It holds what JSON has no value for, or itself.
    """
    try:
        # Not by orjson, which writes dates and UUIDs that no client would, and refuses numbers that any would.
        return json.dumps(value, default=plain).encode()
    except NotJsonError:
        raise
    except RecursionError:
        raise TypeError("the mapping cannot be judged: it nests too deep to be written as JSON.") from None
    except (TypeError, ValueError) as error:
        # A name that is a tuple, a mapping within itself, an integer of thousands of digits.
        raise TypeError(f"the mapping cannot be judged: it cannot be written as JSON ({error}).") from None


class NotJsonError(TypeError):
    """A mapping holds what JSON has no value for."""


def plain(value: object) -> dict[Any, Any]:
    """A mapping that is no dict, as one.

    Raises:
        NotJsonError: It is none.
    """
    if isinstance(value, Mapping):
        return dict(value)
    came = f"{type(value).__module__}.{type(value).__qualname__}"
    raise NotJsonError(
        f"the mapping cannot be judged: a {came} in it is no JSON value; accepted: mappings, lists, text, numbers, "
        "booleans and None. Make of it what your client sends, for instance its text."
    )


def prepared(request: Any) -> Any:
    """A `requests.Request` as it is sent: its body is made when it is prepared.

    Raises:
        TypeError: It could not be sent.
    """
    try:
        return request.prepare()
    except (OSError, TypeError, ValueError) as error:
        raise TypeError(f"the request cannot be judged: requests cannot prepare it ({error}).") from None


def has(thing: Any, *names: str) -> bool:
    """Whether a thing looks like a message; a class does not, though it has the names."""
    return not isinstance(thing, type) and all(name in dir(thing) for name in names)


def refuse(thing: Any, accepted: str) -> TypeError:
    """What to say of a thing that has no message in it."""
    return TypeError(f"{type(thing).__module__}.{type(thing).__qualname__} cannot be judged; accepted: {accepted}.")


def path_of(url: Any) -> str:
    """The path of a URL, be it text or an object."""
    return unquote(urlsplit(str(url)).path)


def path_answered(response: Any) -> str:
    """The path of the request that a response answers; empty where it does not know."""
    try:
        return path_of(response.request.url)
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
        return body.encode(errors="surrogatepass")
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    raise TypeError(f"the request's body is a {type(body).__name__}, which can be read once only; accepted: bytes.")
