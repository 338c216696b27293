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
    """A difference.

    Attributes:
        name: What differs: a field, or a member of a sample by its path.
        kind: In which respect.
        page: What the page says.
        schema: What the schema says.
        file: The file to edit, should the page be right, and where in it.
    """

    name: str
    kind: Kind
    page: str
    schema: str
    file: str

    def __str__(self) -> str:
        what = self.name if self.name == self.kind else f"{self.name}: {self.kind}"
        return f"{what}: the page says {self.page}; the schema says {self.schema}. Edit {self.file}."


def request_file(model: str, *steps: str) -> str:
    """A place in the request schema of a model."""
    return " ".join(["schemas/requests/" + model + ".json", *(["/" + "/".join(steps)] if steps else [])])


def gateway_file(behaviour: str) -> str:
    """The entry of a behaviour."""
    return f"schemas/gateway.json /behaviours/{behaviour}"


def show(values: Iterable[Any]) -> str:
    """Values in one line, each cut short, without keys and without what a terminal would obey."""
    texts = (redact(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)) for value in values)
    lines = ("".join(mark if mark.isprintable() else " " for mark in text) for text in texts)
    return ", ".join(line if len(line) <= SHOWN else f"{line[:SHOWN]}…" for line in lines) or "nothing"
