"""Conversion of client-library objects, mappings and text to HTTP messages or JSON bodies.

Objects are recognised by their attributes: none of httpx, httpx2, requests or the OpenAI SDK is imported.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from .http_validation import HttpRequest, HttpResponse

__all__ = ["convert_request", "convert_response"]

REQUESTS = "a mapping, JSON text (bytes or str), or a request of httpx, httpx2 or requests"
RESPONSES = (
    "a mapping, JSON text (bytes or str), a response of httpx, httpx2 or requests, an error that has one, "
    "or what the OpenAI SDK returns, raw or parsed"
)


def convert_request(value: Any) -> HttpRequest | bytes:
    """Return an HTTP request, or the JSON text if only a body is given.

    Raises:
        TypeError: The type is not accepted.
    """
    body = convert_body(value)
    if body is not None:
        return body
    if not has_attributes(value, "method", "url", "headers"):
        raise unsupported_type(value, REQUESTS)
    request = prepare_request(value) if hasattr(value, "prepare") and hasattr(value, "json") else value
    return HttpRequest(str(request.method), path_of(request.url), headers_of(request), body_of(request))


def convert_response(value: Any) -> HttpResponse | bytes:
    """Return an HTTP response, or the JSON text if only a body is given.

    Raises:
        TypeError: The type is not accepted.
    """
    if isinstance(value, BaseException):
        # Clients attach the response to the exception that they raise for a refusal.
        value = getattr(value, "response", None) if getattr(value, "response", None) is not None else value
    # `with_raw_response` of the OpenAI SDK returns a wrapper of the library's own response.
    value = getattr(value, "http_response", value)
    body = convert_body(value)
    if body is not None:
        return body
    if not has_attributes(value, "status_code", "headers", "content"):
        raise unsupported_type(value, RESPONSES)
    media_type = headers_of(value).get("content-type", "")
    path, request = request_path_of(value), request_body_of(value)
    return HttpResponse(int(value.status_code), bytes(value.content), media_type, path, request)


def convert_body(value: Any) -> bytes | None:
    """Return the JSON text of a mapping, text or pydantic model; None for any other type."""
    match value:
        case Mapping():
            return write_json(dict(value))
        case bytes() | bytearray() | memoryview():
            return bytes(value)
        case str():
            # A lone surrogate is not UTF-8; as bytes it breaks the rule about malformed bodies.
            return value.encode(errors="surrogatepass")
    if hasattr(value, "model_dump") and not isinstance(value, type):
        # A parsed model also has fields that were missing in the response.
        return write_json(value.model_dump(mode="json", by_alias=True, exclude_unset=True))
    return None


def write_json(value: dict[Any, Any]) -> bytes:
    """Return a mapping as JSON text as clients write it.

    NaN, large numbers and lone surrogates are left for the validation to refuse.

    Raises:
        TypeError: A value has no JSON form, or the mapping contains itself.
    """
    try:
        # orjson writes dates and UUIDs, which clients do not, and refuses numbers that clients send.
        return json.dumps(value, default=mapping_to_dict).encode()
    except NotJsonError:
        raise
    except RecursionError:
        raise TypeError("the mapping cannot be validated: it nests too deep to be written as JSON.") from None
    except (TypeError, ValueError) as error:
        # For instance a name that is a tuple, a mapping within itself, an integer of thousands of digits.
        raise TypeError(f"the mapping cannot be validated: it cannot be written as JSON ({error}).") from None


class NotJsonError(TypeError):
    """Mapping with a value that has no JSON form."""


def mapping_to_dict(value: object) -> dict[Any, Any]:
    """Return a mapping other than a dict as a dict.

    Raises:
        NotJsonError: The value is not a mapping.
    """
    if isinstance(value, Mapping):
        return dict(value)
    name = f"{type(value).__module__}.{type(value).__qualname__}"
    raise NotJsonError(
        f"the mapping cannot be validated: a {name} in it is no JSON value; accepted: mappings, lists, text, numbers, "
        "booleans and None. Make of it what your client sends, for instance its text."
    )


def prepare_request(request: Any) -> Any:
    """Return a `requests.Request` as it is sent; preparing it makes its body.

    Raises:
        TypeError: It cannot be prepared.
    """
    try:
        return request.prepare()
    except (OSError, TypeError, ValueError) as error:
        raise TypeError(f"the request cannot be validated: requests cannot prepare it ({error}).") from None


def has_attributes(value: Any, *names: str) -> bool:
    """Return True if an instance has all the attributes; a class never does."""
    return not isinstance(value, type) and all(name in dir(value) for name in names)


def unsupported_type(value: Any, accepted: str) -> TypeError:
    """Return the error for an object that is not a message."""
    return TypeError(f"{type(value).__module__}.{type(value).__qualname__} cannot be validated; accepted: {accepted}.")


def path_of(url: Any) -> str:
    """Return the path of a URL, be it text or an object."""
    return unquote(urlsplit(str(url)).path)


def request_path_of(response: Any) -> str:
    """Return the path of a response's request; empty if unknown."""
    try:
        return path_of(response.request.url)
    except (AttributeError, RuntimeError):
        # httpx raises a RuntimeError for a response that was made without a request.
        return ""


def request_body_of(response: Any) -> bytes | None:
    """Return the body of a response's request; None if it is unknown, or was a stream."""
    try:
        return body_of(response.request)
    except (AttributeError, RuntimeError, TypeError):
        return None


def headers_of(message: Any) -> dict[str, str]:
    """Return a message's headers by lower-case name."""
    return {decode_header(name).lower(): decode_header(value) for name, value in dict(message.headers).items()}


def decode_header(value: str | bytes) -> str:
    """Return a header's name or value as text; requests accepts bytes for both."""
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def body_of(request: Any) -> bytes:
    """Return a request's body: `content` in httpx, `body` in requests."""
    body = request.content if "content" in dir(request) else getattr(request, "body", None)
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode(errors="surrogatepass")
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    raise TypeError(f"the request's body is a {type(body).__name__}, which can be read once only; accepted: bytes.")
