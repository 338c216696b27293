"""What pytest says where two values of ours are not equal."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.acceptance  # a pytest run for each test

TESTS = """
import httpx
from msgspec import Struct

URL = "https://www.omixa.cloud/api/v1/images/generations"

class Theirs(Struct):
    number: int

def order(gateway, prompt):
    body, key = {"model": "gpt-image-1.5", "prompt": prompt}, gateway.api_key
    httpx.post(URL, json=body, headers={"Authorization": f"Bearer {key}"})

def test_calls(omixa_mock):
    order(omixa_mock, "a cat")
    order(omixa_mock, "a dog")
    first, second = omixa_mock.calls
    assert first == second

def test_entries(omixa_mock):
    order(omixa_mock, "a cat")
    _, held, captured = omixa_mock.ledger
    assert held == captured

def test_unlike(omixa_mock):
    order(omixa_mock, "a cat")
    assert omixa_mock.calls[0] == 1

def test_theirs():
    assert Theirs(1) == Theirs(2)
"""
CASES = {
    "calls": ["E *Differing attributes: number, payload, order, fingerprints, response", "E *number: 1 != 2"],
    "entries": ["E *Differing attributes: number, kind, *", "E *kind: 'hold' != 'capture'"],
    "unlike": ["E *<call #1 200 *> == 1"],
    "theirs": ["E *Theirs(number=1) == Theirs(number=2)"],
}


@pytest.mark.parametrize(("name", "lines"), CASES.items(), ids=CASES)
def test_what_differs_is_told(pytester: pytest.Pytester, name: str, lines: list[str]) -> None:
    pytester.makepyfile(TESTS)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-k", f"test_{name}")

    result.stdout.fnmatch_lines(lines)
    assert "iVBORw0KGgo" not in result.stdout.str()
