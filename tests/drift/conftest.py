"""Fixtures of the drift tests: pages, and the forms that a page is saved in."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from omixa_mock import shipped_contract
from omixa_mock.kit.drift import Comparison, find_drift, read_page

PAGE = Path(__file__).with_name("pages") / "gpt-image-1.5.txt"
# Not part of the repository; used if it exists.
SAVED = Path(__file__).parents[3] / "shared" / "seed-page.txt"
GERMAN = {
    "Field": "Feld",
    "类型": "Typ",
    "Required": "Pflichtfeld",
    "Accepted values": "Zulässige Werte",
    "描述": "Beschreibung",
    "Default": "Standard",
    "Yes": "Ja",
    "No": "Nein",
    "string": "Zeichenkette",
    "integer": "Ganzzahl",
    "number": "Zahl",
    "boolean": "Wahrheitswert",
    "array": "Liste",
    "object": "Objekt",
    "image data": "Bilddaten",
    "Any valid value": "Beliebiger gültiger Wert",
}
CHINESE = {
    "Field": "字段",
    "Required": "必填",
    "Accepted values": "可接受的值",
    "Default": "默认值",
    "Yes": "是",
    "No": "否",
    "string": "字符串",
    "integer": "整数",
    "number": "数值",
    "boolean": "布尔值",
    "array": "数组",
    "object": "对象",
    "image data": "图像数据",
    "Any valid value": "任意有效值",
}
# Headings in a language that is not in the vocabulary; the words for types and required are English.
IRISH = {
    "Field": "Ainm",
    "类型": "Cineál",
    "Required": "Riachtanach",
    "Accepted values": "Luachanna",
    "描述": "Cur síos",
}


# The German page's columns, as the option `--columns` names them.
GERMAN_COLUMNS = {"name": "Feld", "type": "Typ", "required": "Pflichtfeld", "values": "Zulässige Werte"}


def split(text: str) -> tuple[str, list[list[str]], str]:
    """Return a page's text before its table, the table's rows, and the text after it."""
    start = text.index("| Field ")
    end = text.index("\n", text.rindex(" |\n", 0, text.index("{\n")))
    lines = re.sub(r"^(\w+) \|\n", r"\1 | ", text[start:end], flags=re.MULTILINE).splitlines()
    rows = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines if "---" not in line]
    return text[:start], rows, text[end + 1 :]


def translate(rows: list[list[str]], words: dict[str, str]) -> list[list[str]]:
    return [[words.get(cell, cell) for cell in row] for row in rows]


def as_bars(text: str, words: dict[str, str]) -> str:
    """Return a page with bars between cells, in which a name has a line of its own."""
    before, rows, after = split(text)
    [heading, *body] = ([*row, ""] for row in translate(rows, words))
    table = "".join(f"{name} |\n{' | '.join(cells)}\n" for name, *cells in body)
    return f"{before}| {' | '.join(heading)}\n|{'---|' * len(rows[0])}\n{table}{after}"


def as_tabs(text: str) -> str:
    before, rows, after = split(text)
    return before + "".join("\t".join(row) + "\n" for row in rows) + after


def as_lines(text: str) -> str:
    before, rows, after = split(text)
    return before + "".join("\n".join(filter(None, row)) + "\n" for row in rows) + after


HEAD = """<!DOCTYPE html>
<html><head><meta charset=utf-8><title>Models</title><style>td > p { color: red }</style>
<script>var table = "<table><tr><td>trap</td></tr></table>";</script></head>
<body><nav><a href="/docs">Docs</a></nav><table class=layout><tr><td>"""
FOOT = "<td>Aside&nbsp;&mdash; more models: imagen-4.0-generate-001, MAI-Image-2.5</table></body></html>"


def as_html(text: str, words: dict[str, str]) -> str:
    """Return a page as a browser saves it: in a layout table, with scripts, styles and code blocks."""
    before, rows, after = split(text)
    [heading, *entries] = translate(rows, words)
    head = "".join(f"<th scope=col>{html.escape(cell)}</th>" for cell in heading)
    body = "".join(f"<tr>{''.join(map(as_cell, row, range(len(row))))}</tr>" for row in entries)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return HEAD + as_blocks(before) + table + as_blocks(after) + FOOT


def as_cell(cell: str, column: int) -> str:
    """Return a name as code, a list with an element for each value, or prose with line breaks."""
    if column == 0:
        return f"<td><div><code>{html.escape(cell)}</code></div></td>"
    if column == 3 and ", " in cell:
        marks = (f'<span class="value">{html.escape(value)}</span>' for value in cell.split(", "))
        return f"<td>{''.join(marks)}</td>"
    return f"<td>{html.escape(cell).replace('. ', '.<br>')}</td>"


def as_blocks(text: str) -> str:
    """Return lines as paragraphs, and source code as one block."""
    start = text.find("{\n")
    prose, code = (text, "") if start < 0 else (text[:start], text[start:])
    paragraphs = "".join(f"<p>{html.escape(line)}</p>\n" for line in prose.splitlines())
    marked = re.sub(r"(&quot;\w+&quot;)", r"<span class=key>\1</span>", html.escape(code, quote=True))
    return paragraphs + f"<pre><code>{marked}</code></pre>"


FORMS: dict[str, Callable[[str], str]] = {
    "text": str,
    "html": lambda text: as_html(text, {}),
    "Chinese html": lambda text: as_html(text, CHINESE),
    "Irish headings": lambda text: as_bars(text, IRISH),
    "tabs": as_tabs,
    "a cell a line": as_lines,
}


@pytest.fixture(scope="session")
def example_page() -> str:
    """Return the page in the repository."""
    return PAGE.read_text("utf-8")


@pytest.fixture(scope="session")
def to_german() -> Callable[[str], str]:
    """Return a function that translates a page's table into German."""
    return lambda text: as_bars(text, GERMAN)


@pytest.fixture(scope="session")
def german_columns() -> Mapping[str, str]:
    """Return the columns of a German page, as the option `--columns` names them."""
    return GERMAN_COLUMNS


@pytest.fixture(scope="session")
def compare() -> Callable[..., Comparison]:
    """Return a function that compares the text of a page with the shipped contract."""

    def compare(text: str, model: str = "", columns: Mapping[str, str] | None = None) -> Comparison:
        return find_drift(read_page(text.encode(), columns), shipped_contract(), model)

    return compare


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run tests of `page` and `form` for the page in every form, and for the saved page unchanged."""
    if {"page", "form"} <= set(metafunc.fixturenames):
        own = [(PAGE, name) for name in FORMS]
        saved = [(SAVED, "text")] if SAVED.exists() else []
        table = [(path.read_text("utf-8"), FORMS[name]) for path, name in own + saved]
        metafunc.parametrize(("page", "form"), table, ids=[f"{path.stem}-{name}" for path, name in own + saved])
    elif "form" in metafunc.fixturenames:
        metafunc.parametrize("form", FORMS.values(), ids=FORMS)
