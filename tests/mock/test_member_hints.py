"""Hints for names that a mock does not have."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import omixa_mock
from omixa_mock import OmixaMock
from omixa_mock.mock.member_hints import SERVER_ONLY, SYNONYMS

HINTS = {
    "assert_caled": "Did you mean assert_called?",
    "set_balanse": "Did you mean set_balance?",
    "assert_called_with": "Use assert_called(...).",
    "assert_called_once_with": "Use assert_called_once(...).",
    "call_count": "Use len(mock.calls).",
    "called": "Use len(mock.calls), or assert_called().",
    "requests": "Use calls.",
    "balance": "Use wallet.balance.",
    "reset_mock": "Use reset().",
    "return_value": "Use respond(...).",
    "url": "Use base_url; a mock in process has no server. The fixture omixa_mock_server has one.",
    "adopt": "In process every key belongs to the test already; adopt() is for the fixture omixa_mock_server.",
    "serve": "In a test the fixture hides the module: import omixa_mock as fake, and fake.serve is there.",
}


@pytest.fixture(scope="module")
def idle() -> Iterator[OmixaMock]:
    with omixa_mock.intercept() as mock:
        yield mock


@pytest.mark.parametrize("name", HINTS)
def test_name_that_is_not_there_has_a_hint(idle: OmixaMock, name: str) -> None:
    with pytest.raises(AttributeError) as raised:
        getattr(idle, name)
    assert str(raised.value) == f"'OmixaMock' object has no attribute {name!r}. {HINTS[name]}"


@pytest.mark.parametrize("name", ["xyzzy", "__deepcopy__", "_calls"])
def test_name_like_no_other_has_no_hint(idle: OmixaMock, name: str) -> None:
    with pytest.raises(AttributeError, match=rf"has no attribute '{name}'\.$"):
        getattr(idle, name)


def test_no_hint_hides_a_member(idle: OmixaMock) -> None:
    assert not {*SYNONYMS, *SERVER_ONLY} & {*dir(idle)}


@pytest.mark.parametrize("cure", sorted({*SYNONYMS.values()}))
def test_hint_begins_with_a_member(idle: OmixaMock, cure: str) -> None:
    assert cure.removeprefix("len(mock.").partition("(")[0].split(".")[0].split(",")[0].strip(")") in dir(idle)


def test_server_has_what_the_mock_in_process_lacks() -> None:
    assert {*SERVER_ONLY} <= {*dir(omixa_mock.OmixaMockServer), "url"}
