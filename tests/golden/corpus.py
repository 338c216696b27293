"""Golden corpus: named cases of one request or several to one workspace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .bodies_and_faults import BODIES_AND_FAULTS
from .image_requests import REQUESTS
from .parts import KEY, Case
from .refusals import REFUSALS

CORPUS: Mapping[str, tuple[Case, ...]] = {
    **{f"order: {name}": cases for name, cases in REQUESTS.items()},
    **{f"refused: {name}": cases for name, cases in REFUSALS.items()},
    **BODIES_AND_FAULTS,
}
# The policy on keys, if it is not `any`.
KEYS: Mapping[str, Any] = {"refused: key that nobody issued": "issued"}
# Cases without a complete response; the tests of the faults check the clients' errors.
BROKEN = frozenset({"faults: broken connections"})
OF_OTHER_KEYS = frozenset(name for name, cases in CORPUS.items() if any(case.key not in {KEY, None} for case in cases))
