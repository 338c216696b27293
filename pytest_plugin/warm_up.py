"""First interception, made before a Hypothesis test: its imports would exceed the first example's deadline."""

from __future__ import annotations

from functools import cache

from omixa_mock.gateway import EXAMPLE_KEY, Gateway, Request, Settings
from omixa_mock.interception import intercept
from omixa_mock.interceptors import run_flow
from omixa_mock.shipped import shipped_contract

__all__ = ["warm_up"]

HEADERS = {"authorization": f"Bearer {EXAMPLE_KEY}", "content-type": "application/json"}
BODY = b'{"model": "gpt-image-1.5", "prompt": "a cat"}'


@cache
def warm_up() -> None:
    """Import, compile and draw once everything that an interception needs."""
    with intercept():
        gateway = Gateway(shipped_contract(), Settings())
        run_flow(gateway.handle(Request("POST", "/api/v1/images/generations", HEADERS, {})), BODY, None)
