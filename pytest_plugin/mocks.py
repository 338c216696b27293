"""The mocks of a test: where the plugin keeps them, and the environment that they set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from omixa_mock.mock import OmixaMock, OmixaMockServer

__all__ = ["MOCKS", "forget_mocks", "keep_mock", "name_of", "set_environment"]

MOCKS = pytest.StashKey[list[OmixaMock]]()


def set_environment(patch: pytest.MonkeyPatch, names: Mapping[str, str]) -> None:
    """Set variables until the test ends, undone in sequence with those that the test sets."""
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
    item.stash[MOCKS] = []
