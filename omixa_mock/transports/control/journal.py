"""The journal in the control routes: the calls that a query chooses, and their JSON."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from omixa_mock.gateway import Call, Problem
from omixa_mock.gateway.calls import BoundedLog, write_call

__all__ = ["choose_calls", "describe_journal"]


def describe_journal(journal: BoundedLog[Call], query: Mapping[str, Any]) -> Any:
    """Return the calls of a journal that a query chooses, as JSON, oldest first.

    Args:
        journal: The journal.
        query: The query, as `read_query` returns it.
    """
    calls = choose_calls(journal, query)
    write = write_call if query.get("full") else Call.as_json
    return {
        "evicted": journal.evicted,
        "shed": sum(call.shed for call in calls),
        "calls": [write(call) for call in calls],
    }


def choose_calls(journal: Iterable[Call], query: Mapping[str, Any]) -> Sequence[Call]:
    """Return the calls that a query chooses; of more than its limit the newest.

    Raises:
        Problem: `invalid_request`, for a number of calls that have none.
    """
    bound = next((name for name in ("since", "before") if name in query), "")
    if query.get("unmatched") and bound:
        raise Problem("invalid_request", f"The calls of unmatched=1 have no number. Leave out {bound}.")
    calls = [
        call
        for call in journal
        if query.get("status") in {None, call.status}
        and query.get("operation") in {None, call.operation}
        and query.get("since", -1) < call.number < query.get("before", math.inf)
    ]
    if "before" in query:
        # The journal is in order of the ends of calls; a client that pages by number must not miss one.
        calls.sort(key=lambda call: call.number)
    return calls[-query["limit"] :] if "limit" in query else calls
