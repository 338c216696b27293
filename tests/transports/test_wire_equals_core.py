"""What comes over a socket is what the pure gateway answers: a door adds nothing and loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from queue import Queue
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import omixa_mock
from omixa_mock.gateway import Response

if TYPE_CHECKING:
    from tests.cases import Case

AskCore = Callable[..., tuple[Response, omixa_mock.Call]]
OutcomeOf = Callable[[Response, str], Any]


def ask_server(
    http: httpx.Client, server: omixa_mock.OmixaMockServer, case: Case, method: str | None = None
) -> httpx.Response:
    case.prepare(server.gateway.workspaces.enter(server.api_key))
    return http.request(method or case.method, server.url + case.target, headers=case.fields, content=case.content)


def test_status_over_the_wire_is_the_one_of_the_core(
    server: omixa_mock.OmixaMockServer, http: httpx.Client, ask_core: AskCore, shared_case: Case
) -> None:
    assert ask_server(http, server, shared_case).status_code == ask_core(shared_case)[0].status == shared_case.status


def test_body_over_the_wire_is_the_one_of_the_core(
    server: omixa_mock.OmixaMockServer, http: httpx.Client, ask_core: AskCore, outcome_of: OutcomeOf, shared_case: Case
) -> None:
    told = outcome_of(ask_core(shared_case)[0], shared_case.method)
    assert ask_server(http, server, shared_case).content == told.body


def test_headers_over_the_wire_are_those_of_the_core(
    server: omixa_mock.OmixaMockServer, http: httpx.Client, ask_core: AskCore, outcome_of: OutcomeOf, shared_case: Case
) -> None:
    told = outcome_of(ask_core(shared_case)[0], shared_case.method)
    assert ask_server(http, server, shared_case).headers.multi_items() == told.headers


def test_record_of_a_call_over_the_wire_is_the_one_of_the_core(
    server: omixa_mock.OmixaMockServer,
    http: httpx.Client,
    ended: Queue[omixa_mock.Call],
    ask_core: AskCore,
    shared_case: Case,
) -> None:
    ask_server(http, server, shared_case)
    record, told = ended.get(timeout=10).as_json(), ask_core(shared_case)[1].as_json()
    # What a client sends of its own accord is its own affair.
    record["headers"] = {name: record["headers"].get(name) for name in told["headers"]}
    assert record == told


def test_head_is_answered_as_get_without_its_body(
    server: omixa_mock.OmixaMockServer, http: httpx.Client, read_case: Case
) -> None:
    head = ask_server(http, server, read_case, "HEAD")
    assert (head.status_code, head.headers, head.content) == (200, ask_server(http, server, read_case).headers, b"")


@pytest.mark.parametrize("name", ["date", "server"])
def test_response_has_no_header_that_varies_with_time_or_library(
    server: omixa_mock.OmixaMockServer, http: httpx.Client, cases: dict[str, Case], name: str
) -> None:
    assert name not in ask_server(http, server, cases["success"]).headers
