"""Reconciliation of one wallet: the clients' bills, the journal, the ledger and the balance, to the last cent."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain

from tests.soak.cases import is_charged

NOTHING = Decimal(0)


@dataclass(frozen=True)
class Exchange:
    """One call as its client knows it.

    Attributes:
        name: The value of its X-Request-Id, which no other call has.
        price: The price of its request.
        token: Its Idempotency-Key if equal ones are replayed; otherwise empty.
        status: The status of the response; None if no complete response arrived.
        bill: The amount billed in the response; None if the client could not read any.
        again: True if the client had sent the request before.
        stayed: True if the client sent the whole request, and waited for the response.
    """

    name: str
    price: Decimal
    token: str = ""
    status: int | None = None
    bill: Decimal | None = None
    again: bool = False
    stayed: bool = True


@dataclass(frozen=True)
class Record:
    """One call as the journal has it; `charge` is None if nothing was captured."""

    name: str
    number: int
    status: int | None
    charge: Decimal | None
    fault: str
    client_left: bool
    replayed: bool


@dataclass(frozen=True)
class Entry:
    """One entry of the ledger, with the balance after it."""

    kind: str
    amount: Decimal
    balance: Decimal
    call: int


@dataclass(frozen=True)
class Account:
    """Everything known about one wallet, after its last call has ended.

    Attributes:
        opening: The balance before the first call.
        balance: The balance now.
        held: The sum of the open holds.
        captured: The sum of the captures, as the wallet counts it.
        entries: The ledger, without evicted entries.
        entries_evicted: The number of entries evicted from the ledger.
        records: The calls that ended, including those evicted from the journal.
        kept: The names of the calls in the journal.
        calls_evicted: The number of calls evicted from the journal.
        exchanges: The calls that clients made.
    """

    opening: Decimal
    balance: Decimal
    held: Decimal
    captured: Decimal
    entries: Sequence[Entry]
    entries_evicted: int
    records: Sequence[Record]
    kept: Sequence[str]
    calls_evicted: int
    exchanges: Sequence[Exchange]

    @property
    def bills(self) -> Decimal:
        """Return the sum of the bills that clients read; a replayed bill is a copy of another."""
        replayed = {record.name for record in self.records if record.replayed}
        return total(exchange.bill for exchange in self.exchanges if exchange.name not in replayed)

    @property
    def unread(self) -> Decimal:
        """Return the sum of the charges whose bill no client could read."""
        read = {exchange.name for exchange in self.exchanges if exchange.bill is not None}
        return total(record.charge for record in self.records if record.name not in read)

    @property
    def journal(self) -> Decimal:
        """Return the sum of the charges in the journal, evicted calls included."""
        return total(record.charge for record in self.records)

    @property
    def evicted_captures(self) -> Decimal:
        """Return the sum of the charges whose capture was evicted from the ledger."""
        kept = {entry.call for entry in self.entries if entry.kind == "capture"}
        return total(record.charge for record in self.records if record.number not in kept)

    @property
    def ledger(self) -> Decimal:
        """Return the sum of the captures in the ledger, evicted ones included."""
        kept = total(entry.amount for entry in self.entries if entry.kind == "capture")
        return kept + (self.evicted_captures if self.entries_evicted else NOTHING)


def total(amounts: Iterator[Decimal | None]) -> Decimal:
    """Return the sum of the amounts that are known."""
    return sum((amount for amount in amounts if amount is not None), NOTHING)


def check_sums(account: Account) -> Iterator[str]:
    """Compare the five sums of one wallet with its own count."""
    sums = {
        "opening - balance": account.opening - account.balance,
        "ledger": account.ledger,
        "journal": account.journal,
        "bills read + charges unread": account.bills + account.unread,
    }
    yield from (
        f"{name} is {amount}, captured {account.captured}"
        for name, amount in sums.items()
        if amount != account.captured
    )
    if account.held:
        yield f"{account.held} is held, and no call is under way"


def check_ledger(account: Account) -> Iterator[str]:
    """Compare each entry's balance with the entries before it."""
    balance = account.opening - (account.evicted_captures if account.entries_evicted else NOTHING)
    for entry in account.entries:
        balance = entry.amount if entry.kind == "balance" else balance
        balance -= entry.amount if entry.kind == "capture" else NOTHING
        if entry.balance != balance:
            yield f"after the {entry.kind} of call {entry.call} the ledger has {entry.balance}, expected {balance}"
            return


