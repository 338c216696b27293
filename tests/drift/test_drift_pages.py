"""Pages are parsed as browsers and tools save them; other files are refused with a remedy."""

from __future__ import annotations

import quopri
import re
from collections.abc import Callable

import pytest

from omixa_mock.kit.drift import Comparison, Field, PageError, read_page

Compare = Callable[..., Comparison]
ROW = "<tr><td>model<td>string<td>yes<td>gpt-image-1.5"
HEADINGS = "<tr><th>Field<th>Type<th>Required<th>Accepted"
PROMPT = Field("prompt", type="string", required="yes", accepted="any")


def fields(source: str) -> list[Field]:
    [table] = read_page(source.encode()).tables
    return list(table)


def page_with(row: str, headings: str = HEADINGS) -> str:
    return f"<html><table>{headings}{ROW}{row}</table>"


ROWS = {
    "end tags left out": "<tr><td>prompt<td>string<td>yes<td>any",
    "end tags": "<tr><td>prompt</td><td>string</td><td>yes</td><td>any</td></tr>",
    "with elements": "<tr><td><a href=#p><b>prompt</b></a></td><td><i>string</i></td><td><em>yes</em></td><td>any</td>",
    "comment in a cell": "<tr><td>prom<!-- <td> -->pt<td>string<td>yes<td>any",
    "invisible characters": "<tr><td>pro&shy;mpt<wbr><td>str&#8203;ing<td>yes&nbsp;<td>any",
    "script in a cell": "<tr><td>prompt<script>var a = '<td>';</script><td>string<td>yes<td>any",
    "icon in a cell": "<tr><td>prompt<svg><title>link</title></svg><td>string<td>yes<td>any",
    "line breaks": "<tr>\n<td>\n prompt\n</td>\n<td>\n string </td><td>yes</td>\n<td>any</td>",
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_row_of_html_is_parsed(row: str) -> None:
    prompt, *more = fields(page_with(row))[1:]
    assert (prompt.name, prompt.required, more) == ("prompt", "yes", [])


LISTS = {
    "items": "<ul><li>auto</li><li>low</li></ul>",
    "lines": "auto<br>low",
    "lines of XHTML": "auto<br/>low",
    "code": "<code>auto</code>, <code>low</code>",
    "code between spaces": "<code>auto</code> <code>low</code>",
    "adjacent code": "<code>auto</code><code>low</code>",
    "adjacent elements": "<span>auto</span><span>low</span>",
    "entities": "&#97;uto&comma; low",
}


@pytest.mark.parametrize("cell", LISTS.values(), ids=LISTS)
def test_list_in_a_cell_of_html_is_parsed(compare: Compare, cell: str) -> None:
    row = f"<tr><td>moderation<td>string<td>no<td>{cell}<tr><td>quality<td>string<td>no<td>auto, low, medium, high"
    names = {difference.name for difference in compare(page_with(row)).drift if difference.kind != "removed"}
    assert names == set()


def test_nested_table_is_parsed() -> None:
    inner = page_with(ROWS["end tags"])
    assert [field.name for field in fields(f"<table><tr><td>Menu<td>{inner}</table>")] == ["model", "prompt"]


def test_nested_table_is_no_part_of_the_table_around_it() -> None:
    row = "<tr><td>prompt<td>string<td>yes<td><table><tr><td>x<td>y<td>z<td>u</table><tr><td>n<td>integer<td>no<td>1-10"
    assert [field.name for field in fields(page_with(row))] == ["model", "prompt", "n"]


def test_columns_may_have_another_sequence() -> None:
    table = "| Needed | Name | Kind | Values |\n|---|---|---|---|\n| yes | model | string | gpt-image-1.5 |\n"
    assert [
        field.name for field in fields(f"{table}| yes | prompt | string | any |\n| no | n | integer | 1-10 |\n")
    ] == [
        "model",
        "prompt",
        "n",
    ]


def test_table_may_lack_the_column_of_values() -> None:
    table = "Name\tType\tRequired\nmodel\tstring\tyes\nprompt\tstring\tyes\n"
    assert [field.accepted for field in fields(table)] == [None, None]


def test_column_of_descriptions_is_no_column_of_values() -> None:
    table = "Name\tType\tDescription\nmodel\tstring\tThe model of the image.\nn\tinteger\tNumber of images.\n"
    assert [field.accepted for field in fields(table)] == [None, None]


@pytest.mark.parametrize("heading", ["Default", "默认值"])
def test_column_of_defaults_is_compared(compare: Compare, heading: str) -> None:
    row = "<tr><td>quality<td>string<td>no<td>auto, low, medium, high<td>high"
    page = f"<table>{HEADINGS}<th>{heading}{ROW}<td>-{row}</table>"
    drift = [difference for difference in compare(page).drift if difference.kind == "default"]
    assert [(difference.name, difference.page, difference.schema) for difference in drift] == [
        ("quality", "high", "auto")
    ]


def test_required_word_may_follow_the_name() -> None:
    table = "Name\tType\tValues\nmodel required\tstring\tgpt-image-1.5\nn optional\tinteger\t1-10\n"
    assert [(field.name, field.required) for field in fields(table)] == [("model", "required"), ("n", "optional")]


def test_missing_column_is_reported(compare: Compare) -> None:
    table = "Name\tType\nmodel\tstring\nprompt\tstring\n"
    parts = [part.partition(":")[0] for part in compare(table, "gpt-image-1.5").not_compared]
    absent = ["required flags", "accepted values", "request sample", "response sample", "endpoint", "method"]
    assert parts == absent


def test_member_of_a_member_is_compared(compare: Compare, example_page: str) -> None:
    row = "input_images[].image_url.url |\ninteger | Yes | Any valid value | The image. |\n"
    [drift] = compare(example_page.replace("mask |\n", f"{row}mask |\n")).drift
    assert (drift.name, drift.kind, drift.schema) == ("input_images[].image_url.url", "type", "string")


def test_table_of_a_response_is_ignored(compare: Compare, example_page: str) -> None:
    table = "\nName\tType\tAlways\ncreated\tinteger\tyes\ndata\tarray\tyes\nusage\tobject\tyes\n"
    assert compare(example_page + table).drift == ()


LAYOUTS: dict[str, Callable[[str], str]] = {
    "no heading": lambda page: page.replace(page[page.index("| Field") : page.index("model |\n")], ""),
    "no rule below the heading": lambda page: page.replace("|---|---|---|---|---|\n", ""),
    "a row a line": lambda page: re.sub(r"^(\w+) \|\n", r"| \1 | ", page, flags=re.MULTILINE),
    "no bars around rows": lambda page: re.sub(r" \|$", "", LAYOUTS["a row a line"](page), flags=re.MULTILINE),
    "a cell a line": lambda page: page.replace(" | ", " |\n"),
    "line break in a cell": lambda page: page.replace("Number of images. A", "Number of\nimages. A"),
    "blank lines": lambda page: page.replace("\n", "\n\n"),
    "values without commas": lambda page: page.replace("auto, low, medium, high |", "auto low medium high |"),
    "page twice": lambda page: page + page,
}


@pytest.mark.parametrize("change", LAYOUTS.values(), ids=LAYOUTS)
def test_layout_is_no_drift(compare: Compare, example_page: str, change: Callable[[str], str]) -> None:
    assert compare(change(example_page)).drift == ()


def test_model_in_a_description_is_compared(compare: Compare, example_page: str) -> None:
    [drift] = compare(example_page.replace("Always `gpt-image-1.5`", "Always `gpt-image-2`")).drift
    assert (drift.name, drift.page) == ("model", "gpt-image-2 in its description")


def test_fields_in_two_tables_are_one_list(compare: Compare, example_page: str) -> None:
    cut = example_page.index("output_format |\n")
    heading = "Optional ones:\n| Field | Type | Required | Values | What |\n|---|---|---|---|---|\n"
    assert compare(example_page[:cut] + heading + example_page[cut:]).drift == ()


@pytest.mark.parametrize("path", ["models", "usage/requests", "usage/rollups?period_type=day"])
def test_other_endpoints_may_be_mentioned(compare: Compare, example_page: str, path: str) -> None:
    assert compare(f"{example_page}\nSee also: GET https://www.omixa.cloud/api/v1/{path}\n").drift == ()


def test_amount_without_explanation_is_reported(compare: Compare, example_page: str) -> None:
    assert (
        "$7: the words around it do not say what it is (It was $7)"
        in compare(f"{example_page}\n\nIt was $7\n").not_compared
    )


@pytest.mark.parametrize(
    "line", ["Price: $0.039 per image", "Minimum hold\n$0.010000", "Price per image: 0,039 USD", "每张图片 0.039 美元"]
)
def test_price_of_the_schema_is_no_drift(compare: Compare, example_page: str, line: str) -> None:
    assert compare(f"{example_page}\n{line}\n").drift == ()


def test_documented_price_is_not_compared_with_the_bill_of_a_sample(compare: Compare, example_page: str) -> None:
    drift = compare(example_page.replace("gpt-image-1.5", "MAI-Image-2.5")).drift
    assert [(difference.name, difference.kind) for difference in drift] == [("mask", "added")]


def test_model_can_be_named(compare: Compare, example_page: str) -> None:
    found = compare(example_page, "MAI-Image-2.5")
    assert (found.model, found.drift[0].name) == ("MAI-Image-2.5", "model")


def test_model_is_found_in_the_text_without_table_and_samples(compare: Compare) -> None:
    assert compare("About MAI-Image-2.5\nName\tType\nprompt\tstring\nn\tinteger\n").model == "MAI-Image-2.5"


def test_page_without_a_model_is_refused(compare: Compare) -> None:
    with pytest.raises(PageError, match=r"names no model .* --model NAME"):
        compare("Name\tType\nprompt\tstring\nn\tinteger\n")


def test_api_key_on_a_page_is_not_printed(compare: Compare, example_page: str) -> None:
    [drift] = compare(example_page.replace('"n": 1,', '"n": "omx_live_SECRET",')).drift
    assert "SECRET" not in str(drift)


def test_control_character_on_a_page_is_not_printed(compare: Compare, example_page: str) -> None:
    [drift] = compare(example_page.replace("1-10 |", "\x1b[J9 lives |")).drift
    assert str(drift).isprintable()


ENCODED = {
    "UTF-8 with a byte order mark": lambda text: text.encode("utf-8-sig"),
    "UTF-16": lambda text: text.encode("utf-16"),
    "line ends of Windows": lambda text: text.replace("\n", "\r\n").encode(),
}


@pytest.mark.parametrize("encode", ENCODED.values(), ids=ENCODED)
def test_encoding_is_detected(example_page: str, encode: Callable[[str], bytes]) -> None:
    assert read_page(encode(example_page)) == read_page(example_page.encode())


def test_declared_encoding_of_html_is_used() -> None:
    source = f"<html><meta charset='windows-1252'><p>Größe</p>{page_with('')}".encode("windows-1252")
    assert "Größe" in read_page(source).text


def test_page_saved_as_one_file_is_parsed() -> None:
    html = page_with("<tr><td class='a'>prompt<td>string<td>yes<td>" + "any" + " " * 80)
    head = 'From: <Saved by Blink>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n\tboundary="-x"\r\n\r\n'
    part = "---x\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    body = head.encode() + part.encode() + quopri.encodestring(html.encode()) + b"\r\n---x--\r\n"
    assert [field.name for table in read_page(body).tables for field in table] == ["model", "prompt"]


REFUSED = {
    "empty": (b"", "the file is empty"),
    "blank": (b" \n\t", "the file is empty"),
    "image": (b"\x89PNG\r\n\x1a\n\x00\x00", r"no text in UTF-8; it begins with b'\\x89PNG"),
    "nulls": (b"model\0string\0yes", "no text in UTF-8"),
    "prose": (b"Models are priced per image.", "there is no table of fields. Looked for: rows of a name"),
    "another table": (b"Plan\tPrice\tSeats\nfree\t0\t1\nteam\t9\t5\n", "there is no table of fields"),
    "scripts only": (
        b"<html><body><div id=root></div><script>boot()</script></body></html>",
        "scripts that build the page",
    ),
    "JSON": (b'{"model": "gpt-image-1.5", "prompt": "a cat"}', "there is no table of fields"),
}


@pytest.mark.parametrize(("body", "message"), REFUSED.values(), ids=REFUSED)
def test_other_file_is_refused(body: bytes, message: str) -> None:
    with pytest.raises(PageError, match=message):
        read_page(body)


@pytest.mark.parametrize("body", [body for body, _ in REFUSED.values()], ids=REFUSED)
def test_refusal_names_a_remedy(body: bytes) -> None:
    with pytest.raises(PageError, match="select all, copy, and paste into a text file"):
        read_page(body)


HOSTILE = {
    "braces": '{"a":' * 5000,
    "tables": "<table><tr><td>" * 3000,
    "bars": "|" * 20000,
    "open rows": "a | b\nc |\n" * 1000,
    "quotes": '"{\\"' * 5000,
    "amounts": "$1 " * 300,
    "one long word": "x" * 300_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_page_with_garbage_after_it_is_parsed(example_page: str, text: str) -> None:
    assert len(read_page(f"{example_page}\n\n{text}".encode()).tables[0]) == 11
