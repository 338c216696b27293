"""Learning: all lessons of some recordings, as a profile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from omixa_mock.gateway import Contract, Settings
from omixa_mock.kit.prices import Prices, assume_prices, read_billable
from omixa_mock.kit.profile_file import ProfileFile

from .from_refusals import learn_errors, learn_statuses
from .from_requests import REQUEST_LEARNERS
from .from_successes import SUCCESS_LEARNERS
from .lessons import Contradiction, Lesson, evidence_of
from .recordings import RecordedCall
from .reports import report_lessons
from .samples import Sample, make_samples, parse

__all__ = ["Learnt", "differences", "learn_calls", "make_profile"]

Json = Any
DEFAULTS = Settings()
# The model with a complete table of fields; its prices are learnt.
MODEL = "gpt-image-1.5"
# Bills of the plainest image that must agree before there is a price table at all.
BILLS_MIN = 2


@dataclass(frozen=True, slots=True)
class Learnt:
    """What recordings teach.

    Attributes:
        lessons: The values of settings, each with its evidence; of `errors`, one for each column of a row.
        contradictions: The settings of which there are several values.
        count: The number of recorded calls.
    """

    lessons: tuple[Lesson, ...]
    contradictions: tuple[Contradiction, ...]
    count: int


def learn_calls(
    calls: Sequence[RecordedCall], contract: Contract, reports: Sequence[Mapping[str, Json]] = ()
) -> Learnt:
    """Return what recorded calls teach, and reports of `verify`.

    Args:
        calls: The calls, of any files.
        contract: The contract.
        reports: The reports.
    """
    samples = list(make_samples([*calls], contract))
    found = list(all_lessons(calls, samples, contract))
    defaults = {name: plain(getattr(DEFAULTS, name)) for name in Settings.__struct_fields__}
    found += [lesson for report in reports for lesson in report_lessons(report, defaults)]
    contradictions = [item for item in found if isinstance(item, Contradiction)]
    lessons, more = without_conflicts([item for item in found if isinstance(item, Lesson)])
    return Learnt(tuple(lessons), (*contradictions, *more), len(calls))


def plain(value: Any) -> Any:
    """Return a value with a list for a tuple, as files have it."""
    return list(value) if isinstance(value, tuple) else value


def without_conflicts(lessons: Sequence[Lesson]) -> tuple[list[Lesson], list[Contradiction]]:
    """Return the lessons on which all sources agree, and a contradiction for each other setting."""
    by_setting: dict[str, list[Lesson]] = {}
    for lesson in lessons:
        by_setting.setdefault(lesson.setting, []).append(lesson)
    agreed, conflicts = [], []
    for name, found in by_setting.items():
        if all(comparable(lesson.value) == comparable(found[0].value) for lesson in found):
            agreed.append(found[0])
        else:
            values = "; ".join(f"{lesson.value} ({lesson.evidence})" for lesson in found)
            conflicts.append(Contradiction(name, values))
    return agreed, conflicts


def all_lessons(
    calls: Sequence[RecordedCall], samples: Sequence[Sample], contract: Contract
) -> Iterator[Lesson | Contradiction]:
    """Yield every lesson and contradiction."""
    settings = {rule.id: rule.provenance.setting for rule in contract.rules()}
    successes = [sample for sample in samples if sample.accepted]
    for learn_from in SUCCESS_LEARNERS:
        yield from learn_from(successes)
    yield from prices(successes, contract)
    for learn_from_requests in REQUEST_LEARNERS:
        yield from learn_from_requests(samples, settings)
    yield from learn_statuses(samples)
    yield from learn_errors(calls, samples, contract.table["errors"])
    yield from models(calls, contract)


def prices(successes: Sequence[Sample], contract: Contract) -> Iterator[Lesson | Contradiction]:
    """Yield the price table that explains all bills, if the plainest image was billed often enough."""
    assumed = assume_prices(contract, DEFAULTS, [MODEL])
    learnt, by_cell = Prices(assumed), dict[tuple[str, str], list[RecordedCall]]()
    for sample in successes:
        billable, bill = read_billable(assumed, sample.call.request), sample.bill
        if billable and billable.quality and bill:
            learnt.learn(billable, bill, len(sample.rows))
            by_cell.setdefault((billable.quality, billable.size), []).append(sample.call)
    several = [cell for cell, bills in learnt.bills.items() if len(bills) > 1]
    if several:
        cells = ", ".join(f"quality {quality} and size {size}" for quality, size in several)
        yield Contradiction("prices", f"several prices for {cells}")
        return
    row = learnt.table()
    if row and len(by_cell["auto", "auto"]) >= BILLS_MIN:
        yield Lesson("prices", {MODEL: row}, evidence_of(call for seen in by_cell.values() for call in seen))


def models(calls: Sequence[RecordedCall], contract: Contract) -> Iterator[Lesson | Contradiction]:
    """Yield the models of the newest list of models, of those that the contract knows."""
    lists = [call for call in calls if (call.method, call.path, call.status) == ("GET", "/api/v1/models", 200)]
    for call in lists[-1:]:
        document = parse(call.response)
        rows = document.get("data") if isinstance(document, dict) else None
        names = [row.get("id") for row in (rows if isinstance(rows, list) else ()) if isinstance(row, dict)]
        known = [name for name in names if name in contract.requests]
        if MODEL in known:
            yield Lesson("models", known, evidence_of([call]))


def settings_of(lessons: Iterable[Lesson], table: Mapping[str, Json]) -> dict[str, Any]:
    """Return the settings that differ from the fake's assumptions; those of one error in a table of their own."""
    settings: dict[str, Any] = {}
    for lesson in lessons:
        name, _, row = lesson.setting.partition(".")
        if not row:
            if lesson.value != plain(getattr(DEFAULTS, name)):
                settings[name] = lesson.value
            continue
        error, column = row.split(".")
        if lesson.value != table[error][column]:
            settings.setdefault(name, {}).setdefault(error, {})[column] = lesson.value
    return settings


