"""What any client library is answered in process is what the pure gateway answers, and what it records."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

import omixa_mock
from omixa_mock.gateway import Response

if TYPE_CHECKING:
    from tests.cases import Case
    from tests.interceptors.conftest import Answer, HttpClient

AskCore = Callable[..., tuple[Response, omixa_mock.Call]]


def ask(gateway: omixa_mock.OmixaMock, http_client: HttpClient, case: Case) -> Answer:
    case.prepare(gateway._client)
    return http_client.ask(
        case.method, f"https://www.omixa.cloud{case.target}", headers=case.fields, content=case.content
    )


def test_answer_in_process_is_the_one_of_the_core(
    gateway: omixa_mock.OmixaMock,
    http_client: HttpClient,
    shared_case: Case,
    ask_core: AskCore,
    outcome_of: Callable[..., Any],
) -> None:
    told = outcome_of(ask_core(shared_case)[0], shared_case.method)
    answer = ask(gateway, http_client, shared_case)
    assert (answer.status, answer.headers, answer.body) == (told.status, told.headers, told.body)


def test_record_of_a_call_in_process_is_the_one_of_the_core(
    gateway: omixa_mock.OmixaMock, http_client: HttpClient, shared_case: Case, ask_core: AskCore
) -> None:
    ask(gateway, http_client, shared_case)
    [call] = gateway.calls
    # In process every key, and none at all, means the test's workspace.
    record, told = call.as_json(), ask_core(shared_case, keys="shared")[1].as_json()
    # What a client sends of its own accord is its own affair.
    record["headers"] = {name: record["headers"].get(name) for name in told["headers"]}
    assert record == told


@pytest.mark.parametrize("url", ["https://www.omixa.cloud", "http://omixa.cloud"])
def test_wallet_in_process_pays_for_what_was_answered(
    gateway: omixa_mock.OmixaMock, http_client: HttpClient, url: str
) -> None:
    http_client.generate(url, n=2)
    assert str(gateway.wallet.captured) == "0.078000"
