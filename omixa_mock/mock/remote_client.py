"""Client of a workspace of a fake in another process, over its control routes."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from decimal import Decimal
from http.client import HTTPException
from typing import Any
from urllib.parse import quote

from omixa_mock.gateway import Call, LedgerEntry, Plan, PlanState, SettingError
from omixa_mock.gateway.calls import read_call
from omixa_mock.gateway.faults import read_matcher, read_recorded, write_plan

from .workspace_client import Balance, OtherCalls

__all__ = ["NotAFake", "RemoteClient"]


class NotAFake(RuntimeError):  # noqa: N818  # named by what is wrong
    """Nothing answers at the URL, or something that is not omixa-mock."""


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
        self.url = url.rstrip("/")
        self._field_names = field_names
        self._headers = {"Authorization": f"Bearer {key}"} | ({"X-Omixa-Mock-Token": token} if token else {})
        self.instance = self._identify()
        self.configure({})

    def field_names(self) -> Sequence[str]:
        """Return the names of the request fields that the contract knows."""
        return self._field_names

    def calls(self) -> Sequence[Call]:
        """Return the calls that have ended, oldest first."""
        return tuple(read_call(row) for row in self._ask("GET", "/requests?full=1")["calls"])

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
        self._ask("DELETE", f"/workspace?name={quote(name)}")

    def _identify(self) -> str:
        data = self._ask("GET", "/health")
        if not isinstance(data, dict) or data.get("name") != "omixa-mock":
            raise self._no_fake("it says nothing of being one")
        return str(data.get("instance"))

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body, default=str).encode()
        try:
            request = urllib.request.Request(  # noqa: S310  # the user's own --omixa-mock-url
                f"{self.url}/__omixa{path}", data, self._headers, method=method
            )
            with DIRECT.open(request, timeout=TIMEOUT) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                if "x-omixa-mock" in error.headers:
                    raise SettingError(read_message(error.read())) from None
                raise self._no_fake(f"{method} /__omixa{path} gets {error.code}") from None
        except OSError as error:
            reason = getattr(error, "reason", error)
            raise NotAFake(f"Nothing answers at {self.url} ({reason}). Start a fake: omixa-mock serve") from None
        except (ValueError, HTTPException) as error:
            raise self._no_fake(f"{type(error).__name__}: {error}") from None

    def _no_fake(self, why: str) -> NotAFake:
        return NotAFake(f"What answers at {self.url} is no omixa-mock: {why}. Start one: omixa-mock serve")


# A proxy of the environment is for other hosts.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
TIMEOUT = 30.0


def read_message(body: bytes) -> str:
    """Return the message in a refusal of a control route."""
    try:
        return str(json.loads(body)["error"]["message"])
    except (ValueError, LookupError, TypeError):
        return "the control route answered with something else than a fake's refusal"


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
