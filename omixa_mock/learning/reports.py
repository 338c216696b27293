"""Lessons of a report of `verify --format json`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from .lessons import Lesson

__all__ = ["read_report", "report_lessons"]

Json = Any
MEMBERS = {"verdict", "findings", "failures", "observed_settings"}


def read_report(text: bytes) -> Json | None:
    """Return the report in a text; None if it is none."""
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return document if isinstance(document, dict) and document.keys() >= MEMBERS else None


def report_lessons(report: Mapping[str, Json], defaults: Mapping[str, Any]) -> Iterator[Lesson]:
    """Yield the settings that a report has seen, those as assumed with their defaults.

    Args:
        report: The report.
        defaults: The default of each setting.
    """
    source = f"omixa-mock verify at {report.get('started_at', 'an unknown time')}"
    for finding in (*report["failures"], *report["findings"]):
        for name, value in finding.get("settings", {}).items():
            yield from lessons_of(name, value, f"{source}: {', '.join(finding.get('rules', ()))}")
    for name in report["observed_settings"]:
        if name in defaults:
            yield Lesson(name, defaults[name], source)


def lessons_of(name: str, value: Json, evidence: str) -> Iterator[Lesson]:
    """Yield the lessons of one setting; of the table of errors one for each column of a row."""
    if name == "keys":
        return  # A profile holds none.
    if name != "errors":
        yield Lesson(name, value, evidence)
        return
    for error, row in value.items():
        yield from (Lesson(f"errors.{error}.{column}", member, evidence) for column, member in row.items())
