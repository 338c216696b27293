"""Control routes of the proxy: its calls so far, and its health."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson
from starlette.types import Scope

from omixa_mock.gateway import VERSION, Problem, Response
from omixa_mock.gateway.http import JSON_TYPE
from omixa_mock.transports.control import PREFIX, ControlPolicy, refuse_access
from omixa_mock.transports.header_fields import parse_headers

from .exchange import Exchange
from .observer import Observer
from .own_responses import OWN_STAMP

__all__ = ["answer_control_call", "describe_exchange"]

Json = Any


async def answer_control_call(observer: Observer, policy: ControlPolicy, scope: Scope) -> Response:
    """Return the response to a control call.

    Raises:
        Problem: The call is refused.
    """
    path = scope["path"]
    refuse_access(policy, parse_headers(scope), scope["scheme"])
    routes = {f"{PREFIX}/requests": describe_exchanges, f"{PREFIX}/health": describe_health}
    if path not in routes:
        raise Problem("not_found", f"The proxy has no control route {path[:80]!r}; it has {', '.join(routes)}.")
    if scope["method"] not in {"GET", "HEAD"}:
        raise Problem("method_not_allowed", f"{path} takes GET.", headers=(("allow", "GET, HEAD"),))
    await observer.catch_up()
    return Response(200, (JSON_TYPE, OWN_STAMP), orjson.dumps(routes[path](observer), option=orjson.OPT_INDENT_2))


def describe_health(observer: Observer) -> Json:
    """Return the name, version and status of the proxy."""
    return {"name": "omixa-mock proxy", "version": VERSION, "status": "ok", "target": observer.origin}


def describe_exchanges(observer: Observer) -> Json:
    """Return the newest exchanges, and the money spent."""
    purse = observer.purse
    return {
        "billed": usd(purse.billed),
        "counted": usd(purse.counted),
        "max_spend": usd(purse.limit),
        "requests": [describe_exchange(exchange) for exchange in observer.exchanges],
    }


def describe_exchange(exchange: Exchange) -> Json:
    """Return an exchange as JSON, without its headers and bodies."""
    return {
        "number": exchange.number,
        "method": exchange.method,
        "path": exchange.path,
        "status": exchange.status,
        "outcome": exchange.outcome,
        "own_response": exchange.own,
        "billed": usd(exchange.bill),
        "seconds": round(exchange.ended_after, 6),
        "request_bytes": exchange.request_size,
        "response_bytes": exchange.response_size,
        "findings": [
            {"side": side, "pointer": found.pointer, "rule": found.rule, "message": found.message}
            for side, result in exchange.results.items()
            for found in result.violations
        ],
    }


def usd(amount: Decimal | None) -> str | None:
    """Return an amount as text; None if there is none."""
    return None if amount is None else f"{amount:.6f}"
