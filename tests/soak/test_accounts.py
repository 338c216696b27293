"""The soak test finds every way in which bills, journal, ledger and balance can disagree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.soak.accounts import Account, Entry, Exchange, Record, findings

PRICE, OPENING = Decimal("0.039"), Decimal(100)
BALANCE = OPENING - 3 * PRICE
# Charged and billed; replayed; charged and lost; released; refused; left amid the response; never arrived.
EXCHANGES = [
    Exchange("paid", PRICE, "key", 200, PRICE),
    Exchange("replayed", PRICE, "key", 200, PRICE),
    Exchange("lost", PRICE),
    Exchange("released", PRICE, status=500),
    Exchange("refused", PRICE, status=503),
    Exchange("left", PRICE),
    Exchange("cut", PRICE, stayed=False),
]
RECORDS = [
    Record("paid", 1, 200, PRICE, "", client_left=False, replayed=False),
    Record("replayed", 2, 200, None, "", client_left=False, replayed=True),
    Record("lost", 3, None, PRICE, "reset_after_capture", client_left=False, replayed=False),
    Record("released", 4, 500, None, "internal_error", client_left=False, replayed=False),
    Record("refused", 5, 503, None, "no_route", client_left=False, replayed=False),
    Record("left", 6, 200, PRICE, "", client_left=True, replayed=False),
]


def entries(*rows: tuple[str, int]) -> list[Entry]:
    balance, written = OPENING, [Entry("balance", OPENING, OPENING, 0)]
    for kind, call in rows:
        balance -= PRICE if kind == "capture" else 0
        written.append(Entry(kind, PRICE, balance, call))
    return written


LEDGER = entries(
    *(("hold", 1), ("capture", 1), ("hold", 3), ("hold", 4), ("capture", 3)),
    *(("release", 4), ("hold", 6), ("capture", 6)),
)
GOOD = Account(
    OPENING, BALANCE, Decimal(0), 3 * PRICE, LEDGER, 0, RECORDS, [record.name for record in RECORDS], 0, EXCHANGES
)
CENT = Decimal("0.000001")


def changed(rows: Sequence[Any], index: int, **changes: Any) -> list[Any]:
    return [*rows[:index], replace(rows[index], **changes), *rows[index + 1 :]]


def without(rows: Sequence[Any], index: int) -> list[Any]:
    return [*rows[:index], *rows[index + 1 :]]


# Each is one thing that a gateway could do wrong, and a part of the finding.
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "balance lacks a millionth": ({"balance": BALANCE - CENT}, "opening - balance is 0.117001, captured 0.117"),
    "capture is counted twice": ({"captured": 4 * PRICE}, "ledger is 0.117, captured 0.156"),
    "hold stays open": ({"held": PRICE}, "0.039 is held, and no call is under way"),
    "capture misses in the ledger": ({"entries": without(LEDGER, 2)}, "paid: charged 0.039, and the ledger has"),
    "release misses in the ledger": ({"entries": without(LEDGER, 6)}, "released: charged None, and the ledger has"),
    "refused call is captured": ({"entries": [*LEDGER, *entries(("hold", 5), ("capture", 5))[1:]]}, "refused: charged"),
    "capture differs from the charge": ({"entries": changed(LEDGER, 2, amount=PRICE + CENT)}, "0.039001 was captured"),
    "entry has a wrong balance": ({"entries": changed(LEDGER, 4, balance=OPENING)}, "after the hold of call 4"),
    "journal has a call twice": ({"records": [*RECORDS, RECORDS[4]]}, "refused is 2 times in the journal"),
    "journal has a call of nobody": ({"exchanges": without(EXCHANGES, 5)}, "left is in the journal, and no client"),
    "journal lost a call": ({"records": without(RECORDS, 4)}, "refused: its client stayed (status 503), and"),
    "journal lost a call unnoticed": ({"kept": ["paid"]}, "the journal has 1 calls and evicted 0; 6 ended"),
    "bill differs from the price": ({"exchanges": changed(EXCHANGES, 0, bill=PRICE + CENT)}, "billed 0.039001, its"),
    "charge differs from the price": ({"records": changed(RECORDS, 2, charge=PRICE - CENT)}, "charged 0.038999"),
    "bill is not charged": ({"records": changed(RECORDS, 0, charge=None)}, "paid: billed 0.039, and not charged"),
    "replayed request is charged": (
        {"records": changed(RECORDS, 1, charge=PRICE)},
        "Idempotency-Key key was charged 2",
    ),
    "first of the replayed is free": ({"records": changed(RECORDS, 0, charge=None)}, "replayed was replayed, and no"),
    "fault before capture is charged": ({"records": changed(RECORDS, 3, charge=PRICE)}, "released (internal_error"),
    "fault after capture is free": ({"records": changed(RECORDS, 2, charge=None)}, "lost (reset_after_capture"),
    "success is free": ({"records": changed(RECORDS, 0, charge=None)}, "paid (no fault, status 200): charged None"),
}


def test_account_that_agrees_has_no_findings() -> None:
    assert findings(GOOD) == []


@pytest.mark.parametrize(("changes", "part"), WRONG.values(), ids=WRONG)
def test_disagreement_is_found(changes: dict[str, Any], part: str) -> None:
    assert any(part in finding for finding in findings(replace(GOOD, **changes)))


def test_evicted_calls_and_entries_are_counted() -> None:
    kept, evicted = [record.name for record in RECORDS[3:]], 3
    assert findings(replace(GOOD, entries=LEDGER[5:], entries_evicted=5, kept=kept, calls_evicted=evicted)) == []


def test_capture_that_was_lost_among_evicted_entries_is_found() -> None:
    wrong = replace(GOOD, entries=changed(LEDGER[5:], 0, balance=OPENING), entries_evicted=5)
    assert any("after the capture of call 3" in finding for finding in findings(wrong))


def test_bills_and_unread_charges_add_up_to_the_captures() -> None:
    assert (GOOD.bills, GOOD.unread, GOOD.captured) == (PRICE, 2 * PRICE, 3 * PRICE)
