"""A workspace: all that belongs to one API key."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from threading import Lock
from typing import Any

from omixa_mock.gateway.calls import BoundedLog, Call
from omixa_mock.gateway.common import BoundedCache
from omixa_mock.gateway.contract import ImageRequest, SettingError, Settings, Terms, changed, read_amount
from omixa_mock.gateway.faults import OK, PlannedOutcome, PlanState, describe_plan_state, is_covered, read_plan
from omixa_mock.gateway.http import ISSUED_PREFIX, Request, Response
from omixa_mock.gateway.money import Wallet

__all__ = ["Workspace"]

# How many first responses are kept for Idempotency-Key; what is older is answered, and charged, anew.
RESPONSES_MAX, RESPONSE_BYTES_MAX = 1000, 64 * 1024 * 1024
# For how many different orders it is known how often each was placed.
PLACED_MAX = 100_000
NO_FAULT = PlannedOutcome(OK)
CONFIGURABLE = ("settings", "balance", "models", "routes_down")


class Workspace:
    """All that belongs to one key.

    Attributes:
        label: The key as it may be shown.
        lot: What its chances are drawn from beside the seed, so that keys differ in theirs.
        terms: The contract under this workspace's settings.
        wallet: Balance, holds, ledger.
        models: The models that the key is restricted to; None for all that are enabled.
        routes_down: Provider routes that are marked down.
        journal: The calls that have ended, oldest first.
        placed: How often each order was placed, by digest, under `vary = "call"`. Of the orders beyond 100,000 those
            are forgotten that came first: such a one gets its first images again.
        plan_states: Planned failures, in order, with what they have met.
        adopted: Other keys whose calls belong here for now, and the workspaces they had.
        under_way: How many numbered calls have not ended.
        used: When a call came last: larger than that of whichever came before.
        closed: What it was closed as, where it was: a call that was under way then is a late one.
        responses: First responses by Idempotency-Key, for the setting `idempotency_key`.
    """

    def __init__(self, label: str, terms: Terms) -> None:
        self.label = label
        # An issued key is another one in every run of a suite; the same suite is to meet the same chances.
        self.random_scope = "" if label.startswith(ISSUED_PREFIX) else label
        self.terms = terms
        self.wallet = Wallet(terms.settings.default_balance)
        self.models: tuple[str, ...] | None = None
        self.routes_down: frozenset[str] = frozenset()
        self.journal: BoundedLog[Call] = BoundedLog()
        self.placed: OrderedDict[str, int] = OrderedDict()
        self.responses: BoundedCache[str, Response] = BoundedCache(RESPONSES_MAX, RESPONSE_BYTES_MAX)
        self.plan_states: list[PlanState] = []
        self.adopted: dict[bytes, Workspace | None] = {}
        self.closed: str | None = None
        self.arrived = self.under_way = self.planned = self.used = 0
        # Calls of one workspace may come from many threads.
        self._lock = Lock()

    def next_number(self) -> int:
        """The number of a call that arrives now."""
        with self._lock:
            self.arrived += 1
            self.under_way += 1
            return self.arrived

    def end(self) -> None:
        """A call that was numbered has ended."""
        with self._lock:
            self.under_way -= 1

    @property
    def idle(self) -> bool:
        """Whether no call is under way, and no key is adopted."""
        return not self.under_way and not self.adopted

    def next_outcome(self, call: Call) -> PlannedOutcome:
        """What goes wrong with a valid call: every plan sees it, and the first whose turn it is takes it."""
        if not self.plan_states:
            return NO_FAULT
        meaning = [run for run in tuple(self.plan_states) if run.matches(call)]  # unlocked: a predicate may do anything
        with self._lock:
            due = [run for run in meaning if run.should_fire(self.settings.seed, self.random_scope)]
            return due[0].take() if due else NO_FAULT

    def give_back(self, turn: PlannedOutcome) -> None:
        """Let a plan have a turn again: the call that took it ended before the fault could strike."""
        if turn.run is not None and turn.fault != OK:
            with self._lock:
                turn.run.give_back(turn)

    def plan(self, what: Any) -> PlanState:
        """Plan faults for the valid calls to come (see `planning.read_plan`).

        Raises:
            SettingError: There is no such fault, or the plan could never have its turn.
        """
        plan = read_plan(what, self.terms)
        with self._lock:
            blocking = next((run.plan for run in self.plan_states if is_covered(plan, run.plan)), None)
            if blocking is not None:
                raise SettingError(
                    f"{plan} would never have its turn: {blocking}, planned before, takes every such call. "
                    "Plan it before that one, or give that one an end by times"
                )
            self.planned += 1
            self.plan_states.append(PlanState(plan, self.planned))
            return self.plan_states[-1]

    def forget_plans(self) -> None:
        """Let every call to come go through."""
        with self._lock:
            self.plan_states.clear()

    def place(self, digest: str) -> int:
        """Count an order; returns how often it had been placed before."""
        with self._lock:
            before = self.placed.get(digest, 0)
            self.placed[digest] = before + 1
            if len(self.placed) > PLACED_MAX:
                self.placed.popitem(last=False)
            return before

    def repeat(self, request: Request, image_request: ImageRequest) -> Response | None:
        """The first response to an order under the request's Idempotency-Key."""
        return self.responses.recall(read_token(request, image_request))

    def remember(self, request: Request, image_request: ImageRequest, response: Response) -> None:
        """Keep a response for whoever repeats order and Idempotency-Key."""
        if token := read_token(request, image_request):
            self.responses.keep(token, response, len(response.body))

    @property
    def settings(self) -> Settings:
        """The settings in force here."""
        return self.terms.settings

    def configure(self, changes: Mapping[str, Any]) -> None:
        """Change what the workspace is made of: `settings`, `balance`, `models`, `routes_down`.

        Raises:
            SettingError: Something is unknown or not accepted; then nothing was changed.
        """
        for name in changes:
            if name not in CONFIGURABLE:
                raise SettingError(f"Unknown name {name!r}; accepted: {', '.join(CONFIGURABLE)}")
        settings = changes.get("settings", {})
        if not isinstance(settings, Mapping):
            raise SettingError(f'settings = {settings!r} is not a table, for instance {{"seed": 1}}')
        terms = self.terms.contract.under(changed(self.settings, settings))
        if terms.settings.default_balance != self.settings.default_balance:
            raise SettingError(
                "settings.default_balance cannot be changed here: it is what a wallet begins with, and this one has "
                'begun. Change balance itself, for instance balance = "5.00"'
            )
        models = check_models(changes.get("models", self.models), terms)
        down = check_routes(changes.get("routes_down", tuple(self.routes_down)), terms)
        balance = read_amount("balance", changes["balance"], ()) if "balance" in changes else None
        self.terms, self.models, self.routes_down = terms, models, down
        if balance is not None:
            self.wallet.set_balance(balance)

    def as_json(self) -> Any:
        """The workspace for the control route."""
        return {
            "key": self.label,
            "balance": f"{self.wallet.balance:.6f}",
            "held": f"{self.wallet.held:.6f}",
            "captured": f"{self.wallet.captured:.6f}",
            "models": list(self.models if self.models is not None else self.settings.models),
            "restricted": self.models is not None,
            "routes_down": sorted(self.routes_down),
            "plans": [describe_plan_state(run) for run in self.plan_states],
            "calls": self.arrived,
            "under_way": self.under_way,
            "calls_evicted": self.journal.evicted,
            "calls_shed": sum(call.shed for call in self.journal),
        }


