"""HTTP messages, error envelope, endpoints, API keys, JSON bodies."""

from __future__ import annotations

from .api_keys import (
    CHALLENGE,
    EXAMPLE_KEY,
    ISSUED_PREFIX,
    KEY_HEADERS,
    NOT_ISSUED,
    NOT_LISTED,
    bearer_key,
    describe_form,
    fingerprint_key,
    invalid_key,
    is_well_formed,
    label_key,
)
from .base64_text import decode_base64, is_base64
from .endpoints import BASE, ENDPOINTS, GENERATE, find_endpoint
from .json_values import copy_json, outline, redact_json, without_images
from .large_json import LONG, parse_json
from .messages import (
    OFFLOAD_BYTES,
    Body,
    ClientDisconnected,
    Cut,
    Flow,
    Hang,
    Offload,
    ReadBody,
    Request,
    Response,
    Send,
    Step,
    Wait,
)
from .notes import Advisory, Attempt, Refusal
from .problems import JSON_TYPE, ErrorRow, Problem, envelope
from .redaction import BEGINNING, abbreviate, redact, replace_keys, shorten
from .request_head import RequestHead, parse_head

__all__ = [
    "BASE",
    "BEGINNING",
    "CHALLENGE",
    "ENDPOINTS",
    "EXAMPLE_KEY",
    "GENERATE",
    "ISSUED_PREFIX",
    "JSON_TYPE",
    "KEY_HEADERS",
    "LONG",
    "NOT_ISSUED",
    "NOT_LISTED",
    "OFFLOAD_BYTES",
    "Advisory",
    "Attempt",
    "Body",
    "ClientDisconnected",
    "Cut",
    "ErrorRow",
    "Flow",
    "Hang",
    "Offload",
    "Problem",
    "ReadBody",
    "Refusal",
    "Request",
    "RequestHead",
    "Response",
    "Send",
    "Step",
    "Wait",
    "abbreviate",
    "bearer_key",
    "copy_json",
    "decode_base64",
    "describe_form",
    "envelope",
    "find_endpoint",
    "fingerprint_key",
    "invalid_key",
    "is_base64",
    "is_well_formed",
    "label_key",
    "outline",
    "parse_head",
    "parse_json",
    "redact",
    "redact_json",
    "replace_keys",
    "shorten",
    "without_images",
]
