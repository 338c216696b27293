"""Tests of the explanation that pytest shows if two of the mock's values differ."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.acceptance  # starts a pytest run for each test

TESTS = """
import httpx
from msgspec import Struct

URL = "https://www.omixa.cloud/api/v1/images/generations"

class UserStruct(Struct):
    number: int

def generate(mock, prompt):
    body, key = {"model": "gpt-image-1.5", "prompt": prompt}, mock.api_key
    httpx.post(URL, json=body, headers={"Authorization": f"Bearer {key}"})

def test_calls(omixa_mock):
    generate(omixa_mock, "a cat")
    generate(omixa_mock, "a dog")
    first, second = omixa_mock.calls
    assert first == second

def test_entries(omixa_mock):
    generate(omixa_mock, "a cat")
    _, held, captured = omixa_mock.ledger
    assert held == captured

def test_other_type(omixa_mock):
    generate(omixa_mock, "a cat")
    assert omixa_mock.calls[0] == 1

def test_user_struct():
    assert UserStruct(1) == UserStruct(2)
"""
CASES = {
    "calls": ["E *Differing attributes: number, document, image_request, fingerprints, sent", "E *number: 1 != 2"],
    "entries": ["E *Differing attributes: number, kind, *", "E *kind: 'hold' != 'capture'"],
    "other_type": ["E *<call #1 200 *> == 1"],
    "user_struct": ["E *UserStruct(number=1) == UserStruct(number=2)"],
}


@pytest.mark.parametrize(("name", "lines"), CASES.items(), ids=CASES)
def test_differences_are_explained(pytester: pytest.Pytester, name: str, lines: list[str]) -> None:
    pytester.makepyfile(TESTS)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-k", f"test_{name}")

    result.stdout.fnmatch_lines(lines)
    assert "iVBORw0KGgo" not in result.stdout.str()
