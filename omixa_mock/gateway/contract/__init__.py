"""The contract under settings: schemas, rules, validation, settings, prices."""

from __future__ import annotations

from .contract import Contract, Terms
from .durations import INSTANT, Duration, chance_of, read_duration
from .hints import OPENAI_FIELDS
from .image_files import BytesDropped, ImageReading, InputImage, media_type_of, read_dimensions, show_bytes
from .image_request import ImageOrder, fingerprints_of, read_order
from .input_images import ACCEPTED, PLACEHOLDER, Flaw, decode, read_input_images, read_picture, url_of
from .openapi import describe_api
from .parsed_body import Sheet, Sheets
from .pricing import price_of
from .rules import Provenance, Rule, resolve, rules_of
from .setting_values import read_size
from .settings import SettingError, Settings, changed, describe_settings, read_amount
from .validator import Doubt, Judge
from .violation_messages import Violation, describe_violations, pointer, show

__all__ = [
    "ACCEPTED",
    "INSTANT",
    "OPENAI_FIELDS",
    "PLACEHOLDER",
    "BytesDropped",
    "Contract",
    "Doubt",
    "Duration",
    "Flaw",
    "ImageOrder",
    "ImageReading",
    "InputImage",
    "Judge",
    "Provenance",
    "Rule",
    "SettingError",
    "Settings",
    "Sheet",
    "Sheets",
    "Terms",
    "Violation",
    "chance_of",
    "changed",
    "decode",
    "describe_api",
    "describe_settings",
    "describe_violations",
    "fingerprints_of",
    "media_type_of",
    "pointer",
    "price_of",
    "read_amount",
    "read_dimensions",
    "read_duration",
    "read_input_images",
    "read_order",
    "read_picture",
    "read_size",
    "resolve",
    "rules_of",
    "show",
    "show_bytes",
    "url_of",
]
