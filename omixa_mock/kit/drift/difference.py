"""One difference between a page and the schemas."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from omixa_mock.gateway.http import redact

__all__ = ["RESPONSE_FILE", "Drift", "Kind", "gateway_file", "request_file", "show"]

Kind = Literal[
    "added",
    "removed",
    "type",
    "required",
    "accepted values",
    "range",
    "default",
    "request sample",
    "response sample",
    "endpoint",
    "method",
    "price",
    "hold",
    "header",
]
RESPONSE_FILE = "schemas/responses/image.json"
SHOWN = 80


@dataclass(frozen=True, slots=True)
class Drift:
    """Difference between a page and the schemas.

    Attributes:
        name: The name of a field, or the path of a sample's member.
        kind: The aspect that differs.
        page: The page's text.
        schema: The schema's text.
        file: The file, and the place in it, to edit if the page is right.
    """

    name: str
    kind: Kind
    page: str
    schema: str
    file: str

    def __str__(self) -> str:
        subject = self.name if self.name == self.kind else f"{self.name}: {self.kind}"
        return f"{subject}: the page says {self.page}; the schema says {self.schema}. Edit {self.file}."


def request_file(model: str, *steps: str) -> str:
    """Return a place in the request schema of a model."""
    return " ".join(["schemas/requests/" + model + ".json", *(["/" + "/".join(steps)] if steps else [])])


def gateway_file(behaviour: str) -> str:
    """Return the place of a behaviour in `schemas/gateway.json`."""
    return f"schemas/gateway.json /behaviours/{behaviour}"


def show(values: Iterable[Any]) -> str:
    """Return values on one line, each cut to 80 characters, without API keys and control characters."""
    texts = (redact(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)) for value in values)
    lines = ("".join(mark if mark.isprintable() else " " for mark in text) for text in texts)
    return ", ".join(line if len(line) <= SHOWN else f"{line[:SHOWN]}…" for line in lines) or "nothing"
