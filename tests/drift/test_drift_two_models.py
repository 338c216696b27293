"""Two models on one page: the table of one is not read as the other's."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from omixa_mock.kit.drift import Comparison

Form = Callable[[str], str]
Compare = Callable[..., Comparison]
FIRST, SECOND = "gpt-image-1.5", "MAI-Image-2.5"
QUALITIES = "auto, low, medium, high | Higher"


def page_of_second(example_page: str) -> str:
    return example_page.replace(FIRST, SECOND).replace(QUALITIES, "fast, best | Higher")


def without_model_row(page: str, model: str) -> str:
    """Return a page whose table names its model by the heading alone."""
    row = f"model |\nstring | Yes | {model} | Always `{model}`. The gateway chooses the provider. |\n"
    assert row in page
    return page.replace(row, "").replace("The model accepts these fields.", f"## Fields of {model}")


def shape(comparison: Comparison) -> set[tuple[str, str, str]]:
    """Return the differences without the number of samples that have them."""
    return {(entry.name, entry.kind, entry.page) for entry in comparison.drift}


@pytest.mark.parametrize("model", [FIRST, SECOND])
@pytest.mark.parametrize("sequence", [(0, 1), (1, 0)], ids=["first model first", "second model first"])
def test_each_model_is_compared_with_its_own_table(
    compare: Compare, example_page: str, form: Form, model: str, sequence: tuple[int, int]
) -> None:
    pages = [form(example_page), form(page_of_second(example_page))]
    both = "\n".join(pages[at] for at in sequence)
    assert shape(compare(both, model)) == shape(compare(pages[model == SECOND], model))


@pytest.mark.parametrize("model", [FIRST, SECOND])
def test_heading_names_the_model_of_its_table(compare: Compare, example_page: str, model: str) -> None:
    pages = [without_model_row(example_page, FIRST), without_model_row(page_of_second(example_page), SECOND)]
    assert shape(compare("\n".join(pages), model)) == shape(compare(pages[model == SECOND], model))


HEADINGS = {
    "heading": "<h2>{}</h2>",
    "heading with words": "<h3>Parameters of <code>{}</code></h3><p>All of them are documented here.</p>",
    "heading before another table": "<h2>{}</h2><table><tr><td>Price<td>$0.039</table>",
}


@pytest.mark.parametrize("heading", HEADINGS)
def test_heading_of_html_names_the_model_of_its_table(compare: Compare, heading: str) -> None:
    table = "<table><tr><th>Field<th>Type<th>Required<tr><td>prompt<td>string<td>yes<tr><td>{}<td>string<td>no</table>"
    parts = ((FIRST, "quality"), (SECOND, "style"))
    page = "".join(HEADINGS[heading].format(model) + table.format(field) for model, field in parts)
    assert "style" not in {name for name, *_ in shape(compare(page, FIRST))}
    assert "style" in {name for name, *_ in shape(compare(page, SECOND))}


def test_sentence_is_no_heading(compare: Compare, example_page: str) -> None:
    page = example_page.replace("The model accepts these fields.", f"Unlike {SECOND}, the model has all fields.")
    assert compare(page).drift == ()


def test_table_without_a_model_belongs_to_the_one_before(compare: Compare, example_page: str) -> None:
    more = "\n| Field | Type | Required |\n|---|---|---|\n| prompt | string | yes |\n| style | string | no |\n"
    page = page_of_second(example_page) + more + example_page
    assert "style" not in {name for name, *_ in shape(compare(page, FIRST))}
    assert "style" in {name for name, *_ in shape(compare(page, SECOND))}


def test_row_of_several_models_is_for_each(compare: Compare, example_page: str) -> None:
    page = example_page.replace(f"Yes | {FIRST} |", f"Yes | {FIRST}, {SECOND} |")
    names = {name for name, *_ in shape(compare(page + page_of_second(example_page), FIRST))}
    assert names == {"model"}


def test_other_models_are_named(compare: Compare, example_page: str) -> None:
    comparison = compare(example_page + page_of_second(example_page))
    assert comparison.model == FIRST
    assert comparison.not_compared == (f"the table of {SECOND}: compare it by --model {SECOND}",)


def test_other_model_without_a_schema_is_named(compare: Compare, example_page: str) -> None:
    page = example_page + page_of_second(example_page).replace(SECOND, "gpt-image-9")
    assert compare(page).not_compared == ("the table of gpt-image-9: there is no schema of it",)


def test_page_of_one_unknown_model_shows_the_difference(compare: Compare, example_page: str) -> None:
    assert "model" in {name for name, *_ in shape(compare(example_page.replace(FIRST, "gpt-image-9")))}