def check_holds(account: Account) -> Iterator[str]:
    """Require that each hold ends once, in the capture that the journal has or in a release."""
    kinds: defaultdict[int, list[str]] = defaultdict(list)
    amounts = {entry.call: entry.amount for entry in account.entries if entry.kind == "capture"}
    for entry in account.entries:
        kinds[entry.call].append(entry.kind)
    for record in account.records:
        end = "capture" if record.charge is not None else "release"
        accepted = [["hold", end], *([[end], []] if account.entries_evicted else [[]] if record.charge is None else [])]
        if kinds[record.number] not in accepted:
            yield f"{record.name}: charged {record.charge}, and the ledger has {kinds[record.number]}"
        elif amounts.get(record.number, record.charge) != record.charge:
            yield f"{record.name}: charged {record.charge}, and {amounts[record.number]} was captured"


def check_journal(account: Account) -> Iterator[str]:
    """Require that the journal has each call once, or has evicted it."""
    names = Counter(record.name for record in account.records)
    known = {exchange.name for exchange in account.exchanges}
    yield from (f"{name} is {count} times in the journal" for name, count in names.items() if count > 1)
    yield from (f"{name} is in the journal, and no client sent it" for name in names if name not in known)
    if len(account.kept) + account.calls_evicted != len(account.records) or not names.keys() >= {*account.kept}:
        yield (
            f"the journal has {len(account.kept)} calls and evicted {account.calls_evicted}; "
            f"{len(account.records)} ended"
        )


def check_bills(account: Account) -> Iterator[str]:
    """Compare the bill that each client read with the journal's charge and the price."""
    records = {record.name: record for record in account.records}
    for exchange in account.exchanges:
        record = records.get(exchange.name)
        if record is None:
            if exchange.stayed:
                yield f"{exchange.name}: its client stayed (status {exchange.status}), and the journal has no such call"
            continue
        charges = {record.charge, exchange.bill} - {None}
        if charges - {exchange.price}:
            yield f"{exchange.name}: charged {record.charge}, billed {exchange.bill}, its price is {exchange.price}"
        if exchange.bill is not None and record.charge is None and not record.replayed:
            yield f"{exchange.name}: billed {exchange.bill}, and not charged"


def check_tokens(account: Account) -> Iterator[str]:
    """Require that requests with one replayed Idempotency-Key are charged once, and before any of them is billed."""
    tokens = {exchange.name: exchange.token for exchange in account.exchanges if exchange.token}
    charged = Counter(
        tokens[record.name] for record in account.records if record.charge is not None and record.name in tokens
    )
    yield from (f"Idempotency-Key {token} was charged {count} times" for token, count in charged.items() if count > 1)
    for record in account.records:
        if record.replayed and not charged[tokens.get(record.name, "")]:
            yield f"{record.name} was replayed, and no equal request was charged"


def check_faults(account: Account) -> Iterator[str]:
    """Require that a call whose client stayed is charged exactly if its fault comes after the capture."""
    for record in account.records:
        expected = not record.replayed and (is_charged(record.fault) if record.fault else record.status == 200)
        if not record.client_left and (record.charge is not None) != expected:
            yield f"{record.name} ({record.fault or 'no fault'}, status {record.status}): charged {record.charge}"


CHECKS: Sequence[Callable[[Account], Iterator[str]]] = (
    *(check_sums, check_ledger, check_holds, check_journal, check_bills, check_tokens, check_faults),
)


def findings(account: Account) -> list[str]:
    """Return everything in one wallet that does not agree."""
    return list(chain.from_iterable(check(account) for check in CHECKS))
