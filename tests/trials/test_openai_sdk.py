"""Tests of the verdict on the OpenAI SDK, with its retries and without."""

from __future__ import annotations

import base64

import openai
import pytest

import omixa_mock


def order(max_retries: int) -> bytes:
    with openai.OpenAI(max_retries=max_retries) as client:
        response = client.images.generate(model="gpt-image-1.5", prompt="a cat")
    assert response.data
    return base64.b64decode(response.data[0].b64_json or "")


@pytest.mark.acceptance  # the SDK's own waits are not shortened
@pytest.mark.parametrize("fault", ["reset_in_body", "truncated"])
def test_retries_pay_three_times(fault: str) -> None:
    report = omixa_mock.gauntlet(lambda: order(2), openai=True, faults=[fault], only="always")
    assert [(trial.failures[0].name, trial.charges) for trial in report.trials] == [("paid again", 3)]


@pytest.mark.parametrize("fault", ["reset_in_body", "truncated"])
def test_no_retries_pay_once(fault: str) -> None:
    omixa_mock.gauntlet(lambda: order(0), openai=True, faults=[fault]).assert_passed()
