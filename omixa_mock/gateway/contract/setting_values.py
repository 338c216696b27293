"""What a setting takes: each type's reader, its bounds, and the sentence when something else came."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any, Literal, get_args, get_origin

from omixa_mock.gateway.common import nearest

from .durations import Duration, read_duration

__all__ = ["SettingError", "Table", "read_amount", "read_size", "read_value"]

Table = Mapping[str, Any]


class SettingError(ValueError):
    """A setting that does not exist, or a value that it does not take."""


def read_value(name: str, value: Any, kind: Any) -> Any:
    """`value` as the type that a setting has."""
    try:
        if get_origin(kind) is Literal:
            return READERS[Literal](name, value, get_args(kind))
        return READERS[get_origin(kind) or kind](name, value, ())
    except (TypeError, ValueError, ArithmeticError) as error:
        if isinstance(error, SettingError):
            raise
        raise SettingError(f"{name} = {value!r} is not {WANTED[get_origin(kind) or kind]}") from None


def read_choice(name: str, value: Any, choices: tuple[Any, ...]) -> Any:
    """One of `choices`, given as itself or as its text."""
    for choice in choices:
        if not isinstance(value, bool) and str(value) == str(choice):
            return choice
    accepted = ", ".join(map(str, choices))
    near = nearest(str(value), map(str, choices))
    hint = f" Did you mean {near}?" if near is not None else ""
    raise SettingError(f"{name} = {value!r} is not accepted; accepted: {accepted}.{hint}")


def read_int(name: str, value: Any, _: tuple[Any, ...]) -> int:
    """A whole number within the setting's bounds; sizes may be written as 2MB or 64KiB."""
    if isinstance(value, bool) or (isinstance(value, float) and value != int(value)):
        raise ValueError
    number = parse_size(value) if isinstance(value, str) else int(value)
    low, high = BOUNDS.get(name, (0, None))
    if number < low or (high is not None and number > high):
        accepted = f"{low} to {high}" if high is not None else f"{low} or more"
        raise SettingError(f"{name} = {value!r} is out of range; accepted: {accepted}")
    return number


def parse_size(text: str) -> int:
    """A whole number, with a unit of bytes where the text has one ("2MB" is 2,000,000)."""
    digits = text.strip().rstrip("KMGIBkmgib")
    unit = text.strip()[len(digits) :]
    return int(digits) * UNITS[unit.upper()] if unit.upper() in UNITS else int(text)


def read_size(name: str, value: Any) -> int:
    """A number of bytes, 0 or more, with a unit or without.

    Raises:
        SettingError: It is none.
    """
    try:
        return read_int(name, value, ())
    except (TypeError, ValueError, ArithmeticError):
        accepted = "a number of bytes, 0 or more, for instance 16MB or 64KiB"
        raise SettingError(f"{name} = {value!r} is not accepted; accepted: {accepted}") from None


def read_seconds(name: str, value: Any, _: tuple[Any, ...]) -> float:
    """A length of time in seconds, 0 or more and finite."""
    seconds = float(value)
    if isinstance(value, bool) or not 0 <= seconds < float("inf"):
        raise SettingError(f"{name} = {value!r} is out of range; accepted: 0 or more seconds, for instance 0.5")
    return seconds


def read_length_of_time(name: str, value: Any, _: tuple[Any, ...]) -> Duration:
    """A duration: fixed, or drawn."""
    try:
        return read_duration(value)
    except ValueError as error:
        raise SettingError(f"{name} = {error}") from None


def read_amount(name: str, value: Any, _: tuple[Any, ...] = ()) -> Decimal:
    """An amount of money, 0 or more.

    Raises:
        SettingError: It is no amount, or less than nothing.
    """
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        amount = Decimal("NaN")
    if isinstance(value, bool) or not amount.is_finite() or not 0 <= amount < 10**12:
        raise SettingError(f'{name} = {value!r} is not accepted; accepted: 0 or more USD, for instance "5.00"')
    return amount


def read_names(_: str, value: Any, __: tuple[Any, ...]) -> tuple[str, ...]:
    """Names, as a list or as comma-separated text."""
    names = value.split(",") if isinstance(value, str) else list(value)
    if not all(isinstance(name, str) for name in names):
        raise TypeError
    return tuple(name.strip() for name in names if name.strip())


def read_table(_: str, value: Any, __: tuple[Any, ...]) -> Table:
    """A table keyed by name; what its rows hold is checked where they are used."""
    if not isinstance(value, Mapping):
        raise TypeError
    return MappingProxyType(dict(value))


UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "B": 1}
# jsonschema-rs and repr() crash on some hundreds of levels: 64 is as deep as we go.
BOUNDS: Mapping[str, tuple[int, int | None]] = {
    "nesting_max": (1, 64),
    "provider_limit": (1, 10),
    "input_images_max": (1, None),
    "prompt_max_chars": (1, None),
    "body_max": (1, None),
    "weight": (0, 64_000_000),
    # responses/image.json: more would be milliseconds.
    "created": (0, 99_999_999_999),
}
READERS: Mapping[Any, Callable[[str, Any, tuple[Any, ...]], Any]] = {
    Literal: read_choice,
    int: read_int,
    float: read_seconds,
    Duration: read_length_of_time,
    Decimal: read_amount,
    tuple: read_names,
    get_origin(Table): read_table,
}
WANTED: Mapping[Any, str] = {
    int: "a whole number",
    float: "a number of seconds",
    Decimal: 'an amount of money, for instance "5.00"',
    tuple: "a list of names",
    get_origin(Table): "a table",
}
