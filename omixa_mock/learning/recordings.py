"""Recorded calls: request, response and duration, from HARs, JSON Lines and JSON records."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson

from omixa_mock.gateway.http import GENERATE
from omixa_mock.kit.files.archives import ArchiveError, open_archive, read_beside
from omixa_mock.kit.files.exchanges import ElementLines, dig
from omixa_mock.kit.files.foreign import ZIP
from omixa_mock.kit.files.har import ReadResource, find_entries, make_exchange

__all__ = ["RecordedCall", "RecordingError", "read_recording"]

Json = Any
PATH = f"/api/v1/{GENERATE}"
SIDES = ("request", "response")
BASE = re.compile(r"/api/v1/.*\Z")


class RecordingError(ValueError):
    """File that is no recording of calls."""


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """Recorded call to the API.

    Attributes:
        where: The entry in its file, for messages.
        method: The method.
        path: The path from `/api/v1/` on.
        status: The status of the response; 0 without one.
        request: The body of the request; empty if it was not recorded.
        response: The body of the response; empty if it was not recorded.
        request_headers: Header values of the request by lower-case name.
        response_headers: Header values of the response by lower-case name.
        seconds: The duration; None if unknown.
        started: The start in seconds since 1970; None if unknown.
        size: The length of the request's body; also known if the body itself was not recorded.
        noted: The rules that the request broke when `omixa-mock proxy` recorded it, each with its pointer.
    """

    where: str
    method: str
    path: str
    status: int
    request: bytes = field(repr=False)
    response: bytes = field(repr=False)
    request_headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    response_headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    seconds: float | None = None
    started: float | None = None
    size: int = 0
    noted: tuple[tuple[str, str], ...] = ()


def read_recording(path: Path) -> list[RecordedCall]:
    """Return the calls in a file, in order.

    Raises:
        RecordingError: The file is no recording.
        OSError: The file cannot be read.
    """
    text = path.read_bytes()
    read_resource: ReadResource = partial(read_beside, str(path))
    if text.startswith(ZIP):
        try:
            text, read_resource = open_archive(text)
        except ArchiveError as error:
            raise RecordingError(str(error)) from None
    entries = find_entries(text)
    if entries is not None:
        lines = ElementLines(text, "log", "entries")
        calls = (read_entry(entry, index, lines, read_resource) for index, entry in enumerate(entries))
        return [call for call in calls if call is not None]
    return list(read_lines(text.splitlines()))


def read_entry(entry: Json, index: int, lines: ElementLines, read_resource: ReadResource) -> RecordedCall | None:
    """Return the call of a HAR's entry; None for an entry of another address, or without the gateway."""
    exchange = make_exchange(entry, index, lines, read_resource)
    path = api_path(exchange.url)
    if path is None or is_of_proxy(entry):
        return None
    request, response = exchange.read_request(""), exchange.read_response("")
    return RecordedCall(
        where=f"entry {index + 1}",
        method=str(exchange.method).upper(),
        path=path,
        status=exchange.status if isinstance(exchange.status, int) else 0,
        request=request if isinstance(request, bytes) else b"",
        response=response if isinstance(response, bytes) else b"",
        request_headers=read_headers(entry, "request"),
        response_headers=read_headers(entry, "response"),
        seconds=seconds_of(entry),
        started=started_of(entry),
        size=max(size_of(entry), len(request) if isinstance(request, bytes) else 0),
        noted=tuple(read_notes(entry)),
    )


def is_of_proxy(entry: Json) -> bool:
    """Return True if `omixa-mock proxy` answered a call itself."""
    return bool(dig(entry, "_omixaMock", "proxyResponse"))


def read_notes(entry: Json) -> Iterator[tuple[str, str]]:
    """Yield rule and pointer of each rule that a request broke when it was recorded."""
    rows = dig(entry, "_omixaMock", "brokenRules")
    for row in rows if isinstance(rows, list) else ():
        rule, pointer = dig(row, "rule"), dig(row, "pointer")
        if dig(row, "side") == "request" and isinstance(rule, str) and isinstance(pointer, str):
            yield rule, pointer


def api_path(url: Json) -> str | None:
    """Return the path of a URL from `/api/v1/` on; None if it has none."""
    try:
        found = BASE.search(unquote(urlsplit(url).path)) if isinstance(url, str) else None
    except ValueError:
        return None
    return found[0] if found else None


def read_headers(entry: Json, side: str) -> dict[str, str]:
    """Return the headers of one side of an entry by lower-case name."""
    message = entry.get(side) if isinstance(entry, dict) else None
    rows = message.get("headers") if isinstance(message, dict) else None
    return {
        str(row["name"]).lower(): str(row["value"])
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, dict) and {"name", "value"} <= row.keys()
    }


def size_of(entry: Json) -> int:
    """Return the length of the body of an entry's request; 0 if unknown."""
    request = entry.get("request") if isinstance(entry, dict) else None
    size = request.get("bodySize") if isinstance(request, dict) else None
    return size if isinstance(size, int) and size > 0 else 0


def seconds_of(entry: Json) -> float | None:
    """Return the duration of an entry."""
    time = entry.get("time") if isinstance(entry, dict) else None
    return time / 1000 if isinstance(time, int | float) and not isinstance(time, bool) and time >= 0 else None


def started_of(entry: Json) -> float | None:
    """Return the start of an entry, in seconds since 1970."""
    text = entry.get("startedDateTime") if isinstance(entry, dict) else None
    try:
        return datetime.fromisoformat(text).timestamp() if isinstance(text, str) else None
    except (ValueError, OverflowError, OSError):
        return None


def read_lines(lines: Iterable[bytes]) -> Iterator[RecordedCall]:
    """Yield the calls of JSON Lines, each with `request`, `response` and `status`.

    Raises:
        RecordingError: A line is something else.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError:
            record = None
        if not isinstance(record, dict) or not {"request", "response", "status"} <= record.keys():
            raise RecordingError(
                f"line {number} is no recorded call; accepted: a HAR, or JSON Lines with request, response and status"
            )
        request, response = (b"" if record[side] is None else orjson.dumps(record[side]) for side in SIDES)
        status = record["status"] if isinstance(record["status"], int) else 0
        yield RecordedCall(f"line {number}", "POST", PATH, status, request, response, size=len(request))
