"""Formats of a gauntlet's report: text, JSON, JUnit XML, GitHub annotations, and lines to compare."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from xml.etree import ElementTree as ET

from omixa_mock.kit.reports.github import command
from omixa_mock.kit.reports.text import plural
from omixa_mock.kit.text import printable

from .cases import CASES
from .outcomes import TIMING
from .report import GauntletReport
from .trial import Trial

__all__ = ["FORMATS", "format_summary", "render_golden"]

NAME_WIDTH = max(len(case.name) for case in CASES)


def render_text(report: GauntletReport) -> str:
    """Return a line for each case, then the verdict."""
    lines = [format_trial(report, trial) for trial in report.trials]
    lines += [f"not needed any more: {item.outcome} in {item.case} ({item.reason})" for item in report.unused]
    return "".join(f"{printable(line)}\n" for line in (*lines, format_summary(report)))


def format_trial(report: GauntletReport, trial: Trial) -> str:
    """Return a trial on one line."""
    mark = "FAIL" if report.failures_of(trial) else "ok  "
    numbers = f"{plural(trial.calls, 'call')}, {plural(trial.charges, 'charge')}, {trial.seconds:.1f} s"
    return f"{mark} {trial.case.name:<{NAME_WIDTH}}  {describe_outcomes(trial)} [{numbers}]{quote(trial)}"


def describe_outcomes(trial: Trial) -> str:
    """Return the outcomes of a trial with their evidence."""
    return "; ".join(f"{outcome.name}: {outcome.evidence}" for outcome in trial.outcomes)


def quote(trial: Trial) -> str:
    """Return the client's last words, unless an outcome has them."""
    has_them = any(trial.last_words in outcome.evidence for outcome in trial.outcomes)
    return "" if has_them or not trial.last_words else f" {trial.last_words}"


def format_summary(report: GauntletReport) -> str:
    """Return the verdict on one line."""
    counts = ", ".join(f"{count} {name}" for name, count in report.counts.items())
    unused = f", {plural(len(report.unused), 'allowance')} not needed any more" if report.unused else ""
    verdict = "passed" if report.passed else "failed"
    return f"{verdict}: {plural(len(report.trials), 'case')}, {len(report.failed)} failed{unused} ({counts})"


def render_golden(report: GauntletReport) -> str:
    """Return what two runs of a deterministic client have in common: names and numbers, nothing about time."""
    return "".join(
        f"{trial.case.name}: {', '.join(outcome.name for outcome in trial.outcomes if outcome.name not in TIMING)}; "
        f"{plural(trial.calls, 'call')}, {plural(trial.charges, 'charge')}\n"
        for trial in report.trials
    )


def render_json(report: GauntletReport) -> str:
    """Return the report as JSON."""
    document = {
        "verdict": "passed" if report.passed else "failed",
        "counts": report.counts,
        "trials": [trial_document(report, trial) for trial in report.trials],
        "unused_allowances": [{"case": item.case, "outcome": item.outcome} for item in report.unused],
    }
    return f"{json.dumps(document, indent=2)}\n"


def trial_document(report: GauntletReport, trial: Trial) -> dict[str, Any]:
    """Return a trial for JSON."""
    return {
        "case": trial.case.name,
        "failed": bool(report.failures_of(trial)),
        "outcomes": [{"name": outcome.name, "evidence": outcome.evidence} for outcome in trial.outcomes],
        "calls": trial.calls,
        "charges": trial.charges,
        "seconds": round(trial.seconds, 3),
        "last_words": trial.last_words,
    }


def render_junit(report: GauntletReport) -> str:
    """Return the report as JUnit XML: a case for each trial, and one for each allowance that is not needed."""
    suite = ET.Element("testsuite", package="omixa-mock", id="0", name="gauntlet", hostname="localhost")
    # The schema of JUnit reports wants a time; a fixed one keeps two runs equal.
    suite.set("timestamp", "1970-01-01T00:00:00")
    ET.SubElement(suite, "properties")
    suite.extend(junit_cases(report))
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("errors", "0")
    suite.set("skipped", "0")
    suite.set("time", f"{sum(trial.seconds for trial in report.trials):.3f}")
    ET.SubElement(suite, "system-out").text = printable(format_summary(report))
    ET.SubElement(suite, "system-err")
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def junit_cases(report: GauntletReport) -> Iterator[ET.Element]:
    """Yield the cases of the report."""
    for trial in report.trials:
        case = ET.Element(
            "testcase", classname="omixa-mock.gauntlet", name=trial.case.name, time=f"{trial.seconds:.3f}"
        )
        for outcome in report.failures_of(trial)[:1]:
            text = printable(describe_outcomes(trial))
            ET.SubElement(case, "failure", message=printable(outcome.evidence), type=outcome.name).text = text
        yield case
    for item in report.unused:
        case = ET.Element("testcase", classname="omixa-mock.gauntlet", name=f"allowance of {item.case}", time="0")
        message = f"{item.outcome} is not needed any more"
        ET.SubElement(case, "failure", message=message, type="allowance").text = item.reason
        yield case


def render_github(report: GauntletReport) -> str:
    """Return a workflow command for each failed trial and unused allowance, and one for the verdict."""
    lines = [
        command("error", {"title": trial.case.name}, printable(describe_outcomes(trial))) for trial in report.failed
    ]
    lines += [
        command("error", {"title": item.case}, f"{item.outcome} is not needed any more") for item in report.unused
    ]
    level = "notice" if report.passed else "error"
    lines.append(command(level, {"title": "omixa-mock gauntlet"}, format_summary(report)))
    return "".join(f"{line}\n" for line in lines)


FORMATS: Mapping[str, Callable[[GauntletReport], str]] = {
    "text": render_text,
    "json": render_json,
    "junit": render_junit,
    "github": render_github,
}
