"""JSON of the control routes: request bodies, workspaces and ledger entries."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from msgspec.structs import asdict
from starlette.requests import Request

from omixa_mock.gateway import LedgerEntry, Problem, Settings, Workspace, bearer_key
from omixa_mock.gateway.money import Wallet
from omixa_mock.transports.header_fields import parse_headers

__all__ = [
    "changed_settings",
    "describe_wallet",
    "describe_workspace",
    "read_body",
    "read_key",
    "read_object",
    "shorten",
]

Json = Any
# A plan with the most outcomes fits. Validating a longer body would block other requests.
BODY_MAX = 256 * 1024


def read_key(request: Request) -> str:
    """Return the key of the workspace that a control call concerns."""
    return bearer_key(parse_headers(request.scope))


async def read_body(request: Request, length_max: int) -> bytes:
    """Return the body of a control call.

    Raises:
        Problem: `payload_too_large`.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > length_max:
            raise Problem("payload_too_large", f"The body of this control route has at most {length_max:,} bytes.")
    return bytes(body)


async def read_object(request: Request) -> dict[str, Any]:
    """Return the JSON object in a control call's body.

    Raises:
        Problem: The body is too long, or not an object within the bounds.
    """
    body = await read_body(request, BODY_MAX)
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Problem("invalid_request", f"The body is not JSON: {error}. Send an object.") from None
    if not isinstance(value, dict):
        raise Problem("invalid_request", 'The body is not an object. Send one, for instance {"balance": "5.00"}.')
    for text, limit in iterate_texts(value):
        if len(text) > limit:
            raise Problem(
                "invalid_request",
                f"The body has {'a name' if limit == NAME_MAX else 'a text'} of {len(text):,} characters, which "
                f"begins {text[:40]!r}. Accepted: names of at most {NAME_MAX}, texts of at most {TEXT_MAX:,}.",
            )
    json.loads(body, object_pairs_hook=refuse_duplicates)
    return value


# Longer than any accepted name or text: a longer one would only be compared, and repeated in the refusal.
NAME_MAX, TEXT_MAX, DEPTH_MAX = 200, 2000, 64


def iterate_texts(value: Json) -> Iterator[tuple[str, int]]:
    """Yield every name and text within a control body, with its length limit; refuse nesting that is too deep."""
    level: list[Json] = [value]
    for _ in range(DEPTH_MAX):
        deeper: list[Json] = []
        for node in level:
            if isinstance(node, str):
                yield node, TEXT_MAX
            elif isinstance(node, dict):
                yield from ((name, NAME_MAX) for name in node)
                deeper.extend(node.values())
            elif isinstance(node, list):
                deeper.extend(node)
        level = deeper
    if level:
        raise Problem("invalid_request", f"The body nests deeper than {DEPTH_MAX} levels. Send it flatter.")


def refuse_duplicates(pairs: list[tuple[str, Json]]) -> None:
    """Refuse a name that occurs twice in one object: JSON parsers accept it silently (RFC 8259 §4)."""
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            raise Problem("invalid_request", f"The name {name!r} occurs twice in one object. Send it once.")
        seen.add(name)


def shorten(message: str) -> str:
    """Return a message without its middle if it is long: its beginning has the value, its end what is accepted."""
    left_out = len(message) - 2 * MESSAGE_HALF
    if left_out <= 0:
        return message
    return f"{message[:MESSAGE_HALF]}… ({left_out:,} characters) …{message[-MESSAGE_HALF:]}"


MESSAGE_HALF = 1000


def describe_workspace(workspace: Workspace) -> Json:
    """Return a workspace with its settings, as JSON."""
    settings, defaults = plain(asdict(workspace.settings)), plain(asdict(Settings()))
    return {
        **workspace.as_json(),
        "calls_under_way": list(workspace.calls_under_way),
        "routes": sorted({route for model in workspace.terms.models for route in workspace.terms.routes(model)}),
        "settings": settings,
        "defaults": {name: defaults[name] for name in changed_settings(workspace.settings)},
    }


def changed_settings(settings: Settings) -> dict[str, Json]:
    """Return the settings that differ from their defaults, as JSON."""
    defaults = plain(asdict(Settings()))
    return {name: value for name, value in plain(asdict(settings)).items() if value != defaults[name]}


def plain(value: Any) -> Json:
    """Return a setting's value as JSON; money as a string."""
    if isinstance(value, Mapping):
        return {name: plain(child) for name, child in value.items()}
    if isinstance(value, tuple | list):
        return [plain(child) for child in value]
    if isinstance(value, int) and value.bit_length() > 63:  # orjson writes no longer integers
        return str(value)
    return value if isinstance(value, int | float | str | None) else str(value)


def describe_wallet(wallet: Wallet, query: Mapping[str, Any]) -> Json:
    """Return a wallet with the entries of its ledger that a query chooses, as JSON, oldest first."""
    entries = [
        entry
        for entry in wallet.ledger
        if query.get("call") in {None, entry.call} and entry.number > query.get("since", 0)
    ]
    return {
        "balance": f"{wallet.balance:.6f}",
        "held": f"{wallet.held:.6f}",
        "captured": f"{wallet.captured:.6f}",
        "evicted": wallet.ledger.evicted,
        "entries": [describe_entry(entry) for entry in entries[-query.get("limit", len(entries)) :]],
    }


def describe_entry(entry: LedgerEntry) -> Json:
    """Return a ledger entry as JSON; money as strings."""
    return plain(asdict(entry))
