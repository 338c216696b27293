"""Fixtures of the strategies' tests: examples of a strategy, two validators, and the response of the gateway."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis.strategies import SearchStrategy
from jsonschema import Draft202012Validator

from omixa_mock import Gateway, Settings, shipped_contract
from omixa_mock.gateway import ReadBody, Request, Response, Send, Step
from omixa_mock.transports.flow_driver import drive

SCHEMAS = Path(__file__).parents[2] / "schemas"
HEADERS = {"authorization": "Bearer omx_live_test", "content-type": "application/json"}
CHECKED = settings(derandomize=True, database=None, deadline=None)


def examples_of(strategy: SearchStrategy[Any], count: int) -> list[Any]:
    """Return `count` examples, the same in every run; health checks are on."""
    found: list[Any] = []

    @settings(CHECKED, max_examples=count, phases=[Phase.generate])
    @given(strategy)
    def gather(example: Any) -> None:
        found.append(example)

    gather()
    return found


def smallest_of(strategy: SearchStrategy[Any], condition: Callable[[Any], Any] = lambda _: True) -> Any:
    """Return the example that a failure would shrink to."""
    return find(strategy, condition, settings=settings(CHECKED, max_examples=2000))


@cache
def validators(path: str) -> tuple[Any, Any]:
    schema = json.loads((SCHEMAS / path).read_text("utf-8"))
    return Draft202012Validator(schema), jsonschema_rs.Draft202012Validator(schema)


def verdicts_on(value: Any, path: str) -> set[bool]:
    """Return the results of two independent validators for a value after a round trip through JSON."""
    sent = json.loads(json.dumps(value))
    return {validator.is_valid(sent) for validator in validators(path)}


def respond_to(document: Any, gateway: Gateway | None = None) -> Response:
    """Return the gateway's response under its default settings, with a new wallet."""
    gateway = gateway or Gateway(shipped_contract(), Settings())
    body = json.dumps(document).encode()
    sent: list[Response] = []

    def perform(step: Step) -> bytes | None:
        if isinstance(step, Send):
            sent.append(step.response)
        return body if isinstance(step, ReadBody) else None

    drive(gateway.handle(Request("POST", "/api/v1/images/generations", HEADERS, {})), perform)
    return sent[0]


@pytest.fixture(scope="session")
def examples() -> Callable[..., list[Any]]:
    return examples_of


@pytest.fixture(scope="session")
def smallest() -> Callable[..., Any]:
    return smallest_of


@pytest.fixture(scope="session")
def verdicts() -> Callable[[Any, str], set[bool]]:
    return verdicts_on


@pytest.fixture(scope="session")
def response_to() -> Callable[..., Response]:
    return respond_to
