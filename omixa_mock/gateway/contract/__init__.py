"""Contract of the gateway: schemas, rules, validation, settings, prices."""

from __future__ import annotations

from .contract import Contract, Terms
from .durations import INSTANT, Duration, random_fraction, read_duration
from .hints import OPENAI_FIELDS
from .image_files import BytesDropped, ImageReading, InputImage, format_bytes, media_type_of, read_dimensions
from .image_integrity import find_damage
from .image_request import ImageRequest, fingerprints_of, read_image_request
from .input_images import (
    ACCEPTED,
    NO_SIZE,
    PLACEHOLDER,
    Flaw,
    decode,
    describe_damage,
    read_image,
    read_input_images,
    url_of,
)
from .openapi import LOCAL_SERVER, describe_api
from .parsed_body import ParsedBody, ParsedBodyCache
from .pricing import price_of
from .requested_images import draw_image
from .rules import Provenance, Rule, resolve, rules_of
from .setting_values import BOUNDS, read_size
from .settings import SettingError, Settings, describe_settings, read_amount, with_changes
from .validator import AdvisoryMatch, Validator
from .violation import Violation, describe_violations, format_value, pointer

__all__ = [
    "ACCEPTED",
    "BOUNDS",
    "INSTANT",
    "LOCAL_SERVER",
    "NO_SIZE",
    "OPENAI_FIELDS",
    "PLACEHOLDER",
    "AdvisoryMatch",
    "BytesDropped",
    "Contract",
    "Duration",
    "Flaw",
    "ImageReading",
    "ImageRequest",
    "InputImage",
    "ParsedBody",
    "ParsedBodyCache",
    "Provenance",
    "Rule",
    "SettingError",
    "Settings",
    "Terms",
    "Validator",
    "Violation",
    "decode",
    "describe_api",
    "describe_damage",
    "describe_settings",
    "describe_violations",
    "draw_image",
    "find_damage",
    "fingerprints_of",
    "format_bytes",
    "format_value",
    "media_type_of",
    "pointer",
    "price_of",
    "random_fraction",
    "read_amount",
    "read_dimensions",
    "read_duration",
    "read_image",
    "read_image_request",
    "read_input_images",
    "read_size",
    "resolve",
    "rules_of",
    "url_of",
    "with_changes",
]
