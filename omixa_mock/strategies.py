"""Hypothesis strategies for requests, responses and faults, and a state machine for clients.

    from hypothesis import given
    from omixa_mock import strategies

    @given(strategies.image_requests(operation="edit"))
    def test_my_client(request): ...

Requires Hypothesis: `pip install 'omixa-mock[hypothesis]'`.
"""

from __future__ import annotations

try:
    import hypothesis as _  # noqa: F401  # imported only to fail early
except ImportError as error:
    raise ImportError("omixa_mock.strategies requires Hypothesis: pip install 'omixa-mock[hypothesis]'") from error

from omixa_mock.gateway_machine import STRATEGIES, GatewayMachine
from omixa_mock.kit.strategies.faults import faults
from omixa_mock.kit.strategies.images import data_urls, input_images, masks
from omixa_mock.kit.strategies.invalid_requests import InvalidRequest
from omixa_mock.kit.strategies.responses import ErrorResponse
from omixa_mock.kit.strategies.sentinel import ABSENT

__all__ = [
    "ABSENT",
    "ErrorResponse",
    "GatewayMachine",
    "InvalidRequest",
    "data_urls",
    "error_responses",
    "fault_plans",
    "faults",
    "image_requests",
    "image_responses",
    "input_images",
    "invalid_image_requests",
    "masks",
]

image_requests = STRATEGIES.image_requests
invalid_image_requests = STRATEGIES.invalid_image_requests
image_responses = STRATEGIES.image_responses
error_responses = STRATEGIES.error_responses
fault_plans = STRATEGIES.fault_plans
