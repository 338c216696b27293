"""Names, texts and docstrings use the words of CONTRIBUTING's glossary, and the retired ones are gone."""

from __future__ import annotations

import ast
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = [
    path for folder in ("omixa_mock", "pytest_plugin", "contract_tests") for path in (ROOT / folder).rglob("*.py")
]
ALL = sorted([*SOURCE, *(path for folder in ("tests", "benchmarks", "docs") for path in (ROOT / folder).rglob("*.py"))])
# The standard term for each.
TERMS = {
    "advisory": ("aside", "confess", "tell", "tells", "told"),
    "call": ("lot",),
    "fault, injection": ("disfigure", "sever", "severed", "strike", "strikes", "struck"),
    "flow": ("journey", "journeys", "outbox"),
    "image": ("picture", "pictures"),
    "key": ("claim", "claims", "desk"),
    "ledger, journal": ("books", "shelf"),
    "mock": ("handle", "handles"),
    "predicate error": ("tripped",),
    "request, parsed body": ("arrival", "payload", "payloads", "sheet", "sheets", "wish", "wishes"),
    "response": ("replies", "reply"),
    "timeout": ("impatient", "patience"),
    "transport, interceptor": ("door", "doors"),
    "unmatched call": ("stray", "strays"),
    "validate": ("doubt", "judge", "judged"),
}
RETIRED = {word: term for term, words in TERMS.items() for word in words}
# The verb of a method that answers a request, as in httpx and uvicorn; names of the standard library; a row of the
# error table.
KEPT = frozenset({"handle", "handle_request", "handle_async_request", "_handle_request", "handle_starttag"})
KEPT |= {
    *("call_exception_handler", "get_payload", "handle_data", "handle_endtag", "handle_exception"),
    *("handle_startendtag", "payload_too_large", "tell"),
}
# Texts with a retired word: bytes of the fake gateway, a name of OmixaMock's past, tags of HTML.
KEPT_TEXTS = re.compile(
    r"https://pictures\.omixa\.invalid|a picture|Payload validation failed\.|reply|address article aside .*"
)
# Not the parts of `payload_too_large`, which is a name of the error table.
WORD = re.compile(r"[A-Za-z_]+")
PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
# A docstring that begins so names no thing and no action.
VAGUE = re.compile(r"(What|Whether|That|Whence|Whose|Of|Who|Where|How)\b")


def where(path: Path) -> str:
    return str(path.relative_to(ROOT))


def identifiers(path: Path) -> Iterator[str]:
    """The names that a file defines or uses."""
    with path.open("rb") as file:
        yield from (token.string for token in tokenize.tokenize(file.readline) if token.type == tokenize.NAME)


def retired_in(name: str) -> set[str]:
    """The retired words that are a part of a name."""
    return set() if name in KEPT else {part.lower() for part in PART.findall(name)} & RETIRED.keys()


@pytest.mark.parametrize("path", [path for path in ALL if path != Path(__file__)], ids=where)
def test_no_identifier_has_a_retired_word(path: Path) -> None:
    found = {
        f"{name!r} has the retired word {word!r}; write {RETIRED[word]!r}"
        for name in {*identifiers(path), path.stem}
        for word in retired_in(name)
    }
    assert not found, sorted(found)


def texts(path: Path) -> Iterator[str]:
    """The string literals of a file, parts of f-strings included, docstrings left out."""
    tree = ast.parse(path.read_text("utf-8"))
    statements = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    yield from (
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in statements
    )


def retired_in_text(text: str) -> set[str]:
    """The retired words in a text."""
    return set() if KEPT_TEXTS.fullmatch(text) else {word.lower() for word in WORD.findall(text)} & RETIRED.keys()


@pytest.mark.parametrize("path", SOURCE, ids=where)
def test_no_text_has_a_retired_word(path: Path) -> None:
    found = {
        f"{text[:80]!r} has the retired word {word!r}; write {RETIRED[word]!r}"
        for text in texts(path)
        for word in retired_in_text(text)
    }
    assert not found, sorted(found)


def docstrings() -> Iterator[str]:
    """Every docstring of the source."""
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    nodes = (node for path in SOURCE for node in ast.walk(ast.parse(path.read_text("utf-8"))))
    yield from (text for node in nodes if isinstance(node, documented) and (text := ast.get_docstring(node)))


def test_nearly_every_docstring_begins_with_a_noun_or_a_verb() -> None:
    texts = list(docstrings())
    vague = [text.splitlines()[0] for text in texts if VAGUE.match(text)]
    assert len(vague) <= len(texts) // 50, "\n".join(vague)


def test_a_retired_word_would_be_seen() -> None:
    found = {name: retired_in(name) for name in ("read_sheet", "ImageReply", "BY_THE_DOOR", "handle", "responses")}
    assert found == {
        "read_sheet": {"sheet"},
        "ImageReply": {"reply"},
        "BY_THE_DOOR": {"door"},
        "handle": set(),
        "responses": set(),
    }


def test_a_retired_word_of_a_text_would_be_seen(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text('"""Its docstring was struck."""\nx = f"it struck {1} calls"\ny = "reply"\nz = {"tripped": 1}\n')
    assert {text: retired_in_text(text) for text in texts(path) if retired_in_text(text)} == {
        "it struck ": {"struck"},
        "tripped": {"tripped"},
    }
