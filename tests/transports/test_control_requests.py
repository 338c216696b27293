"""Parameters of the journal over HTTP: they choose calls, and what is not known is refused."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

CAT = {"model": "gpt-image-1.5", "prompt": "a cat"}
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNgAAAAAgAB5Sfe/AAAAABJRU5ErkJggg=="
IMAGE = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
GENERATE = "/api/v1/images/generations"
REQUESTS = "/__omixa/requests"


@pytest.fixture
def journal(api: httpx.Client) -> httpx.Client:
    """Make six calls: a success, a refusal, an edit, a merge, another refusal, a read."""
    for fields in ({}, {"n": 11}, {"input_images": [IMAGE]}, {"input_images": [IMAGE, IMAGE]}, {"size": "x"}):
        api.post(GENERATE, json=CAT | fields)
    api.get("/api/v1/models")
    return api


CHOSEN: dict[str, list[int]] = {
    "": [1, 2, 3, 4, 5, 6],
    "status=422": [2, 5],
    "status=503": [],
    "operation=generate": [1],
    "operation=edit": [3],
    "operation=merge": [4],
    "limit=1": [6],
    "limit=2": [5, 6],
    "limit=9999": [1, 2, 3, 4, 5, 6],
    "since=0": [1, 2, 3, 4, 5, 6],
    "since=4": [5, 6],
    "since=6": [],
    "status=422&limit=1": [5],
    "status=422&since=2": [5],
    "since=1&limit=2&status=200": [4, 6],
    "full=0&unmatched=0&limit=1": [6],
}


@pytest.mark.parametrize(
    ("query", "numbers"), CHOSEN.items(), ids=lambda value: value if isinstance(value, str) else ""
)
@pytest.mark.parametrize("full", ["", "&full=1"])
def test_query_chooses_calls(journal: httpx.Client, query: str, numbers: list[int], full: str) -> None:
    query = query.replace("full=0&", "") + full
    page = journal.get(f"{REQUESTS}?{query}").json()
    assert [call["number"] for call in page["calls"]] == numbers


def test_query_chooses_unmatched_calls(api: httpx.Client) -> None:
    api.get("/nowhere")
    api.get("/api/v1/models", headers={"Authorization": "Bearer x"})
    calls = api.get(f"{REQUESTS}?unmatched=1&status=401").json()["calls"]
    assert [call["path"] for call in calls] == ["/api/v1/models"]


# A query, and what the refusal must have: the cause, what is accepted, and a value that works.
REFUSED: dict[str, tuple[str, ...]] = {
    "stauts=422": ('There is no parameter "stauts". Did you mean status?', "status=422, operation=generate, limit=10"),
    "x=1": ('There is no parameter "x". Accepted, each with an example: status=422, ',),
    "=1": ('There is no parameter "".',),
    "status=": ('status = "" is not accepted; accepted: a status, 100 to 599. For instance ?status=422',),
    "status=2xx": ('status = "2xx" is not accepted',),
    "status=99": ('status = "99" is not accepted',),
    "status=600": ('status = "600" is not accepted',),
    "status=%D9%A2%D9%A0%D9%A0": ("is not accepted; accepted: a status",),
    "operation=draw": ('operation = "draw" is not accepted; accepted: generate, edit, merge.',),
    "limit=0": ('limit = "0" is not accepted; accepted: a number of calls, 1 to 10000. For instance ?limit=10',),
    "limit=-1": ('limit = "-1" is not accepted',),
    "limit=1.5": ('limit = "1.5" is not accepted',),
    "limit=10001": ('limit = "10001" is not accepted',),
    "since=x": ('since = "x" is not accepted; accepted: the number of a call',),
    "since=" + "9" * 5000: ('since = "999', "is not accepted"),
    "unmatched=yes": ('unmatched = "yes" is not accepted; accepted: 1 or 0.',),
    "full=true": ('full = "true" is not accepted; accepted: 1 or 0.',),
    "limit=1&limit=2": ("The parameter limit occurs twice. Send it once.",),
    "unmatched=1&since=3": ("The calls of unmatched=1 have no number. Leave out since.",),
}


@pytest.mark.parametrize(("query", "texts"), REFUSED.items(), ids=[query[:20] for query in REFUSED])
def test_bad_query_is_refused(api: httpx.Client, query: str, texts: tuple[str, ...]) -> None:
    response = api.get(f"{REQUESTS}?{query}")
    error: Any = response.json()["error"]
    assert (response.status_code, error["code"]) == (422, "invalid_request")
    assert [text for text in texts if text not in error["message"]] == []


def test_example_of_every_parameter_works(api: httpx.Client) -> None:
    message = api.get(f"{REQUESTS}?x=1").json()["error"]["message"]
    examples = message.partition("an example: ")[2].removesuffix(".").split(", ")
    assert [api.get(f"{REQUESTS}?{example}").status_code for example in examples] == [200] * 7


def test_key_in_a_bad_query_is_not_shown(api: httpx.Client) -> None:
    texts = [api.get(f"{REQUESTS}?{query}").text for query in ("omx_live_SECRET=1", "status=omx_live_SECRET")]
    assert "SECRET" not in "".join(texts)
