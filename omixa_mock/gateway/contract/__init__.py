"""The contract under settings: schemas, rules, validation, settings, prices."""

from __future__ import annotations

from .contract import Contract, Terms
from .durations import INSTANT, Duration, random_fraction, read_duration
from .hints import OPENAI_FIELDS
from .image_files import BytesDropped, ImageReading, InputImage, media_type_of, read_dimensions, show_bytes
from .image_request import ImageRequest, fingerprints_of, read_image_request
from .input_images import ACCEPTED, PLACEHOLDER, Flaw, decode, read_image, read_input_images, url_of
from .openapi import describe_api
from .parsed_body import ParsedBody, ParsedBodyCache
from .pricing import price_of
from .rules import Provenance, Rule, resolve, rules_of
from .setting_values import read_size
from .settings import SettingError, Settings, changed, describe_settings, read_amount
from .validator import AdvisoryMatch, Validator
from .violation_messages import Violation, describe_violations, pointer, show

__all__ = [
    "ACCEPTED",
    "INSTANT",
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
    "changed",
    "decode",
    "describe_api",
    "describe_settings",
    "describe_violations",
    "fingerprints_of",
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
    "show",
    "show_bytes",
    "url_of",
]
