"""Cases: which fault a client meets, when, and how often."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from omixa_mock.gateway import CATALOGUE, SettingError
from omixa_mock.gateway.common import hint_at
from omixa_mock.kit.text import has_words

__all__ = ["CASES", "HEALTHY", "QUICK", "Case", "choose_cases", "seed_of"]


@dataclass(frozen=True, slots=True)
class Case:
    """What a client meets.

    Attributes:
        fault: A fault of the catalogue; empty for none.
        after_capture: True if the fault comes after the capture, and not at the default moment of its kind.
        always: True if every call meets the fault, not only the first one.
    """

    fault: str = ""
    after_capture: bool = False
    always: bool = False

    @property
    def name(self) -> str:
        """Return the name, for instance `reset_after_capture once`."""
        return f"{self.outcome} {'always' if self.always else 'once'}" if self.fault else "healthy"

    @property
    def outcome(self) -> str:
        """Return the fault as a plan names it."""
        return f"{self.fault}_after_capture" if self.after_capture else self.fault

    @property
    def plan(self) -> dict[str, Any] | None:
        """Return the plan of the fault; None without one."""
        return {"fail": self.outcome, "times": None if self.always else 1} if self.fault else None


def all_cases() -> Iterator[Case]:
    """Yield two cases for each fault, and two more if a client cannot tell whether the capture came before it."""
    for name, kind in CATALOGUE.items():
        moments = (False, True) if kind.moments[:2] == ("before_capture", "after_capture") else (False,)
        for after_capture in moments:
            yield from (Case(name, after_capture, always) for always in (False, True))


HEALTHY = Case()
CASES = tuple(all_cases())
# One case of each kind, those first that have cost the most.
QUICK = (
    Case("no_route"),
    Case("rate_limited"),
    Case("insufficient_balance", always=True),
    Case("invalid_request", always=True),
    Case("internal_error", after_capture=True),
    Case("no_response", after_capture=True),
    Case("reset_in_body"),
    Case("truncated"),
    Case("hang", always=True),
    Case("url_and_empty_b64"),
    Case("other_format"),
    Case("corrupt_image"),
)


def seed_of(case: Case) -> int:
    """Return the seed of the images of a case, the same in every run: a file of another case is none of them."""
    return crc32(case.name.encode())


def choose_cases(faults: Sequence[str] = (), words: str | None = None, *, quick: bool = False) -> list[Case]:
    """Return the cases of some faults whose names match words; without them, all cases or the quick ones.

    Raises:
        SettingError: A fault is unknown, or no case is left.
    """
    faults = [faults] if isinstance(faults, str) else faults
    known = sorted({name for case in CASES for name in (case.fault, case.outcome)})
    for name in faults:
        if name not in known:
            raise SettingError(f"There is no fault {name!r}. {hint_at(name, known)}")
    cases = [
        case
        for case in (QUICK if quick else CASES)
        if (not faults or not {case.fault, case.outcome}.isdisjoint(faults))
        and (words is None or has_words(case.name, words))
    ]
    if not cases:
        raise SettingError("No case is left. Choose others, for instance -k reset; --list has their names.")
    return cases
