"""A report as JUnit XML: a suite for each file, a case for each kind of document in it.

The cases keep their names from run to run, so that CI can tell what is new. The
order of the elements and the attributes that must be there are those of the
strictest schema in use, Windy Road's for Ant's JUnit report.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from .facts import Facts
from .findings import FileReport, Finding, Report
from .text import NOUNS, plural, tell_file

__all__ = ["render"]

PACKAGE = "omixa-mock.validate"


def render(report: Report, facts: Facts) -> str:
    """The report as an XML document."""
    by_path = defaultdict[str, list[Finding]](list)
    for finding in report.findings:
        by_path[finding.path].append(finding)
    root = ET.Element("testsuites")
    for number, file in enumerate(report.files):
        head = {"package": PACKAGE, "id": str(number), "timestamp": facts.when.strftime("%Y-%m-%dT%H:%M:%S")}
        root.append(make_suite(head, file, by_path[file.path]))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def make_suite(head: dict[str, str], file: FileReport, findings: list[Finding]) -> ET.Element:
    """The suite of a file."""
    suite = ET.Element("testsuite", head, name=file.path, hostname="localhost", time="0")
    properties = ET.SubElement(suite, "properties")
    for reason, count in file.skipped.items():
        ET.SubElement(properties, "property", name=f"skipped: {reason}", value=str(count))
    suite.extend(make_cases(file, findings))
    suite.set("tests", str(len(suite.findall("testcase"))))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(len(suite.findall(f"testcase/{tag}"))))
    ET.SubElement(suite, "system-out").text = "\n".join(tell_file(file))
    ET.SubElement(suite, "system-err").text = "\n".join(map(describe, of_level(findings, "warning")))
    return suite


def make_cases(file: FileReport, findings: list[Finding]) -> Iterator[ET.Element]:
    """The cases of a file: whether it could be checked, where not; and each kind of document."""
    if file.troubled:
        case = make_case(file, "could be checked")
        add(case, "error", "\n".join(file.troubles), file.troubles[0])
        yield case
    elif not file.documents:
        case = make_case(file, "has something to check")
        ET.SubElement(case, "skipped")
        yield case
    for kind, count in file.documents.items():
        case = make_case(file, NOUNS.get(kind, kind))
        broken = [each for each in of_level(findings, "error") if each.kind == kind]
        if file.broken[kind]:
            head = f"{file.broken[kind]:,} of {plural(count, 'document')} break the contract"
            add(case, "failure", "\n".join(map(describe, broken)), head)
        yield case


def of_level(findings: list[Finding], level: str) -> list[Finding]:
    """The broken rules among some findings, or the advisories."""
    return [finding for finding in findings if finding.level == level]


def make_case(file: FileReport, name: str) -> ET.Element:
    """A case that passes."""
    return ET.Element("testcase", classname=f"{PACKAGE}.{file.path}", name=name, time="0")


def add(case: ET.Element, outcome: str, text: str, message: str) -> None:
    """Let a case fail."""
    ET.SubElement(case, outcome, message=message, type="contract").text = text


def describe(finding: Finding) -> str:
    """A finding on a line."""
    return f"{finding.place}: {finding.sentence} [{finding.source}]"
