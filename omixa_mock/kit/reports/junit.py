"""JUnit XML report: a suite for each file, a case for each kind of document in it.

The names of the cases are stable, so that CI can compare runs. Element order and
required attributes follow Windy Road's schema of Ant's JUnit report, the
strictest in use.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from .context import ReportContext
from .findings import FileReport, Finding, Report
from .text import NOUNS, format_file, plural

__all__ = ["render"]

PACKAGE = "omixa-mock.validate"


def render(report: Report, context: ReportContext) -> str:
    """Return the report as an XML document."""
    by_path = defaultdict[str, list[Finding]](list)
    for finding in report.findings:
        by_path[finding.path].append(finding)
    root = ET.Element("testsuites")
    for number, file in enumerate(report.files):
        head = {"package": PACKAGE, "id": str(number), "timestamp": context.started_at.strftime("%Y-%m-%dT%H:%M:%S")}
        root.append(make_suite(head, file, by_path[file.path]))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def make_suite(head: dict[str, str], file: FileReport, findings: list[Finding]) -> ET.Element:
    """Return the suite of a file."""
    suite = ET.Element("testsuite", head, name=file.path, hostname="localhost", time="0")
    properties = ET.SubElement(suite, "properties")
    for reason, count in file.skipped.items():
        ET.SubElement(properties, "property", name=f"skipped: {reason}", value=str(count))
    suite.extend(make_cases(file, findings))
    suite.set("tests", str(len(suite.findall("testcase"))))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(len(suite.findall(f"testcase/{tag}"))))
    ET.SubElement(suite, "system-out").text = "\n".join(format_file(file))
    ET.SubElement(suite, "system-err").text = "\n".join(map(format_finding, with_level(findings, "warning")))
    return suite


def make_cases(file: FileReport, findings: list[Finding]) -> Iterator[ET.Element]:
    """Yield the cases of a file: one for read errors or for no documents, one for each kind of document."""
    if file.trouble_count:
        case = make_case(file, "could be checked")
        add_outcome(case, "error", "\n".join(file.troubles), file.troubles[0])
        yield case
    elif not file.documents:
        case = make_case(file, "has something to check")
        ET.SubElement(case, "skipped")
        yield case
    for kind, count in file.documents.items():
        case = make_case(file, NOUNS.get(kind, kind))
        broken = [finding for finding in with_level(findings, "error") if finding.kind == kind]
        if file.broken[kind]:
            head = f"{file.broken[kind]:,} of {plural(count, 'document')} break the contract"
            add_outcome(case, "failure", "\n".join(map(format_finding, broken)), head)
        yield case


def with_level(findings: list[Finding], level: str) -> list[Finding]:
    """Return the findings of one level."""
    return [finding for finding in findings if finding.level == level]


def make_case(file: FileReport, name: str) -> ET.Element:
    """Return a passing case."""
    return ET.Element("testcase", classname=f"{PACKAGE}.{file.path}", name=name, time="0")


def add_outcome(case: ET.Element, outcome: str, text: str, message: str) -> None:
    """Add a failure or an error to a case."""
    ET.SubElement(case, outcome, message=message, type="contract").text = text


def format_finding(finding: Finding) -> str:
    """Return a finding as one line."""
    return f"{finding.place}: {finding.sentence} [{finding.source}]"
