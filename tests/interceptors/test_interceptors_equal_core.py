"""Responses and records of every interceptor equal those of the pure gateway."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

import omixa_mock
from omixa_mock.gateway import Response

if TYPE_CHECKING:
    from tests.cases import Case
    from tests.interceptors.conftest import ClientResponse, HttpClient

AskCore = Callable[..., tuple[Response, omixa_mock.Call]]


def send(mock: omixa_mock.OmixaMock, http_client: HttpClient, case: Case) -> ClientResponse:
    case.prepare(mock._client)
    return http_client.request(
        case.method, f"https://www.omixa.cloud{case.target}", headers=case.fields, content=case.content
    )


def test_response_in_process_is_the_one_of_the_core(
    mock: omixa_mock.OmixaMock,
    http_client: HttpClient,
    shared_case: Case,
    ask_core: AskCore,
    outcome_of: Callable[..., Any],
) -> None:
    expected = outcome_of(ask_core(shared_case)[0], shared_case.method)
    response = send(mock, http_client, shared_case)
    assert (response.status, response.headers, response.body) == (expected.status, expected.headers, expected.body)


def test_record_of_a_call_in_process_is_the_one_of_the_core(
    mock: omixa_mock.OmixaMock, http_client: HttpClient, shared_case: Case, ask_core: AskCore
) -> None:
    send(mock, http_client, shared_case)
    [call] = mock.calls
    # In process, every key, and none at all, selects the workspace of the test.
    record, expected = call.as_json(), ask_core(shared_case, keys="shared")[1].as_json()
    # Header fields that a client adds by itself are not compared.
    record["headers"] = {name: record["headers"].get(name) for name in expected["headers"]}
    assert record == expected


@pytest.mark.filterwarnings("ignore:Call https:omixa_mock.OmixaAdvisory")
@pytest.mark.parametrize("url", ["https://www.omixa.cloud", "http://omixa.cloud"])
def test_wallet_in_process_pays_for_the_images(mock: omixa_mock.OmixaMock, http_client: HttpClient, url: str) -> None:
    http_client.generate(url, n=2)
    assert str(mock.wallet.captured) == "0.078000"
