"""Hints for a name that a mock does not have: what other libraries call it, or the nearest of its own names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module

from omixa_mock.gateway.common import nearest

__all__ = ["hint_at_member"]

# Names of `unittest.mock`, respx, responses, pytest-httpx and requests-mock, and plain guesses.
SYNONYMS: Mapping[str, str] = {
    "add_callback": "respond(...)",
    "add_response": "respond(...)",
    "assert_any_call": "assert_called(...)",
    "assert_called_once_with": "assert_called_once(...)",
    "assert_called_with": "assert_called(...)",
    "assert_has_calls": "assert_called(..., times=...)",
    "balance": "wallet.balance",
    "call_args": "last.request",
    "call_args_list": "calls",
    "call_count": "len(mock.calls)",
    "called": "len(mock.calls), or assert_called()",
    "charge": "last.charge",
    "charged": "wallet.captured",
    "charges": "wallet.captured, or the charge of each of the calls",
    "clear": "reset()",
    "cost": "wallet.captured",
    "faults": "plans",
    "get_requests": "calls",
    "history": "calls",
    "images": "last.images",
    "journal": "calls",
    "key": "api_key",
    "last_call": "last",
    "last_request": "last.request",
    "last_response": "last.response",
    "latency": "configure(latency=...)",
    "mock_calls": "calls",
    "reply": "respond(...)",
    "request": "last.request",
    "request_count": "len(mock.calls)",
    "request_history": "calls",
    "requests": "calls",
    "reset_mock": "reset()",
    "response": "last.response",
    "return_value": "respond(...)",
    "set_latency": "configure(latency=...)",
    "side_effect": "fail(...) or respond(...)",
    "spent": "wallet.captured",
    "wait": "settle()",
}
# Members of the mock of a server, for one in process.
SERVER_ONLY: Mapping[str, str] = {
    "url": "Use base_url; a mock in process has no server. The fixture omixa_mock_server has one.",
    "adopt": "In process every key belongs to the test already; adopt() is for the fixture omixa_mock_server.",
}


def hint_at_member(name: str, members: Iterable[str]) -> str:
    """Return a sentence about an unknown member, which begins with a space; empty if nothing is similar."""
    if name.startswith("_"):
        return ""
    module = "omixa_mock"
    if name in import_module(module).__all__:
        return f" In a test the fixture hides the module: import {module} as fake, and fake.{name} is there."
    if name in SERVER_ONLY:
        return f" {SERVER_ONLY[name]}"
    if name in SYNONYMS:
        return f" Use {SYNONYMS[name]}."
    near = nearest(name, (member for member in members if not member.startswith("_")))
    return "" if near is None else f" Did you mean {near}?"
