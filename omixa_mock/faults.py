"""Plans as sentences: `omixa_mock.plan(reset().after_capture().times(1))`.

One name a fault of the catalogue. Each makes a plan for the next valid call,
which says more of itself by `times`, `for_ever`, `after`, `when`,
`with_probability`, `before_capture` and `after_capture`.
"""

from __future__ import annotations

from typing import Any

from omixa_mock.gateway import CATALOGUE, Fault, Plan

__all__ = [
    "bad_gateway",
    "bad_gateway_page",
    "billed_as_number",
    "billed_with_exponent",
    "byte_order_mark",
    "corrupt_image",
    "created_as_text",
    "created_in_ms",
    "data_url_prefix",
    "delay",
    "drip",
    "empty_body",
    "empty_data",
    "error_with_200",
    "extra_fields",
    "fewer_images",
    "garbage",
    "gateway_timeout",
    "gzip_not_announced",
    "gzip_not_applied",
    "hang",
    "html_page",
    "insufficient_balance",
    "internal_error",
    "invalid_json",
    "invalid_key",
    "invalid_request",
    "malformed_chunk",
    "missing_created",
    "missing_data",
    "missing_usage",
    "model_not_allowed",
    "moderation_refused",
    "no_response",
    "no_route",
    "null_image",
    "ok",
    "other_format",
    "other_size",
    "rate_limited",
    "reset",
    "reset_in_body",
    "truncated",
    "truncated_without_length",
    "unpadded_base64",
    "url_and_empty_b64",
    "url_and_null_b64",
    "url_instead_of_b64",
    "urlsafe_base64",
    "wrapped_base64",
    "wrong_content_type",
]


class Named:
    """Plans one kind of fault."""

    def __init__(self, name: str) -> None:
        self.__name__ = name
        self.__doc__ = "Let a call through." if name == "ok" else CATALOGUE[name].text

    def __call__(self) -> Plan:
        """A plan for the next valid call."""
        return Plan((Fault(self.__name__),))

    def __repr__(self) -> str:
        return f"omixa_mock.faults.{self.__name__}"


class Timed(Named):
    """Plans a kind of fault that takes time."""

    def __call__(self, duration: Any = None) -> Plan:
        """A plan for the next valid call.

        Args:
            duration: Seconds, or text such as "500ms", "uniform:1s..5s", "lognormal:8s"; None for two seconds.

        Raises:
            SettingError: That is no duration.
        """
        fault = Fault(self.__name__)
        return Plan((fault if duration is None else fault.with_duration(duration),))


invalid_key = Named("invalid_key")
insufficient_balance = Named("insufficient_balance")
model_not_allowed = Named("model_not_allowed")
invalid_request = Named("invalid_request")
no_route = Named("no_route")
rate_limited = Named("rate_limited")
moderation_refused = Named("moderation_refused")
internal_error = Named("internal_error")
bad_gateway = Named("bad_gateway")
bad_gateway_page = Named("bad_gateway_page")
gateway_timeout = Named("gateway_timeout")
delay = Timed("delay")
hang = Named("hang")
drip = Timed("drip")
no_response = Named("no_response")
reset = Named("reset")
reset_in_body = Named("reset_in_body")
truncated = Named("truncated")
truncated_without_length = Named("truncated_without_length")
malformed_chunk = Named("malformed_chunk")
garbage = Named("garbage")
empty_data = Named("empty_data")
missing_data = Named("missing_data")
fewer_images = Named("fewer_images")
null_image = Named("null_image")
url_instead_of_b64 = Named("url_instead_of_b64")
url_and_null_b64 = Named("url_and_null_b64")
url_and_empty_b64 = Named("url_and_empty_b64")
data_url_prefix = Named("data_url_prefix")
unpadded_base64 = Named("unpadded_base64")
urlsafe_base64 = Named("urlsafe_base64")
wrapped_base64 = Named("wrapped_base64")
other_format = Named("other_format")
other_size = Named("other_size")
corrupt_image = Named("corrupt_image")
billed_as_number = Named("billed_as_number")
billed_with_exponent = Named("billed_with_exponent")
missing_usage = Named("missing_usage")
created_in_ms = Named("created_in_ms")
created_as_text = Named("created_as_text")
missing_created = Named("missing_created")
extra_fields = Named("extra_fields")
invalid_json = Named("invalid_json")
byte_order_mark = Named("byte_order_mark")
empty_body = Named("empty_body")
html_page = Named("html_page")
wrong_content_type = Named("wrong_content_type")
error_with_200 = Named("error_with_200")
gzip_not_applied = Named("gzip_not_applied")
gzip_not_announced = Named("gzip_not_announced")
ok = Named("ok")
