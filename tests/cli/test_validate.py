"""`omixa-mock validate`: 0 where the contract is kept, 1 and the rule where not, 3 for what cannot be read."""

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
def test_verdict_names_the_kind(run: Run, path: Path) -> None:
    assert run("validate", "--as", kind_of(path), path).stderr == f"{path}: a valid {kind_of(path)}\n"


GUESSABLE = [
    path for path in sorted((EXAMPLES / "valid").glob("*.json")) if json.loads(path.read_bytes()) != {"data": []}
]


@pytest.mark.parametrize("path", GUESSABLE, ids=lambda path: path.stem)
def test_kind_is_guessed(run: Run, path: Path) -> None:
    assert run("validate", path).stderr == f"{path}: a valid {kind_of(path)}\n"


def test_every_finding_has_a_line(run: Run) -> None:
    body = json.dumps(CAT | {"n": 11, "size": "999x1", "style": "vivid"})
    assert len(run("validate", input=body).stdout.splitlines()) == 3


@pytest.mark.parametrize("arguments", [(), ("-",)])
@pytest.mark.parametrize(("body", "code"), [(json.dumps(CAT), 0), ("{}", 1)])
def test_standard_input_is_judged(run: Run, arguments: tuple[str, ...], body: str, code: int) -> None:
    assert run("validate", *arguments, input=body).exit_code == code


@pytest.mark.parametrize("name", ["nothing.json", "."])
def test_what_cannot_be_read_is_said_as_such(run: Run, tmp_path: Path, name: str) -> None:
    result = run("validate", tmp_path / name)
    assert (result.exit_code, "cannot be read" in result.stderr) == (3, True)


def test_unknown_kind_is_told_which_there_are(run: Run, error_of: Callable[[Result], str]) -> None:
    assert "'request', 'response', 'error'" in error_of(run("validate", "--as", "nothing"))


BROKEN: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "gateway.body.malformed"),
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


@pytest.mark.parametrize("kind", ["response", "error", "models", "usage-requests", "usage-rollups"])
@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b'{"created": ' + b"[" * 600 + b"]" * 600 + b"}", b"[" * 600 + b"]" * 600]
)
def test_text_that_is_no_reply_is_a_finding(run: Run, kind: str, body: bytes) -> None:
    result = run("validate", "--as", kind, input=body)
    assert (result.exit_code, "gateway.body." in result.stdout) == (1, True), result.output


def test_picture_is_not_printed(run: Run) -> None:
    url = "data:image/png;base64," + "A" * 100_000
    body = json.dumps(CAT | {"input_images": [{"type": "image_url", "image_url": {"url": url}}]})
    assert len(run("validate", input=body).stdout) < 1000


def test_key_is_not_printed(run: Run) -> None:
    assert "SECRET" not in run("validate", input=json.dumps(CAT | {"size": "omx_live_SECRET"})).output
