"""Probes: tests of one aspect of a gateway, by one or a few calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .observation import Observation
from .target import Response, Target

__all__ = ["CAT", "MODEL", "Inconclusive", "LeftOut", "Probe", "Redirected", "Run", "raise_if_inconclusive"]

MODEL = "gpt-image-1.5"
CAT: Mapping[str, Any] = {"model": MODEL, "prompt": "a cat"}
FREE = Decimal(0)

Run = Callable[[Target], Iterator[Observation]]


class Inconclusive(Exception):  # noqa: N818  # not an error of the suite
    """Gateway temporarily unable to handle the call, for instance with an empty wallet or without a route."""


class Redirected(Inconclusive):
    """Redirection of a call: another origin answers."""


class LeftOut(Exception):  # noqa: N818  # not an error of the suite
    """Call that is not made, because it may cost more than is left of the spending limit."""


@dataclass(frozen=True, slots=True)
class Probe:
    """Test of one aspect of a gateway.

    Attributes:
        name: A short description.
        run: The function that makes the calls and yields the observations.
        needs_key: True if the probe needs a real key.
        documented: True if the probe tests a documented rule.
        price: The expected price of its calls in USD, by which probes are sorted; 0 if the calls should be refused.
        images: The number of images in its largest request.
    """

    name: str
    run: Run
    needs_key: bool = True
    documented: bool = False
    price: Decimal = FREE
    images: int = 1


# Statuses that do not depend on the request, and what to do about them. [docs/errors: 402]
TRANSIENT: Mapping[int, str] = {
    402: "Add money to the wallet, then verify again.",
    401: "Use a key that stays valid, then verify again.",
    403: "Use a key that may use the model, then verify again.",
    429: "Verify again later, or with a higher rate limit.",
}
LATER = "Verify again when the gateway works."


def raise_if_inconclusive(response: Response, *statuses: int) -> None:
    """Raise `Inconclusive` for 402, 429, a server error or one of `statuses`.

    Raises:
        Inconclusive: The status does not depend on the request.
        Redirected: The response is a redirection.
    """
    if 300 <= response.status < 400:
        raise Redirected(f"the gateway answered with {response.status}")
    if response.status in {402, 429, *statuses} or response.status >= 500:
        cure, words = TRANSIENT.get(response.status, LATER), response.error("message")
        raise Inconclusive(f"{cure} The gateway answered with {response.status}{f': {words}' if words else ''}")
