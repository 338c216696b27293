"""Observer of finished exchanges: it settles the bill, validates, records, and keeps the report."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from omixa_mock.gateway import Contract
from omixa_mock.kit.bills import read_bill
from omixa_mock.kit.reports.findings import Report

from .bodies import Policy, Recorder, parse
from .examiner import Examiner, add_to_report, redact_result
from .exchange import Exchange
from .har import EntryWriter
from .har_file import HarFile
from .numbering import Numbering
from .purse import Hold, Purse
from .secrets import Secrets

__all__ = ["KEPT", "Observer"]

log = logging.getLogger("omixa_mock")
# How many exchanges GET /__omixa/requests shows.
KEPT = 1000
Listener = Callable[[Exchange], None]


@dataclass(slots=True)
class Observer:
    """Observer of finished exchanges, one after another in a thread: a large image takes long to validate.

    Attributes:
        contract: The contract.
        origin: The origin of the gateway.
        examiner: The validator.
        purse: The count of the money spent.
        report: The report; its one file is open.
        policy: What a recording may have.
        har: The recording; None if there is none.
        listen: Called with each exchange, whose messages have neither keys nor prompts.
        exchanges: The newest exchanges, without bodies.
        secrets: The known secrets.
        numbering: The numbers of texts that were left out.
        trouble: The reason why the recording could not be written; empty if it could.
    """

    contract: Contract
    origin: str
    examiner: Examiner
    purse: Purse
    report: Report
    policy: Policy = field(default_factory=Policy)
    har: HarFile | None = None
    listen: Listener = lambda _: None
    exchanges: deque[Exchange] = field(default_factory=lambda: deque(maxlen=KEPT))
    trouble: str = ""
    secrets: Secrets = field(default_factory=Secrets)
    numbering: Numbering = field(default_factory=Numbering)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def learn_secrets(self, exchange: Exchange) -> None:
        """Learn the keys that a request carries, before anything of it is written."""
        self.secrets.learn(exchange.fields, exchange.target.partition(b"?")[2].decode("latin-1"))

    def take(self, exchange: Exchange, hold: Hold | None) -> None:
        """Take a finished exchange."""
        task = asyncio.create_task(self._observe(exchange, hold))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def catch_up(self) -> None:
        """Wait until every finished exchange is recorded."""
        while self._tasks:
            await asyncio.gather(*tuple(self._tasks))

    async def _observe(self, exchange: Exchange, hold: Hold | None) -> None:
        await self._run(exchange.compact_bodies)
        if hold is not None:
            await self._settle(exchange, hold)
        await self._run(partial(self._record, exchange))
        exchange.content.clear()
        exchange.request = b""
        self.exchanges.append(exchange)
        self.listen(exchange)

    async def _settle(self, exchange: Exchange, hold: Hold) -> None:
        """Replace what a call may cost by what it did cost."""
        content = exchange.content.get("response")
        if exchange.outcome == "unreachable":
            await self.purse.release(hold)
        elif exchange.outcome == "complete" and content:
            exchange.bill = await self.purse.settle(hold, exchange.status, content.body)
        else:
            await self.purse.settle(hold, 0, b"")

    async def _run(self, work: Callable[[], None]) -> None:
        """Do work in a thread; a flaw of ours must not lose the calls after it."""
        async with self._turn:
            try:
                await asyncio.to_thread(work)
            except Exception as error:
                log.exception("omixa-mock proxy failed on a call; please report this")
                self.trouble = self.trouble or f"a call could not be recorded: {type(error).__name__}"

    def _record(self, exchange: Exchange) -> None:
        """Validate an exchange, add it to the report, and record it."""
        self._examine(exchange)
        content = exchange.content.get("response")
        if exchange.bill is None and self.purse.limit is None and 200 <= exchange.status < 300 and content:
            exchange.bill = read_bill(parse(content.body))
            self.purse.billed += exchange.bill or 0
        recorder = Recorder(self.secrets, self.policy, self.contract.field_names, self.numbering)
        prefix = f"{self.har.path.stem}-" if self.har else ""
        writer = EntryWriter(self.origin, exchange, self.secrets, recorder, prefix)
        entry = writer.entry()
        exchange.results = {side: redact_result(result, recorder) for side, result in exchange.results.items()}
        exchange.path = recorder.text(exchange.path)
        exchange.detail = recorder.text(exchange.detail)
        line = self._write(entry, writer) or exchange.number
        add_to_report(self.report, exchange, line, recorder.text)

    def _examine(self, exchange: Exchange) -> None:
        results = exchange.results
        request = results.get("request") or self.examiner.examine_request(exchange)
        response = self.examiner.examine_response(exchange)
        exchange.results = {
            side: result for side, result in (("request", request), ("response", response)) if result is not None
        }

    def _write(self, entry: object, writer: EntryWriter) -> int:
        """Write an entry, and return its line; 0 if there is no recording."""
        if self.har is None:
            return 0
        try:
            return self.har.add(entry, writer.files)
        except OSError as error:
            self.trouble = self.trouble or f"{self.har.path} cannot be written: {error.strerror}"
            return 0
