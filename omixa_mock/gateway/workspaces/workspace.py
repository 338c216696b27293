"""Workspace: the state that belongs to one API key."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from threading import Lock
from typing import Any

from omixa_mock.gateway.calls import BoundedLog, Call
from omixa_mock.gateway.contract import SettingError, Settings, Terms, read_amount, with_changes
from omixa_mock.gateway.faults import (
    OK,
    PlannedOutcome,
    PlanState,
    describe_plan_state,
    is_covered,
    read_plan,
    refuse_unperformable,
)
from omixa_mock.gateway.http import ISSUED_PREFIX, abbreviate
from omixa_mock.gateway.money import HeldMoney, Wallet

from .replays import Replays

__all__ = ["Workspace"]

# The number of distinct requests whose repetitions are counted.
COUNTED_MAX = 100_000
NO_FAULT = PlannedOutcome(OK)
CONFIGURABLE = ("settings", "balance", "models", "routes_down")


class Workspace:
    """The state that belongs to one API key.

    Attributes:
        label: The redacted key.
        random_scope: The part of the random seed that differs between keys.
        terms: The contract under this workspace's settings.
        wallet: Balance, holds, ledger.
        models: The models that the key is restricted to; None for all that are enabled.
        routes_down: Provider routes that are marked down.
        journal: The calls that have ended, oldest first.
        request_counts: The number of equal requests, by digest, under `vary = "call"`. Beyond 100,000 digests the
            oldest is forgotten: an equal request then gets its first images again.
        plan_states: The planned faults, in the order of planning, with their counters.
        adopted: Other keys whose calls belong here for now, with their former workspaces.
        arrived: The number of calls that were numbered.
        running: The numbers of the calls that have not ended.
        planned: The number of plans that were planned.
        used: The sequence number of the latest use, counted over all workspaces.
        closed: The name under which it was closed; None if it is open. A call that was under way then is a late one.
        replays: First responses by Idempotency-Key, for the setting `idempotency_key`.
    """

    def __init__(self, label: str, terms: Terms) -> None:
        self.label = label
        # An issued key differs in every run of a test suite, and the same suite must draw the same random numbers.
        self.random_scope = "" if label.startswith(ISSUED_PREFIX) else label
        self.terms = terms
        self.wallet = Wallet(terms.settings.default_balance)
        self.models: tuple[str, ...] | None = None
        self.routes_down: frozenset[str] = frozenset()
        self.journal: BoundedLog[Call] = BoundedLog()
        self.request_counts: OrderedDict[str, int] = OrderedDict()
        self.replays = Replays()
        self.plan_states: list[PlanState] = []
        self.adopted: dict[bytes, Workspace | None] = {}
        self.closed: str | None = None
        self.running: set[int] = set()
        self.arrived = self.planned = self.used = 0
        # Many threads may make calls in one workspace.
        self._lock = Lock()

    def next_number(self) -> int:
        """Return the number of a new call, which is under way from now on."""
        with self._lock:
            self.arrived += 1
            self.running.add(self.arrived)
            return self.arrived

    def end(self, number: int) -> None:
        """Count a numbered call as ended."""
        with self._lock:
            self.running.discard(number)

    @property
    def under_way(self) -> int:
        """Return the number of numbered calls that have not ended."""
        return len(self.running)

    @property
    def calls_under_way(self) -> tuple[int, ...]:
        """Return the numbers of the calls that have not ended, ascending."""
        with self._lock:
            return tuple(sorted(self.running))

    @property
    def idle(self) -> bool:
        """Return True if no call is under way, and no key is adopted."""
        return not self.running and not self.adopted

    def next_outcome(self, call: Call) -> PlannedOutcome:
        """Return the planned outcome of a valid call: every matching plan counts it, and the first one due fires."""
        if not self.plan_states:
            return NO_FAULT
        matching = [state for state in tuple(self.plan_states) if state.matches(call)]  # unlocked: calls predicates
        with self._lock:
            due = [state for state in matching if state.should_fire(self.settings.seed, self.random_scope)]
            return due[0].take() if due else NO_FAULT

    def give_back(self, outcome: PlannedOutcome) -> None:
        """Return an outcome to its plan: its call ended before the fault could be injected."""
        if outcome.state is not None and outcome.fault != OK:
            with self._lock:
                outcome.state.give_back(outcome)

    def plan(self, what: Any) -> PlanState:
        """Plan faults for later valid calls (see `read_plan`).

        Raises:
            SettingError: The fault is unknown, or the plan could never fire.
        """
        plan = read_plan(what, self.terms)
        for fault in plan.outcomes:
            refuse_unperformable(fault, self.terms)
        with self._lock:
            blocking = next((state.plan for state in self.plan_states if is_covered(plan, state.plan)), None)
            if blocking is not None:
                raise SettingError(
                    f"{plan} would never fire: {blocking}, planned before, takes every such call. "
                    "Plan it before that one, or limit that one by times"
                )
            self.planned += 1
            self.plan_states.append(PlanState(plan, self.planned))
            return self.plan_states[-1]

    def forget_plans(self) -> None:
        """Remove all plans."""
        with self._lock:
            self.plan_states.clear()

    def forget_plan(self, number: int) -> bool:
        """Remove the plan with a number; return True if there was one."""
        with self._lock:
            before = len(self.plan_states)
            self.plan_states[:] = [state for state in self.plan_states if state.number != number]
            return len(self.plan_states) < before

    def count_request(self, digest: str) -> int:
        """Count a request, and return the number of equal requests before it."""
        with self._lock:
            before = self.request_counts.get(digest, 0)
            self.request_counts[digest] = before + 1
            if len(self.request_counts) > COUNTED_MAX:
                self.request_counts.popitem(last=False)
            return before

    @property
    def settings(self) -> Settings:
        """Return the settings in force."""
        return self.terms.settings

    def configure(self, changes: Mapping[str, Any]) -> None:
        """Change `settings`, `balance`, `models` or `routes_down`.

        Raises:
            SettingError: A name is unknown, or a value is not accepted; nothing was changed then.
        """
        for name in changes:
            if name not in CONFIGURABLE:
                raise SettingError(f"Unknown name {abbreviate(name)}; accepted: {', '.join(CONFIGURABLE)}")
        settings = changes.get("settings", {})
        if not isinstance(settings, Mapping):
            raise SettingError(f'settings = {abbreviate(settings)} is not a table, for instance {{"seed": 1}}')
        terms = self.terms.contract.under(with_changes(self.settings, settings))
        if terms.settings.default_balance != self.settings.default_balance:
            raise SettingError(
                "settings.default_balance cannot be changed here: it is what a wallet begins with, and this one has "
                'begun. Change balance itself, for instance balance = "5.00"'
            )
        models = read_models(changes.get("models", self.models), terms)
        down = read_routes(changes.get("routes_down", tuple(self.routes_down)), terms)
        if "balance" in changes:
            self._set_balance(read_amount("balance", changes["balance"], ()))
        self.terms, self.models, self.routes_down = terms, models, down

    def _set_balance(self, balance: Decimal) -> None:
        try:
            self.wallet.set_balance(balance)
        except HeldMoney as error:
            raise SettingError(
                f"balance = {balance} is less than {error.held:.6f}, which calls under way hold. "
                f"Wait for their end, or set at least {error.held:.6f}"
            ) from None

    def as_json(self) -> Any:
        """Return the workspace as JSON for the control route."""
        return {
            "key": self.label,
            "balance": f"{self.wallet.balance:.6f}",
            "held": f"{self.wallet.held:.6f}",
            "captured": f"{self.wallet.captured:.6f}",
            "models": list(self.models if self.models is not None else self.settings.models),
            "restricted": self.models is not None,
            "routes_down": sorted(self.routes_down),
            "plans": [describe_plan_state(state) for state in self.plan_states],
            "calls": self.arrived,
            "under_way": self.under_way,
            "calls_evicted": self.journal.evicted,
            "calls_shed": sum(call.shed for call in self.journal),
        }


def is_list_of(accepted: Collection[str], names: Any) -> bool:
    """Return True if `names` is a list of accepted names; it may be any JSON value."""
    return isinstance(names, list | tuple | set | frozenset) and all(
        isinstance(name, str) and name in accepted for name in names
    )


def read_models(models: Sequence[str] | None, terms: Terms) -> tuple[str, ...] | None:
    """Validate the models that a key is restricted to; None is no restriction.

    Raises:
        SettingError: One of them is not enabled.
    """
    if models is None:
        return None
    if not is_list_of(terms.models, models):
        accepted = f"a list of {', '.join(terms.models)}, or null (None in Python) for all"
        raise SettingError(f"models = {abbreviate(models)} is not accepted; accepted: {accepted}")
    return tuple(models)


def read_routes(routes: Sequence[str], terms: Terms) -> frozenset[str]:
    """Validate the provider routes to mark down.

    Raises:
        SettingError: One of them serves no enabled model.
    """
    known = sorted({route for model in terms.models for route in terms.routes(model)})
    if not is_list_of(known, routes):
        raise SettingError(
            f"routes_down = {abbreviate(routes)} is not accepted; accepted: a list of {', '.join(known)}"
        )
    return frozenset(routes)
