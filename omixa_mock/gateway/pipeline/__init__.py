"""Steps of one request: parsing, validation, routing, payment, image generation, read endpoints."""

from __future__ import annotations

from .content_headers import refuse_content_encoding, refuse_content_headers, refuse_content_type
from .parse import SAMPLE, build_parsed_body, count_names, parse_body, refuse_length
from .payment import refuse_empty_wallet, refuse_model, reserve
from .provider import Batch, BatchCache, charge_batch, make_batch
from .reads import READS
from .routing import refuse_without_route, try_routes
from .validation import find_ignored, find_violations, validate_body, validate_image_request

__all__ = [
    "READS",
    "SAMPLE",
    "Batch",
    "BatchCache",
    "build_parsed_body",
    "charge_batch",
    "count_names",
    "find_ignored",
    "find_violations",
    "make_batch",
    "parse_body",
    "refuse_content_encoding",
    "refuse_content_headers",
    "refuse_content_type",
    "refuse_empty_wallet",
    "refuse_length",
    "refuse_model",
    "refuse_without_route",
    "reserve",
    "try_routes",
    "validate_body",
    "validate_image_request",
]
