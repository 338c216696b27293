"""Formats of a report: text, JSON, JUnit XML, GitHub annotations."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from xml.etree import ElementTree as ET

from omixa_mock.kit.profile_file import to_toml
from omixa_mock.kit.reports.github import command
from omixa_mock.kit.reports.text import plural
from omixa_mock.kit.text import printable

from .findings import Cause, Finding
from .observation import provenance_of
from .report import Report
from .runner import PROBES, Result

__all__ = ["FORMATS", "format_summary", "render_text", "violation_lines"]

CAUSES_MAX = 3
NAMES_MAX = 4


def render_text(report: Report) -> str:
    """Return the report for people; its last line is the verdict."""
    return "".join(f"{printable(line)}\n" for line in (*text_lines(report), format_summary(report)))


def text_lines(report: Report) -> Iterator[str]:
    """Yield the findings, then what the run could not see, each reason once."""
    sections = (
        ("failures (a page documents it otherwise)", report.failures),
        ("findings (inferred or assumed otherwise)", report.other_findings),
    )
    for title, findings in sections:
        if findings:
            yield f"{title}: {len(findings)}"
            for finding in findings:
                yield from format_finding(finding)
    if report.end_reason:
        yield f"ended early: {report.end_reason}"
    yield from format_reasons("left out", without(report.end_reason, report.left_out))
    yield from format_reasons("inconclusive", without(report.end_reason, report.inconclusive))


def format_finding(finding: Finding) -> Iterator[str]:
    """Yield the lines of a finding."""
    yield f"  {shorten(finding.rules, 'rules')} [{finding.source}]"
    for cause in finding.causes[:CAUSES_MAX]:
        yield f"      {cause}{format_quote(cause)}"
    if len(finding.causes) > CAUSES_MAX:
        yield f"      and {plural(len(finding.causes) - CAUSES_MAX, 'more cause')}"
    yield f"      seen by {shorten(finding.probes, 'probes')}"
    if finding.changes:
        yield f"      the fake does the same with {format_changes(finding.changes)}"


def format_changes(changes: Mapping[str, Any]) -> str:
    """Return changed settings as TOML on one line."""
    return ", ".join(f"{name} = {to_toml(value)}" for name, value in changes.items())


def format_quote(cause: Cause) -> str:
    """Return the gateway's own words, shortened."""
    return f" (the gateway: {cause.quote[:200]!r})" if cause.quote else ""


def shorten(names: tuple[str, ...], noun: str) -> str:
    """Return the first few of many names."""
    if len(names) <= NAMES_MAX:
        return ", ".join(names)
    return f"{len(names)} {noun}: {', '.join(names[:NAMES_MAX])}, …"


def without(end_reason: str, reasons: Mapping[str, str]) -> dict[str, str]:
    """Return reasons by probe without the one that ended the run, which is given once."""
    return {name: reason for name, reason in reasons.items() if reason != end_reason}


def format_reasons(title: str, reasons: Mapping[str, str]) -> Iterator[str]:
    """Yield each reason once, with the number of probes."""
    if not reasons:
        return
    yield f"{title}: {len(reasons)} of {len(PROBES)} probes"
    money = [name for name, reason in reasons.items() if reason.startswith("it may cost")]
    other = Counter(reason for reason in reasons.values() if not reason.startswith("it may cost"))
    if money:
        yield f"  {plural(len(money), 'time')}: give a higher --max-spend; 4 is enough for all at the assumed prices"
    yield from (f"  {plural(count, 'time')}: {reason}" for reason, count in other.items())


def format_summary(report: Report) -> str:
    """Return the verdict in one line."""
    counts = [
        plural(len(report.failures), "failure"),
        plural(len(report.other_findings), "finding"),
        f"{plural(len(report.kept), 'rule')} kept",
    ]
    unread = f", {report.unread} without a readable bill" if report.unread else ""
    spent = f"counted {report.counted:.6f} of {report.max_spend:.6f} USD, billed {report.billed:.6f}{unread}"
    return f"{report.verdict}: {', '.join(counts)}; {spent}"


