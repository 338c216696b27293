"""Builders of fault plans: `mock.plan(reset().after_capture().times(1))`.

One function for each fault of the catalogue. Each returns a plan for the next valid call,
which `times`, `for_ever`, `after`, `when`, `with_probability`, `before_capture` and
`after_capture` refine.
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


class PlanBuilder:
    """Builder of plans for one fault."""

    def __init__(self, name: str) -> None:
        self.__name__ = name
        self.__doc__ = "Let a call through." if name == "ok" else CATALOGUE[name].text

    def __call__(self) -> Plan:
        """Return a plan for the next valid call."""
        return Plan((Fault(self.__name__),))

    def __repr__(self) -> str:
        return f"omixa_mock.faults.{self.__name__}"


class TimedPlanBuilder(PlanBuilder):
    """Builder of plans for one fault that has a duration."""

    def __call__(self, duration: Any = None) -> Plan:
        """Return a plan for the next valid call.

        Args:
            duration: Seconds, or text such as "500ms", "uniform:1s..5s", "lognormal:8s"; None for two seconds.

        Raises:
            SettingError: The duration is not one.
        """
        fault = Fault(self.__name__)
        return Plan((fault if duration is None else fault.with_duration(duration),))


invalid_key = PlanBuilder("invalid_key")
insufficient_balance = PlanBuilder("insufficient_balance")
model_not_allowed = PlanBuilder("model_not_allowed")
invalid_request = PlanBuilder("invalid_request")
no_route = PlanBuilder("no_route")
rate_limited = PlanBuilder("rate_limited")
moderation_refused = PlanBuilder("moderation_refused")
internal_error = PlanBuilder("internal_error")
bad_gateway = PlanBuilder("bad_gateway")
bad_gateway_page = PlanBuilder("bad_gateway_page")
gateway_timeout = PlanBuilder("gateway_timeout")
delay = TimedPlanBuilder("delay")
hang = PlanBuilder("hang")
drip = TimedPlanBuilder("drip")
no_response = PlanBuilder("no_response")
reset = PlanBuilder("reset")
reset_in_body = PlanBuilder("reset_in_body")
truncated = PlanBuilder("truncated")
truncated_without_length = PlanBuilder("truncated_without_length")
malformed_chunk = PlanBuilder("malformed_chunk")
garbage = PlanBuilder("garbage")
empty_data = PlanBuilder("empty_data")
missing_data = PlanBuilder("missing_data")
fewer_images = PlanBuilder("fewer_images")
null_image = PlanBuilder("null_image")
url_instead_of_b64 = PlanBuilder("url_instead_of_b64")
url_and_null_b64 = PlanBuilder("url_and_null_b64")
url_and_empty_b64 = PlanBuilder("url_and_empty_b64")
data_url_prefix = PlanBuilder("data_url_prefix")
unpadded_base64 = PlanBuilder("unpadded_base64")
urlsafe_base64 = PlanBuilder("urlsafe_base64")
wrapped_base64 = PlanBuilder("wrapped_base64")
other_format = PlanBuilder("other_format")
other_size = PlanBuilder("other_size")
corrupt_image = PlanBuilder("corrupt_image")
billed_as_number = PlanBuilder("billed_as_number")
billed_with_exponent = PlanBuilder("billed_with_exponent")
missing_usage = PlanBuilder("missing_usage")
created_in_ms = PlanBuilder("created_in_ms")
created_as_text = PlanBuilder("created_as_text")
missing_created = PlanBuilder("missing_created")
extra_fields = PlanBuilder("extra_fields")
invalid_json = PlanBuilder("invalid_json")
byte_order_mark = PlanBuilder("byte_order_mark")
empty_body = PlanBuilder("empty_body")
html_page = PlanBuilder("html_page")
wrong_content_type = PlanBuilder("wrong_content_type")
error_with_200 = PlanBuilder("error_with_200")
gzip_not_applied = PlanBuilder("gzip_not_applied")
gzip_not_announced = PlanBuilder("gzip_not_announced")
ok = PlanBuilder("ok")
