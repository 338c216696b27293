"""Settings: one for each assumption about the gateway.

Each field decides one behaviour that the documentation leaves open. `schemas/`
names the field beside the rule that depends on it, and `omixa-mock assumptions`
prints both.
"""

# No `from __future__ import annotations`: the annotations are evaluated at every start, and as text each would have
# to be compiled first.

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any, Literal, get_args, get_type_hints

from msgspec import Struct, field
from msgspec.structs import replace

from omixa_mock.gateway.common import hint_at
from omixa_mock.gateway.http import abbreviate

from .durations import INSTANT, TENTH, Duration
from .setting_values import SettingError, Table, read_amount, read_value

__all__ = ["SettingError", "Settings", "describe_settings", "read_amount", "with_changes"]


def empty_table() -> Table:
    """Return an immutable table without rows."""
    return MappingProxyType({})


class Settings(Struct, frozen=True, kw_only=True):
    """Assumptions about behaviour that no page documents.

    Each field's annotation has its type and a description. Its default is the
    assumption of the project (provenance: assumed).
    """

    unknown_fields: Annotated[
        Literal["refuse", "ignore"], "treatment of fields that the model's table does not list"
    ] = "refuse"
    allowed_fields: Annotated[
        tuple[str, ...], "fields that are accepted and ignored although the model's table does not list them"
    ] = ()
    empty_prompt: Annotated[Literal["refuse", "allow"], "treatment of an empty prompt"] = "refuse"
    prompt_max_chars: Annotated[int, "maximum length of a prompt, in characters"] = 32_000
    input_images_max: Annotated[int, "maximum number of input images in a request"] = 16
    mask_shape: Annotated[
        Literal["either", "string", "object"], "accepted form of a mask: data-URL string, image part object, or either"
    ] = "either"
    remote_images: Annotated[
        Literal["refuse", "accept"], "treatment of http(s) image URLs; accepted ones are never fetched"
    ] = "refuse"
    image_checks: Annotated[
        Literal["refuse", "ignore"],
        "treatment of input images with wrong bytes, a cut or damaged file, or a wrong mask size",
    ] = "refuse"
    transparent_jpeg: Annotated[
        Literal["refuse", "opaque"], "treatment of a transparent background requested for a JPEG"
    ] = "refuse"
    edit_fields_without_images: Annotated[
        Literal["advise", "refuse"], "treatment of mask or input_fidelity without input_images"
    ] = "advise"
    n_over_provider_limit: Annotated[Literal["clamp", "refuse"], "treatment of an n above the provider's limit"] = (
        "clamp"
    )
    provider_limit: Annotated[int, "maximum number of images that the provider makes for one request"] = 10
    malformed_status: Annotated[Literal[422, 400], "status of a body that is not well-formed JSON"] = 422
    content_type: Annotated[
        Literal["require", "ignore"],
        "treatment of a POST that is not declared application/json, or has a Content-Encoding",
    ] = "require"
    nesting_max: Annotated[int, "maximum nesting of a request body, 1 to 64"] = 64
    body_max: Annotated[int, "maximum length of a request body, in bytes"] = 64 * 1024 * 1024
    balance_check: Annotated[
        Literal["after-validation", "before-validation"], "position of the balance check (402) among the checks"
    ] = "after-validation"
    idempotency_key: Annotated[
        Literal["ignore", "replay"], "treatment of a repeated Idempotency-Key; replay is free of charge"
    ] = "ignore"
    success_status: Annotated[Literal[200, 201], "status of a success"] = 200
    default_format: Annotated[Literal["png", "jpeg", "webp"], "output format of a request without one"] = "png"
    auto_size: Annotated[
        Literal["1024x1024", "1024x1536", "1536x1024"], "size of the images for auto, or for a request without one"
    ] = "1024x1024"
    models: Annotated[tuple[str, ...], "models that this gateway serves"] = ("gpt-image-1.5",)
    default_balance: Annotated[Decimal, "initial balance of a new workspace, in USD"] = Decimal(100)
    minimum_hold: Annotated[Decimal, "minimum hold of a call, in USD (0.01 is documented)"] = Decimal("0.010000")
    prices: Annotated[
        Table, "price by model: one amount per image, or a table of base, quality and size multipliers"
    ] = field(default_factory=empty_table)
    routes: Annotated[Table, "provider routes by model, best first"] = field(default_factory=empty_table)
    errors: Annotated[Table, "status, type or code by error name, in place of the assumed ones"] = field(
        default_factory=empty_table
    )
    latency: Annotated[Duration, "latency of the provider"] = INSTANT
    failover_latency: Annotated[Duration, "latency of a route that fails before another succeeds"] = TENTH
    time_scale: Annotated[float, "factor for every time that the fake waits"] = 1.0
    client_leaves: Annotated[
        Literal["release", "capture"], "treatment of the hold if the client disconnects while the provider works"
    ] = "release"
    retry_after: Annotated[int, "value of Retry-After in a 429, in seconds"] = 1
    fault_header: Annotated[
        Literal["ignore", "obey"], "treatment of the request header X-Omixa-Mock-Fault, which requests a fault"
    ] = "ignore"
    hang_limit: Annotated[float, "time after which a hang aborts an in-process async client, in seconds"] = 5.0
    seed: Annotated[int, "seed of everything that varies"] = 0
    vary: Annotated[
        Literal["none", "call"], "images of a repeated request: the same, or (deterministically) new ones for each call"
    ] = "none"
    weight: Annotated[int, "minimum size of an image file, in bytes (or as 2MB): pads, never truncates"] = 0
    caption: Annotated[
        Literal["request", "none"], "text on the images: prompt, operation, size, quality and format; or none"
    ] = "request"
    clock: Annotated[Literal["fixed", "real"], "source of created: a fixed time, or the wall clock"] = "fixed"
    created: Annotated[int, "value of created under the fixed clock, in epoch seconds"] = 1_780_660_800

    def created_at(self, now: Callable[[], float]) -> int:
        """Return the value of `created`: the documented sample's time, or the wall clock's, which `now` returns."""
        return self.created if self.clock == "fixed" else int(now())


def with_changes(settings: Settings, changes: Mapping[str, Any]) -> Settings:
    """Return a copy of `settings` with validated changes.

    Values may be typed, or the text of a flag, an environment variable or JSON.

    Raises:
        SettingError: A name is unknown or a value is invalid; the message lists the accepted values.
    """
    hints = setting_types()
    for name in changes:
        if name not in hints:
            raise SettingError(unknown_setting(name, hints))
    return replace(settings, **{name: read_value(name, value, hints[name]) for name, value in changes.items()})


@cache
def setting_types() -> dict[str, Any]:
    """Return the type of each setting."""
    return {name: kind for name, (kind, _) in read_annotations().items()}


@cache
def read_annotations() -> dict[str, tuple[Any, str]]:
    """Return the type and description of each setting; cached, because evaluating annotations is slow."""
    return {name: get_args(hint) for name, hint in get_type_hints(Settings, include_extras=True).items()}


def unknown_setting(name: str, known: Mapping[str, Any]) -> str:
    """Return a message about an unknown setting, with a suggestion."""
    return f"Unknown setting {abbreviate(name)}. {hint_at(name, sorted(known))}"


def describe_settings() -> dict[str, tuple[Any, str, Any]]:
    """Return the type, description and default of each setting: `{name: (type, text, default)}`."""
    defaults = Settings()
    return {name: (*annotation, getattr(defaults, name)) for name, annotation in read_annotations().items()}
