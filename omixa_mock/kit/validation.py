"""Validation of request, response and error documents by the contract, without a gateway."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from omixa_mock.gateway import Advisory, Contract, Problem, Settings, Violation
from omixa_mock.gateway.contract import (
    ACCEPTED,
    NO_SIZE,
    Flaw,
    Provenance,
    decode,
    describe_damage,
    find_damage,
    media_type_of,
    pointer,
    read_dimensions,
    read_input_images,
)
from omixa_mock.gateway.pipeline import (
    SAMPLE,
    count_names,
    find_ignored,
    find_violations,
    parse_body,
    validate_image_request,
)

__all__ = [
    "KINDS",
    "NO_IMAGES",
    "ValidationResult",
    "guess_kind",
    "guess_response_kind",
    "image_texts",
    "validate_document",
]

KINDS = ("request", "response", "error", "models", "usage-requests", "usage-rollups")
FILES = {"response": "image"}
NO_IMAGES: Mapping[str, bytes] = {}
Json = Any


@dataclass(frozen=True, slots=True)
class ValidationResult:
    """Result of the validation of a document or an HTTP message.

    Attributes:
        kind: One of `KINDS`; `auto` if the text could not be parsed.
        violations: The broken rules. A pointer with a slash is a JSON pointer into the body. Any other is a part
            of the HTTP message: `method`, `path`, `status`, `Authorization`, `Content-Type`, `Content-Encoding`.
        advisories: Legal but doubtful features of a valid request.
    """

    kind: str
    violations: list[Violation] = field(default_factory=list)
    advisories: list[Advisory] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Return True if no rule is broken."""
        return not self.violations

    def __str__(self) -> str:
        name = self.kind if self.kind in {"request", "response", "error"} else "document"
        if self.ok:
            return f"The {name} keeps the contract."
        count = len(self.violations)
        head = f"The {name} breaks {'a rule' if count == 1 else f'{count} rules'} of the contract:"
        return "\n".join([head, *map(str, self.violations)])


def guess_kind(value: Any) -> str:
    """Return the most likely kind of a document."""
    names = set(value) if isinstance(value, dict) else set()
    if "error" in names:
        return "error"
    if "period_type" in names:
        return "usage-rollups"
    if names == {"data"} and isinstance(value["data"], list):
        rows = set().union(*(row for row in value["data"] if isinstance(row, dict)))
        return "models" if "modality" in rows else "usage-requests" if "operation" in rows else "response"
    return "response" if names & {"data", "created", "usage"} else "request"


def guess_response_kind(body: bytes) -> str:
    """Return the most likely kind of a response's body; `response` by default."""
    try:
        kind = guess_kind(orjson.loads(body))
    except orjson.JSONDecodeError:
        return "response"
    return "response" if kind == "request" else kind


def validate_document(
    contract: Contract,
    body: bytes,
    kind: str = "auto",
    settings: Settings | None = None,
    images: Mapping[str, bytes] = NO_IMAGES,
) -> ValidationResult:
    """Validate a document.

    Args:
        contract: The contract.
        body: The document as JSON text.
        kind: One of `KINDS`, or `auto`.
        settings: The settings; None for the default ones with all models of the contract, partial ones included.
        images: The images that were taken out of the body, by the token in place of their base64.
    """
    settings = settings or Settings(models=tuple(contract.requests))
    try:
        value = parse_body(body, settings) if kind in {"request", "auto"} else parse_response_body(body, settings)
    except Problem as problem:
        return ValidationResult(kind, [parsing_violation(problem, kind)])
    kind = guess_kind(value) if kind == "auto" else kind
    if kind == "request":
        return validate_request_document(contract, value, settings, images)
    return validate_response_document(contract, value, kind, images)


def parse_response_body(body: bytes, settings: Settings) -> Any:
    """Parse a response's body as strictly as a request's.

    Raises:
        Problem: The text is not JSON (NaN included), an object repeats a name, or the value nests too deep.
    """
    try:
        return parse_body(body, settings)
    except Problem as problem:
        if problem.rules != ("request.type",):
            raise
    # The text is JSON but not an object: the response's own schema refuses it.
    value = orjson.loads(body)
    if isinstance(value, list):
        count_names({"": value}, settings)
    return value


