"""The golden corpus: requests by name, each name with one request or several to one workspace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .image_requests import REQUESTS
from .mishaps import MISHAPS
from .parts import KEY, Case
from .refusals import REFUSALS

CORPUS: Mapping[str, tuple[Case, ...]] = {
    **{f"order: {name}": asks for name, asks in REQUESTS.items()},
    **{f"refused: {name}": asks for name, asks in REFUSALS.items()},
    **MISHAPS,
}
# Which keys a gateway knows, where that is not any.
KEYS: Mapping[str, Any] = {"refused: key that nobody issued": "issued"}
# No response comes: what clients end with is held by the tests of the faults.
BROKEN = frozenset({"faults: broken connections"})
OF_OTHER_KEYS = frozenset(name for name, asks in CORPUS.items() if any(ask.key not in {KEY, None} for ask in asks))
