"""Fixtures for the tests of the mock: a mock in process, and a client that requests images from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

import omixa_mock

REQUEST = {"model": "gpt-image-1.5", "prompt": "a cat"}
URL = "https://www.omixa.cloud/api/v1/images/generations"
# Made once: a client of httpx takes longer to make than many calls.
CLIENT = httpx.Client(
    trust_env=False, verify=False, headers={"authorization": "Bearer omx_live_any"}
)  # no socket is opened


@pytest.fixture
def mock() -> Iterator[omixa_mock.OmixaMock]:
    """A mock in this process."""
    with omixa_mock.intercept() as mock:
        yield mock


@pytest.fixture(scope="session")
def generate() -> Callable[..., httpx.Response]:
    """Requests images: keyword arguments are fields of the body."""

    def generate(*, timeout: Any = None, **fields: Any) -> httpx.Response:
        return CLIENT.post(URL, json={**REQUEST, **fields}, timeout=timeout)

    return generate
