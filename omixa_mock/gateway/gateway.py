"""The journey of one request, from its first line to the journal."""

from __future__ import annotations

from collections.abc import Callable, Generator

from .answers import READS, image_reply
from .contract import Contract
from .endpoints import find_endpoint
from .input_images import read_input_images
from .journal import Call, Refusal
from .keys import bearer_key
from .messages import ClientGone, Journey, ReadBody, Reply, Request, Send, Step, Wait
from .order import GENERATE, ImageOrder, fingerprint_of
from .parse import declared_length, parse_body, refuse_content_type, refuse_length
from .payment import refuse_empty_wallet, refuse_model, reserve
from .pictures import draw
from .plans import refuse_as_planned
from .problems import Problem, envelope
from .records import Records
from .routing import refuse_without_route, try_routes
from .settings import Settings
from .validation import advise, place_order
from .wallet import EXACT
from .workspace import Workspace
from .workspaces import KeyPolicy, Workspaces

__all__ = ["Gateway"]


class Gateway:
    """The fake Omixa gateway, without a socket, a file or a clock of its own.

    Args:
        contract: The documents of `schemas/`.
        settings: What the documentation leaves open.
        keys: Which keys open a workspace: `any`, only `issued` ones, or a list of keys.
        now: The wall clock in epoch seconds, asked only under `clock = "real"`.
        on_call: Told of each call when it has ended.

    Attributes:
        workspaces: What belongs to each key.
        unclaimed: Calls that no workspace claims: unknown paths, bad keys.
    """

    def __init__(
        self,
        contract: Contract,
        settings: Settings,
        *,
        keys: KeyPolicy = "any",
        now: Callable[[], float] = lambda: 0.0,
        on_call: Callable[[Call], None] = lambda _: None,
    ) -> None:
        self.contract = contract
        self.workspaces = Workspaces(contract, settings, keys)
        self.unclaimed: Records[Call] = Records(weigh=lambda call: call.size)
        self._now = now
        self._on_call = on_call

    def handle(self, request: Request) -> Journey:
        """Answer one request: yields what a door has to do, and is told what came of it.

        The order of the checks is the contract's. Whatever refuses raises a `Problem`.
        """
        call = Call.arriving(request)
        workspace: Workspace | None = None
        try:
            try:
                call.endpoint = endpoint = find_endpoint(request.method, request.path)  # 404, 405
                workspace = self.workspaces.enter(bearer_key(request.headers))  # 401
                settings = workspace.settings
                call.number, call.created = workspace.next_number(), self._time(settings)
                if endpoint == GENERATE:
                    refuse_length(declared_length(request.headers), settings)  # 413
                    refuse_content_type(request.headers, settings)  # 415
                    body = yield ReadBody(settings.body_max)
                    call.received = len(body or b"")
                    call.request = payload = parse_body(body, settings)  # 413, 422
                    refuse_model(payload, workspace)  # 403
                    refuse_empty_wallet(workspace)  # 402, where a setting has it so early
                    judge = workspace.terms.judge_for(payload)
                    reading = read_input_images(payload, judge.schema, settings)
                    call.order = order = place_order(payload, reading, judge, settings)  # 422
                    call.advisories = advise(payload, order, judge, settings)
                    refuse_as_planned(workspace.next_outcome())  # whatever a test wants to go wrong
                    reply = workspace.repeat(request, order, call) or (yield from self._provide(order, call, workspace))
                    workspace.remember(request, order, reply)
                else:
                    reply = READS[endpoint](workspace, request.query)
            except Problem as problem:
                call.error = Refusal.of(problem)
                workspace = workspace or self.workspaces.owner(request.headers)
                reply = envelope(problem, (workspace or self.workspaces).terms.errors)
            call.reply = reply
            # Before it is sent: who has the reply will find the call.
            self._file(call, workspace)
            yield Send(reply)
        except (ClientGone, GeneratorExit) as gone:
            call.client_left = True
            if isinstance(gone, GeneratorExit):
                raise  # The door gave up: whoever asked will not see the reply either.
        finally:
            if call.reply is None:
                self._file(call, workspace)
            self._on_call(call)

    def _provide(self, order: ImageOrder, call: Call, workspace: Workspace) -> Generator[Step, object, Reply]:
        """Route, reserve, call the provider, capture: the paid part of the journey. [docs: overview, docs/wallet]"""
        settings, terms = workspace.settings, workspace.terms
        call.attempts = list(try_routes(terms.routes(order.model), workspace.routes_down))
        refuse_without_route(call.attempts, order.model)  # 503
        hold = reserve(order, call.number, workspace)  # 402
        try:
            if settings.latency:
                yield Wait(settings.latency)
            pictures = self._make_pictures(order, call, workspace)
            price = terms.price(order.model, order.quality, order.size)
            call.charge = workspace.wallet.capture(hold, EXACT.multiply(price, len(pictures)))
        finally:
            # "A failed request releases the hold" [docs/wallet]; a captured hold has ended.
            workspace.wallet.release(hold)
        return image_reply(settings.success_status, call.created, pictures, call.charge, call.advisories)

    def _make_pictures(self, order: ImageOrder, call: Call, workspace: Workspace) -> list[bytes]:
        """What the provider makes of an order: no more pictures than its limit. [n: "caps the value"]"""
        settings = workspace.settings
        repeat = workspace.place(order.digest) if settings.vary == "call" else 0
        count = min(order.n, settings.provider_limit)
        marks = [fingerprint_of(order.digest, settings.seed, index, repeat) for index in range(count)]
        call.fingerprints = tuple(mark.hex() for mark in marks)
        return [
            draw(
                mark,
                width=order.width,
                height=order.height,
                output_format=order.output_format,
                transparent=order.transparent,
                weight=settings.weight,
            )
            for mark in marks
        ]

    def _file(self, call: Call, workspace: Workspace | None) -> None:
        """Write a call into the journal where it belongs."""
        if workspace is not None and not call.number:
            call.number, call.created = workspace.next_number(), self._time(workspace.settings)
        if workspace is not None and workspace.closed is not None:
            # It was under way when its test ended: nobody reads that journal any more.
            call.closed_as, workspace = workspace.closed, None
        (workspace.journal if workspace else self.unclaimed).append(call)

    def _time(self, settings: Settings) -> int:
        """What `created` says: the documented sample's moment, or the wall clock's."""
        return settings.created if settings.clock == "fixed" else int(self._now())
