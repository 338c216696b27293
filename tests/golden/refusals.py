"""Corpus: requests that are refused for other reasons than their fields."""

from __future__ import annotations

from collections.abc import Mapping

from .fields import FIELDS
from .parts import (
    BOTH_DOWN,
    CAT,
    CHUNKED,
    GENERATE,
    KEY,
    Case,
    cat,
    of_model,
    raw,
    read,
)

Table = Mapping[str, tuple[Case, ...]]
EMPTY = {"balance": 0}


def by_header(value: str) -> Case:
    """Return a request with a given header `Authorization`."""
    return Case(401, CAT, headers={"authorization": value})


KEYS: Table = {
    "no key": (Case(401, CAT, key=None),),
    "header of the key": tuple(map(by_header, ("", "Bearer", KEY, f"Basic {KEY}", "Bearer ", "Bearer \t"))),
    "form of the key": tuple(
        by_header(f"Bearer {key}")
        for key in (
            "sk-proj-1",
            "omx_live_",
            KEY.upper(),
            f"omx_live_{'a' * 201}",
            "omx_live_a.b",
            f"{KEY}, Bearer {KEY}",
            "omx_live_fail_hung",
        )
    ),
    "key in another header": (Case(401, CAT, key=None, headers={"x-api-key": KEY}),),
    "key that nobody issued": (Case(401, CAT, key="omx_live_other"),),
    "key as long as may be": (Case(200, CAT, key="omx_live_" + "a" * 200),),
    "scheme of the key in lower case": (Case(200, CAT, headers={"authorization": f"bearer   {KEY} "}),),
}

PATHS: Table = {
    "nothing there": tuple(
        read(path, 404)
        for path in (
            "/",
            "/api/v1",
            "/api/v1/model",
            "/api/v1/images/generation",
            "/v1/images/generations",
            "/api/v1/%E7%8C%AB",
            "/api/v1/omx_live_secret",
            "/api/v1/" + "a" * 300,
        )
    ),
    "paths of OpenAI": tuple(
        Case(404, CAT, path=f"/api/v1/{path}")
        for path in ("images/edits", "images/variations", "chat/completions", "responses")
    ),
    "methods of an order": tuple(read(GENERATE, 405, method=method) for method in ("GET", "HEAD", "PUT", "DELETE")),
    "methods of a read": tuple(Case(405, CAT, method=method, path="/api/v1/models") for method in ("POST", "PATCH")),
}

HEADS: Table = {
    "too large, announced": (cat(413, under={"body_max": 10}),),
    "too large, read": (Case(413, CAT, headers=CHUNKED, workspace={"settings": {"body_max": 10}}),),
    "just not too large": (raw(b"{" + b" " * 98 + b"}", workspace={"settings": {"body_max": 100}}),),
    "content types": tuple(
        Case(415, CAT, headers={"content-type": value})
        for value in (
            "",
            "text/plain",
            "application/jsonx",
            "multipart/form-data; boundary=a",
            "application/x-www-form-urlencoded",
        )
    ),
}

MONEY: Table = {
    "empty wallet": (Case(402, CAT, workspace=EMPTY),),
    "wallet below the least hold": (Case(402, CAT | {"quality": "low"}, workspace={"balance": "0.009999"}),),
    "wallet exactly enough, and then no more": (Case(200, CAT, workspace={"balance": "0.039"}), Case(402, CAT)),
    "wallet for all but one of ten": (Case(402, CAT | {"n": 10}, workspace={"balance": "0.389999"}),),
    "key of no model": (Case(403, CAT, workspace={"models": []}),),
    "key of another model": (
        of_model("gpt-image-1.5"),
        Case(403, CAT | {"model": "MAI-Image-2.5"}, workspace={"models": ["gpt-image-1.5"]}),
        Case(403, CAT | {"model": "dall-e-3"}),
        Case(422, CAT | {"model": 1}),
    ),
    "no route": (Case(503, CAT, workspace=BOTH_DOWN),),
    "no route of a partial model": (
        of_model("MAI-Image-2.5", 200),
        Case(503, CAT | {"model": "MAI-Image-2.5"}, workspace=BOTH_DOWN),
    ),
}

ORDER_OF_CHECKS: Table = {
    "404 before 401": (Case(404, CAT, path="/x", key=None),),
    "405 before 401": (read(GENERATE, 405, key=None),),
    "401 before 413": (Case(401, CAT, key="sk", workspace={"settings": {"body_max": 1}}),),
    "413 before 415": (Case(413, CAT, headers={"content-type": "a"}, workspace={"settings": {"body_max": 1}}),),
    "415 before 422": (raw("{", 415, headers={"content-type": "a"}),),
    "422 of a body before 403": (raw("{", workspace={"models": []}),),
    "403 before 422": (Case(403, CAT | {"n": 11}, workspace={"models": []}),),
    "422 before 503": (Case(422, CAT | {"n": 11}, workspace=BOTH_DOWN),),
    "503 before 402": (Case(503, CAT, workspace={**BOTH_DOWN, **EMPTY}),),
    "402 before 422, by its setting": (
        Case(402, CAT | {"n": 11}, workspace={**EMPTY, "settings": {"balance_check": "before-validation"}}),
    ),
    "refused before its plan": (Case(422, CAT | {"n": 11}, plan="no_route"), Case(503, CAT)),
}

REFUSALS: Table = {**KEYS, **PATHS, **HEADS, **FIELDS, **MONEY, **ORDER_OF_CHECKS}
