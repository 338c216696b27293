"""`omixa-mock validate`: exit code 0 for valid documents, 1 and the rule for invalid, 3 for unreadable files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]
EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples"
CAT = {"model": "gpt-image-1.5", "prompt": "a cat"}


def table(*folders: str) -> pytest.MarkDecorator:
    paths = [path for folder in folders for path in sorted((EXAMPLES / folder).glob("*.json"))]
    return pytest.mark.parametrize("path", paths, ids=lambda path: path.stem)


def summary(result: Result) -> str:
    """Return the last line of standard error, which follows the advisories."""
    return result.stderr.splitlines()[-1]


def kind_of(path: Path) -> str:
    return path.stem.split("--")[0].split(".")[0]


@table("valid")
def test_valid_example_is_accepted(run: Run, path: Path) -> None:
    assert run("validate", "--as", kind_of(path), path).exit_code == 0


@table("invalid", "invalid-beyond-schema")
def test_invalid_example_is_refused_by_the_rule_in_its_name(run: Run, path: Path) -> None:
    result = run("validate", "--as", kind_of(path), path)
    assert (result.exit_code, f"[{path.stem.split('--')[0]}; " in result.stdout) == (1, True), result.output


@table("valid")
def test_summary_names_the_kind(run: Run, path: Path) -> None:
    assert summary(run("validate", "--as", kind_of(path), path)) == f"{path}: a valid {kind_of(path)}"


GUESSABLE = [
    path for path in sorted((EXAMPLES / "valid").glob("*.json")) if json.loads(path.read_bytes()) != {"data": []}
]


@pytest.mark.parametrize("path", GUESSABLE, ids=lambda path: path.stem)
def test_kind_is_guessed(run: Run, path: Path) -> None:
    assert summary(run("validate", path)) == f"{path}: a valid {kind_of(path)}"


def test_every_finding_has_a_line(run: Run) -> None:
    body = json.dumps(CAT | {"n": 11, "size": "999x1", "style": "vivid"})
    assert len(run("validate", input=body).stdout.splitlines()) == 3


@pytest.mark.parametrize("arguments", [(), ("-",)])
@pytest.mark.parametrize(("body", "code"), [(json.dumps(CAT), 0), ("{}", 1)])
def test_standard_input_is_validated(run: Run, arguments: tuple[str, ...], body: str, code: int) -> None:
    assert run("validate", *arguments, input=body).exit_code == code


def test_missing_file_is_reported_as_unreadable(run: Run, tmp_path: Path) -> None:
    result = run("validate", tmp_path / "nothing.json")
    assert (result.exit_code, "cannot be read" in result.stderr) == (3, True)


def test_unknown_kind_is_refused_with_the_known_kinds(run: Run, error_of: Callable[[Result], str]) -> None:
    assert "'request', 'response', 'error'" in error_of(run("validate", "--as", "nothing"))


BROKEN: dict[str, tuple[bytes, str]] = {
    "no JSON": (b'{"model": ', "gateway.body.malformed"),
    "not UTF-8": (b'{"prompt": "\xff"}', "gateway.body.malformed"),
    "NaN": (b'{"n": NaN}', "gateway.body.malformed"),
    "65 levels": (b'{"a": ' + b"[" * 65 + b"]" * 65 + b"}", "gateway.body.nesting"),
    "600 levels": (b'{"a": ' + b"[" * 600 + b"]" * 600 + b"}", "gateway.body.nesting"),
    "duplicate name": (b'{"model": "x", "model": "y"}', "gateway.body.duplicate-names"),
}


@pytest.mark.parametrize(("body", "rule"), BROKEN.values(), ids=BROKEN)
def test_text_that_is_no_request_breaks_a_rule(run: Run, body: bytes, rule: str) -> None:
    result = run("validate", input=body)
    assert (result.exit_code, rule in result.stdout) == (1, True), result.output


@pytest.mark.parametrize("kind", ["auto", "request", "response", "error", "models", "usage-requests", "usage-rollups"])
@pytest.mark.parametrize("body", [b"", b" \n\n"], ids=["empty", "blank"])
def test_file_without_text_is_not_a_document(run: Run, kind: str, body: bytes) -> None:
    result = run("validate", "--as", kind, input=body)
    assert (result.exit_code, result.stderr) == (
        3,
        "-: not a document I know: it is empty. Record it again, or leave it out.\n",
    )


@pytest.mark.parametrize("kind", ["response", "error", "models", "usage-requests", "usage-rollups"])
@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff",
        b'{"created": NaN}',
        b'{"created": ' + b"[" * 600 + b"]" * 600 + b"}",
        b"[" * 600 + b"]" * 600,
        b'{"error": {}, "error": {}}',
        b'{"data": [{"url": null, "url": null}]}',
    ],
    ids=["no JSON", "not UTF-8", "NaN", "600 levels", "600 lists", "name twice", "name twice within"],
)
def test_text_that_is_no_response_is_a_finding(run: Run, kind: str, body: bytes) -> None:
    result = run("validate", "--as", kind, input=body)
    assert (result.exit_code, "gateway.body." in result.stdout) == (1, True), result.output


def test_image_is_not_printed(run: Run) -> None:
    url = "data:image/png;base64," + "A" * 100_000
    body = json.dumps(CAT | {"input_images": [{"type": "image_url", "image_url": {"url": url}}]})
    assert len(run("validate", input=body).stdout) < 1000


def test_key_is_not_printed(run: Run) -> None:
    assert "SECRET" not in run("validate", input=json.dumps(CAT | {"size": "omx_live_SECRET"})).output


@pytest.mark.parametrize("path", sorted((EXAMPLES / "valid").glob("response--*.json")), ids=lambda path: path.stem)
def test_duplicate_name_in_a_response_is_named(run: Run, path: Path) -> None:
    body = path.read_bytes().replace(b"{", b'{"created": 1, ', 1)
    assert "the name 'created' occurs twice in one object" in run("validate", "--as", "response", input=body).stdout


@pytest.mark.parametrize("body", [b"[]", b"null", b'"text"', b"1"])
def test_response_that_is_no_object_breaks_the_rule_of_its_own_type(run: Run, body: bytes) -> None:
    assert "[response.type; " in run("validate", "--as", "response", input=body).stdout


def test_hint_for_an_unreadable_response_is_not_that_of_a_request(run: Run) -> None:
    assert "prompt" not in run("validate", "--as", "error", input=b"{").stdout


def test_hint_for_an_unreadable_response_names_the_schema(run: Run) -> None:
    assert "`omixa-mock schema image`" in run("validate", "--as", "response", input=b"{").stdout


def response(*texts: object) -> str:
    rows = [{"b64_json": text, "url": None} for text in texts]
    return json.dumps({"created": 1780660800, "data": rows, "usage": {"billed_amount": "0.039000"}})


INVALID_IMAGES: dict[str, tuple[str, str]] = {
    "data URL": ("data:image/png;base64,iVBORw0KGgo=", "Leave out all up to the comma"),
    "URL-safe": ("-_-_", 'Use "+" and "/"'),
    "line break": ("iVBO\nRw0K", "Remove the white space"),
    "outside ASCII": ("é", "outside the alphabet"),
    "gif": ("R0lGODlhAQABAAAAADs=", "the bytes are image/gif; accepted: image/png, image/jpeg, image/webp"),
    "text": ("YSBjYXQ=", "the bytes are no image (they begin with b'a cat')"),
    "cut off": ("iVBORw0KGgo=", "this png file of 8 bytes is not whole: width and height cannot be read"),
    "line end": ("iVBORw0KGgo=\n", "Remove the white space"),
}


@pytest.mark.parametrize(("text", "message"), INVALID_IMAGES.values(), ids=INVALID_IMAGES)
def test_invalid_image_in_a_response_has_a_repair_hint(run: Run, text: str, message: str) -> None:
    assert message in run("validate", "--as", "response", input=response(text)).stdout


def test_every_invalid_image_of_a_response_has_a_line(run: Run) -> None:
    lines = run("validate", "--as", "response", input=response("YSBjYXQ=", "-_-_")).stdout.splitlines()
    assert [line.split()[1] for line in lines] == ["/data/0/b64_json:", "/data/1/b64_json:"]


@pytest.mark.parametrize("text", [None, 1, [], ""])
def test_image_that_is_no_text_is_refused_once(run: Run, text: object) -> None:
    assert len(run("validate", "--as", "response", input=response(text)).stdout.splitlines()) == 1


def test_image_of_a_response_is_not_printed(run: Run) -> None:
    assert len(run("validate", "--as", "response", input=response("A" * 100_000)).output) < 1000


ADVISED = {path.stem.partition("--advisory-")[2]: path for path in (EXAMPLES / "valid").glob("*--advisory-*.json")}


@pytest.mark.parametrize(("name", "path"), ADVISED.items(), ids=ADVISED)
def test_advisory_is_printed_with_its_file_and_rule(run: Run, name: str, path: Path) -> None:
    (line, _) = run("validate", path).stderr.splitlines()
    assert (line.startswith(f"{path}:1:1: advisory: "), line.endswith(f"[request.{name}]")) == (True, True), line


@pytest.mark.parametrize("path", ADVISED.values(), ids=ADVISED)
def test_advisory_is_no_finding(run: Run, path: Path) -> None:
    result = run("validate", path)
    assert (result.exit_code, result.stdout) == (0, "")


def test_complete_request_has_no_advisory(run: Run) -> None:
    assert "advisory" not in run("validate", EXAMPLES / "valid" / "request--merge-with-mask.json").stderr
