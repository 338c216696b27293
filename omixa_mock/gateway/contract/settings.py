"""Every assumption about the gateway, as a setting.

Where the documentation is silent the fake had to choose. Each choice is one
field here; `schemas/` names the field beside the rule that depends on it, and
`omixa-mock assumptions` prints both.
"""

# No `from __future__ import annotations`: what the annotations say is read at every start, and as text each would
# have to be compiled for that.

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any, Literal, get_args, get_type_hints

from msgspec import Struct, field
from msgspec.structs import replace

from omixa_mock.gateway.common import hint_at

from .durations import INSTANT, TENTH, Duration
from .setting_values import SettingError, Table, read_amount, read_value

__all__ = ["SettingError", "Settings", "changed", "describe_settings", "read_amount"]


def empty_table() -> Table:
    """A table with no rows, which nobody can change."""
    return MappingProxyType({})


class Settings(Struct, frozen=True, kw_only=True):
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
    image_checks: Annotated[
        Literal["refuse", "ignore"], "what input images get whose bytes, header or mask size are wrong"
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
        Literal["ignore", "replay"], "whether a repeated Idempotency-Key gets its first response again, free of charge"
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
    latency: Annotated[Duration, "how long the provider takes"] = INSTANT
    failover_latency: Annotated[Duration, "how long a route takes that fails before another succeeds"] = TENTH
    time_scale: Annotated[float, "what every length of time that the fake lets pass is multiplied by"] = 1.0
    client_leaves: Annotated[
        Literal["release", "capture"], "what becomes of the hold of a client that leaves while its provider is at work"
    ] = "release"
    retry_after: Annotated[int, "what Retry-After says with a 429, in seconds"] = 1
    fault_header: Annotated[
        Literal["ignore", "obey"], "whether the request header X-Omixa-Mock-Fault lets its call fail"
    ] = "ignore"
    hang_limit: Annotated[float, "when an async client in process that meets a hang is given up, in seconds"] = 5.0
    seed: Annotated[int, "what all that varies is drawn from"] = 0
    vary: Annotated[
        Literal["none", "call"], "whether a repeated request gets the same images or, deterministically, new ones"
    ] = "none"
    weight: Annotated[int, "the least size of an image file, in bytes (or as 2MB): pads, never cuts"] = 0
    clock: Annotated[Literal["fixed", "real"], "whether created is fixed or the wall clock"] = "fixed"
    created: Annotated[int, "what created says under the fixed clock, in epoch seconds"] = 1_780_660_800


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
    """What each setting takes."""
    return {name: kind for name, (kind, _) in read_annotations().items()}


@cache
def read_annotations() -> dict[str, tuple[Any, str]]:
    """What each setting takes and decides; reading annotations is slow, and a test suite changes settings a lot."""
    return {name: get_args(hint) for name, hint in get_type_hints(Settings, include_extras=True).items()}


def unknown_setting(name: str, known: Mapping[str, Any]) -> str:
    """Says that there is no such setting, and which one may have been meant."""
    return f"Unknown setting {name!r}. {hint_at(name, sorted(known))}"


def describe_settings() -> dict[str, tuple[Any, str, Any]]:
    """What each setting takes, what it decides, and its default: `{name: (type, text, default)}`."""
    defaults = Settings()
    return {name: (*said, getattr(defaults, name)) for name, said in read_annotations().items()}
