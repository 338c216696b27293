"""Recording format: responses, wallets and calls as JSON, with digests in place of images."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

from omixa_mock import Call, Settings
from omixa_mock.gateway import Wallet
from omixa_mock.gateway.common import VERSION

Json = Any
# The bounds of a failure message, in differences and in characters of each value.
LINES_MAX = 20
TEXT_MAX = 400
REPAIR = "Only if that is meant: python tests/golden/record.py, and explain it in the commit."
RULES = "x-omixa-mock-rules"
USUAL_LEDGER_LINE = "1 balance 100.000000: 100.000000, held 0.000000, call 0 "
# The usual values in responses and records, which are left out.
USUAL_HEADERS = ["content-type: application/json", "x-omixa-mock: <version>"]
USUAL_RECORD: dict[str, Json] = {
    "method": "POST",
    "path": "/api/v1/images/generations",
    "headers": {"authorization": "(redacted)", "content-type": "application/json"},
    "created": Settings().created,
    "request": None,
    "operation": None,
    "digest": None,
    "input_images": [],
    "mask": None,
    "error": None,
    "rules": [],
    "planned": False,
    "advisories": [],
    "attempts": [],
    "fingerprints": [],
    "charge": None,
    "fault": None,
    "waited": 0.0,
    "client_left": False,
    "replayed": False,
    "late": None,
    "shed": False,
}


# Fields of the message or the connection, which a transport adds.
OF_TRANSPORT = {"content-length", "keep-alive"}


def describe_response(status: int, headers: Iterable[tuple[str, str]], body: bytes) -> dict[str, Json]:
    """Describe a response, without the parts that depend on the transport or the fake's version."""
    lines = [f"{name}: {value.replace(VERSION, '<version>')}" for name, value in headers if name not in OF_TRANSPORT]
    return {"status": status, **({} if lines == USUAL_HEADERS else {"headers": lines}), **describe_body(body)}


def describe_body(body: bytes) -> dict[str, Json]:
    """Describe a body: a success by amounts and digests, another one with images by its digest, any other as text."""
    if success := read_success(body):
        return success
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return {"sha256": digest(body), "length": len(body)}
    return {"sha256": digest(body), "length": len(body)} if "b64_json" in text else {"body": text}


def read_success(body: bytes) -> dict[str, Json] | None:
    """Return the amounts of a success and the digests of its images; None for any other body."""
    try:
        response = json.loads(body)
        images = [base64.b64decode(item["b64_json"], validate=True) for item in response["data"]]
        values = {"created": response["created"], "billed_amount": response["usage"]["billed_amount"]}
    except (ValueError, LookupError, TypeError):
        return None
    if not images:
        return None
    return {**values, "images": [digest(image) for image in images], "sha256": digest(body)}


def digest(data: bytes) -> str:
    """Return half a SHA-256, which keeps the file small."""
    return sha256(data).hexdigest()[:32]


def describe_wallet(wallet: Wallet) -> dict[str, Json]:
    """Describe the balance and the ledger, one line per entry, without a usual first entry."""
    lines = [
        f"{row.number} {row.kind} {row.amount}: {row.balance}, held {row.held}, call {row.call} {row.digest[:8]}"
        for row in wallet.ledger
    ]
    changes = lines[1:] if lines[0] == USUAL_LEDGER_LINE else lines
    spent = {"captured": str(wallet.captured), "ledger": changes} if changes else {}
    return {"balance": str(wallet.balance), **spent}


def describe_call(call: Call, sent: bytes | None) -> dict[str, Json]:
    """Describe a call by its record at the control route, without usual values and repetitions of the response."""
    record = call.as_json()
    record["headers"].pop("content-length", None)
    record["attempts"] = [f"{attempt.route} {attempt.outcome}" for attempt in call.attempts]
    record["request"] = describe_request(call, record["request"], sent)
    record["error"] = call.error.name if call.error else None  # its message is the response's
    unusual = {name: value for name, value in record.items() if (value, type(value)) != usual(name)}
    if call.sent and call.status == unusual["status"]:
        del unusual["status"]
    if call.sent and dict(call.response.headers).get(RULES) == ", ".join(record["rules"]):
        del unusual["rules"]
    return unusual


def describe_request(call: Call, shown: Json, sent: bytes | None) -> Json:
    """Describe the body in a record; "as sent" if it is unchanged."""
    if call.document is not None and shown == json.loads(sent or b"null"):
        return "as sent"
    text = dump(shown)
    return shown if len(text) <= TEXT_MAX else digest(text.encode())


def usual(name: str) -> tuple[Json, type]:
    """Return the usual value of a field and its type; a field outside the table has none."""
    value = USUAL_RECORD.get(name, ...)
    return value, type(value)


def compare(actual: Json, recorded: Json) -> None:
    """Compare a result with the recorded one.

    Raises:
        AssertionError: They differ. The message lists the differences, and explains how to record again.
    """
    __tracebackhide__ = True
    lines = list(differences(actual, recorded))
    if lines:
        more = [f"and {len(lines) - LINES_MAX} more"] if len(lines) > LINES_MAX else []
        raise AssertionError("\n".join([*lines[:LINES_MAX], *more, REPAIR])) from None


def differences(actual: Json, recorded: Json, path: str = "") -> Iterator[str]:
    """Yield the differences between two recordings, each with its pointer."""
    if isinstance(actual, dict) and isinstance(recorded, dict):
        for name in {**recorded, **actual}:
            yield from differences(actual.get(name, "nothing"), recorded.get(name, "nothing"), f"{path}/{name}")
    elif isinstance(actual, list) and isinstance(recorded, list) and len(actual) == len(recorded):
        for index, pair in enumerate(zip(actual, recorded, strict=True)):
            yield from differences(*pair, f"{path}/{index}")
    elif (type(actual), actual) != (type(recorded), recorded):
        yield f"{path or '/'}:\n  actual:   {actual!r:.{TEXT_MAX}}\n  recorded: {recorded!r:.{TEXT_MAX}}"


def write(recording: dict[str, Json]) -> str:
    """Return the recording as JSON, with a line for each call and wallet, for readable diffs."""
    cases = (f"{dump(name)}: {write_case(case)}" for name, case in recording.items())
    return "{\n" + ",\n".join(cases) + "\n}\n"


def write_case(case: Json) -> str:
    """Return a case as JSON: its calls, then its wallet."""
    calls = ",\n".join(f"  {dump(call)}" for call in case["calls"])
    return f'{{\n "calls": [\n{calls}\n ],\n "wallet": {dump(case["wallet"])}\n}}'


def dump(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)
