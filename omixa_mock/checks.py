"""Judging by the shipped contract whatever a test holds: for asserts in anybody's suite."""

from __future__ import annotations

from typing import Any

from omixa_mock.kit.exchanges import check_http_request, check_http_response
from omixa_mock.kit.objects import read_request, read_response
from omixa_mock.kit.validation import Verdict, check_document, guess_kind_of_response
from omixa_mock.shipped import shipped_contract

__all__ = ["assert_contract", "validate_request", "validate_response"]


def validate_request(request: Any) -> Verdict:
    """Validator a request by the contract.

    Args:
        request: The body as a mapping or JSON text; or a request of httpx, httpx2 or requests, of which path,
            method, key and content type are judged too.

    Raises:
        TypeError: It is neither, or holds what cannot be written as JSON, for instance a Decimal.
    """
    read = read_request(request)
    if isinstance(read, bytes):
        return check_document(shipped_contract(), read, "request")
    return check_http_request(shipped_contract(), read)


def validate_response(response: Any) -> Verdict:
    """Validator a response by the contract, be it a success or a refusal.

    Args:
        response: The body as a mapping, JSON text or a parsed model of the OpenAI SDK; or a response of httpx,
            httpx2, requests or the SDK (raw, or in the error that it raised), of which the status and the
            content type are judged too.

    Raises:
        TypeError: It is neither, or holds what cannot be written as JSON, for instance a Decimal.
    """
    read = read_response(response)
    if isinstance(read, bytes):
        return check_document(shipped_contract(), read, guess_kind_of_response(read))
    return check_http_response(shipped_contract(), read)


def assert_contract(response: Any) -> None:
    """Fail with every rule that a response breaks.

    Args:
        response: Whatever `validate_response` takes.

    Raises:
        AssertionError: It breaks one or more.
    """
    # The whole of it is in the message: the frames below are nobody's concern.
    __tracebackhide__ = True
    verdict = validate_response(response)
    if not verdict.ok:
        raise AssertionError(str(verdict))
