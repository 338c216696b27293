"""Named columns: pages in other languages than English and Chinese are compared if the caller names the headings."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import pytest

from omixa_mock.kit.drift import COLUMNS, Comparison, PageError, parse_columns, read_page

Compare = Callable[..., Comparison]
FRENCH = (
    "Nom\tGenre\tRequis\tValeurs\tDéfaut\n"
    "model\tstring\tyes\tgpt-image-1.5\t-\n"
    "prompt\tstring\tyes\tToute valeur\t-\n"
    "n\tinteger\tno\t1-4\t2\n"
)
FRENCH_COLUMNS = {"name": "Nom", "type": "Genre", "required": "Requis", "values": "Valeurs", "default": "Défaut"}
HTML = "<table><tr><th>Beschreibung<th>Feld<th>Typ<tr><td>Ein Modell<td>model<td>Zeichenkette</table>"


def differences(comparison: Comparison) -> list[tuple[str, str]]:
    return [(difference.name, difference.kind) for difference in comparison.drift if difference.kind != "removed"]


def test_german_page_has_no_drift(
    example_page: str, to_german: Callable[[str], str], german_columns: Mapping[str, str], compare: Compare
) -> None:
    assert compare(to_german(example_page), columns=german_columns).drift == ()


def test_columns_without_known_words_are_not_compared(
    example_page: str, to_german: Callable[[str], str], german_columns: Mapping[str, str], compare: Compare
) -> None:
    assert compare(to_german(example_page), columns=german_columns).not_compared == (
        "types: no column has them in English or Chinese",
        "required flags: no column has them in English or Chinese",
    )


def test_german_page_is_refused_with_the_option(
    example_page: str, to_german: Callable[[str], str], compare: Compare
) -> None:
    with pytest.raises(PageError, match=r"in English or Chinese. For another language.* --columns name=Nom,type=Type"):
        compare(to_german(example_page))


def test_all_named_columns_with_known_words_are_compared(compare: Compare) -> None:
    comparison = compare(FRENCH.replace("yes\tToute", "no\tToute").replace("integer", "number"), "", FRENCH_COLUMNS)
    expected = [("prompt", "required"), ("n", "type"), ("n", "range"), ("n", "default")]
    assert differences(comparison) == expected


def test_columns_that_are_not_named_are_recognised(compare: Compare) -> None:
    default = {"default": "Défaut"}
    assert differences(compare(FRENCH, columns=default)) == [("n", "range"), ("n", "default")]
    assert differences(compare(FRENCH)) == [("n", "range")]


@pytest.mark.parametrize("column", COLUMNS)
def test_one_named_column_suffices_if_the_cells_are_known(compare: Compare, column: str) -> None:
    found = differences(compare(FRENCH, columns={column: FRENCH_COLUMNS[column]}))
    assert found == [("n", "range"), *([("n", "default")] if column == "default" else [])]


def test_new_word_in_a_named_column_is_drift(compare: Compare) -> None:
    page = FRENCH.replace("1-4\t2", "1-10\t1").replace("prompt\tstring", "prompt\tflurb")
    assert differences(compare(page, columns=FRENCH_COLUMNS)) == [("prompt", "type")]


def test_empty_cell_in_a_named_column_of_required_flags_means_optional(compare: Compare) -> None:
    page = FRENCH.replace("\tno\t", "\t\t").replace("prompt\tstring\tyes", "prompt\tstring\t")
    assert ("prompt", "required") in differences(compare(page, columns=FRENCH_COLUMNS))


@pytest.mark.parametrize("heading", ["feld", " FELD: ", "**Feld**"])
def test_heading_is_found_in_another_spelling(heading: str) -> None:
    [[field]] = read_page(HTML.encode(), {"name": heading, "type": "Typ"}).tables
    assert (field.name, field.type, field.prose) == ("model", None, "Ein Modell")


def test_rows_before_the_heading_are_no_fields() -> None:
    page = f"Menu\tString\tYes\n{FRENCH}"
    [fields] = read_page(page.encode(), FRENCH_COLUMNS).tables
    assert [field.name for field in fields] == ["model", "prompt", "n"]


def test_second_table_may_lack_a_named_column(compare: Compare) -> None:
    second = "\n| Nom | Genre | Valeurs |\n|---|---|---|\n| size | chaîne | auto, 1x1 |\n"
    found = differences(compare(FRENCH + second, columns=FRENCH_COLUMNS))
    assert found == [("size", "accepted values"), ("n", "range"), ("n", "default")]


def test_absent_heading_is_refused_with_columns_that_work() -> None:
    with pytest.raises(PageError, match=r"no table has a column 'Fald'. Did you mean Feld\?") as caught:
        read_page(HTML.encode(), {"name": "Fald"})
    option = re.search(r"For instance: --columns (\S+)$", str(caught.value))
    assert option is not None
    [[field]] = read_page(HTML.encode(), parse_columns(option[1])).tables
    assert field.name == "model"


def test_absent_heading_is_refused_with_those_of_the_table() -> None:
    with pytest.raises(
        PageError, match=r"no table has a column 'x'\. There are: Beschreibung, Feld, Typ\. For instance"
    ):
        read_page(HTML.encode(), {"name": "Feld", "type": "x"})


def test_heading_of_several_words_is_quoted_in_the_refusal() -> None:
    with pytest.raises(PageError, match=r"--columns 'name=Nom du champ'$"):
        read_page(FRENCH.replace("Nom\t", "Nom du champ\t").encode(), {"type": "x"})


def test_page_without_a_table_is_refused_with_columns_too() -> None:
    with pytest.raises(PageError, match="there is no table of fields"):
        read_page(b"Nothing here.", {"name": "Nom"})


def test_columns_are_parsed() -> None:
    assert parse_columns("name=Nom, values = Valeurs acceptées ") == {"name": "Nom", "values": "Valeurs acceptées"}


INVALID = {
    "names=Nom": "there is no column 'names'. Did you mean name?",
    "nom=Nom": "there is no column 'nom'. There are: name, type, required, values, default.",
    "description=Texte": "there is no column 'description'. There are: name, type, required, values, default.",
    "Nom": "'Nom' is not COLUMN=HEADING. Columns: name, type, required, values, default.",
    "name=Nom,": "'' is not COLUMN=HEADING.",
    "name=": "'name=' is not COLUMN=HEADING.",
    "name=Nom,name=Champ": "'name=Champ' repeats a column or a heading.",
    "name=Nom,type=nom": "'type=nom' repeats a column or a heading.",
    "": "'' is not COLUMN=HEADING.",
}


@pytest.mark.parametrize(("columns", "message"), INVALID.items(), ids=INVALID)
def test_invalid_columns_are_refused_with_columns_that_parse(columns: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        parse_columns(columns)
    example = str(caught.value).partition("For instance: ")[2]
    assert parse_columns(example)["name"] == "Nom"
