"""The first interception, made before a Hypothesis test: its imports would overrun the first example's deadline."""

from __future__ import annotations

from functools import cache

from omixa_mock.gateway import EXAMPLE_KEY, Gateway, Request, Settings
from omixa_mock.interception import intercept
from omixa_mock.interceptors.exchange import answer
from omixa_mock.shipped import shipped_contract

__all__ = ["warm_up"]

HEADERS = {"authorization": f"Bearer {EXAMPLE_KEY}", "content-type": "application/json"}
BODY = b'{"model": "gpt-image-1.5", "prompt": "a cat"}'


@cache
def warm_up() -> None:
    """Import, compile and draw once what every interception needs."""
    with intercept():
        gateway = Gateway(shipped_contract(), Settings())
        answer(gateway.handle(Request("POST", "/api/v1/images/generations", HEADERS, {})), BODY, None)
