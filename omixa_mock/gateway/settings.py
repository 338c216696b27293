"""Every assumption about the gateway, as a setting.

Where the documentation is silent the fake had to choose. Each choice is one
field here; `schemas/` names the field beside the rule that depends on it, and
`omixa-mock assumptions` prints both.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal, InvalidOperation
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

__all__ = ["SettingError", "Settings", "changed", "describe_settings", "read_amount"]

Table = Mapping[str, Any]


def empty_table() -> Table:
    """A table with no rows, which nobody can change."""
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How this fake behaves where no page says how the gateway does.

    Each field's annotation says what it decides; its default is what the
    project assumes (CONTRACT: "assumed").
    """

    unknown_fields: Annotated[Literal["refuse", "ignore"], "what a field gets that the model's table does not list"] = (
        "refuse"
    )
    empty_prompt: Annotated[Literal["refuse", "allow"], "what an empty prompt gets"] = "refuse"
    prompt_max_chars: Annotated[int, "the longest prompt, in characters"] = 32_000
    input_images_max: Annotated[int, "the most input images in one request"] = 16
    mask_shape: Annotated[
        Literal["either", "string", "object"], "whether a mask is a data-URL string or an image part object"
    ] = "either"
    remote_images: Annotated[
        Literal["refuse", "accept"], "what an http(s) image URL gets; accepted ones are never fetched"
    ] = "refuse"
    picture_checks: Annotated[
        Literal["refuse", "ignore"], "what input pictures get whose bytes, header or mask size are wrong"
    ] = "refuse"
    transparent_jpeg: Annotated[Literal["refuse", "opaque"], "what a transparent background asked of JPEG gets"] = (
        "refuse"
    )
    edit_fields_without_images: Annotated[
        Literal["advise", "refuse"], "what mask or input_fidelity get where input_images is absent"
    ] = "advise"
    n_over_provider_limit: Annotated[
        Literal["clamp", "refuse"], "what an n gets that the provider does not make at once"
    ] = "clamp"
    provider_limit: Annotated[int, "how many images the provider makes for one request"] = 10
    malformed_status: Annotated[Literal[422, 400], "status of a body that is not well-formed JSON"] = 422
    content_type: Annotated[Literal["require", "ignore"], "what a POST gets that is not declared application/json"] = (
        "require"
    )
    nesting_max: Annotated[int, "the deepest nesting of a request body, 1 to 64"] = 64
    body_max: Annotated[int, "the longest request body, in bytes"] = 64 * 1024 * 1024
    balance_check: Annotated[
        Literal["after-validation", "before-validation"], "whether an empty wallet (402) is told before a bad payload"
    ] = "after-validation"
    idempotency_key: Annotated[
        Literal["ignore", "replay"], "whether a repeated Idempotency-Key gets its first reply again, free of charge"
    ] = "ignore"
    success_status: Annotated[Literal[200, 201], "status of a success"] = 200
    default_format: Annotated[Literal["png", "jpeg", "webp"], "output format where none is asked for"] = "png"
    auto_size: Annotated[Literal["1024x1024", "1024x1536", "1536x1024"], "the size that auto, or none, gets"] = (
        "1024x1024"
    )
    models: Annotated[tuple[str, ...], "the models that this gateway serves"] = ("gpt-image-1.5",)
    default_balance: Annotated[Decimal, "what a new workspace's wallet holds, in USD"] = Decimal(100)
    minimum_hold: Annotated[Decimal, "the least that a call reserves, in USD (0.01 is documented)"] = Decimal(
        "0.010000"
    )
    prices: Annotated[
        Table, "price by model: one amount an image, or a table of base, quality and size multipliers"
    ] = field(default_factory=empty_table)
    routes: Annotated[Table, "the provider routes by model, best first"] = field(default_factory=empty_table)
    errors: Annotated[Table, "status, type or code by error name, in place of the assumed ones"] = field(
        default_factory=empty_table
    )
    latency: Annotated[float, "how long the provider takes, in seconds"] = 0.0
    seed: Annotated[int, "what all that varies is drawn from"] = 0
    vary: Annotated[
        Literal["none", "call"], "whether a repeated request gets the same pictures or, deterministically, new ones"
    ] = "none"
    weight: Annotated[int, "the least size of a picture file, in bytes (or as 2MB): pads, never cuts"] = 0
    clock: Annotated[Literal["fixed", "real"], "whether created is fixed or the wall clock"] = "fixed"
    created: Annotated[int, "what created says under the fixed clock, in epoch seconds"] = 1_780_660_800


class SettingError(ValueError):
    """A setting that does not exist, or a value that it does not take."""


def changed(settings: Settings, changes: Mapping[str, Any]) -> Settings:
    """`settings` with `changes` applied, each checked against what its setting takes.

    Values may come typed or as the text of a flag, an environment variable or JSON.

    Raises:
        SettingError: For an unknown name or a bad value, saying what is accepted.
    """
    hints = setting_types()
    for name in changes:
        if name not in hints:
            raise SettingError(unknown_setting(name, hints))
    return replace(settings, **{name: read_value(name, value, hints[name]) for name, value in changes.items()})


@cache
def setting_types() -> dict[str, Any]:
    """What each setting takes; reading annotations is slow, and a test suite changes settings in every test."""
    return get_type_hints(Settings)


def unknown_setting(name: str, known: Mapping[str, Any]) -> str:
    """Says that there is no such setting, and which one may have been meant."""
    near = difflib.get_close_matches(name, known, 1)
    hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(sorted(known))}."
    return f"Unknown setting {name!r}. {hint}"


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
    near = difflib.get_close_matches(str(value), [str(choice) for choice in choices], 1)
    hint = f" Did you mean {near[0]}?" if near else ""
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


def read_seconds(name: str, value: Any, _: tuple[Any, ...]) -> float:
    """A length of time in seconds, 0 or more and finite."""
    seconds = float(value)
    if isinstance(value, bool) or not 0 <= seconds < float("inf"):
        raise SettingError(f"{name} = {value!r} is out of range; accepted: 0 or more seconds, for instance 0.5")
    return seconds


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


def describe_settings() -> dict[str, tuple[Any, str, Any]]:
    """What each setting takes, what it decides, and its default: `{name: (type, text, default)}`."""
    hints = get_type_hints(Settings, include_extras=True)
    defaults = Settings()
    return {each.name: (*get_args(hints[each.name]), getattr(defaults, each.name)) for each in fields(Settings)}
