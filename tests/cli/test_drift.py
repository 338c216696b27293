"""`omixa-mock drift` exits with 0 for no drift, 1 for drift, 2 for a usage error, 3 for an unchecked page."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]
PAGE = Path(__file__).parents[1] / "drift" / "pages" / "gpt-image-1.5.txt"
SAVED = Path(__file__).parents[3] / "shared" / "seed-page.txt"


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """Return a page with two differences."""
    path = tmp_path / "page.txt"
    text = PAGE.read_text("utf-8").replace("1-10 |", "1-4 |").replace("auto, low |", "auto, low, off |")
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("page", [path for path in (PAGE, SAVED) if path.exists()], ids=lambda path: path.stem)
def test_page_without_changes_has_no_drift(run: Run, page: Path) -> None:
    result = run("drift", page)
    assert (result.exit_code, result.stdout.startswith(f"{page}: no drift (gpt-image-1.5: fields: 11, ")) == (0, True)


def test_page_without_changes_prints_no_errors(run: Run) -> None:
    assert run("drift", PAGE).stderr == ""


def test_every_difference_has_a_line(run: Run, changed: Path) -> None:
    result = run("drift", changed)
    names = [line.removeprefix(f"{changed}: ").partition(":")[0] for line in result.stdout.splitlines()]
    assert (result.exit_code, names) == (1, ["n", "moderation"])


def test_standard_input_is_read(run: Run, changed: Path) -> None:
    assert run("drift", "-", input=changed.read_bytes()).stdout.startswith("-: n: range: the page says maximum 4; ")


def test_json_has_every_difference(run: Run, changed: Path) -> None:
    [page] = json.loads(run("drift", "--format", "json", changed).stdout)
    assert page["drift"][0] == {
        "name": "n",
        "kind": "range",
        "page": "maximum 4",
        "schema": "minimum 1, maximum 10",
        "file": "schemas/requests/gpt-image-1.5.json /properties/n/maximum",
    }


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("page", ["unchanged", "changed", "empty"])
def test_exit_code_is_the_same_in_both_formats(run: Run, changed: Path, tmp_path: Path, page: str, form: str) -> None:
    (tmp_path / "empty").touch()
    path, code = {"unchanged": (PAGE, 0), "changed": (changed, 1), "empty": (tmp_path / "empty", 3)}[page]
    assert run("drift", "--format", form, path).exit_code == code


def test_json_has_the_reason_for_an_unchecked_page(run: Run, tmp_path: Path) -> None:
    [page] = json.loads(run("drift", "--format", "json", tmp_path).stdout)
    assert page == {"page": str(tmp_path), "error": "it cannot be read: Is a directory"}


def test_lines_name_their_page(run: Run, changed: Path) -> None:
    lines = run("drift", PAGE, changed).stdout.splitlines()
    assert [line.startswith(f"{PAGE}: no drift") for line in lines] == [True, False, False]


def test_unchecked_page_outweighs_drift(run: Run, changed: Path, tmp_path: Path) -> None:
    assert run("drift", changed, tmp_path / "none").exit_code == 3


@pytest.mark.parametrize("name", ["none.txt", "."])
def test_unreadable_file_is_reported(run: Run, tmp_path: Path, name: str) -> None:
    result = run("drift", tmp_path / name)
    assert (result.exit_code, "could not be checked: it cannot be read" in result.stderr) == (3, True)


def test_page_without_a_table_is_refused_with_the_criteria(run: Run) -> None:
    result = run("drift", "-", input="Nothing here.")
    assert (result.exit_code, "Looked for: rows of a name" in result.stderr) == (3, True)


@pytest.mark.parametrize("url", ["https://www.omixa.cloud/docs/models/gpt-image-1.5", "HTTP://x.example/a?b=1&c"])
def test_url_is_refused_with_a_command_that_saves_it(
    run: Run, error_of: Callable[[Result], str], monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setattr(socket, "socket", None)
    assert "curl --location --output page.html" in error_of(run("drift", url))


def test_page_is_required(run: Run) -> None:
    assert run("drift").exit_code == 2


def test_unknown_model_is_refused_with_the_known_ones(run: Run, error_of: Callable[[Result], str]) -> None:
    assert "there are: gpt-image-1.5, " in error_of(run("drift", "--model", "x", PAGE))


def test_named_model_is_used(run: Run) -> None:
    [page] = json.loads(run("drift", "--format", "json", "--model", "MAI-Image-2.5", PAGE).stdout)
    assert page["model"] == "MAI-Image-2.5"


def test_missing_part_is_reported_on_standard_error(run: Run) -> None:
    result = run("drift", "-", input="Name\tType\tRequired\nmodel\tstring\tyes\nprompt\tstring\tyes\ngpt-image-1.5\n")
    assert "-: not compared: response sample: there is none on the page" in result.stderr.splitlines()


@pytest.fixture
def french(tmp_path: Path) -> Path:
    """Return a page with French headings and a default that differs."""
    path = tmp_path / "french.txt"
    path.write_text("Nom\tGenre\tDéfaut\nmodel\tchaîne\tgpt-image-1.5\nn\tentier\t2\n", encoding="utf-8")
    return path


def test_named_columns_are_compared(run: Run, french: Path) -> None:
    options = ("--model", "gpt-image-1.5", "--columns", "name=Nom, type=Genre, default=Défaut")
    result = run("drift", *options, french)
    differences = [line.split(": ")[1:3] for line in result.stdout.splitlines()]
    assert (result.exit_code, ["n", "default"] in differences) == (1, True)
    assert f"{french}: not compared: types: no column has them in English or Chinese" in result.stderr.splitlines()


def test_page_in_another_language_is_refused_with_the_option(run: Run, french: Path) -> None:
    result = run("drift", french)
    assert (result.exit_code, "--columns name=Nom,type=Type,required=Requis" in result.stderr) == (3, True)


def test_absent_heading_is_refused_with_one_of_the_page(run: Run, french: Path) -> None:
    result = run("drift", "--columns", "name=Name", french)
    assert result.exit_code == 3
    reason = "no table has a column 'Name'. There are: Nom, Genre, Défaut. For instance: --columns name=Nom"
    assert result.stderr.splitlines() == [f"{french}: could not be checked: {reason}"]


@pytest.mark.parametrize("columns", ["Nom", "nom=Nom", "name=", "name=Nom,name=Nom"])
def test_invalid_columns_are_refused_with_a_value_that_works(
    run: Run, error_of: Callable[[Result], str], french: Path, columns: str
) -> None:
    error = error_of(run("drift", "--columns", columns, french))
    assert error.startswith("Invalid value for '--columns': ")
    assert error.endswith("For instance: name=Nom,type=Type,required=Requis")
