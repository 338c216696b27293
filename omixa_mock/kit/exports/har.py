"""Recorded calls as an HTTP Archive, HAR 1.2."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import pybase64

from omixa_mock.gateway import VERSION, Call, Response
from omixa_mock.gateway.http import redact

from .curl import dump
from .not_exportable import NotExportable, body_of

__all__ = ["write_har"]

Json = Any
HTTP = "HTTP/1.1"
DROPPED = "omixa-mock: the journal has dropped or not kept these bytes"


def write_har(calls: Iterable[Call], url: str) -> Json:
    """Return calls as a HAR, with images and without keys: such a file is passed on.

    Args:
        calls: The calls.
        url: The URL of the fake, without a path.
    """
    creator = {"name": "omixa-mock", "version": VERSION}
    return {"log": {"version": "1.2", "creator": creator, "entries": [write_entry(call, url) for call in calls]}}


def write_entry(call: Call, url: str) -> Json:
    """Return the entry of a call."""
    waited = round(call.waited * 1000, 3)
    return {
        "startedDateTime": datetime.fromtimestamp(call.created, UTC).isoformat(timespec="milliseconds"),
        "time": waited,
        "request": write_request(call, url),
        "response": write_response(call.sent) if call.sent else NO_RESPONSE,
        "cache": {},
        "timings": {"send": 0, "wait": waited, "receive": 0},
        "comment": f"omixa-mock: call #{call.number}{f', fault {call.fault}' if call.fault else ''}",
    }


def write_request(call: Call, url: str) -> Json:
    """Return the request of a call."""
    message = {"method": call.method, "url": f"{url}{redact(call.path)}", "queryString": [], **common(call.headers)}
    try:
        body = body_of(call)
    except NotExportable:
        return {**message, "bodySize": call.received, "postData": {"mimeType": "", "text": "", "comment": DROPPED}}
    if body is None:
        return {**message, "bodySize": 0}
    text = dump(body)
    media_type = call.headers.get("content-type", "application/json")
    return {**message, "bodySize": len(text.encode()), "postData": {"mimeType": media_type, "text": text}}


def write_response(response: Response) -> Json:
    """Return a response."""
    headers = dict(response.headers)
    return {
        "status": response.status,
        "statusText": HTTPStatus(response.status).phrase if response.status in set(HTTPStatus) else "",
        **common(headers),
        "content": write_content(response.body, headers.get("content-type", "")),
        "redirectURL": "",
        "bodySize": len(response.body),
    }


def write_content(body: bytes, media_type: str) -> Json:
    """Return the body of a response, in base64 if it is no UTF-8."""
    content = {"size": len(body), "mimeType": media_type}
    if not body:
        return {**content, "comment": DROPPED}
    try:
        return {**content, "text": body.decode()}
    except UnicodeDecodeError:
        return {**content, "text": pybase64.b64encode(body).decode(), "encoding": "base64"}


def common(headers: Mapping[str, str]) -> dict[str, Json]:
    """Return the members that requests and responses share."""
    fields = [{"name": name, "value": value} for name, value in headers.items()]
    return {"httpVersion": HTTP, "cookies": [], "headers": fields, "headersSize": -1}


# As Chromium writes a request without a response.
NO_RESPONSE: Json = {
    "status": 0,
    "statusText": "",
    **common({}),
    "content": {"size": 0, "mimeType": ""},
    "redirectURL": "",
    "bodySize": -1,
}
