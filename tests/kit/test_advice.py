"""Advice of messages: applied to the document that was refused, it breaks no further rule.

The table of `REPAIRS` reads each kind of advice and applies it. Advice with an ellipsis is an outline of a value, and
some advice (`Describe what the image should show`) no program can follow; `BY_HAND` lists the latter.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from omixa_mock import shipped_contract
from omixa_mock.gateway import Violation
from omixa_mock.kit.validation import validate_document

Json = Any
EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples"
FILES = {path.stem: path for folder in ("invalid", "invalid-beyond-schema") for path in (EXAMPLES / folder).iterdir()}
CONTRACT = shipped_contract()
DATA_URL = re.compile(r"data:image/[a-z]+;base64,", re.IGNORECASE)


class Place:
    """Place of a JSON pointer in a document, whose last member may be missing."""

    def __init__(self, document: Json, pointer: str) -> None:
        self.whole = {"": document}
        steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.strip("/").split("/") if step]
        self.parent: Json = self.whole
        self.name: Any = ""
        for step in steps:
            self.parent = self.parent[self.name]
            self.name = int(step) if isinstance(self.parent, list) else step

    @property
    def value(self) -> Json:
        return self.parent[self.name]

    def write(self, value: Json) -> None:
        self.parent[self.name] = value

    def leave_out(self) -> None:
        del self.parent[self.name]

    def rename(self, name: str) -> None:
        self.parent[name] = self.parent.pop(self.name)

    def rewrite_base64(self, change: Callable[[str], str]) -> None:
        """Change the base64 of a value, after the head of a data URL if there is one."""
        head = DATA_URL.match(self.value)
        end = head.end() if head else 0
        self.write(self.value[:end] + change(self.value[end:]))


# The form of an advice, and the repair that it asks for; the match's group is a value or a name.
REPAIRS: tuple[tuple[str, Callable[[Place, str], None]], ...] = (
    (r"write ([0-9]+)\.$", lambda place, text: place.write(int(text))),
    (r"(?:Send|Write|Write, for instance,) ([0-9]+) without quotes\.$", lambda place, text: place.write(int(text))),
    (
        r"(?:Send|Write|Write, for instance,) ([^ A-Za-z][^…]*|true|false|null)\.$",
        lambda place, text: place.write(json.loads(text)),
    ),
    (r'Add "[^"]+": ([^…]+)\.$', lambda place, text: place.write(json.loads(text))),
    (r'accepted: ("[^"]+") only\.$', lambda place, text: place.write(json.loads(text))),
    (r"(Take it out of the list)\.$", lambda place, _: place.write(place.value[0])),
    (r"(Put it into a list): \[…\]\.$", lambda place, _: place.write([place.value])),
    (r"Put (data:image/[a-z]+;base64,) before it\.$", lambda place, head: place.write(head + place.value)),
    (
        r"Write (data:image/[a-z]+;base64,)…$",
        lambda place, head: place.write(head + DATA_URL.sub("", place.value, count=1)),
    ),
    (r"A tiny one that works: (data:[^ ]+)$", lambda place, url: place.write(url)),
    (r"(Leave out all up to the comma)\.$", lambda place, _: place.write(place.value.partition(",")[2])),
    (r"(Remove the white space)\.$", lambda place, _: place.rewrite_base64(lambda text: "".join(text.split()))),
    (
        r'(Use "\+" and "/")\.$',
        lambda place, _: place.rewrite_base64(lambda text: text.replace("-", "+").replace("_", "/")),
    ),
    (r'End it with "(=+)"\.$', lambda place, padding: place.rewrite_base64(lambda text: text + padding)),
    (r'Did you mean ("[^"]+")\?$', lambda place, text: follow_question(place, json.loads(text))),
    (r'Did you mean ("[^"]+": .+)\?$', lambda place, text: replace_member(place, json.loads(f"{{{text}}}"))),
    (r"(Send|Write) fewer\.$", lambda place, _: place.write(place.value[:10])),
    (r"(Shorten it)\.$", lambda place, _: place.write(place.value[:100])),
    (r'(Ask for "png")', lambda place, _: place.value.update(output_format="png")),
    (r"(Leave the field out|Leave it out)", lambda place, _: place.leave_out()),
)
# Advice for people.
BY_HAND = (
    "Describe what the image should show.",
    "Encode the file again.",
    "Encode the bytes of the file.",
    "Encode the bytes of such a file.",
    "Encode all bytes of the file.",
    "Encode the whole file at once.",
    "It is percent-encoded: decode it once.",
    "Send the file's bytes as data:image/png;base64,…",
    "accepted: data:image/png;base64,… (or jpeg, webp).",
    "Send one JSON object, for instance",
    "pixels.",
)


def follow_question(place: Place, text: str) -> None:
    """Write the suggested value; if the field itself is unknown, rename it."""
    known = CONTRACT.field_names
    if place.name in known:
        place.write(text)
    else:
        place.rename(text)


def replace_member(place: Place, member: dict[str, Json]) -> None:
    """Write another member in place of an unknown one."""
    place.leave_out()
    place.parent.update(member)


def read(name: str) -> tuple[str, Json]:
    """Return the kind and the document of an example."""
    return name.partition(".")[0], json.loads(FILES[name].read_bytes())


def violations(kind: str, document: Json) -> list[Violation]:
    return validate_document(CONTRACT, json.dumps(document).encode(), kind).violations


def advised_repair(message: str) -> tuple[Callable[[Place, str], None], str] | None:
    """Return the repair that a message asks for, with its value; None if only a person can follow the advice."""
    text = re.sub(r" If your client library adds it, .*", "", message)
    for form, repair in REPAIRS:
        found = re.search(form, text)
        if found:
            return repair, found[1]
    return None


def repaired(name: str) -> Json | None:
    """Return an example with all advice applied; None if some of it is not for programs."""
    kind, document = read(name)
    document = copy.deepcopy(document)
    for violation in violations(kind, document):
        advice = advised_repair(violation.message)
        if advice is None:
            return None
        place = Place(document, violation.pointer)
        repair, value = advice
        repair(place, value)
        document = place.whole[""]
    return document


def messages() -> Iterator[tuple[str, str]]:
    for name in FILES:
        for violation in violations(*read(name)):
            yield name, violation.message


def is_outline(message: str) -> bool:
    """Return True if a message advises a value with an ellipsis, which stands for an image."""
    return re.search(r'(?:Send|Write|Add "[^"]+":) [^.]*…[^.]*\.$', message) is not None


@pytest.mark.parametrize("name", sorted(FILES))
def test_advice_breaks_no_further_rule(name: str) -> None:
    document = repaired(name)
    if document is None:
        assert all(by_hand(message) for other, message in messages() if other == name)
    else:
        assert [str(violation) for violation in violations(name.partition(".")[0], document)] == []


def by_hand(message: str) -> bool:
    """Return True if a message has advice that only a person can follow."""
    return is_outline(message) or any(text in message for text in BY_HAND)


def test_most_advice_is_tried() -> None:
    assert sum(repaired(name) is not None for name in FILES) >= 150


@pytest.mark.parametrize("name", sorted(name for name in FILES if "required" in name))
def test_missing_field_is_never_advised_to_be_left_out(name: str) -> None:
    assert all("eave" not in violation.message for violation in violations(*read(name)))


REQUIRED: Mapping[str, tuple[str, Json]] = {
    "model": ("request", {"model": None, "prompt": "a cat"}),
    "prompt": ("request", {"model": "gpt-image-1.5", "prompt": None}),
    "URL": (
        "request",
        {
            "model": "gpt-image-1.5",
            "prompt": "a cat",
            "input_images": [{"type": "image_url", "image_url": {"url": None}}],
        },
    ),
    "item": ("request", {"model": "gpt-image-1.5", "prompt": "a cat", "input_images": [None]}),
    "created": ("response", {"created": None, "data": [], "usage": {"billed_amount": "0.039000"}}),
    "data": ("response", {"created": 1, "data": None, "usage": None}),
    "error": ("error", {"error": {"message": None, "type": None, "code": None}}),
}


@pytest.mark.parametrize("name", REQUIRED)
def test_required_field_is_never_advised_to_be_left_out(name: str) -> None:
    assert [text.message for text in violations(*REQUIRED[name]) if "Leave" in text.message] == []


# Words that only make sense in a request, and fields of other image APIs.
REQUEST_WORDS = ("Send", "input_images", "Describe", "client library", "--allow-field", "prompt")


@pytest.mark.parametrize("name", sorted(name for name in FILES if not name.startswith("request.")))
def test_hint_of_a_response_is_not_a_request_s(name: str) -> None:
    texts = [violation.message for violation in violations(*read(name))]
    assert [text for text in texts if any(word in text for word in REQUEST_WORDS)] == []


@pytest.mark.parametrize("field", ["response_format", "user", "stream", "image", "seed"])
def test_field_of_a_request_in_a_response_has_the_hint_of_a_response(field: str) -> None:
    response = {"created": 1, "data": [{"b64_json": "a", "url": None}], "usage": {"billed_amount": "0.039000"}}
    (message,) = [item.message for item in violations("response", response | {field: 1}) if item.pointer == f"/{field}"]
    assert re.fullmatch(r'this field is not known here. Leave it out(; known: |: "usage" is there already).*', message)


@pytest.mark.parametrize("body", [b"{", b"[]", b"", b'{"a": 1, "a": 2}'])
def test_document_of_an_unknown_kind_has_no_hint_of_a_request(body: bytes) -> None:
    (violation,) = validate_document(CONTRACT, body, "auto").violations
    assert violation.message.endswith("Accepted: one JSON object in UTF-8, each name at most once in an object.")


TIMES = {
    "milliseconds": 1_780_660_800_123,
    "microseconds": 1_780_660_800_123_456,
    "nanoseconds": 1_780_660_800_123_456_789,
}


@pytest.mark.parametrize("unit", TIMES)
def test_created_in_another_unit_is_named_with_its_seconds(unit: str) -> None:
    response = json.loads((EXAMPLES / "valid" / "response--one-image.json").read_bytes()) | {"created": TIMES[unit]}
    (violation,) = violations("response", response)
    assert violation.message == f"{TIMES[unit]} is out of range: that is {unit}; write 1780660800."


# A value that breaks two rules, or whose nearest repair would break another one: the message advises neither.
COMBINED: Mapping[str, dict[str, Json]] = {
    "n in quotes and out of range": {"n": "11"},
    "jpg of a transparent image": {"output_format": "jpg", "background": "transparent"},
    "wrapped and URL-safe base64 without padding": {"mask": "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEA\n-_A"},
    "misspelt field with a value that is not accepted": {"outputFormat": "gif"},
    "misspelt field of a wrong type": {"moderations": []},
    "misspelt field beside the right one": {"promt": "a dog"},
    "two names of one field": {"image": "x", "input_images": []},
}


@pytest.mark.parametrize("name", COMBINED)
def test_advice_on_one_rule_does_not_break_another(name: str) -> None:
    document: Json = {"model": "gpt-image-1.5", "prompt": "a cat", **COMBINED[name]}
    for violation in violations("request", document):
        place = Place(document, violation.pointer)
        for form, repair in REPAIRS:
            for sentence in re.split(r"(?<=[.?]) (?=[A-Z])", violation.message):
                found = re.search(form, sentence)
                if found:
                    repair(place, found[1])
    rest = [violation.rule.rpartition(".")[2] for violation in violations("request", document)]
    assert rest in ([], ["header"], ["media-type"])


@pytest.mark.parametrize("text", ["1e9999999", "-1E+999999", "1e-9999999", "9" * 500, "Infinity", "sNaN", "0"])
def test_amount_of_any_size_has_an_advice(text: str) -> None:
    document = json.dumps({"created": 1, "data": [], "usage": {"billed_amount": text}}).encode()
    messages = [
        violation.message for violation in validate_document(shipped_contract(), document, "response").violations
    ]
    assert any("Write" in message for message in messages)
