"""The mocks of a test: where the plugin keeps them, and the environment that they set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from omixa_mock.mock import OmixaMock, OmixaMockServer

__all__ = ["MOCKS", "forget_mocks", "keep_mock", "name_of", "set_environment"]

MOCKS = pytest.StashKey[list[OmixaMock]]()


def set_environment(patch: pytest.MonkeyPatch, names: Mapping[str, str]) -> None:
    """Set variables until the test ends, on the same pile as what the test itself sets."""
    for name, value in names.items():
        patch.setenv(name, value)


def name_of(mock: OmixaMock) -> str:
    """The fixture that gave a handle."""
    return "omixa_mock_server" if isinstance(mock, OmixaMockServer) else "omixa_mock"


def keep_mock(node: Any, mock: OmixaMock) -> None:
    """Let the verdict find a test's handles."""
    node.stash.setdefault(MOCKS, []).append(mock)


def forget_mocks(item: pytest.Item) -> None:
    """Let a test's journal go with the test; one that is run again begins anew."""
    item.stash[MOCKS] = []