def read_token(request: Request, image_request: ImageRequest) -> str:
    """What a response is kept under for its Idempotency-Key: another order under the same key is another one."""
    token = request.headers.get("idempotency-key")
    return f"{token}:{image_request.n}:{image_request.digest}" if token else ""


def is_list_of(accepted: Collection[str], names: Any) -> bool:
    """Whether `names` is a list, and all in it are accepted; it may come from anybody's JSON."""
    return isinstance(names, list | tuple | set | frozenset) and all(
        isinstance(name, str) and name in accepted for name in names
    )


def check_models(models: Sequence[str] | None, terms: Terms) -> tuple[str, ...] | None:
    """The models that a key is to be restricted to; None is no restriction.

    Raises:
        SettingError: One of them is not enabled.
    """
    if models is None:
        return None
    if not is_list_of(terms.models, models):
        enabled = ", ".join(terms.models)
        raise SettingError(f"models = {models!r} is not accepted; accepted: a list of {enabled}, or null for all")
    return tuple(models)


def check_routes(routes: Sequence[str], terms: Terms) -> frozenset[str]:
    """The provider routes that are to be marked down.

    Raises:
        SettingError: One of them serves no enabled model.
    """
    known = sorted({route for model in terms.models for route in terms.routes(model)})
    if not is_list_of(known, routes):
        raise SettingError(f"routes_down = {routes!r} is not accepted; accepted: a list of {', '.join(known)}")
    return frozenset(routes)
