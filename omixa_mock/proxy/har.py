"""Entries of a HAR 1.2, redacted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, quote

from omixa_mock.gateway import VERSION
from omixa_mock.transports.cors import EXPOSED

from .bodies import Body, Recorder
from .compaction import CompactBody
from .exchange import Exchange
from .fields import Fields, first
from .secrets import Secrets

__all__ = ["HEAD", "EntryWriter", "File"]

Json = Any
OWN_NAMES = frozenset(name.casefold() for name in EXPOSED)
File = tuple[str, Body]
HEAD = {"version": "1.2", "creator": {"name": "omixa-mock proxy", "version": VERSION}}


class EntryWriter:
    """Writer of the entry of one exchange.

    Args:
        origin: The origin of the gateway.
        exchange: The exchange.
        secrets: The known secrets.
        recorder: The writer of the bodies.
        prefix: The beginning of the names of files beside the HAR.

    Attributes:
        files: The files beside the HAR, by name.
    """

    def __init__(self, origin: str, exchange: Exchange, secrets: Secrets, recorder: Recorder, prefix: str) -> None:
        self._origin = origin
        self._exchange = exchange
        self._secrets = secrets
        self._recorder = recorder
        self._prefix = prefix
        self.files: list[File] = []

    def entry(self) -> Json:
        """Return the entry."""
        exchange = self._exchange
        request = self._request()  # first: what it says in words must not be in any other part
        return {
            "startedDateTime": exchange.started_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "time": milliseconds(exchange.ended_after),
            "request": request,
            "response": self._response(),
            "cache": {},
            "timings": self._timings(),
            "_omixaMock": {
                "number": exchange.number,
                "outcome": exchange.outcome,
                "proxyResponse": exchange.own,
                "billed": None if exchange.bill is None else f"{exchange.bill:.6f}",
                "brokenRules": [
                    {"side": side, "rule": found.rule, "pointer": self._recorder.pointer(found.pointer, found.rule)}
                    for side, result in exchange.results.items()
                    for found in result.violations
                ],
            },
        }

    def _request(self) -> Json:
        exchange = self._exchange
        post_data = self._post_data()
        path, _, query = exchange.target.decode("latin-1").partition("?")
        pairs = [(self._text(name), self._recorder.parameter(name, value)) for name, value in parse_qsl(query, True)]  # noqa: FBT003
        shown = f"?{self._query(query)}" if query else ""
        return {
            "method": self._text(exchange.method),
            "url": f"{self._origin}{'/'.join(map(self._segment, path.split('/')))}{shown}",
            "httpVersion": f"HTTP/{exchange.version}",
            "cookies": cookies(exchange.fields, b"cookie"),
            "headers": self._headers(exchange.fields),
            "queryString": [{"name": name, "value": value} for name, value in pairs],
            "headersSize": -1,
            "bodySize": exchange.request_size,
            **({"postData": post_data} if post_data else {}),
        }

    def _post_data(self) -> Json:
        exchange = self._exchange
        if not exchange.request_size:
            return None
        media_type = self._secrets.redact(first(exchange.fields, b"content-type").decode("latin-1"))
        body = self._body("request", self._recorder.request)
        return {"mimeType": media_type, **self._content(body)}

    def _response(self) -> Json:
        exchange = self._exchange
        fields = exchange.response_fields
        body = self._body("response", self._recorder.response) if exchange.response_size else Body("")
        content = {
            "size": exchange.response_size,
            "mimeType": self._text(first(fields, b"content-type").decode("latin-1")),
            **self._content(body),
        }
        ending = "" if exchange.outcome == "complete" else exchange.outcome
        return {
            "status": exchange.status,
            "statusText": self._text(exchange.reason.decode("latin-1")),
            "httpVersion": "HTTP/1.1",
            "cookies": cookies(fields, b"set-cookie"),
            "headers": self._headers(fields),
            "content": content,
            "redirectURL": self._text(first(fields, b"location").decode("latin-1")),
            "headersSize": -1,
            "bodySize": exchange.response_size,
            **({"_error": ending, "comment": self._text(exchange.detail)} if ending else {}),
        }

    def _body(self, side: str, record: Callable[[CompactBody], Body]) -> Body:
        content = self._exchange.content.get(side)
        return Body(None, "it is longer than the proxy keeps") if content is None else record(content)

    def _content(self, body: Body) -> Json:
        """Return the members of a body: its text, its file, or the reason why there is neither."""
        if body.text is None:
            return {"text": "", "comment": f"not recorded: {body.note}"}
        if not body.has_images:
            return {"text": body.text}
        digest = sha256()
        for piece in body.pieces():
            digest.update(piece)
        name = f"{self._prefix}{digest.hexdigest()[:16]}.json"
        self.files.append((name, body))
        return {"_file": name}

    def _headers(self, fields: Fields) -> list[Json]:
        decoded = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in fields)
        return [
            {"name": self._name(name), "value": self._recorder.text(self._secrets.redact_field(name, value))}
            for name, value in decoded
        ]

    def _name(self, name: str) -> str:
        """Return the name of a field; the fake's own may have a part of a key that was made up for it."""
        return name if name.casefold() in OWN_NAMES else self._text(name)

    def _segment(self, text: str) -> str:
        """Return a segment of the path."""
        safe = self._text(text)
        return safe if safe == text else quote(safe)

    def _query(self, query: str) -> str:
        """Return the query as it was sent, unless something in it must not be recorded."""
        pairs = parse_qsl(query, keep_blank_values=True)
        safe = [(self._text(name), self._recorder.parameter(name, value)) for name, value in pairs]
        if safe == pairs and self._text(query) == query:
            return query
        return "&".join(f"{quote(name)}={quote(value)}" for name, value in safe)

    def _text(self, text: str) -> str:
        return self._recorder.text(text)

    def _timings(self) -> Json:
        """Return the durations of the phases, -1 for one that did not begin."""
        exchange = self._exchange
        sent, head = exchange.sent_after, exchange.head_after
        return {
            "send": milliseconds(sent or 0.0),
            "wait": milliseconds((head if head is not None else exchange.ended_after) - (sent or 0.0)),
            "receive": 0.0 if head is None else milliseconds(exchange.ended_after - head),
        }


def milliseconds(seconds: float) -> float:
    """Return a duration in milliseconds."""
    return round(timedelta(seconds=max(seconds, 0.0)) / timedelta(milliseconds=1), 3)


def cookies(fields: Fields, name: bytes) -> list[Json]:
    """Return the names of cookies; a value may be a key."""
    return [{"name": found, "value": "<a cookie>"} for found in cookie_names(fields, name)]


def cookie_names(fields: Fields, name: bytes) -> Iterator[str]:
    """Yield the names of the cookies in a field."""
    for found, value in fields:
        if found.lower() == name:
            try:
                yield from SimpleCookie(value.decode("latin-1"))
            except CookieError:
                continue
