"""Validation functions for test suites, by the shipped contract."""

from __future__ import annotations

from typing import Any

from omixa_mock.kit.client_objects import convert_request, convert_response
from omixa_mock.kit.http_validation import validate_http_request, validate_http_response
from omixa_mock.kit.validation import ValidationResult, guess_response_kind, validate_document
from omixa_mock.shipped import shipped_contract

__all__ = ["assert_contract", "validate_request", "validate_response"]


def validate_request(request: Any) -> ValidationResult:
    """Validate a request by the contract.

    Args:
        request: The body as a mapping or JSON text; or a request of httpx, httpx2 or requests, whose path,
            method, key and content type are validated too.

    Raises:
        TypeError: The type is not accepted, or a value cannot be written as JSON, for instance a Decimal.
    """
    converted = convert_request(request)
    if isinstance(converted, bytes):
        return validate_document(shipped_contract(), converted, "request")
    return validate_http_request(shipped_contract(), converted)


def validate_response(response: Any) -> ValidationResult:
    """Validate a response by the contract, be it a success or a refusal.

    Args:
        response: The body as a mapping, JSON text or a parsed model of the OpenAI SDK; or a response of httpx,
            httpx2, requests or the SDK (raw, or in the error that it raised), whose status and content type
            are validated too.

    Raises:
        TypeError: The type is not accepted, or a value cannot be written as JSON, for instance a Decimal.
    """
    converted = convert_response(response)
    if isinstance(converted, bytes):
        return validate_document(shipped_contract(), converted, guess_response_kind(converted))
    return validate_http_response(shipped_contract(), converted)


def assert_contract(response: Any) -> None:
    """Raise an AssertionError that lists every rule that a response breaks.

    Args:
        response: Any object that `validate_response` accepts.

    Raises:
        AssertionError: One or more rules are broken.
    """
    # The message is complete; the frames below add nothing.
    __tracebackhide__ = True
    result = validate_response(response)
    if not result.ok:
        raise AssertionError(str(result))
