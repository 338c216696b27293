"""Calls under other keys: what messages state about them, and which keys a test may adopt."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest

import omixa_mock
from omixa_mock import OmixaMockServer

OTHER = "omx_live_other"
Get = Callable[[str], httpx.Response]


@pytest.fixture
def server() -> Iterator[OmixaMockServer]:
    with omixa_mock.serve() as mock:
        yield mock


@pytest.fixture
def get(server: OmixaMockServer) -> Get:
    """Call the server with a key."""
    return lambda key: httpx.get(
        f"{server.base_url}/models", headers={"authorization": f"Bearer {key}"}, trust_env=False
    )


def test_call_under_another_key_is_not_passed_over(server: OmixaMockServer, get: Get) -> None:
    get(OTHER)
    with pytest.raises(AssertionError) as raised:
        _ = server.last
    assert str(raised.value) == (
        "There is no last call: no call came under this test's key.\n"
        '1 call came under another key, omx_live_…#9d81c5b4: mock.adopt("<that key>") counts its calls here'
    )


def test_calls_under_another_key_are_counted(server: OmixaMockServer, get: Get) -> None:
    get(OTHER)
    get(OTHER)
    with pytest.raises(
        AssertionError, match=r"^Expected one charge; there were none\.[\s\S]*\n2 calls came under another"
    ):
        server.assert_single_charge()


def test_call_under_the_own_key_makes_others_irrelevant(server: OmixaMockServer, get: Get) -> None:
    get(OTHER)
    get(server.api_key)
    assert server.last.path == "/api/v1/models"


def test_call_under_an_adopted_key_is_the_tests(server: OmixaMockServer, get: Get) -> None:
    server.adopt(OTHER)
    get(OTHER)
    assert (len(server.calls), server.absence.details) == (1, "")


def test_call_before_the_mock_began_is_not_mentioned(server: OmixaMockServer, get: Get) -> None:
    get(OTHER)
    later = omixa_mock.mock.LocalClient(server.gateway, "omx_live_later")
    assert later.other_calls() == ()
    get(OTHER)
    assert [(other.number, other.fixture) for other in later.other_calls()] == [(1, "")]


@pytest.mark.parametrize("key", ["", "sk-1", "omx_live_", "omx_live_ä", "omx_live_" + "a" * 201])
def test_malformed_key_is_not_adopted(server: OmixaMockServer, key: str) -> None:
    with pytest.raises(ValueError, match="adopt: the key has the wrong form") as raised:
        server.adopt(key)
    assert key in {"", "omx_live_"} or key not in str(raised.value)
