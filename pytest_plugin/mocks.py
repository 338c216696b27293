"""The mocks of a test: where the plugin keeps them, and the environment that they set."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest

from omixa_mock.mock import OmixaMock, OmixaMockServer

__all__ = ["ADVISORIES", "MOCKS", "forget_mocks", "keep_mock", "name_of", "set_environment"]

NO_NAMES: Mapping[str, str] = MappingProxyType({})
MOCKS = pytest.StashKey[list[OmixaMock]]()
# Advisories about a test's calls that belong to no call's record.
ADVISORIES = pytest.StashKey[list[str]]()


def set_environment(
    patch: pytest.MonkeyPatch, mock: OmixaMock, *, openai: bool, more: Mapping[str, str] = NO_NAMES
) -> None:
    """Set a client's variables until the test ends, undone in sequence with those that the test sets.

    Args:
        patch: The fixture that undoes them.
        mock: The mock of the test.
        openai: Set the names that OpenAI's SDKs read as well.
        more: Further variables.
    """
    names = {**mock.env(openai=openai), **more}
    # A real key of the user's shell must not reach any host.
    if os.environ.get("OPENAI_API_KEY"):
        names["OPENAI_API_KEY"] = mock.api_key
    for name, value in names.items():
        patch.setenv(name, value)


def name_of(mock: OmixaMock) -> str:
    """Return the name of the fixture that yielded a mock."""
    return "omixa_mock_server" if isinstance(mock, OmixaMockServer) else "omixa_mock"


def keep_mock(node: Any, mock: OmixaMock) -> None:
    """Store a mock of a test for the checks at its end."""
    node.stash.setdefault(MOCKS, []).append(mock)


def forget_mocks(item: pytest.Item) -> None:
    """Release the mocks of a test; a test that is run again begins with none."""
    item.stash[MOCKS], item.stash[ADVISORIES] = [], []
