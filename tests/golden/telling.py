"""What is recorded of a response, a wallet and a call: texts as they are, images by their digests."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

from omixa_mock import Call, Settings
from omixa_mock.gateway import Wallet
from omixa_mock.gateway.common import VERSION

Told = Any
# A failure is read by people: what differs is told in so many lines of so many characters.
LINES_MAX = 20
TEXT_MAX = 400
REPAIR = "Only if that is meant: python tests/golden/record.py, and say why in the commit."
RULES = "x-omixa-mock-rules"
INTERCEPTING = "1 balance 100.000000: 100.000000, held 0.000000, call 0 "
# What nearly every response and record says: only other values are written down.
USUAL_HEADERS = ["content-type: application/json", "x-omixa-mock: <version>"]
USUAL_RECORD: dict[str, Told] = {
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


def tell_response(status: int, headers: Iterable[tuple[str, str]], body: bytes) -> dict[str, Told]:
    """A response; what it says of its transport depends on the door, and of the fake's version on the day."""
    said = [f"{name}: {value.replace(VERSION, '<version>')}" for name, value in headers if name != "content-length"]
    return {"status": status, **({} if said == USUAL_HEADERS else {"headers": said}), **tell_body(body)}


def tell_body(body: bytes) -> dict[str, Told]:
    """A body: a success by its figures and digests, another that holds images by its digest, all else as text."""
    if success := read_success(body):
        return success
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return {"sha256": digest(body), "length": len(body)}
    return {"sha256": digest(body), "length": len(body)} if "b64_json" in text else {"body": text}


def read_success(body: bytes) -> dict[str, Told] | None:
    """The figures of a success, and the digests of its images; None for all that is none."""
    try:
        response = json.loads(body)
        images = [base64.b64decode(item["b64_json"], validate=True) for item in response["data"]]
        bill = {"created": response["created"], "billed_amount": response["usage"]["billed_amount"]}
    except (ValueError, LookupError, TypeError):
        return None
    if not images:
        return None
    return {**bill, "images": [digest(image) for image in images], "sha256": digest(body)}


def digest(data: bytes) -> str:
    """Half a SHA-256: enough to tell bytes apart, and to keep the file small."""
    return sha256(data).hexdigest()[:32]


def tell_wallet(wallet: Wallet) -> dict[str, Told]:
    """The balance, and the ledger a line an entry, without its first where that is the usual balance."""
    lines = [
        f"{each.number} {each.kind} {each.amount}: {each.balance}, held {each.held}, call {each.call} {each.digest[:8]}"
        for each in wallet.ledger
    ]
    told = lines[1:] if lines[0] == INTERCEPTING else lines
    spent = {"captured": str(wallet.captured), "ledger": told} if told else {}
    return {"balance": str(wallet.balance), **spent}


def tell_call(call: Call, sent: bytes | None) -> dict[str, Told]:
    """The record of a call as the control route has it, where that is not as usual and repeats nothing."""
    record = call.as_json()
    record["headers"].pop("content-length", None)
    record["attempts"] = [f"{each.route} {each.outcome}" for each in call.attempts]
    record["request"] = tell_request(call, record["request"], sent)
    record["error"] = call.error.name if call.error else None  # its message is the response's
    told = {name: value for name, value in record.items() if (value, type(value)) != usual(name)}
    if call.response and call.response.status == told["status"]:
        del told["status"]
    if call.response and dict(call.response.headers).get(RULES) == ", ".join(record["rules"]):
        del told["rules"]
    return told


def tell_request(call: Call, shown: Told, sent: bytes | None) -> Told:
    """What a record shows of the body, where that is not the whole of it."""
    if call.document is not None and shown == json.loads(sent or b"null"):
        return "as sent"
    text = dump(shown)
    return shown if len(text) <= TEXT_MAX else digest(text.encode())


def usual(name: str) -> tuple[Told, type]:
    """What a record mostly says, and of which type that is; a name that is not in the table is always told."""
    value = USUAL_RECORD.get(name, ...)
    return value, type(value)


def compare(told: Told, recorded: Told) -> None:
    """Hold what came against what was recorded; a failure says what differs, and what to do where that is right.

    Raises:
        AssertionError: They differ.
    """
    __tracebackhide__ = True
    lines = list(differences(told, recorded))
    if lines:
        more = [f"and {len(lines) - LINES_MAX} more"] if len(lines) > LINES_MAX else []
        raise AssertionError("\n".join([*lines[:LINES_MAX], *more, REPAIR])) from None


def differences(told: Told, recorded: Told, path: str = "") -> Iterator[str]:
    """Where two recordings differ, a line a place."""
    if isinstance(told, dict) and isinstance(recorded, dict):
        for name in {**recorded, **told}:
            yield from differences(told.get(name, "nothing"), recorded.get(name, "nothing"), f"{path}/{name}")
    elif isinstance(told, list) and isinstance(recorded, list) and len(told) == len(recorded):
        for index, pair in enumerate(zip(told, recorded, strict=True)):
            yield from differences(*pair, f"{path}/{index}")
    elif (type(told), told) != (type(recorded), recorded):
        yield f"{path or '/'}:\n  came:     {told!r:.{TEXT_MAX}}\n  recorded: {recorded!r:.{TEXT_MAX}}"


def write(recording: dict[str, Told]) -> str:
    """The recording as JSON: a line for each call and wallet, so that a difference of files can be read."""
    cases = (f"{dump(name)}: {write_case(case)}" for name, case in recording.items())
    return "{\n" + ",\n".join(cases) + "\n}\n"


def write_case(case: Told) -> str:
    """A case: its calls, then its wallet."""
    calls = ",\n".join(f"  {dump(call)}" for call in case["calls"])
    return f'{{\n "calls": [\n{calls}\n ],\n "wallet": {dump(case["wallet"])}\n}}'


def dump(value: Told) -> str:
    return json.dumps(value, ensure_ascii=False)
