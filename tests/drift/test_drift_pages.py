"""Pages as browsers and tools save them are read; what is no page is refused with what to save instead."""

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
    "marks within": "<tr><td><a href=#p><b>prompt</b></a></td><td><i>string</i></td><td><em>yes</em></td><td>any</td>",
    "comment within": "<tr><td>prom<!-- <td> -->pt<td>string<td>yes<td>any",
    "soft marks": "<tr><td>pro&shy;mpt<wbr><td>str&#8203;ing<td>yes&nbsp;<td>any",
    "script within": "<tr><td>prompt<script>var a = '<td>';</script><td>string<td>yes<td>any",
    "icon within": "<tr><td>prompt<svg><title>link</title></svg><td>string<td>yes<td>any",
    "line breaks": "<tr>\n<td>\n prompt\n</td>\n<td>\n string </td><td>yes</td>\n<td>any</td>",
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_row_of_html_is_read(row: str) -> None:
    name, *others = fields(page_with(row))[1:]
    assert (name.name, name.required, others) == ("prompt", "yes", [])


LISTS = {
    "items": "<ul><li>auto</li><li>low</li></ul>",
    "lines": "auto<br>low",
    "lines of XHTML": "auto<br/>low",
    "code": "<code>auto</code>, <code>low</code>",
    "code with spaces between": "<code>auto</code> <code>low</code>",
    "code side by side": "<code>auto</code><code>low</code>",
    "marks side by side": "<span>auto</span><span>low</span>",
    "entities": "&#97;uto&comma; low",
}


@pytest.mark.parametrize("cell", LISTS.values(), ids=LISTS)
def test_list_in_a_cell_of_html_is_read(compare: Compare, ours: str, cell: str) -> None:
    del ours
    row = f"<tr><td>moderation<td>string<td>no<td>{cell}<tr><td>quality<td>string<td>no<td>auto, low, medium, high"
    told = {each.name for each in compare(page_with(row)).drift if each.kind != "removed"}
    assert told == set()


def test_table_within_a_cell_is_read() -> None:
    inner = page_with(ROWS["end tags"])
    assert [field.name for field in fields(f"<table><tr><td>Menu<td>{inner}</table>")] == ["model", "prompt"]


def test_table_within_a_row_of_the_table_is_no_part_of_it() -> None:
    row = "<tr><td>prompt<td>string<td>yes<td><table><tr><td>x<td>y<td>z<td>u</table><tr><td>n<td>integer<td>no<td>1-10"
    assert [field.name for field in fields(page_with(row))] == ["model", "prompt", "n"]


def test_columns_may_stand_in_another_order() -> None:
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


@pytest.mark.parametrize("heading", ["Default", "Standardwert", "默认值"])
def test_column_of_defaults_is_compared(compare: Compare, heading: str) -> None:
    row = "<tr><td>quality<td>string<td>no<td>auto, low, medium, high<td>high"
    page = f"<table>{HEADINGS}<th>{heading}{ROW}<td>-{row}</table>"
    told = [(each.name, each.page, each.schema) for each in compare(page).drift if each.kind == "default"]
    assert told == [("quality", "high", "auto")]


def test_required_may_stand_beside_the_name() -> None:
    table = "Name\tType\tValues\nmodel required\tstring\tgpt-image-1.5\nn optional\tinteger\t1-10\n"
    assert [(field.name, field.required) for field in fields(table)] == [("model", "required"), ("n", "optional")]


def test_what_the_table_has_no_column_for_is_told(compare: Compare) -> None:
    table = "Name\tType\nmodel\tstring\nprompt\tstring\n"
    told = [what.partition(":")[0] for what in compare(table, "gpt-image-1.5").not_compared]
    absent = ["required flags", "accepted values", "request sample", "response sample", "endpoint", "method"]
    assert told == absent


def test_member_of_a_member_is_compared(compare: Compare, ours: str) -> None:
    row = "input_images[].image_url.url |\ninteger | Yes | Any valid value | The image. |\n"
    [drift] = compare(ours.replace("mask |\n", f"{row}mask |\n")).drift
    assert (drift.name, drift.kind, drift.schema) == ("input_images[].image_url.url", "type", "string")


def test_table_of_a_response_is_not_taken_for_the_request_s(compare: Compare, ours: str) -> None:
    table = "\nName\tType\tAlways\ncreated\tinteger\tyes\ndata\tarray\tyes\nusage\tobject\tyes\n"
    assert compare(ours + table).drift == ()


LAYOUTS: dict[str, Callable[[str], str]] = {
    "no heading": lambda page: page.replace(page[page.index("| Field") : page.index("model |\n")], ""),
    "no rule below the heading": lambda page: page.replace("|---|---|---|---|---|\n", ""),
    "a row a line": lambda page: re.sub(r"^(\w+) \|\n", r"| \1 | ", page, flags=re.MULTILINE),
    "no bars around rows": lambda page: re.sub(r" \|$", "", LAYOUTS["a row a line"](page), flags=re.MULTILINE),
    "a cell a line": lambda page: page.replace(" | ", " |\n"),
    "lines broken within a cell": lambda page: page.replace("How many images. A", "How many\npictures. A"),
    "blank lines": lambda page: page.replace("\n", "\n\n"),
    "values without commas": lambda page: page.replace("auto, low, medium, high |", "auto low medium high |"),
    "page twice": lambda page: page + page,
}


