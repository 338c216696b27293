"""Hypothesis strategies for the gateway: requests, responses, refusals, faults, and a state machine for a client.

    from hypothesis import given
    from omixa_mock import strategies

    @given(strategies.image_requests(operation="edit"))
    def test_my_client(request): ...

Needs Hypothesis, which comes with `pip install 'omixa-mock[hypothesis]'`.
"""

from __future__ import annotations

try:
    import hypothesis as _  # noqa: F401  # only whether it is there
except ImportError as error:
    raise ImportError("omixa_mock.strategies takes Hypothesis: pip install 'omixa-mock[hypothesis]'") from error

from omixa_mock.gateway_machine import STRATEGIES, GatewayMachine
from omixa_mock.kit.strategies.absent import ABSENT
from omixa_mock.kit.strategies.failures import faults
from omixa_mock.kit.strategies.images import data_urls, input_images, masks
from omixa_mock.kit.strategies.invalid import InvalidRequest
from omixa_mock.kit.strategies.responses import ErrorResponse

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