def make_profile(learnt: Learnt, contract: Contract, today: date) -> ProfileFile:
    """Return the profile of what was learnt."""
    settings = settings_of(learnt.lessons, contract.table["errors"])
    evidence: dict[str, list[str]] = {}
    for lesson in learnt.lessons:
        name, _, row = lesson.setting.partition(".")
        evidence.setdefault(name, []).append(f"{row}: {lesson.evidence}" if row else lesson.evidence)
    contradicted = {item.setting.partition(".")[0] for item in learnt.contradictions}
    # No recording shows all rows of the error table.
    seen = {lesson.setting for lesson in learnt.lessons}
    observed = sorted((seen & set(Settings.__struct_fields__)) - settings.keys() - contradicted)
    known = {*settings, *observed, *contradicted}
    return ProfileFile(
        source="omixa-mock learn",
        target="",
        date=today,
        observed=observed,
        settings=settings,
        evidence=evidence,
        unknown={name: "no recorded call shows it" for name in Settings.__struct_fields__ if name not in known},
        notes=[f"{item.setting}: {item.text}" for item in learnt.contradictions],
    )


def differences(profile: ProfileFile, before: Mapping[str, Any]) -> list[str]:
    """Return a line for each setting of which recordings show another value than an earlier profile has.

    A setting that was not seen, now or then, differs in nothing.
    """
    now = {**{name: getattr(DEFAULTS, name) for name in profile.observed}, **profile.settings}
    lines = []
    for name, value in sorted(now.items()):
        earlier = before.get(name, getattr(DEFAULTS, name))
        if comparable(value) != comparable(earlier):
            evidence = "; ".join(profile.evidence.get(name, ()))
            lines.append(f"{name}: {earlier!s} before, {value!s} now ({evidence})")
    return lines


def comparable(value: Any) -> Any:
    """Return a value with lists for tuples, and plain tables."""
    if isinstance(value, Mapping):
        return {key: comparable(member) for key, member in value.items()}
    return [comparable(member) for member in value] if isinstance(value, list | tuple) else value
