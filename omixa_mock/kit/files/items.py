"""What reading a file yields: documents to judge, what was left out, and what could not be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from .positions import Position

__all__ = ["NO_BODY", "NO_RESPONSE", "Advance", "Document", "Item", "Skip", "Trouble"]

NO_RESPONSE = "responses that never came"
NO_BODY = "bodies that were not recorded"

# Told of the bytes of a file that were dealt with.
Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Document:
    """One thing to judge.

    Attributes:
        kind: What it is where the file says so; else `auto`.
        body: The JSON text.
        place: From a violation's pointer to a line and a column of the file.
        where: Which of several in its place; empty where the line says it.
        status: Of the response that it was the body of, where that is known.
        media_type: What its Content-Type said, where that is known.
    """

    kind: str
    body: bytes = field(repr=False)
    place: Callable[[str], Position]
    where: str = ""
    status: int | None = None
    media_type: str | None = None


@dataclass(frozen=True, slots=True)
class Skip:
    """Something that is not judged, and why, for instance `bodies that were not recorded`."""

    reason: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that could not be judged, and why."""

    message: str


Item = Document | Skip | Trouble
