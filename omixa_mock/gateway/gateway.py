"""The flow of one request: the only module that knows the order of the steps."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from itertools import count
from typing import Any

from .calls import JOURNAL_BYTES, TRIM_EVERY, BodyByteBudget, BoundedLog, Call
from .contract import Contract, ImageRequest, ParsedBodyCache, Settings, Terms
from .faults import (
    OK,
    ConnectionAborted,
    Fault,
    PlannedOutcome,
    ResponseReplaced,
    deliver,
    fault_of,
    inject,
    mutate_response,
    provider_seconds,
    read_header,
    read_trigger,
    wait_for,
)
from .http import (
    GENERATE,
    OFFLOAD_BYTES,
    Body,
    ClientDisconnected,
    Cut,
    Flow,
    Offload,
    Problem,
    ReadBody,
    Refusal,
    Request,
    RequestHead,
    Response,
    Send,
    Step,
    bearer_key,
    envelope,
    find_endpoint,
    parse_head,
)
from .pipeline import (
    READS,
    BatchCache,
    build_parsed_body,
    charge_batch,
    refuse_content_headers,
    refuse_empty_wallet,
    refuse_length,
    refuse_model,
    refuse_without_route,
    reserve,
    try_routes,
    validate_body,
)
from .workspaces import KeyPolicy, Workspace, Workspaces, replay_key

__all__ = ["Gateway"]


class Gateway:
    """The fake Omixa gateway, without a socket, a file or a clock of its own.

    Args:
        contract: The documents of `schemas/`.
        settings: The choices that the documentation leaves open.
        keys: The keys that open a workspace: `any`, only `issued` ones, or a list of keys.
        plans: Faults that are planned in every new workspace (see `read_plan`).
        journal_bytes: How many bytes of large bodies the journals keep together (see `BodyByteBudget`).
        now: Returns the wall clock's time in epoch seconds; called only under `clock = "real"`.
        on_start: Called with each call when it begins.
        on_call: Called with each call when it has ended.

    Attributes:
        workspaces: The workspaces, by API key.
        unmatched: Calls that belong to no workspace: unknown paths, bad keys.
        budget: The byte budget of the journals.
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
        on_start: Callable[[Call], None] = lambda _: None,
        on_call: Callable[[Call], None] = lambda _: None,
    ) -> None:
        self.contract = contract
        self.workspaces = Workspaces(contract, settings, keys, plans)
        self._parsed_bodies = ParsedBodyCache()
        self._batches = BatchCache()
        self.unmatched: BoundedLog[Call] = BoundedLog()
        self.budget = BodyByteBudget(journal_bytes)
        self._filings = count(1)
        self._now = now
        self._on_start = on_start
        self._on_call = on_call

    def handle(self, request: Request, head: RequestHead | None = None) -> Flow:
        """Answer one request: yield the steps that a transport performs, and receive their results.

        The order of the checks is the contract's. A step that refuses raises `Problem`; a fault
        that ends the connection without a response raises `ConnectionAborted`.

        Args:
            request: The head of the request.
            head: The result of `parse_head`, if the transport has it already.
        """
        head = head or parse_head(request)
        call = Call(request.method, head.path, head.headers)
        self._on_start(call)
        workspace: Workspace | None = None
        ending: Send | Cut | None = None
        try:
            try:
                call.endpoint = endpoint = find_endpoint(request.method, request.path, request.headers)  # 404, 405
                trigger = read_trigger(head.key or bearer_key(request.headers), self.workspaces.terms)  # 401
                workspace = self.workspaces.receive(head)
                call.number, call.created = workspace.next_number(), workspace.terms.settings.created_at(self._now)
                if endpoint == GENERATE:
                    ending = yield from self._generate(request, head, call, workspace, trigger=trigger)
                else:
                    ending = Send(READS[endpoint](workspace, request.query))
            except Problem as problem:
                call.error = Refusal.of(problem)
                workspace = workspace or self.workspaces.owner(request.headers)
                response = envelope(problem, (workspace or self.workspaces).terms.errors)
                ending = Send(mutate_response(fault_of(call), response, call) if problem.planned else response)
            except ConnectionAborted as aborted:
                ending = Cut(aborted.kind)
            except ResponseReplaced as replaced:
                call.error, ending = replaced.refusal, Send(replaced.response)
            # Before the response is sent: a client that has it must find the call.
            self._file(call, workspace, ending)
            yield ending
            if isinstance(ending, Send):
                call.waited += ending.pause * (ending.pieces - 1)
        except (ClientDisconnected, GeneratorExit) as gone:
            call.client_left = True
            if isinstance(gone, GeneratorExit):
                raise  # The transport gave up: the client will not see the response either.
            call.waited += gone.waited
        finally:
            if ending is None:
                self._file(call, workspace, ending)
            self._on_call(call)
            if workspace is not None:
                workspace.end(call.number)

    def _generate(
        self, request: Request, head: RequestHead, call: Call, workspace: Workspace, *, trigger: Fault | None
    ) -> Generator[Step, Body | None, Send | Cut]:
        """Answer a request for images: validate it, inject its planned fault, have the images made."""
        # Settings that change while a call is under way apply to later calls.
        terms = workspace.terms
        settings = terms.settings
        call.random_scope = workspace.random_scope
        refuse_length(head.length, settings)  # 413
        refuse_content_headers(request.headers, settings)  # 415
        body = yield ReadBody(settings.body_max)
        call.received = len(body or b"")
        parsed = self._parsed_bodies.get(body, terms)
        if parsed is None:
            if call.received > OFFLOAD_BYTES:
                yield Offload()
            parsed = build_parsed_body(body, settings)  # 413, 422
        call.document = parsed.document
        refuse_model(parsed.document, workspace)  # 403
        refuse_empty_wallet(workspace.wallet, settings)  # 402, if a setting has it so early
        call.image_request = image_request = parsed.image_request or validate_body(parsed, terms)  # 422
        if not parsed.cached:  # clients send the same body again
            self._parsed_bodies.put(parsed, terms)
        call.advisories = parsed.advisories
        # Only now: a refused call uses up no plan.
        asked = trigger or read_header(request.headers, terms)
        outcome = PlannedOutcome(asked) if asked else workspace.next_outcome(call)
        try:
            yield from inject(outcome.fault, "before_hold", call, settings)
            token = replay_key(request, image_request) if settings.idempotency_key == "replay" else ""
            response = workspace.replays.recall(token)
            call.replayed = response is not None
            if response is None:
                response = yield from self._provide(
                    image_request, call, workspace, terms, fault=outcome.fault, keep=parsed.cached, token=token
                )
                if call.client_left:  # charged, and no client is left to send the response to
                    raise ClientDisconnected
            yield from inject(outcome.fault, "after_capture", call, settings)
            injected = outcome.fault if call.fault else OK
            return deliver(injected, mutate_response(injected, response, call), call, settings)
        finally:
            # No route, no money, a replayed response, a client that left: the fault could not be injected.
            if outcome.state is not None and not call.fault:
                workspace.give_back(outcome)

    def _provide(
        self,
        image_request: ImageRequest,
        call: Call,
        workspace: Workspace,
        terms: Terms,
        *,
        fault: Fault,
        keep: bool,
        token: str,
    ) -> Generator[Step, object, Response]:
        """Route, hold, call the provider, capture: the paid part of the flow. [docs: overview, docs/wallet]"""
        settings = terms.settings
        call.attempts = try_routes(terms.routes(image_request.model), workspace.routes_down)
        refuse_without_route(call.attempts, image_request.model)  # 503
        hold = reserve(image_request, call.number, workspace.wallet, terms)  # 402
        try:
            try:
                yield from wait_for(provider_seconds(call, settings), call, settings)
                yield from inject(fault, "before_capture", call, settings)
            except ClientDisconnected as gone:
                if settings.client_leaves == "release":
                    raise
                call.client_left, call.waited = True, call.waited + gone.waited
            repeat = workspace.count_request(image_request.digest) if settings.vary == "call" else 0
            if settings.weight * image_request.n > OFFLOAD_BYTES:
                yield Offload()
            batch = self._batches.make(image_request, call, terms, repeat, keep=keep)
            return charge_batch(batch, hold, call, workspace, token)
        finally:
            if hold.open:  # "A failed request releases the hold" [docs/wallet]
                workspace.wallet.release(hold)

    def _file(self, call: Call, workspace: Workspace | None, ending: Send | Cut | None) -> None:
        """Write a call into its journal."""
        call.sent = ending.response if ending else None
        if workspace is not None and not call.number:
            call.number, call.created = workspace.next_number(), workspace.settings.created_at(self._now)
        if workspace is not None and workspace.closed is not None:
            # The call was under way when its test ended: that journal is not read any more.
            call.closed_as, workspace = workspace.closed, None
        (workspace.journal if workspace else self.unmatched).append(call)
        self.budget.spend(call)
        if next(self._filings) % TRIM_EVERY == 0:
            self.workspaces.trim_largest()
