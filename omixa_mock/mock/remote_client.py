"""Client of a workspace of a fake in another process, over its control routes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from omixa_mock.gateway import Call, LedgerEntry, Plan, PlanState, SettingError
from omixa_mock.gateway.calls import read_call
from omixa_mock.gateway.faults import read_matcher, read_recorded, write_plan

from .control_client import ControlClient, KeyRefusedError
from .workspace_client import Balance, OtherCalls

__all__ = ["RemoteClient"]


class RemoteClient:
    """Client of one key's workspace at a running fake.

    Args:
        url: The fake's URL, without a path.
        key: The workspace's key; its workspace is opened there.
        field_names: The names of the request fields that the contract knows.
        token: The token of its control routes; None if they need none.

    Attributes:
        instance: The fake that has the key, if several share the URL.

    Raises:
        NotAFake: Nothing answers at the URL, or something else does.
    """

    def __init__(self, url: str, key: str, field_names: Sequence[str], token: str | None = None) -> None:
        self._control = ControlClient(url, key, token)
        self._field_names = field_names
        self.instance = self._identify()
        self.configure({})

    def field_names(self) -> Sequence[str]:
        """Return the names of the request fields that the contract knows."""
        return self._field_names

    def calls(self) -> Sequence[Call]:
        """Return the calls that have ended, oldest first."""
        return tuple(read_call(row) for row in self._ask("GET", "/requests?full=1")["calls"])

    def evicted(self) -> int:
        """Return how many calls have ended and are not among `calls` any more."""
        return int(self._ask("GET", "/workspace")["calls_evicted"])

    def unmatched_calls(self) -> Sequence[Call]:
        """Return none: on a shared fake they may belong to another run."""
        return ()

    def other_calls(self) -> Sequence[OtherCalls]:
        """Return none: on a shared fake they may belong to another run."""
        return ()

    def ledger(self) -> Sequence[LedgerEntry]:
        """Return the wallet's entries, oldest first."""
        return tuple(LedgerEntry(**{**row, **as_money(row)}) for row in self._ask("GET", "/ledger")["entries"])

    def wallet(self) -> Balance:
        """Return the wallet as it is now."""
        data = self._ask("GET", "/ledger")
        return Balance(*(Decimal(data[name]) for name in ("balance", "held", "captured")))

    def configure(self, changes: Mapping[str, Any]) -> None:
        """Change settings, balance, models or routes_down; all or nothing."""
        self._ask("PUT", "/workspace", changes)

    def reset(self) -> None:
        """Begin the workspace anew, with the fake's own settings."""
        self._ask("POST", "/reset")

    def plan(self, what: Any) -> None:
        """Plan faults for the next calls (see `read_plan`).

        Raises:
            SettingError: As there, or the plan has a predicate, which cannot be sent to another process.
        """
        self._ask("POST", "/faults", as_json(write_plan(what)))

    def under_way(self) -> int:
        """Return how many calls have not ended."""
        return int(self._ask("GET", "/workspace")["under_way"])

    def unrecorded(self) -> int:
        """Return how many calls have begun and are not among `calls`."""
        workspace, journal = self._ask("GET", "/workspace"), self._ask("GET", "/requests")
        recorded = len(journal["calls"]) + int(journal["evicted"])
        return max(0, min(int(workspace["under_way"]), int(workspace["calls"]) - recorded))

    def plan_states(self) -> Sequence[PlanState]:
        """Return the plans in order, each with the calls that it has met."""
        return tuple(read_plan_state(row) for row in self._ask("GET", "/faults")["plans"])

    def unmatched(self) -> Sequence[Call]:
        """Return the calls that belong to no workspace of this fake, late ones included."""
        return tuple(read_call(row) for row in self._ask("GET", "/requests?unmatched=1&full=1")["calls"])

    def close(self, name: str) -> None:
        """Close the workspace; later calls get 401 under `name`."""
        # Its calls under way are late ones. The run waits for none of them.
        with suppress(KeyRefusedError):  # the test has closed it itself
            self._ask("DELETE", f"/workspace?wait=0&name={quote(name)}")

    def _identify(self) -> str:
        data = self._ask("GET", "/health")
        if not isinstance(data, dict) or data.get("name") != "omixa-mock":
            raise self._control.no_fake("it says nothing of being one")
        return str(data.get("instance"))

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body, default=str).encode()
        return self._control.ask(method, path, data)


def as_json(plan: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a plan that is JSON already.

    Raises:
        SettingError: It has a value that JSON cannot express, such as a matcher.
    """
    try:
        json.dumps(plan)
    except TypeError as error:
        what = str(error).removeprefix("Object of type ").partition(" ")[0]
        raise SettingError(
            f"A {what} cannot travel to a fake in another process. Say plain values, for instance "
            'when={"size": "1024x1536"}, or use a fake of this process'
        ) from None
    return plan


def as_money(entry: Mapping[str, Any]) -> dict[str, Decimal]:
    """Return the amounts of a ledger entry."""
    return {name: Decimal(entry[name]) for name in ("amount", "balance", "held")}


def read_plan_state(data: Mapping[str, Any]) -> PlanState:
    """Parse a plan and its state from a control route's JSON."""
    plan = data["plan"]
    outcomes = tuple(read_recorded(text) for text in plan["fail"])
    read = Plan(outcomes, plan["times"], plan["after"], read_matcher(plan["when"]), plan["probability"])
    return PlanState(read, data["number"], data["seen"], data["fired"], data["predicate_error"])
