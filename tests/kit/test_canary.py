"""A key in a text of a request, in any spelling and at any place: no export, recording or message has a piece of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import omixa_mock
from omixa_mock import Call, OmixaMock
from omixa_mock.cli.request_log import describe_call as log_line
from omixa_mock.gateway.calls import describe_call
from omixa_mock.kit.exports import write_curl, write_har, write_test
from omixa_mock.proxy.bodies import Policy, Recorder
from omixa_mock.proxy.compaction import compact
from omixa_mock.proxy.numbering import Numbering
from omixa_mock.proxy.secrets import Secrets
from tests.spelled_keys import OTHER_TEXTS, shown_pieces, spelled_keys

URL = "http://127.0.0.1:6649"
# A request that is refused: its response has no image, in whose base64 a piece of a secret might stand by chance.
REFUSED = {"model": "gpt-image-1.5", "prompt": "a cat", "n": 11}
LONG = "some words\n" * 8000
PLACES: dict[str, Callable[[str], dict[str, Any]]] = {
    "prompt": lambda text: {"prompt": text},
    "prompt that begins like an image": lambda text: {"prompt": f"data:,{text}"},
    "head of a data URL": lambda text: {"mask": {"type": "image_url", "image_url": {"url": f"data:{text},AAAA"}}},
    "body of a data URL": lambda text: {
        "mask": {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{text}"}}
    },
    "size": lambda text: {"size": text},
    "size in a list": lambda text: {"size": [text]},
    "name": lambda text: {text: 1},
    "name within": lambda text: {"input_images": [{"type": "image_url", text: [text]}]},
    "list": lambda text: {"user": ["a", {"b": text}]},
}
KEPT = Policy("keep", prompts=True)
EXPORTS: dict[str, Callable[[Call], str]] = {
    "curl": lambda call: write_curl(call, URL, "omx_live_export"),
    "pytest": lambda call: write_test(call, {}),
    "HAR": lambda call: json.dumps(write_har([call], URL)),
    "journal": lambda call: json.dumps(call.as_json()),
    "log": log_line,
    "message": describe_call,
    "repr": repr,
}


@pytest.fixture
def mock() -> Iterator[OmixaMock]:
    with omixa_mock.intercept() as mock:
        yield mock


def send(mock: OmixaMock, document: dict[str, Any]) -> str:
    """Send a request; return the response's text."""
    headers = {"Authorization": f"Bearer {mock.api_key}"}
    with httpx.Client(headers=headers, verify=False, trust_env=False) as client:
        return client.post(f"{mock.base_url}/images/generations", json=document).text


def record(document: dict[str, Any]) -> str:
    """Return the body of a request as the proxy records it if it is to keep everything."""
    body = Recorder(Secrets(), KEPT, REFUSED, Numbering()).request(compact(json.dumps(document).encode()))
    return b"".join(body.pieces()).decode()


def leaks(mock: OmixaMock, secret: str, document: dict[str, Any]) -> dict[str, list[str]]:
    """Return the pieces of a secret that are shown of a request, by what shows them."""
    texts = {"response": send(mock, document), "proxy": record(document)}
    texts |= {name: export(mock.last) for name, export in EXPORTS.items()}
    return {name: pieces for name, text in texts.items() if (pieces := shown_pieces(secret, text))}


SECRET = "GHJKQVWXYZ"
SPELLED = {
    "plain": f"omx_live_{SECRET}",
    "percent-coded": "".join(f"%{ord(character):02x}" for character in f"omx_live_{SECRET}"),
    "escaped": "".join(f"\\u{ord(character):04x}" for character in f"omx_live_{SECRET}"),
    "cut within the secret": "omx_live_GHJKQ\nVWXYZ",
}


@pytest.mark.parametrize("spelling", SPELLED.values(), ids=SPELLED)
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_key_behind_a_long_text_is_shown_nowhere(mock: OmixaMock, place: Any, spelling: str) -> None:
    assert leaks(mock, SECRET, REFUSED | place(f"{LONG}{spelling} {LONG}")) == {}


@pytest.mark.acceptance
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    spelled=spelled_keys(),
    place=st.sampled_from([*PLACES]),
    around=st.tuples(OTHER_TEXTS, OTHER_TEXTS),
    far=st.booleans(),
)
def test_key_in_any_spelling_is_shown_nowhere(
    mock: OmixaMock, spelled: tuple[str, str], place: str, around: tuple[str, str], far: bool
) -> None:
    secret, key = spelled
    assert leaks(mock, secret, REFUSED | PLACES[place](f"{LONG * far}{key.join(around)}")) == {}