OBJECT = "Accepted: one JSON object in UTF-8, each name at most once in an object"


def parsing_violation(problem: Problem, kind: str) -> Violation:
    """Return the violation of a body that cannot be parsed."""
    message = problem.message
    if kind == "auto":
        message = message.replace(SAMPLE, f"{OBJECT}.")
    elif kind != "request":
        message = message.replace(SAMPLE, f"{OBJECT}. Compare `omixa-mock schema {FILES.get(kind, kind)}`.")
    return Violation("/", problem.rules[0], message, Provenance("assumed"))


def validate_request_document(
    contract: Contract, document: Mapping[str, Any], settings: Settings, images: Mapping[str, bytes] = NO_IMAGES
) -> ValidationResult:
    """Validate a request as the gateway does, by the rules beyond JSON Schema too."""
    validator = contract.under(settings).validator_for(document)
    reading = read_input_images(document, validator.schema, settings, images)
    ignored = find_ignored(document, validator, settings)
    kept = {name: value for name, value in document.items() if name not in ignored} if ignored else document
    violations, _ = find_violations(kept, reading, validator, settings)
    if violations:
        return ValidationResult("request", violations)
    _, advisories = validate_image_request(document, reading, validator, settings)
    return ValidationResult("request", advisories=list(advisories))


def validate_response_document(
    contract: Contract, value: Any, kind: str, images: Mapping[str, bytes] = NO_IMAGES
) -> ValidationResult:
    """Validate a response; one with images by the rules beyond JSON Schema too."""
    validator = contract.response_validator(FILES.get(kind, kind))
    violations = validator.violations(value)
    if kind == "response":
        violations += validate_images(value, validator.schema, images)
    return ValidationResult(kind, violations)


def validate_images(value: Any, schema: Json, images: Mapping[str, bytes] = NO_IMAGES) -> list[Violation]:
    """Return the violations of the rules beyond JSON Schema about images."""
    rules = schema["properties"]["data"]["items"]["properties"]["b64_json"]["x-omixa-beyond"]
    flaws = (
        (index, find_image_flaw(images[text]) if text in images else find_flaw(text))
        for index, text in image_texts(value)
    )
    return [
        Violation(
            pointer(("data", index, "b64_json")),
            f"response.data.item.b64_json.{flaw.rule}",
            flaw.message,
            Provenance.read(rules[flaw.rule]),
        )
        for index, flaw in flaws
        if flaw
    ]


def image_texts(value: Any) -> Iterator[tuple[int, str]]:
    """Yield index and base64 text of each image; other shapes are left for the schema to refuse."""
    rows = value.get("data") if isinstance(value, dict) else None
    for index, row in enumerate(rows if isinstance(rows, list) else ()):
        text = row.get("b64_json") if isinstance(row, dict) else None
        if isinstance(text, str) and text:
            yield index, text


def find_flaw(text: str) -> Flaw | None:
    """Return the flaw of a response's image; None if there is none."""
    if text[:5].lower() == "data:":
        return Flaw("base64", "it begins like a data URL; accepted: base64 alone. Leave out all up to the comma.")
    data = decode(text)
    return data if isinstance(data, Flaw) else find_image_flaw(data)


def find_image_flaw(data: bytes) -> Flaw | None:
    """Return the flaw of the bytes of an image; None if there is none."""
    media_type = media_type_of(data)
    if media_type not in ACCEPTED:
        actual = f"are {media_type}" if media_type else f"are no image (they begin with {data[:8]!r})"
        return Flaw("image", f"the bytes {actual}; accepted: {', '.join(ACCEPTED)}. Encode the bytes of such a file.")
    if read_dimensions(data) is None:
        return Flaw("header", describe_damage(media_type, data, NO_SIZE))
    damage = find_damage(data)
    return Flaw("header", describe_damage(media_type, data, damage)) if damage else None
