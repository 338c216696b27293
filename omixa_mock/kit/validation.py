"""Judging a request, response or error by the contract, without a gateway."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from omixa_mock.gateway import Advisory, Contract, Problem, Settings, Violation
from omixa_mock.gateway.contract import (
    ACCEPTED,
    Flaw,
    Provenance,
    decode,
    media_type_of,
    pointer,
    read_dimensions,
    read_input_images,
)
from omixa_mock.gateway.pipeline import SAMPLE, count_names, parse_body, validate_image_request

__all__ = ["KINDS", "Verdict", "check_document", "guess_kind", "guess_kind_of_response"]

KINDS = ("request", "response", "error", "models", "usage-requests", "usage-rollups")
FILES = {"response": "image"}
Json = Any


@dataclass(frozen=True, slots=True)
class Verdict:
    """What judging a document or an HTTP message found.

    Attributes:
        kind: One of `KINDS`; `auto` where it could not even be read.
        violations: Every rule that it breaks; the place of each is a JSON pointer into the body, or, without a
            slash, a part of the message around it: `method`, `path`, `status`, `Authorization`, `Content-Type`.
        advisories: What is allowed but doubtful about a request that breaks none.
    """

    kind: str
    violations: list[Violation] = field(default_factory=list)
    advisories: list[Advisory] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every rule is kept."""
        return not self.violations

    def __str__(self) -> str:
        name = self.kind if self.kind in {"request", "response", "error"} else "document"
        if self.ok:
            return f"The {name} keeps the contract."
        count = len(self.violations)
        head = f"The {name} breaks {'a rule' if count == 1 else f'{count} rules'} of the contract:"
        return "\n".join([head, *map(str, self.violations)])


def guess_kind(value: Any) -> str:
    """Which kind of document a value most likely is."""
    names = set(value) if isinstance(value, dict) else set()
    if "error" in names:
        return "error"
    if "period_type" in names:
        return "usage-rollups"
    if names == {"data"} and isinstance(value["data"], list):
        rows = set().union(*(row for row in value["data"] if isinstance(row, dict)))
        return "models" if "modality" in rows else "usage-requests" if "operation" in rows else "response"
    return "response" if names & {"data", "created", "usage"} else "request"


def guess_kind_of_response(body: bytes) -> str:
    """Which kind of response a text most likely is; a response where nothing speaks for another kind."""
    try:
        kind = guess_kind(orjson.loads(body))
    except orjson.JSONDecodeError:
        return "response"
    return "response" if kind == "request" else kind


def check_document(contract: Contract, body: bytes, kind: str = "auto") -> Verdict:
    """What kind of document it is, every rule that it breaks under the default settings, and what is doubtful.

    Args:
        contract: What to judge by; every model that it has is known, partial ones included.
        body: The document as JSON text.
        kind: One of `KINDS`, or `auto`.
    """
    settings = Settings(models=tuple(contract.requests))
    try:
        value = parse_body(body, settings) if kind in {"request", "auto"} else parse_response(body, settings)
    except Problem as problem:
        return Verdict(kind, [unreadable(problem, kind)])
    kind = guess_kind(value) if kind == "auto" else kind
    return judge_request(contract, value, settings) if kind == "request" else judge_response(contract, value, kind)


def parse_response(body: bytes, settings: Settings) -> Any:
    """The JSON value that a response's body holds, read as strictly as a request's.

    Raises:
        Problem: It is no JSON (NaN is none), has a name twice in one object, or nests too deep.
    """
    try:
        return parse_body(body, settings)
    except Problem as problem:
        if problem.rules != ("request.type",):
            raise
    # It is JSON and no object, which is for the response's own schema to refuse.
    value = orjson.loads(body)
    if isinstance(value, list):
        count_names({"": value}, settings)
    return value


RESPONSE = "Accepted: one JSON object in UTF-8, each name at most once in an object. Compare `omixa-mock schema"


def unreadable(problem: Problem, kind: str) -> Violation:
    """What is wrong with a body that is no document at all."""
    message = problem.message
    if kind not in {"request", "auto"}:
        message = message.replace(SAMPLE, f"{RESPONSE} {FILES.get(kind, kind)}`.")
    return Violation("/", problem.rules[0], message, Provenance("assumed"))


def judge_request(contract: Contract, document: Mapping[str, Any], settings: Settings) -> Verdict:
    """Validator a request as the gateway does, by the rules beyond JSON Schema too."""
    validator = contract.under(settings).validator_for(document)
    reading = read_input_images(document, validator.schema, settings)
    violations = [*validator.violations(document), *reading.violations]
    if violations:
        return Verdict("request", violations)
    _, advisories = validate_image_request(document, reading, validator, settings)
    return Verdict("request", advisories=list(advisories))


def judge_response(contract: Contract, value: Any, kind: str) -> Verdict:
    """Validator a response; one with images by the rules beyond JSON Schema too."""
    validator = contract.response_validator(FILES.get(kind, kind))
    violations = validator.violations(value)
    if kind == "response":
        violations += check_images(value, validator.schema)
    return Verdict(kind, violations)


def check_images(value: Any, schema: Json) -> list[Violation]:
    """Every rule beyond JSON Schema that the images of a response break."""
    rules = schema["properties"]["data"]["items"]["properties"]["b64_json"]["x-omixa-beyond"]
    found = ((index, find_flaw(text)) for index, text in image_texts(value))
    return [
        Violation(
            pointer(("data", index, "b64_json")),
            f"response.data.item.b64_json.{flaw.rule}",
            flaw.message,
            Provenance.read(rules[flaw.rule]),
        )
        for index, flaw in found
        if flaw
    ]


def image_texts(value: Any) -> Iterator[tuple[int, str]]:
    """Where a response has the text of an image, and the text; what has another shape is the schema's to refuse."""
    rows = value.get("data") if isinstance(value, dict) else None
    for index, row in enumerate(rows if isinstance(rows, list) else ()):
        text = row.get("b64_json") if isinstance(row, dict) else None
        if isinstance(text, str) and text:
            yield index, text


def find_flaw(text: str) -> Flaw | None:
    """What is wrong with a response's image, if anything."""
    if text.startswith("data:"):
        return Flaw("base64", "it begins like a data URL; accepted: base64 alone. Leave out all up to the comma.")
    data = decode(text)
    if isinstance(data, Flaw):
        return data
    media_type = media_type_of(data)
    if media_type not in ACCEPTED:
        came = f"are {media_type}" if media_type else f"are no image (they begin with {data[:8]!r})"
        return Flaw("image", f"the bytes {came}; accepted: {', '.join(ACCEPTED)}. Encode the bytes of such a file.")
    if read_dimensions(data) is None:
        return Flaw(
            "header",
            f"this {media_type} file of {len(data):,} bytes says no width and height: it is cut off or damaged; "
            "accepted: whole files. Encode all of its bytes.",
        )
    return None
