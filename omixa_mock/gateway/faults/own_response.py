"""Response of a test's own, which replaces the gateway's response to a valid call."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from inspect import iscoroutinefunction
from typing import Any

import orjson
import pybase64
from msgspec import Struct, field

from omixa_mock.gateway.calls import Call
from omixa_mock.gateway.common import STAMP
from omixa_mock.gateway.contract import SettingError, media_type_of
from omixa_mock.gateway.http import Problem, Refusal, Response, abbreviate, redact

from .catalogue import RESPOND, Fault, Moment

__all__ = ["OwnResponse", "ResponseBody", "read_own_response"]

ResponseBody = Mapping[str, Any] | list[Any] | str | bytes | bytearray | memoryview
MakeBody = Callable[[Call], ResponseBody]

# These have no body (RFC 9110 §15.3.5, §15.3.6, §15.4.5).
BODILESS = frozenset({204, 205, 304})
# The transport frames the body itself.
FRAMING = frozenset({"connection", "content-length", "transfer-encoding"})
FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
FIELD_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
MESSAGE_MAX = 200


class Content(Struct, frozen=True):
    """Body of a response, with its media type; that of an image goes into a success."""

    media_type: str
    data: bytes


class OwnResponse(Fault, frozen=True, eq=False):
    """Outcome of a plan that replaces the response to a valid call.

    A success (2xx) takes the place of the gateway's own, so that its images are made and charged. Any other status
    refuses the call before anything is held.

    Attributes:
        content: The body, or a function that makes it from the call.
        status: The status.
        headers: Further header fields, in lower case.
        raised: The exceptions of the function, as text.
    """

    content: Content | MakeBody = Content("", b"")
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    raised: list[str] = field(default_factory=list)

    @property
    def succeeds(self) -> bool:
        """Return True if the status is a success's."""
        return 200 <= self.status < 300

    def applies_at(self, moment: Moment) -> bool:
        """Return True if the response is sent at this moment."""
        return moment == ("after_capture" if self.succeeds else "before_hold")

    def replace(self, success: Response | None, call: Call) -> Response:
        """Return the response to a call.

        Args:
            success: The gateway's own response; None if the call is refused.
            call: The call.

        Raises:
            Problem: `internal_error`, if the function raised or returned something that is no body.
        """
        content = self._content_for(call)
        if success is not None and content.media_type.startswith("image/"):
            content = put_into(success, content.data)
        named = dict(self.headers)
        media_type = named.pop("content-type", content.media_type)
        return Response(self.status, (("content-type", media_type), STAMP, *named.items()), content.data)

    def refuse(self, call: Call) -> tuple[Response, Refusal]:
        """Return the response to a call that is refused, and the record of its refusal."""
        response = self.replace(None, call)
        marked = Response(response.status, (*response.headers, ("x-omixa-mock-fault", RESPOND)), response.body)
        return marked, Refusal(RESPOND, message_of(response), planned=True)

    def _content_for(self, call: Call) -> Content:
        if isinstance(self.content, Content):
            return self.content
        try:
            return read_content(self.content(call))
        except Exception as error:  # noqa: BLE001  # a test's function may raise anything; strictness reports it
            text = redact(f"{type(error).__name__}: {error}")[:MESSAGE_MAX]
            self.raised.append(text)
            call.lost_to_fault = True
            raise Problem("internal_error", f"The function of respond() raised {text}", planned=True) from None


def read_own_response(body: ResponseBody | MakeBody, status: int, headers: Mapping[str, str] | None) -> OwnResponse:
    """Return the outcome that replaces a response.

    Args:
        body: JSON, text, bytes, the bytes of an image, or a function of the call that returns one of these.
        status: The status.
        headers: Further header fields; None for none.

    Raises:
        SettingError: An argument is not accepted.
    """
    if isinstance(status, bool) or not isinstance(status, int) or not 200 <= status <= 599 or status in BODILESS:
        bodiless = ", ".join(map(str, sorted(BODILESS)))
        raise SettingError(f"status = {abbreviate(status)} is not accepted; accepted: 200 to 599 but {bodiless}")
    if iscoroutinefunction(body):
        raise SettingError("body is a coroutine function, whose result would come too late. Give a plain function")
    content = body if callable(body) else read_content(body)
    return OwnResponse(RESPOND, content=content, status=status, headers=tuple(read_headers(headers or {}).items()))


def read_content(body: Any) -> Content:
    """Return the body of a response, and its media type.

    Raises:
        SettingError: It is no body, or cannot be written as JSON.
    """
    match body:
        case str():
            return Content("text/plain; charset=utf-8", body.encode())
        case bytes() | bytearray() | memoryview():
            data = bytes(body)
            return Content(media_type_of(data) or "application/octet-stream", data)
        case Mapping() | list():
            try:
                return Content("application/json", orjson.dumps(body))
            except TypeError as error:
                raise SettingError(f"body cannot be written as JSON: {error}") from None
    raise SettingError(
        f"body = {abbreviate(body)} is not accepted; accepted: an object or a list for JSON, text, bytes, "
        "the bytes of an image, or a function of the call"
    )


def read_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return header fields by lower-case name.

    Raises:
        SettingError: A name or value cannot be sent, or frames the body.
    """
    for name, value in headers.items():
        if not isinstance(name, str) or not FIELD_NAME.fullmatch(name) or name.lower() in FRAMING:
            raise SettingError(f"headers: the name {abbreviate(name)} is not accepted; the body is framed by the fake")
        if not isinstance(value, str) or not FIELD_VALUE.fullmatch(value):
            raise SettingError(f"headers: the value of {name} is not accepted; accepted: text on one line")
    return {name.lower(): value for name, value in headers.items()}


def put_into(success: Response, image: bytes) -> Content:
    """Return the body of a success with another first image."""
    document = orjson.loads(success.body)
    document["data"][0]["b64_json"] = pybase64.b64encode(image).decode()
    return Content("application/json", orjson.dumps(document))


def message_of(response: Response) -> str:
    """Return the message of an error envelope; the beginning of any other body."""
    try:
        return str(response.json()["error"]["message"])
    except (ValueError, LookupError, TypeError):
        return response.body[:MESSAGE_MAX].decode("utf-8", "replace")
