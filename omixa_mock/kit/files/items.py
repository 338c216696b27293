"""Results of parsing a file: documents, skipped parts, errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from .positions import Position

__all__ = ["CUT_BODY", "NO_BODY", "NO_RESPONSE", "Advance", "Document", "Item", "Skip", "Trouble"]

NO_RESPONSE = "responses that never came"
NO_BODY = "bodies that were not recorded"
CUT_BODY = "bodies that were not recorded whole"

# Callback with a number of bytes of a file that were processed.
Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Document:
    """Document to validate.

    Attributes:
        kind: The kind that the file states; else `auto`.
        body: The JSON text.
        locate: Function from a violation's pointer to a position in the file.
        where: The part of the line or entry; empty if the line identifies the document.
        status: The status code of the response; None if unknown.
        media_type: The value of Content-Type; None if unknown.
        request: The body of the request that a response belongs to; None if unknown.
    """

    kind: str
    body: bytes = field(repr=False)
    locate: Callable[[str], Position]
    where: str = ""
    status: int | None = None
    media_type: str | None = None
    request: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Skip:
    """Part that is not validated.

    Attributes:
        reason: The reason, for instance `bodies that were not recorded`.
        side: `request` or `response` if it is the body of one; else empty.
    """

    reason: str
    side: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Part that could not be read, with the reason."""

    message: str


Item = Document | Skip | Trouble
