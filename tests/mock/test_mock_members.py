"""One set of members, whichever way a test gets its mock; and the error for a name that it lacks."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import orjson
import pytest

import omixa_mock
from omixa_mock import OmixaMock, OmixaMockServer


@pytest.fixture
def mocks() -> Iterator[dict[str, OmixaMock]]:
    """Yield a mock of each way but the fixtures: tests/plugin runs those in a process of their own."""
    with ExitStack() as stack:
        yield {
            "intercept": stack.enter_context(omixa_mock.intercept()),
            "serve": stack.enter_context(omixa_mock.serve()),
        }


def members_of(mock: OmixaMock) -> set[str]:
    return {name for name in dir(mock) if not name.startswith("_")}


def test_every_way_yields_the_same_members(mocks: dict[str, OmixaMock]) -> None:
    extra = {way: members_of(mock) - members_of(mocks["intercept"]) for way, mock in mocks.items()}
    assert extra == {"intercept": set(), "serve": {"url", "adopt"}}


def test_every_way_yields_one_of_two_types(mocks: dict[str, OmixaMock]) -> None:
    assert {way: type(mock) for way, mock in mocks.items()} == {
        "intercept": OmixaMock,
        "serve": OmixaMockServer,
    }


def test_every_way_reaches_the_core(mocks: dict[str, OmixaMock]) -> None:
    assert all(isinstance(mock.gateway, omixa_mock.Gateway) for mock in mocks.values())


@pytest.mark.parametrize("way", ["intercept", "serve"])
def test_every_way_records_plans_and_asserts(mocks: dict[str, OmixaMock], way: str) -> None:
    mock = mocks[way]
    mock.fail("no_route")
    body = {"model": "gpt-image-1.5", "prompt": "a cat"}
    headers = {"authorization": f"Bearer {mock.api_key}"}
    with httpx.Client(trust_env=False, headers=headers) as client:
        statuses = [client.post(f"{mock.base_url}/images/generations", json=body).status_code for _ in range(2)]
    mock.assert_single_charge()
    mock.assert_plans_exhausted()
    assert (statuses, [call.status for call in mock.calls], str(mock.wallet.captured)) == (
        [503, 200],
        [503, 200],
        "0.039000",
    )


def test_serve_adopts_the_calls_of_another_key() -> None:
    with omixa_mock.serve() as mock:
        mock.adopt("omx_live_app")
        httpx.get(f"{mock.base_url}/models", headers={"authorization": "Bearer omx_live_app"})
        assert [call.path for call in mock.calls] == ["/api/v1/models"]


def test_name_of_the_module_is_pointed_out() -> None:
    with (
        omixa_mock.intercept() as mock,
        pytest.raises(AttributeError, match=r"import omixa_mock as fake, and fake\.serve"),
    ):
        _ = mock.serve  # type: ignore[attr-defined]


def test_unknown_name_is_refused() -> None:
    with omixa_mock.intercept() as mock, pytest.raises(AttributeError, match=r"no attribute 'xyzzy'\.$"):
        _ = mock.xyzzy  # type: ignore[attr-defined]


# A call as a value

PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNgAAAAAgAB5Sfe/AAAAABJRU5ErkJggg=="
)
CALLS: dict[str, dict[str, Any]] = {
    "success": {},
    "edit": {"input_images": [{"type": "image_url", "image_url": {"url": PNG}}], "mask": PNG},
    "refusal": {"n": 11},
}


@pytest.mark.parametrize("fields", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda call: pickle.loads(pickle.dumps(call))], ids=["copy", "pickle"]
)
def test_call_can_be_copied(
    mock: OmixaMock, generate: Callable[..., Any], fields: dict[str, Any], copied: Callable[[Any], Any]
) -> None:
    generate(**fields)
    twin = copied(mock.last)
    assert (twin, twin is mock.last, twin.headers) == (mock.last, False, mock.last.headers)


@pytest.mark.parametrize("fields", CALLS.values(), ids=CALLS)
def test_summary_is_plain_json(mock: OmixaMock, generate: Callable[..., Any], fields: dict[str, Any]) -> None:
    generate(**fields)
    summary = mock.last.summary()
    assert (orjson.loads(orjson.dumps(summary)), PNG[40:60] in repr(summary)) == (summary, False)


def test_summary_is_the_same_in_every_run() -> None:
    summaries = []
    for _ in range(2):
        with omixa_mock.intercept() as mock, httpx.Client() as client:
            headers = {"authorization": "Bearer omx_live_any"}
            client.post(f"{mock.base_url}/images/generations", json={"model": "gpt-image-1.5"}, headers=headers)
            summaries.append(mock.last.summary())
    assert summaries[0] == summaries[1]


def test_request_of_a_call_without_one_raises(mock: OmixaMock) -> None:
    httpx.get(f"{mock.base_url}/models", headers={"authorization": "Bearer omx_live_any"})
    with pytest.raises(LookupError, match="no JSON object was read"):
        _ = mock.last.request


# The response of a call


def test_response_of_a_success_reads_as_json(mock: OmixaMock, generate: Callable[..., Any]) -> None:
    assert generate().json() == mock.last.response.json()


def test_response_that_was_not_sent_raises_with_the_reason(mock: OmixaMock, generate: Callable[..., Any]) -> None:
    mock.fail("no_response")
    with pytest.raises(httpx.RemoteProtocolError):
        generate()
    assert (mock.last.sent, mock.last.status) == (None, None)
    with pytest.raises(LookupError, match=r"no_response\)> has no response: the fault no_response ended it$"):
        _ = mock.last.response


@pytest.mark.parametrize(
    ("fault", "begin"), [("empty_body", "it begins ''"), ("html_page", "it begins '<!DOCTYPE html>")]
)
def test_body_that_is_not_json_raises_with_its_beginning(
    mock: OmixaMock, generate: Callable[..., Any], fault: str, begin: str
) -> None:
    mock.fail(fault)
    generate()
    with pytest.raises(ValueError, match=f"The body of this 200 is not JSON; {begin}"):
        mock.last.response.json()
