"""Fault catalogue: the faults that can be injected, named by the client's experience.

A fault is written as its name, if need be with the moment and the duration:

    no_route
    reset_after_capture
    delay:2s
    hang_before_capture
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from omixa_mock.gateway.contract import INSTANT, Duration, SettingError, read_duration

from .unknown_names import describe_unknown

__all__ = ["CATALOGUE", "NAMES", "OK", "RESPOND", "Fault", "FaultKind", "Moment", "read_fault", "read_recorded"]

# Before any money is held; while it is held; after the charge, while the response is on its way.
Moment = Literal["before_hold", "before_capture", "after_capture"]
Family = Literal["documented error", "assumed error", "delivery", "wrong success"]
FIRST: tuple[Moment, ...] = ("before_hold",)
EITHER: tuple[Moment, ...] = ("before_capture", "after_capture")
AFTER: tuple[Moment, ...] = ("after_capture",)
SOME = Duration("fixed", 2.0, 2.0)


class FaultKind(Struct, frozen=True):
    """One entry of the catalogue.

    Attributes:
        family: The family of the fault.
        moments: The moments at which it can be injected; the first is the default.
        text: The client's experience.
        loses: True if a client gets no usable image. A test compares it with the clients of docs/faults.md.
        duration: The default duration; None if the fault takes no time.
    """

    family: Family
    moments: tuple[Moment, ...]
    text: str
    loses: bool = True
    duration: Duration | None = None

    @property
    def provenance(self) -> str:
        """Return the provenance of the gateway's behaviour: documented or assumed."""
        return "documented" if self.family == "documented error" else "assumed"


def documented(text: str) -> FaultKind:
    """Return the kind of an error that docs/errors lists."""
    return FaultKind("documented error", FIRST, text)


def wrong(text: str, *, loses: bool = True) -> FaultKind:
    """Return the kind of a success that breaks the contract."""
    return FaultKind("wrong success", AFTER, text, loses)


CATALOGUE: Mapping[str, FaultKind] = {
    "invalid_key": documented("401: the key is refused."),
    "insufficient_balance": documented("402: the wallet cannot pay."),
    "model_not_allowed": documented("403: the key may not use the model."),
    "invalid_request": documented("422: the request is refused."),
    "no_route": documented("503: no provider that serves the model is healthy."),
    "rate_limited": FaultKind("assumed error", FIRST, "429 with Retry-After: too many calls."),
    "moderation_refused": FaultKind(
        "assumed error", ("before_capture",), "400: the provider's filter turns the prompt down."
    ),
    "internal_error": FaultKind("assumed error", EITHER, "500: the gateway itself fails."),
    "bad_gateway": FaultKind("assumed error", EITHER, "502 in the documented envelope."),
    "bad_gateway_page": FaultKind("assumed error", EITHER, "502 as the HTML page of a proxy in front of the gateway."),
    "gateway_timeout": FaultKind("assumed error", EITHER, "504: the gateway gave up waiting for its provider."),
    "delay": FaultKind("delivery", EITHER, "The response is right, and late.", loses=False, duration=SOME),
    "hang": FaultKind("delivery", EITHER, "The response never comes, and the connection stays open."),
    "drip": FaultKind(
        "delivery", AFTER, "The response is right, and comes in ten pieces with pauses.", loses=False, duration=SOME
    ),
    "no_response": FaultKind("delivery", EITHER, "The connection is closed without a response."),
    "reset": FaultKind("delivery", EITHER, "The connection is reset without a response."),
    "reset_in_body": FaultKind("delivery", AFTER, "The connection is reset amid the body."),
    "truncated": FaultKind("delivery", AFTER, "The connection is closed amid a body of announced length."),
    "truncated_without_length": FaultKind(
        "delivery", AFTER, "The connection is closed amid a body whose end is marked only by the closing."
    ),
    "malformed_chunk": FaultKind("delivery", AFTER, "A chunked body goes on with something that is no chunk."),
    "garbage": FaultKind("delivery", EITHER, "Bytes come that are not HTTP, and the connection is closed."),
    "empty_data": wrong("200, and data is an empty list."),
    "missing_data": wrong("200, and there is no data."),
    "fewer_images": wrong("200, with one image less than was requested and paid for.", loses=False),
    "null_image": wrong("200, and both b64_json and url are null."),
    "url_instead_of_b64": wrong("200, with a url and no b64_json."),
    "url_and_null_b64": wrong("200, with a url, and b64_json is null."),
    "url_and_empty_b64": wrong("200, with a url, and b64_json is an empty string."),
    "data_url_prefix": wrong("200, and b64_json is a whole data URL.", loses=False),
    "unpadded_base64": wrong("200, in base64 without its padding.", loses=False),
    "urlsafe_base64": wrong("200, in the URL-safe alphabet of base64.", loses=False),
    "wrapped_base64": wrong("200, in base64 that is broken into lines.", loses=False),
    "other_format": wrong("200, and the images have another format than was asked for.", loses=False),
    "other_size": wrong("200, and the images have half the width and height that were asked for.", loses=False),
    "corrupt_image": wrong("200, and the last image breaks off in the middle."),
    "billed_as_number": wrong("200, and billed_amount is a number.", loses=False),
    "billed_with_exponent": wrong("200, and billed_amount is written with an exponent.", loses=False),
    "missing_usage": wrong("200, and there is no usage.", loses=False),
    "created_in_ms": wrong("200, and created counts milliseconds.", loses=False),
    "created_as_text": wrong("200, and created is a date in text.", loses=False),
    "missing_created": wrong("200, and there is no created.", loses=False),
    "extra_fields": wrong("200, with fields that no page has.", loses=False),
    "invalid_json": wrong("200, and the JSON has a comma too many."),
    "byte_order_mark": wrong("200, and a byte order mark stands before the JSON.", loses=False),
    "empty_body": wrong("200, and the body is empty."),
    "html_page": wrong("200, and the body is a web page."),
    "wrong_content_type": wrong("200, and the JSON is announced as text/html.", loses=False),
    "error_with_200": wrong("200, and the body is an error's envelope."),
    "gzip_not_applied": wrong("200, announced as gzip, and the body is not gzip."),
    "gzip_not_announced": wrong("200, and the body is gzip, unannounced."),
}


