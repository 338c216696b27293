"""The journey of one request, from its first line to the journal."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from itertools import count
from typing import Any

from .calls import JOURNAL_BYTES, LOOK_EVERY, Budget, Call, Records
from .contract import Contract, ImageOrder, Settings, Sheet, Sheets, Terms, read_input_images
from .faults import (
    OK,
    Fault,
    Severed,
    Turn,
    deliver,
    disfigure,
    provider_seconds,
    read_fault,
    read_header,
    read_trigger,
    strike,
    wait_for,
)
from .http import (
    GENERATE,
    HEAVY,
    Arrival,
    Body,
    ClientGone,
    Cut,
    Journey,
    Problem,
    ReadBody,
    Refusal,
    Reply,
    Request,
    Send,
    Step,
    StepAside,
    bearer_key,
    envelope,
    find_endpoint,
    read_arrival,
)
from .pipeline import (
    READS,
    BatchCache,
    make_batch,
    place_order,
    read_sheet,
    refuse_content_type,
    refuse_empty_wallet,
    refuse_length,
    refuse_model,
    refuse_without_route,
    reserve,
    try_routes,
)
from .workspaces import KeyPolicy, Workspace, Workspaces

__all__ = ["Gateway"]


class Gateway:
    """The fake Omixa gateway, without a socket, a file or a clock of its own.

    Args:
        contract: The documents of `schemas/`.
        settings: What the documentation leaves open.
        keys: Which keys open a workspace: `any`, only `issued` ones, or a list of keys.
        plans: Faults that are planned in every new workspace (see `planning.read_plan`).
        journal_bytes: How much of large bodies the journals keep together (see `Budget`).
        now: The wall clock in epoch seconds, asked only under `clock = "real"`.
        on_call: Told of each call when it has ended.

    Attributes:
        workspaces: What belongs to each key.
        unclaimed: Calls that no workspace claims: unknown paths, bad keys.
        budget: The large bodies that the journals keep.
    """

    def __init__(
        self,
        contract: Contract,
        settings: Settings,
        *,
        keys: KeyPolicy = "any",
        plans: Sequence[Any] = (),
        journal_bytes: int = JOURNAL_BYTES,
        now: Callable[[], float] = lambda: 0.0,
        on_call: Callable[[Call], None] = lambda _: None,
    ) -> None:
        self.contract = contract
        self.workspaces = Workspaces(contract, settings, keys, plans)
        self._sheets = Sheets()
        self._batches = BatchCache()
        self.unclaimed: Records[Call] = Records()
        self.budget = Budget(journal_bytes)
        self._filings = count(1)
        self._now = now
        self._on_call = on_call

    def handle(self, request: Request, arrival: Arrival | None = None) -> Journey:
        """Answer one request: yields what a door has to do, and is told what came of it.

        The order of the checks is the contract's. Whatever refuses raises a `Problem`; what ends
        the connection without a reply is `Severed`.

        Args:
            request: Its head.
            arrival: What `read_arrival` read out of it, where a door has that already.
        """
        arrival = arrival or read_arrival(request)
        call = Call(request.method, arrival.path, arrival.headers)
        workspace: Workspace | None = None
        ending: Send | Cut | None = None
        try:
            try:
                call.endpoint = endpoint = find_endpoint(request.method, request.path)  # 404, 405
                trigger = read_trigger(arrival.key or bearer_key(request.headers))  # 401
                workspace = self.workspaces.receive(arrival)
                call.number, call.created = workspace.next_number(), self._time(workspace.terms.settings)
                if endpoint == GENERATE:
                    ending = yield from self._take_order(request, arrival, call, workspace, trigger=trigger)
                else:
                    ending = Send(READS[endpoint](workspace, request.query))
            except Problem as problem:
                call.error = Refusal.of(problem)
                workspace = workspace or self.workspaces.owner(request.headers)
                reply = envelope(problem, (workspace or self.workspaces).terms.errors)
                ending = Send(disfigure(read_fault(call.fault), reply, call) if problem.planned else reply)
            except Severed as severed:
                ending = Cut(severed.kind)
            # Before it is sent: who has the reply will find the call.
            self._file(call, workspace, ending)
            yield ending
            if isinstance(ending, Send):
                call.waited += ending.pause * (ending.pieces - 1)
        except (ClientGone, GeneratorExit) as gone:
            call.client_left = True
            if isinstance(gone, GeneratorExit):
                raise  # The door gave up: whoever asked will not see the reply either.
            call.waited += gone.waited
        finally:
            if ending is None:
                self._file(call, workspace, ending)
            if workspace is not None:
                workspace.end()
            self._on_call(call)

    def _take_order(
        self, request: Request, arrival: Arrival, call: Call, workspace: Workspace, *, trigger: Fault | None
    ) -> Generator[Step, Body | None, Send | Cut]:
        """Take an order of pictures: judge it, meet what a test wants to go wrong, and have it provided."""
        # What a test changes while a call is under way is for the calls to come.
        terms = workspace.terms
        settings = terms.settings
        call.lot = workspace.lot
        refuse_length(arrival.length, settings)  # 413
        refuse_content_type(request.headers, settings)  # 415
        body = yield ReadBody(settings.body_max)
        call.received = len(body or b"")
        sheet = self._sheets.recall(body, terms)
        if sheet is None:
            if call.received > HEAVY:
                yield StepAside()
            sheet = read_sheet(body, settings)  # 413, 422
        call.payload = sheet.payload
        refuse_model(sheet.payload, workspace)  # 403
        refuse_empty_wallet(workspace.wallet, settings)  # 402, where a setting has it so early
        call.order = order = sheet.order or self._judge(sheet, terms)  # 422
        call.advisories = sheet.advisories
        # Only now: a call that was refused has used up no plan.
        asked = trigger or read_header(request.headers, settings)
        turn = Turn(asked) if asked else workspace.next_turn(call)
        try:
            yield from strike(turn.fault, "at_the_door", call, settings)
            replays = settings.idempotency_key == "replay"
            reply = workspace.repeat(request, order) if replays else None
            call.replayed = reply is not None
            if reply is None:
                reply = yield from self._provide(sheet, order, call, workspace, terms=terms, fault=turn.fault)
                if replays:
                    workspace.remember(request, order, reply)
                if call.client_left:  # paid for, and nobody is there to be told
                    raise ClientGone
            yield from strike(turn.fault, "after_capture", call, settings)
            struck = turn.fault if call.fault else OK
            return deliver(struck, disfigure(struck, reply, call), call, settings)
        finally:
            # No route, no money, a reply given again, an impatient client: it could not strike.
            if turn.run is not None and not call.fault:
                workspace.give_back(turn)

    def _provide(
        self, sheet: Sheet, order: ImageOrder, call: Call, workspace: Workspace, *, terms: Terms, fault: Fault
    ) -> Generator[Step, object, Reply]:
        """Route, reserve, call the provider, capture: the paid part of the journey. [docs: overview, docs/wallet]"""
        settings = terms.settings
        call.attempts = try_routes(terms.routes(order.model), workspace.routes_down)
        refuse_without_route(call.attempts, order.model)  # 503
        hold = reserve(order, call.number, workspace.wallet, terms)  # 402
        try:
            try:
                yield from wait_for(provider_seconds(call, settings), call, settings)
                yield from strike(fault, "before_capture", call, settings)
            except ClientGone as gone:
                if settings.client_leaves == "release":
                    raise
                call.client_left, call.waited = True, call.waited + gone.waited
            repeat = workspace.place(order.digest) if settings.vary == "call" else 0
            if settings.weight * order.n > HEAVY:
                yield StepAside()
            # An equal body is answered with an equal batch: only those that came more than once are worth keeping.
            make = self._batches.make if sheet.kept else make_batch
            batch = make(order, call, terms, repeat)
            call.charge = workspace.wallet.capture(hold, batch.cost)
        finally:
            if hold.open:  # "A failed request releases the hold" [docs/wallet]
                workspace.wallet.release(hold)
        call.fingerprints = batch.fingerprints
        return batch.reply

    def _judge(self, sheet: Sheet, terms: Terms) -> ImageOrder:
        """The order on a sheet; accepted sheets are kept, since clients send the same again and again."""
        judge = terms.judge_for(sheet.payload)
        reading = read_input_images(sheet.payload, judge.schema, terms.settings)
        order, sheet.advisories = place_order(sheet.payload, reading, judge, terms.settings)
        sheet.order = order
        self._sheets.keep(sheet, terms)
        return order

    def _file(self, call: Call, workspace: Workspace | None, ending: Send | Cut | None) -> None:
        """Write a call into the journal where it belongs."""
        call.reply = ending.reply if ending else None
        if workspace is not None and not call.number:
            call.number, call.created = workspace.next_number(), self._time(workspace.settings)
        if workspace is not None and workspace.closed is not None:
            # It was under way when its test ended: nobody reads that journal any more.
            call.closed_as, workspace = workspace.closed, None
        (workspace.journal if workspace else self.unclaimed).append(call)
        self.budget.spend(call)
        if next(self._filings) % LOOK_EVERY == 0:
            self.workspaces.share_out()

    def _time(self, settings: Settings) -> int:
        """What `created` says: the documented sample's moment, or the wall clock's."""
        return settings.created if settings.clock == "fixed" else int(self._now())
