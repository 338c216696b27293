"""Commands that print: help, version, explain, assumptions, openapi, schema."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

import omixa_mock
from omixa_mock import shipped_contract
from omixa_mock.cli.explanations import find_explanations
from omixa_mock.gateway import describe_settings
from omixa_mock.gateway.contract import OPENAI_FIELDS

Run = Callable[..., Result]
RULES = {rule.id: rule for rule in shipped_contract().rules()}
ASSUMED = [rule for rule in RULES.values() if rule.provenance.status == "assumed"]
COMMANDS = ("serve", "validate", "explain", "assumptions", "openapi", "schema", "drift")


@pytest.mark.parametrize("name", COMMANDS)
def test_bare_command_lists_its_subcommands(run: Run, name: str) -> None:
    assert f"  {name} " in run().output


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_every_command_has_help(run: Run, name: str, flag: str) -> None:
    result = run(name, flag)
    assert (result.exit_code, result.output.startswith("Usage:")) == (0, True)


@pytest.mark.parametrize("flag", ["-V", "--version"])
def test_version_is_printed(run: Run, flag: str) -> None:
    assert run(flag).output == f"omixa-mock, version {omixa_mock.__version__}\n"


def test_unknown_command_is_a_usage_error(run: Run) -> None:
    assert run("bogus").exit_code == 2


def test_command_line_imports_no_server(run: Run) -> None:
    del run
    code = "import sys; from omixa_mock.cli import main; print('starlette' in sys.modules, 'uvicorn' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False False\n"


@pytest.fixture(scope="module")
def explained(run: Run) -> dict[str, Result]:
    """Return the output of `explain` for every rule."""
    return {rule: run("explain", rule) for rule in RULES}


def test_every_rule_is_explained(explained: dict[str, Result]) -> None:
    assert [rule for rule, result in explained.items() if result.exit_code] == []


def test_every_explanation_begins_with_its_rule(explained: dict[str, Result]) -> None:
    assert [rule for rule, result in explained.items() if not result.output.startswith(f"{rule}\n")] == []


def test_every_explanation_has_the_provenance_of_its_rule(explained: dict[str, Result]) -> None:
    status = {rule: f"\n  status    {RULES[rule].provenance.status}" for rule in RULES}
    assert [rule for rule, result in explained.items() if status[rule] not in result.output] == []


def test_every_explanation_of_an_assumption_names_its_setting(explained: dict[str, Result]) -> None:
    settings = {rule.id: rule.provenance.setting for rule in ASSUMED if rule.provenance.setting}
    assert [rule for rule, name in settings.items() if f"\n  setting   {name} = " not in explained[rule].output] == []


@pytest.mark.parametrize("rule", ["request.n.maximun", "n.maximum", "request.n.max"])
def test_unknown_rule_is_refused_with_similar_names(run: Run, error_of: Callable[[Result], str], rule: str) -> None:
    assert "request.n.maximum" in error_of(run("explain", rule))


@pytest.mark.parametrize("field", OPENAI_FIELDS)
def test_field_of_other_apis_is_explained(run: Run, field: str) -> None:
    lines = run("explain", field).output.splitlines()
    names = [line[:12].strip() for line in lines[1:]]
    assert (lines[0], names[:5]) == (field, ["field", "refused", "sent by", "instead", "ignore"])


@pytest.mark.parametrize(
    ("field", "harm"), [("stream", "no event"), ("image", "the image would be lost"), ("response_format", "")]
)
def test_explanation_of_a_field_names_the_harm_of_ignoring_it(run: Run, field: str, harm: str) -> None:
    output = run("explain", field).output
    assert (f"--allow-field {field};" in output, "  but  " in output) == (True, bool(harm))
    assert harm in output


def test_setting_of_allowed_fields_is_explained_with_its_rule(run: Run) -> None:
    assert run("explain", "allowed_fields").output.splitlines()[1:] == ["  gateway.field.allowed"]


def test_rules_that_a_refusal_names_can_be_explained(run: Run) -> None:
    body = json.dumps({"model": "gpt-image-1.5", "prompt": "", "n": 11, "style": "vivid", "size": "1x1"})
    lines = run("validate", input=body).stdout.splitlines()
    rules = [line.rpartition("[")[2].partition(";")[0] for line in lines]
    assert [run("explain", rule).exit_code for rule in rules] == [0, 0, 0, 0]


@pytest.fixture(scope="module")
def assumptions(run: Run) -> str:
    result = run("assumptions")
    assert result.exit_code == 0
    return result.output


def test_every_assumption_is_listed_with_its_reason(assumptions: str) -> None:
    lines = {rule.id: f"    {rule.id}: {rule.provenance.because}" for rule in ASSUMED}
    assert set(lines.values()) - set(assumptions.splitlines()) == set()


def test_every_setting_of_an_assumption_is_listed(assumptions: str) -> None:
    listed = {line.partition(" = ")[0] for line in assumptions.splitlines()}
    assert {rule.provenance.setting for rule in ASSUMED} - {""} - listed == set()


def test_only_assumptions_are_listed(assumptions: str) -> None:
    listed = {line.strip().partition(":")[0] for line in assumptions.splitlines() if line.startswith("    ")}
    assert listed == {rule.id for rule in ASSUMED}


def test_settings_that_assumptions_name_exist() -> None:
    assert {rule.provenance.setting for rule in ASSUMED} <= {"", "keys", *describe_settings()}


def test_openapi_is_json(run: Run) -> None:
    assert json.loads(run("openapi").output)["openapi"] == "3.1.0"


@pytest.mark.parametrize(
    ("arguments", "url"),
    [((), "http://127.0.0.1:6649"), (("--server", "http://fake:8080/"), "http://fake:8080")],
)
def test_openapi_sends_generated_clients_to_the_server(run: Run, arguments: tuple[str, ...], url: str) -> None:
    assert json.loads(run("openapi", *arguments).output)["servers"][0]["url"] == url


@pytest.mark.parametrize("name", shipped_contract().schemas())
def test_schema_is_printed_as_shipped(run: Run, name: str) -> None:
    assert json.loads(run("schema", name).output) == shipped_contract().schemas()[name]


def test_unknown_schema_is_refused_with_the_known_names(run: Run, error_of: Callable[[Result], str]) -> None:
    assert "gpt-image-1.5" in error_of(run("schema", "nothing"))


def test_explanation_of_every_name_is_json(run: Run) -> None:
    names = json.loads(run("explain", "--json").output)
    kinds = {row["kind"] for name in names for row in find_explanations(name)}
    assert kinds == {"rule", "setting", "error", "fault", "field"}


def test_explanation_as_json_has_the_provenance_of_the_rule(run: Run) -> None:
    (row,) = json.loads(run("explain", "request.n.maximum", "--json").output)
    assert (row["kind"], row["name"], row["value"], row["status"]) == ("rule", "request.n.maximum", 10, "documented")


def test_assumptions_as_json_are_those_of_the_text(run: Run) -> None:
    rows = json.loads(run("assumptions", "--json").output)
    assert {rule["name"] for row in rows for rule in row["rules"]} == {rule.id for rule in ASSUMED}


def test_assumptions_as_json_have_the_status_in_a_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "omixa.toml").write_text("[settings]\nsuccess_status = 201\n")
    rows = json.loads(run("assumptions", "--json", "--config", str(tmp_path / "omixa.toml")).output)
    (row,) = (row for row in rows if row["name"] == "success_status")
    assert row["config"] == "contradicted: 201; assumed: 200"
