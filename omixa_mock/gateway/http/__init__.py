"""HTTP messages, error envelope, endpoints, API keys, JSON bodies."""

from __future__ import annotations

from .api_keys import (
    CHALLENGE,
    EXAMPLE_KEY,
    ISSUED_PREFIX,
    bearer_key,
    describe_form,
    fingerprint_key,
    invalid_key,
    is_well_formed,
    label_key,
    redact,
    short,
)
from .base64_text import decode_base64, is_base64
from .endpoints import BASE, ENDPOINTS, GENERATE, find_endpoint
from .json_values import copied, outline, picture_free
from .large_json import LONG, parse_json
from .messages import HEAVY, Body, ClientGone, Cut, Hang, Journey, ReadBody, Reply, Request, Send, Step, StepAside, Wait
from .notes import Advisory, Attempt, Refusal
from .problems import JSON_TYPE, ErrorRow, Problem, envelope
from .request_head import Arrival, read_arrival

__all__ = [
    "BASE",
    "CHALLENGE",
    "ENDPOINTS",
    "EXAMPLE_KEY",
    "GENERATE",
    "HEAVY",
    "ISSUED_PREFIX",
    "JSON_TYPE",
    "LONG",
    "Advisory",
    "Arrival",
    "Attempt",
    "Body",
    "ClientGone",
    "Cut",
    "ErrorRow",
    "Hang",
    "Journey",
    "Problem",
    "ReadBody",
    "Refusal",
    "Reply",
    "Request",
    "Send",
    "Step",
    "StepAside",
    "Wait",
    "bearer_key",
    "copied",
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
    "parse_json",
    "picture_free",
    "read_arrival",
    "redact",
    "short",
]
