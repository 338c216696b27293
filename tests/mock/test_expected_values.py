"""Expected values of `assert_called`: patterns and functions, beside values that compare."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import pytest

from omixa_mock import OmixaMock

Ask = Callable[..., httpx.Response]


def is_short(text: str) -> bool:
    return len(text) < 10


class Shorter:
    """Object that is called, and compares by identity."""

    def __call__(self, text: str) -> bool:
        return len(text) < 10


class AnyText(type):
    """Class of classes that compare equal to every text, as those of dirty-equals do."""

    def __eq__(cls, other: object) -> bool:
        return isinstance(other, str)

    __hash__ = type.__hash__


class Text(metaclass=AnyText):
    """Class that compares equal to every text."""


ACCEPTED: dict[str, dict[str, Any]] = {
    "pattern": {"prompt": re.compile(r"c.t$")},
    "pattern of a default": {"quality": re.compile("auto")},
    "function": {"prompt": is_short},
    "lambda": {"n": lambda n: n > 1},
    "method": {"prompt": "a cat sat".startswith},
    "partial": {"n": partial(max, 1)},
    "object that is called": {"prompt": Shorter()},
    "field that was not sent": {"mask": lambda mask: mask is None},
    "field of the response": {"status": lambda status: status < 300, "route": re.compile("^azure")},
    "class that compares": {"prompt": Text},
    "several": {"prompt": re.compile("cat"), "n": lambda n: n == 2},
}
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "pattern": (
        {"prompt": re.compile("dog")},
        "No call had prompt=re.compile('dog').\n*✗ prompt = \"a cat\", in which re.compile('dog') finds nothing",
    ),
    "pattern of a number": ({"n": re.compile("2")}, "*✗ n = 2, in which re.compile('2') finds nothing"),
    "function": (
        {"prompt": str.isdigit},
        'No call had prompt=isdigit.\n*✗ prompt = "a cat", for which isdigit is false',
    ),
    "lambda": (
        {"n": lambda n: n > 2},
        "No call had n=lambda at test_expected_values.py:LINE.\n*✗ n = 2, for which lambda",
    ),
    "function that raises for a field that is not there": (
        {"mask": lambda mask: "png" in mask},
        "*✗ mask = null, for which lambda at test_expected_values.py:LINE is false",
    ),
    "another class": ({"prompt": int}, "*✗ prompt = \"a cat\", wanted <class 'int'>"),
}


@pytest.mark.parametrize("fields", ACCEPTED.values(), ids=ACCEPTED)
def test_value_is_as_expected(mock: OmixaMock, generate: Ask, fields: dict[str, Any]) -> None:
    generate(n=2)
    assert mock.assert_called(**fields) is mock.last


@pytest.mark.parametrize("fields", ACCEPTED.values(), ids=ACCEPTED)
def test_value_that_was_not_to_come_is_found(mock: OmixaMock, generate: Ask, fields: dict[str, Any]) -> None:
    generate(n=2)
    with pytest.raises(AssertionError, match="Expected no such call; there was 1"):
        mock.assert_not_called(**fields)


@pytest.mark.parametrize(("fields", "message"), REFUSED.values(), ids=REFUSED)
def test_value_is_not_as_expected(mock: OmixaMock, generate: Ask, fields: dict[str, Any], message: str) -> None:
    generate(n=2)
    mock.assert_not_called(**fields)
    with pytest.raises(AssertionError) as raised:
        mock.assert_called(**fields)
    pattern = re.escape(message).replace(r"\*", r"[\s\S]*").replace("LINE", r"\d+")
    assert re.match(pattern, str(raised.value)), str(raised.value)


@pytest.mark.parametrize("method", ["assert_called", "assert_not_called"])
def test_exception_of_a_function_is_raised(mock: OmixaMock, generate: Ask, method: str) -> None:
    generate()
    with pytest.raises(ZeroDivisionError):
        getattr(mock, method)(prompt=lambda _: 1 / 0)


async def is_late(_: str) -> bool:
    return True


@pytest.mark.parametrize("method", ["assert_called", "assert_not_called"])
def test_coroutine_function_is_refused(mock: OmixaMock, method: str) -> None:
    with pytest.raises(TypeError, match="prompt is a coroutine function"):
        getattr(mock, method)(prompt=is_late)


# assert_called_once


def test_called_once_returns_the_call(mock: OmixaMock, generate: Ask) -> None:
    generate()
    generate(prompt="a dog")
    assert mock.assert_called_once(prompt=re.compile("cat")) is mock.calls[0]


@pytest.mark.parametrize(
    ("number", "message"), [(0, "Expected a call; the"), (2, "Expected 1 such call; there were 2")]
)
def test_called_otherwise_than_once_fails(mock: OmixaMock, generate: Ask, number: int, message: str) -> None:
    for _ in range(number):
        generate()
    with pytest.raises(AssertionError, match=f"^{message}"):
        mock.assert_called_once()
