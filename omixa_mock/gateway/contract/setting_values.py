"""Parsing of setting values: a parser for each type, bounds, error messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any, Literal, get_args, get_origin

from omixa_mock.gateway.common import nearest
from omixa_mock.gateway.http import abbreviate

from .durations import Duration, read_duration

__all__ = ["BOUNDS", "SettingError", "Table", "read_amount", "read_size", "read_value"]

Table = Mapping[str, Any]


class SettingError(ValueError):
    """Unknown setting, or a value that a setting does not accept."""


def read_value(name: str, value: Any, kind: Any) -> Any:
    """Parse `value` as the type of a setting."""
    try:
        if get_origin(kind) is Literal:
            return READERS[Literal](name, value, get_args(kind))
        return READERS[get_origin(kind) or kind](name, value, ())
    except (TypeError, ValueError, ArithmeticError) as error:
        if isinstance(error, SettingError):
            raise
        raise SettingError(f"{name} = {abbreviate(value)} is not {EXPECTED[get_origin(kind) or kind]}") from None


def read_choice(name: str, value: Any, choices: tuple[Any, ...]) -> Any:
    """Parse one of `choices`, given as a value or as text."""
    text = value if isinstance(value, str) else abbreviate(value)
    for choice in choices:
        if text == str(choice):
            return choice
    accepted = ", ".join(map(str, choices))
    near = nearest(text, map(str, choices))
    hint = f" Did you mean {near}?" if near is not None else ""
    raise SettingError(f"{name} = {abbreviate(value)} is not accepted; accepted: {accepted}.{hint}")


def read_int(name: str, value: Any, _: tuple[Any, ...]) -> int:
    """Parse an integer within the setting's bounds; sizes may be written as 2MB or 64KiB."""
    if isinstance(value, bool) or (isinstance(value, float) and value != int(value)):
        raise ValueError
    number = parse_size(value) if isinstance(value, str) else int(value)
    low, high = BOUNDS.get(name, (0, None))
    if number < low or (high is not None and number > high):
        accepted = f"{low} to {high}" if high is not None else f"{low} or more"
        raise SettingError(f"{name} = {abbreviate(value)} is out of range; accepted: {accepted}")
    return number


def parse_size(text: str) -> int:
    """Parse an integer with an optional unit of bytes ("2MB" is 2,000,000)."""
    digits = text.strip().rstrip("KMGIBkmgib")
    unit = text.strip()[len(digits) :]
    return int(digits) * UNITS[unit.upper()] if unit.upper() in UNITS else int(text)


def read_size(name: str, value: Any) -> int:
    """Parse a number of bytes, 0 or more, with or without a unit.

    Raises:
        SettingError: The value is not a number of bytes.
    """
    try:
        return read_int(name, value, ())
    except (TypeError, ValueError, ArithmeticError):
        accepted = "a number of bytes, 0 or more, for instance 16MB or 64KiB"
        raise SettingError(f"{name} = {abbreviate(value)} is not accepted; accepted: {accepted}") from None


def read_seconds(name: str, value: Any, _: tuple[Any, ...]) -> float:
    """Parse a number of seconds, 0 or more and finite."""
    seconds = float(value)
    if isinstance(value, bool) or not 0 <= seconds < float("inf"):
        raise SettingError(
            f"{name} = {abbreviate(value)} is out of range; accepted: 0 or more seconds, for instance 0.5"
        )
    return seconds


def read_duration_setting(name: str, value: Any, _: tuple[Any, ...]) -> Duration:
    """Parse a fixed or random duration."""
    try:
        return read_duration(value)
    except ValueError as error:
        raise SettingError(f"{name} = {error}") from None


def read_amount(name: str, value: Any, _: tuple[Any, ...] = ()) -> Decimal:
    """Parse an amount of money, 0 or more.

    Raises:
        SettingError: The value is not an amount, or is negative.
    """
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        amount = Decimal("NaN")
    if isinstance(value, bool) or not amount.is_finite() or not 0 <= amount < 10**12:
        raise SettingError(
            f'{name} = {abbreviate(value)} is not accepted; accepted: 0 or more USD, for instance "5.00"'
        )
    return amount


def read_names(_: str, value: Any, __: tuple[Any, ...]) -> tuple[str, ...]:
    """Parse names, given as a list or as comma-separated text."""
    names = value.split(",") if isinstance(value, str) else list(value)
    if isinstance(value, Mapping) or not all(isinstance(name, str) for name in names):
        raise TypeError
    return tuple(name.strip() for name in names if name.strip())


def read_table(_: str, value: Any, __: tuple[Any, ...]) -> Table:
    """Parse a table keyed by name; its rows are validated later."""
    if not isinstance(value, Mapping):
        raise TypeError
    return MappingProxyType(dict(value))


UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "B": 1}
# jsonschema-rs and repr() crash on some hundreds of levels, so the maximum is 64.
BOUNDS: Mapping[str, tuple[int, int | None]] = {
    "nesting_max": (1, 64),
    "provider_limit": (1, 10),
    "input_images_max": (1, None),
    "prompt_max_chars": (1, None),
    "body_max": (1, None),
    "weight": (0, 64_000_000),
    # As in responses/image.json: a larger number would be milliseconds.
    "created": (0, 99_999_999_999),
}
READERS: Mapping[Any, Callable[[str, Any, tuple[Any, ...]], Any]] = {
    Literal: read_choice,
    int: read_int,
    float: read_seconds,
    Duration: read_duration_setting,
    Decimal: read_amount,
    tuple: read_names,
    get_origin(Table): read_table,
}
EXPECTED: Mapping[Any, str] = {
    int: "a whole number",
    float: "a number of seconds",
    Decimal: 'an amount of money, for instance "5.00"',
    tuple: "a list of names",
    get_origin(Table): "a table",
}