def render_json(report: Report) -> str:
    """Return the report as JSON."""
    document = {
        "target": report.target,
        "started_at": report.started_at.isoformat(timespec="seconds"),
        "verdict": report.verdict,
        "failures": [finding_document(finding) for finding in report.failures],
        "findings": [finding_document(finding) for finding in report.other_findings],
        "kept": report.kept,
        "observed_settings": report.observed,
        "left_out": report.left_out,
        "inconclusive": report.inconclusive,
        "ended_early": report.end_reason,
        "max_spend": f"{report.max_spend:.6f}",
        "counted": f"{report.counted:.6f}",
        "billed": f"{report.billed:.6f}",
        "successes_without_bill": report.unread,
    }
    return f"{json.dumps(document, indent=2)}\n"


def finding_document(finding: Finding) -> dict[str, Any]:
    """Return a finding for JSON."""
    return {
        "rules": [*finding.rules],
        "provenance": finding.source,
        "causes": [
            {"pointer": cause.pointer, "message": cause.message, "probes": [*cause.probes], "quote": cause.quote}
            for cause in finding.causes
        ],
        "settings": finding.changes,
    }


def render_junit(report: Report) -> str:
    """Return the report as JUnit XML: a case for each probe, failed by a failure and by a finding alike.

    Element order and required attributes follow the strictest schema in use, as `validate` does.
    """
    head = {"package": "omixa-mock", "id": "0", "timestamp": f"{report.started_at:%Y-%m-%dT%H:%M:%S}"}
    suite = ET.Element("testsuite", head, name="verify", hostname="localhost", time="0")
    properties = ET.SubElement(suite, "properties")
    for reason, count in Counter(report.left_out.values()).items():
        ET.SubElement(properties, "property", name=f"left out: {printable(reason)}", value=str(count))
    suite.extend(map(make_case, report.results))
    suite.set("tests", str(len(report.results)))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(len(suite.findall(f"testcase/{tag}"))))
    ET.SubElement(suite, "system-out").text = printable(format_summary(report))
    ET.SubElement(suite, "system-err")
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def make_case(result: Result) -> ET.Element:
    """Return the case of a probe."""
    case = ET.Element("testcase", classname="omixa-mock.verify", name=result.probe.name, time="0")
    lines = [printable(line) for line in violation_lines(result)]
    if lines:
        ET.SubElement(case, "failure", message=lines[0], type="contract").text = "\n".join(lines)
    elif result.inconclusive:
        reason = printable(result.inconclusive)
        ET.SubElement(case, "error", message=reason, type="inconclusive").text = reason
    elif result.left_out:
        ET.SubElement(case, "skipped")
    return case


def violation_lines(result: Result) -> Iterator[str]:
    """Yield a line for each violation of a probe."""
    for violation in result.violations:
        place = f"{violation.pointer}: " if violation.pointer else ""
        yield f"{violation.rule} [{provenance_of(violation.rule)[0]}] {place}{violation.message}"


def render_github(report: Report) -> str:
    """Return a workflow command for each finding, and one for the summary."""
    lines = [annotate(finding) for finding in report.findings]
    level = {"passed": "notice", "inconclusive": "warning", "failed": "error"}[report.verdict]
    lines.append(command(level, {"title": "omixa-mock verify"}, printable(format_summary(report))))
    return "".join(f"{line}\n" for line in lines)


def annotate(finding: Finding) -> str:
    """Return the workflow command for a finding."""
    text = "\n".join(printable(line.strip()) for line in format_finding(finding))
    return command("error" if finding.is_failure else "warning", {"title": finding.rules[0]}, text)


FORMATS: Mapping[str, Callable[[Report], str]] = {
    "text": render_text,
    "json": render_json,
    "junit": render_junit,
    "github": render_github,
}