@pytest.mark.parametrize("change", LAYOUTS.values(), ids=LAYOUTS)
def test_layout_is_no_drift(compare: Compare, ours: str, change: Callable[[str], str]) -> None:
    assert compare(change(ours)).drift == ()


def test_other_model_in_the_description_is_told(compare: Compare, ours: str) -> None:
    [drift] = compare(ours.replace("Always `gpt-image-1.5`", "Always `gpt-image-2`")).drift
    assert (drift.name, drift.page) == ("model", "gpt-image-2 in its description")


def test_fields_in_two_tables_are_one_list(compare: Compare, ours: str) -> None:
    cut = ours.index("output_format |\n")
    heading = "Optional ones:\n| Field | Type | Required | Values | What |\n|---|---|---|---|---|\n"
    assert compare(ours[:cut] + heading + ours[cut:]).drift == ()


@pytest.mark.parametrize("path", ["models", "usage/requests", "usage/rollups?period_type=day"])
def test_other_endpoints_may_be_mentioned(compare: Compare, ours: str, path: str) -> None:
    assert compare(f"{ours}\nSee also: GET https://www.omixa.cloud/api/v1/{path}\n").drift == ()


def test_amount_that_nobody_explains_is_told(compare: Compare, ours: str) -> None:
    assert "$7: the words around it do not say what it is (It was $7)" in compare(f"{ours}\n\nIt was $7\n").not_compared


@pytest.mark.parametrize("line", ["Price: $0.039 per image", "Minimum hold\n$0.010000", "Preis pro Bild: 0,039 USD"])
def test_price_that_is_ours_is_no_drift(compare: Compare, ours: str, line: str) -> None:
    assert compare(f"{ours}\n{line}\n").drift == ()


def test_documented_price_is_not_held_against_the_bill_of_the_sample(compare: Compare, ours: str) -> None:
    drift = compare(ours.replace("gpt-image-1.5", "MAI-Image-2.5")).drift
    assert [(each.name, each.kind) for each in drift] == [("mask", "added")]


def test_model_may_be_named(compare: Compare, ours: str) -> None:
    found = compare(ours, "MAI-Image-2.5")
    assert (found.model, found.drift[0].name) == ("MAI-Image-2.5", "model")


def test_model_is_found_in_the_text_where_table_and_samples_are_silent(compare: Compare) -> None:
    assert compare("About MAI-Image-2.5\nName\tType\nprompt\tstring\nn\tinteger\n").model == "MAI-Image-2.5"


def test_page_without_a_model_is_refused(compare: Compare) -> None:
    with pytest.raises(PageError, match=r"names no model .* --model NAME"):
        compare("Name\tType\nprompt\tstring\nn\tinteger\n")


def test_key_on_a_page_is_not_printed(compare: Compare, ours: str) -> None:
    [drift] = compare(ours.replace('"n": 1,', '"n": "omx_live_SECRET",')).drift
    assert "SECRET" not in str(drift)


def test_what_a_terminal_would_obey_is_not_printed(compare: Compare, ours: str) -> None:
    [drift] = compare(ours.replace("1-10 |", "\x1b[J9 lives |")).drift
    assert str(drift).isprintable()


ENCODED = {
    "UTF-8 with a mark": lambda text: text.encode("utf-8-sig"),
    "UTF-16": lambda text: text.encode("utf-16"),
    "line ends of Windows": lambda text: text.replace("\n", "\r\n").encode(),
}


@pytest.mark.parametrize("encode", ENCODED.values(), ids=ENCODED)
def test_encoding_is_known(ours: str, encode: Callable[[str], bytes]) -> None:
    assert read_page(encode(ours)) == read_page(ours.encode())


def test_encoding_that_html_declares_is_used() -> None:
    source = f"<html><meta charset='windows-1252'><p>Größe</p>{page_with('')}".encode("windows-1252")
    assert "Größe" in read_page(source).text


def test_page_saved_as_one_file_is_read() -> None:
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


@pytest.mark.parametrize(("body", "said"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_page_is_refused(body: bytes, said: str) -> None:
    with pytest.raises(PageError, match=said):
        read_page(body)


@pytest.mark.parametrize("body", [body for body, _ in REFUSED.values()], ids=REFUSED)
def test_refusal_says_what_to_save(body: bytes) -> None:
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
def test_page_with_rubbish_after_it_is_read(ours: str, text: str) -> None:
    assert len(read_page(f"{ours}\n\n{text}".encode()).tables[0]) == 11
