"""Bill and refusal in a gateway's response: what a call cost."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

__all__ = ["AMOUNT", "count_images", "error_member", "is_refusal", "read_bill"]

Json = Any
# An amount as a bill may have it; nothing that Decimal reads beyond that, such as exponents.
AMOUNT = re.compile(r"[0-9]{1,9}(\.[0-9]{1,18})?", re.ASCII)


def read_bill(document: Json) -> Decimal | None:
    """Return the billed amount of a response in USD; None if it has none."""
    usage = document.get("usage") if isinstance(document, dict) else None
    billed = usage.get("billed_amount") if isinstance(usage, dict) else None
    # A number violates the contract, but still states the amount.
    text = str(billed) if isinstance(billed, str | int | float) else ""
    return Decimal(text) if AMOUNT.fullmatch(text) else None


def is_refusal(status: int, document: Json) -> bool:
    """Return True if the gateway itself refused the call, which releases the hold. [docs/wallet]

    A server error may come from a proxy, after the images were made and charged. 503 in the documented envelope
    comes before.
    """
    return 300 <= status < 500 or (status == 503 and error_member(document, "code") is not None)


def count_images(document: Json) -> int:
    """Return the number of images in a response."""
    data = document.get("data") if isinstance(document, dict) else None
    return len(data) if isinstance(data, list) else 0


def error_member(document: Json, name: str) -> str | None:
    """Return `type`, `code` or `message` of the error envelope; None if missing."""
    error = document.get("error") if isinstance(document, dict) else None
    value = error.get(name) if isinstance(error, dict) else None
    return value if isinstance(value, str) else None