class Fault(Struct, frozen=True):
    """A fault for one call.

    Attributes:
        name: A name of `CATALOGUE`, or `ok` for no fault.
        moment: The moment of injection; None for the default of its kind.
        duration: The duration; None for the default of its kind.
    """

    name: str
    moment: Moment | None = None
    duration: Duration | None = None

    def at(self, moment: Moment) -> Fault:
        """Return the same fault at another moment.

        Raises:
            SettingError: Faults of this kind cannot be injected at that moment.
        """
        moments = CATALOGUE[self.name].moments if self.name in CATALOGUE else ()
        if moments == FIRST and moment == "before_capture":
            return self  # Before the hold nothing is captured yet either.
        if moment not in moments:
            when = f"happens {' or '.join(moments)}" if moments else "never happens, since it lets the call through"
            raise SettingError(f"{self.name} cannot happen {moment}; it {when}")
        return replace(self, moment=None if moment == moments[0] else moment)

    def with_duration(self, duration: Any) -> Fault:
        """Return the same fault with another duration.

        Raises:
            SettingError: Faults of this kind take no time, or the duration is invalid.
        """
        kind = CATALOGUE.get(self.name)
        if kind is None or kind.duration is None:
            timed = ", ".join(name for name, timed_kind in CATALOGUE.items() if timed_kind.duration)
            raise SettingError(f"{self.name} takes no duration; those that do: {timed}")
        try:
            parsed = read_duration(duration)
        except ValueError as error:
            raise SettingError(f"The duration {error}") from None
        return replace(self, duration=None if parsed == kind.duration else parsed)

    def applies_at(self, moment: Moment) -> bool:
        """Return True if the fault is injected at this moment."""
        return self.name in CATALOGUE and (self.moment or CATALOGUE[self.name].moments[0]) == moment

    @property
    def effective_duration(self) -> Duration:
        """Return the duration, with the default of its kind filled in."""
        return (self.duration if self.duration is not None else CATALOGUE[self.name].duration) or INSTANT

    @property
    def family(self) -> str:
        """Return the family of its kind; empty if it is not in the catalogue."""
        return CATALOGUE[self.name].family if self.name in CATALOGUE else ""

    @property
    def loses(self) -> bool:
        """Return True if the fault leaves the client without a usable image."""
        return self.name in CATALOGUE and CATALOGUE[self.name].loses

    def __str__(self) -> str:
        moment = f"_{self.moment}" if self.moment else ""
        return f"{self.name}{moment}{f':{self.duration}' if self.duration is not None else ''}"


OK = Fault("ok")
NAMES = (*CATALOGUE, OK.name)
# The name of a response of the test's own (see `OwnResponse`), which is planned by no name.
RESPOND = "respond"


def read_fault(text: str) -> Fault:
    """Parse a fault, for instance `reset_after_capture` or `delay:2s`.

    Raises:
        SettingError: The name is unknown, or the fault does not take that moment or duration.
    """
    name_and_moment, colon, duration = text.partition(":")
    name, moment = split_moment(name_and_moment)
    if name not in NAMES:
        raise SettingError(describe_unknown(text, NAMES))
    fault = Fault(name).at(moment) if moment else Fault(name)
    return fault.with_duration(duration) if colon else fault


def read_recorded(text: str) -> Fault:
    """Parse the fault in the record of a call or of a plan, which may be a response of the test's own."""
    return Fault(RESPOND) if text == RESPOND else read_fault(text)


def split_moment(text: str) -> tuple[str, Moment | None]:
    """Split a name from the moment behind it."""
    for moment in EITHER:
        if text.endswith(f"_{moment}"):
            return text.removesuffix(f"_{moment}"), moment
    return text, None
