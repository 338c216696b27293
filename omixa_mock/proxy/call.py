"""One call through the proxy: the request goes to the gateway, and the response to the client, as they are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from time import perf_counter
from typing import Literal

import httpcore
from msgspec import Struct

from omixa_mock.gateway import ClientDisconnected, Problem, Terms
from omixa_mock.kit.prices import AssumedPrices, Billable, read_billable
from omixa_mock.transports.wire import PHRASES

from .client_side import ClientSide, Framing
from .examiner import Examiner
from .exchange import Exchange, Outcome
from .fields import content_length, end_to_end, is_chunked
from .own_responses import TOO_LARGE, build_own_response, refuse_request
from .purse import Hold, Purse
from .upstream import ERRORS, Upstream, find_ending

__all__ = ["Call", "Rules"]

# Bytes of a body that is read faster than a thread could be asked to.
SMALL = 16 * 1024
MALFORMED = "The gateway's client cannot send this request as it is ({error}). Send it as RFC 9112 has it."


class Rules(Struct, frozen=True):
    """Rules of the proxy for every call.

    Attributes:
        terms: The contract under the settings, for the proxy's own responses.
        assumed: The assumed prices.
        examiner: The validator.
        on_bad_request: `refuse`: a request that breaks the contract is not sent.
        has_limit: True if there is a spending limit.
        body_max: The largest body that is kept, for validation and recording.
    """

    terms: Terms
    assumed: AssumedPrices
    examiner: Examiner
    on_bad_request: Literal["report", "refuse"]
    has_limit: bool
    body_max: int


class Call:
    """One call through the proxy.

    Args:
        exchange: The record of the call.
        client: The client's side.
        upstream: The gateway's side.
        rules: The rules.
        purse: The count of the money spent.

    Attributes:
        hold: What the call may cost; None if nothing.
    """

    def __init__(self, exchange: Exchange, client: ClientSide, upstream: Upstream, rules: Rules, purse: Purse) -> None:
        self._exchange = exchange
        self._client = client
        self._upstream = upstream
        self._rules = rules
        self._purse = purse
        self._begin = perf_counter()
        self.hold: Hold | None = None

    async def run(self) -> None:
        """Perform the call; its outcome is in the exchange.

        Raises:
            asyncio.CancelledError: The client has left, or the proxy ends.
        """
        try:
            await self._forward(await self._prepare())
        except Problem as problem:
            await self._refuse(problem)
        except ClientDisconnected:
            self._exchange.outcome = "client left"
        finally:
            self._exchange.ended_after = perf_counter() - self._begin

    async def _prepare(self) -> AsyncIterable[bytes]:
        """Return the body to send; what must be known before it is sent is read whole.

        Raises:
            Problem: The request is not sent.
        """
        exchange, rules = self._exchange, self._rules
        if not (rules.has_limit and exchange.method == "POST") and rules.on_bad_request == "report":
            return self._stream()
        async for piece in self._client.body():
            exchange.keep_request(piece, rules.body_max)
            if exchange.request is None:
                raise Problem("payload_too_large", TOO_LARGE.format(limit=rules.body_max))
        if rules.on_bad_request == "refuse":
            await self._examine()
        if rules.has_limit and exchange.method == "POST":
            await self._take_hold()
        return self._send_again()

    async def _examine(self) -> None:
        """Refuse a request that breaks the contract.

        Raises:
            Problem: The request breaks a rule.
        """
        await asyncio.to_thread(self._exchange.compact_request)
        result = await asyncio.to_thread(self._rules.examiner.examine_request, self._exchange)
        if result is not None:
            self._exchange.results["request"] = result
            if not result.ok:
                raise refuse_request(result)

    async def _take_hold(self) -> None:
        """Count what the call may cost.

        Raises:
            Problem: It may cost more than is left.
        """
        is_small = self._exchange.request_size <= SMALL
        billable = self._read_billable() if is_small else await asyncio.to_thread(self._read_billable)
        if billable is not None:
            self.hold = await self._purse.hold(billable)

    def _read_billable(self) -> Billable | None:
        """Return what the request may be billed for; None if for nothing."""
        exchange, assumed = self._exchange, self._rules.assumed
        exchange.compact_request()
        if exchange.is_unreadable:
            return Billable(assumed.n_max)  # the gateway may know its coding
        return read_billable(assumed, exchange.content["request"].body)

    async def _stream(self) -> AsyncIterator[bytes]:
        """Yield the request's body as it comes, and keep it."""
        async for piece in self._client.body():
            self._exchange.keep_request(piece, self._rules.body_max)
            yield piece

    async def _send_again(self) -> AsyncIterator[bytes]:
        """Yield the request's body, which has been read whole."""
        for piece in self._exchange.request_pieces():
            yield piece

    async def _forward(self, body: AsyncIterable[bytes]) -> None:
        """Send the request to the gateway, and its response to the client."""
        exchange, client = self._exchange, self._client
        fields = self._upstream.pass_on(exchange.fields)
        if is_chunked(exchange.fields):
            fields.append((b"Transfer-Encoding", b"chunked"))
        exchange.sent_after = perf_counter() - self._begin
        try:
            response = await self._upstream.send(exchange.method.encode(), exchange.target, fields, body)
        except httpcore.LocalProtocolError as error:
            raise Problem("malformed_http", MALFORMED.format(error=error)) from None
        except ERRORS as error:
            await self._end(error)
            return
        try:
            await self._pass_back(response)
        except ERRORS as error:
            await self._end(error)
        finally:
            await response.aclose()
        if exchange.outcome == "complete":
            await client.finish()

    async def _pass_back(self, response: httpcore.Response) -> None:
        """Send the gateway's response to the client, piece by piece."""
        exchange, client = self._exchange, self._client
        exchange.head_after = perf_counter() - self._begin
        exchange.status, exchange.response_fields = response.status, response.headers
        exchange.reason = response.extensions.get("reason_phrase", b"")
        fields = end_to_end(response.headers)
        chunked, length = is_chunked(response.headers), content_length(response.headers)
        framing: Framing = "chunked" if chunked else "close" if length is None else "length"
        await client.start(response.status, exchange.reason, fields, framing)
        async for piece in response.aiter_stream():
            exchange.keep_response(piece, self._rules.body_max)
            if self.hold and framing == "length" and exchange.response_size == length:
                self.hold.is_ending = True
            await client.send(piece)
        if self.hold:
            self.hold.is_ending = True

    async def _end(self, error: Exception) -> None:
        """End the client's connection as the gateway ended its own."""
        exchange, client = self._exchange, self._client
        ending: Outcome = find_ending(error, self._upstream)
        exchange.outcome, exchange.detail = ending, f"{type(error).__name__}: {error}"
        await client.discard_body()
        if ending in {"unreachable", "reset"}:
            client.end(reset=True)
        elif exchange.status:
            client.end_with_malformed_chunk() if ending == "malformed" else client.end()
        else:
            client.end(last=self._upstream.unparsed)

    async def _refuse(self, problem: Problem) -> None:
        """Send the proxy's own response."""
        response = build_own_response(problem, self._rules.terms)
        exchange = self._exchange
        exchange.outcome, exchange.own, exchange.status = "refused by the proxy", True, response.status
        exchange.reason = PHRASES.get(response.status, "").encode()
        exchange.head_after = perf_counter() - self._begin
        exchange.response_fields = [
            (name.encode(), value.encode("latin-1", "replace")) for name, value in response.headers
        ]
        exchange.response, exchange.response_size = response.body, len(response.body)
        exchange.detail = problem.message
        await self._client.respond(response)
