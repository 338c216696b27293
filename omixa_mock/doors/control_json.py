"""What the control routes read and write: keys, bodies, workspaces and ledgers as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import orjson
from starlette.requests import Request

from omixa_mock.gateway import LedgerEntry, Problem, Workspace, bearer_key

from .asgi import read_headers

__all__ = ["describe_entry", "describe_workspace", "read_key", "read_object"]

Json = Any
BODY_MAX = 1024 * 1024


def read_key(request: Request) -> str:
    """The key of the workspace that a control call concerns."""
    return bearer_key(read_headers(request.scope))


async def read_object(request: Request) -> dict[str, Any]:
    """The JSON object in a control call's body."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_MAX:
            raise Problem("payload_too_large", f"A control body has at most {BODY_MAX:,} bytes.")
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Problem("invalid_request", f"The body is not JSON: {error}. Send an object.") from None
    if not isinstance(value, dict):
        raise Problem("invalid_request", 'The body is not an object. Send one, for instance {"balance": "5.00"}.')
    return value


def describe_workspace(workspace: Workspace) -> Json:
    """A workspace with its settings, as JSON."""
    settings = {name: plain(value) for name, value in asdict_shallow(workspace.settings).items()}
    return {**workspace.as_json(), "settings": settings}


def asdict_shallow(value: Any) -> dict[str, Any]:
    """A slotted dataclass as a dictionary, without copying what it holds."""
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def plain(value: Any) -> Json:
    """A setting's value as JSON; money as a string."""
    if isinstance(value, Mapping):
        return {name: plain(child) for name, child in value.items()}
    if isinstance(value, tuple | list):
        return [plain(child) for child in value]
    if isinstance(value, int) and value.bit_length() > 63:  # orjson writes no longer ones
        return str(value)
    return value if isinstance(value, int | float | str | None) else str(value)


def describe_entry(entry: LedgerEntry) -> Json:
    """A ledger entry as JSON; money as strings."""
    return plain(asdict(entry))
