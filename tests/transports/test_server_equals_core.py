"""Responses of the server equal those of the pure gateway: the transport adds nothing and loses nothing."""

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


def send_to_server(
    http: httpx.Client, server: omixa_mock.OmixaMockServer, case: Case, method: str | None = None
) -> httpx.Response:
    case.prepare(server.gateway.workspaces.enter(server.api_key))
    return http.request(method or case.method, server.url + case.target, headers=case.fields, content=case.content)


def test_status_over_a_socket_is_the_one_of_the_core(
    server: omixa_mock.OmixaMockServer, http: httpx.Client, ask_core: AskCore, shared_case: Case
) -> None:
    assert (
        send_to_server(http, server, shared_case).status_code == ask_core(shared_case)[0].status == shared_case.status
    )


def test_body_over_a_socket_is_the_one_of_the_core(
    server: omixa_mock.OmixaMockServer, http: httpx.Client, ask_core: AskCore, outcome_of: OutcomeOf, shared_case: Case
) -> None:
    expected = outcome_of(ask_core(shared_case)[0], shared_case.method)
    assert send_to_server(http, server, shared_case).content == expected.body


def test_headers_over_a_socket_are_those_of_the_core(
    server: omixa_mock.OmixaMockServer, http: httpx.Client, ask_core: AskCore, outcome_of: OutcomeOf, shared_case: Case
) -> None:
    expected = outcome_of(ask_core(shared_case)[0], shared_case.method)
    response = send_to_server(http, server, shared_case)
    del response.headers["keep-alive"]  # it concerns the connection
    assert response.headers.multi_items() == expected.headers


def test_record_of_a_call_over_a_socket_is_the_one_of_the_core(
    server: omixa_mock.OmixaMockServer,
    http: httpx.Client,
    ended: Queue[omixa_mock.Call],
    ask_core: AskCore,
    shared_case: Case,
) -> None:
    send_to_server(http, server, shared_case)
    record, expected = ended.get(timeout=10).as_json(), ask_core(shared_case)[1].as_json()
    # Header fields that a client adds by itself are not compared.
    record["headers"] = {name: record["headers"].get(name) for name in expected["headers"]}
    assert record == expected


def test_response_to_head_is_that_to_get_without_its_body(
    server: omixa_mock.OmixaMockServer, http: httpx.Client, read_case: Case
) -> None:
    head = send_to_server(http, server, read_case, "HEAD")
    assert (head.status_code, head.headers, head.content) == (200, send_to_server(http, server, read_case).headers, b"")


@pytest.mark.parametrize("name", ["date", "server"])
def test_response_has_no_header_that_varies_with_time_or_library(
    server: omixa_mock.OmixaMockServer, http: httpx.Client, cases: dict[str, Case], name: str
) -> None:
    assert name not in send_to_server(http, server, cases["success"]).headers
