"""Names in a configuration file, and the types of their values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

__all__ = ["PROFILE_NAMES", "SERVER_NAMES", "Names", "describe_type"]


def is_text(value: Any) -> bool:
    """Return True if a file's value is text without NUL, which paths do not allow."""
    return isinstance(value, str) and "\0" not in value


def is_texts(value: Any) -> bool:
    """Return True if a file's value is a list of texts, or one text."""
    return all(map(is_text, value)) if isinstance(value, list) else is_text(value)


def is_port(value: Any) -> bool:
    """Return True if a file's value is a port."""
    if isinstance(value, str) and len(value) <= 5 and value.isascii() and value.isdecimal():
        value = int(value)
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 65535


def is_flag(value: Any) -> bool:
    """Return True if a file's value is true or false."""
    return isinstance(value, bool)


def is_size(value: Any) -> bool:
    """Return True if a file's value is a number of bytes, or text that may be one."""
    return is_text(value) or (isinstance(value, int) and not isinstance(value, bool))


def is_plans(value: Any) -> bool:
    """Return True if a file's value is a list of plans, each a table or text in the flag's form."""
    return isinstance(value, list) and all(isinstance(plan, dict) or is_text(plan) for plan in value)


def is_date(value: Any) -> bool:
    """Return True if a file's value is a date, a date with a time, or text."""
    return isinstance(value, date) or is_text(value)


def is_setting_names(value: Any) -> bool:
    """Return True if a file's value is a list of texts."""
    return isinstance(value, list) and all(map(is_text, value))


# Names of a table: a predicate of the accepted values, and its description.
Names = Mapping[str, tuple[Callable[[Any], bool], str]]
# Names of a file besides [settings] and [profile], which are those of the flags.
SERVER_NAMES: Names = {
    "host": (is_text, 'text, for instance "127.0.0.1"'),
    "port": (is_port, "a whole number from 0 to 65535, for instance 6649"),
    "ready_file": (is_text, 'a path, for instance "gateway.url"'),
    "journal_bytes": (is_size, 'a number of bytes, for instance "16MB"'),
    "keys": (is_texts, 'a list of keys, "any" or "issued", for instance ["omx_live_ci"]'),
    "control_token": (is_text, 'text, for instance "letmein"'),
    "no_inspector": (is_flag, "true or false"),
    "allow_host": (is_texts, 'a list of host names, for instance ["build-box"]'),
    "cors_origin": (is_texts, 'a list of origins, for instance ["http://localhost:3000"]'),
    "tls_cert": (is_text, 'a path, for instance "cert.pem"'),
    "tls_key": (is_text, 'a path, for instance "key.pem"'),
    "price_table": (is_text, 'a path, for instance "prices.toml"'),
    "log": (is_text, '"all", "refused" or "none"'),
    "faults": (is_plans, 'a list of plans, each below [[faults]], for instance fail = "no_route"'),
}
# Names below [profile]: what was looked at, and what was seen.
PROFILE_NAMES: Names = {
    "target": (is_text, 'text, for instance "https://www.omixa.cloud"'),
    "date": (is_date, "a date, for instance 2026-06-05"),
    "observed": (is_setting_names, 'a list of settings, for instance ["auto_size"]'),
}


TYPE_NAMES: Mapping[type, str] = {
    bool: "true or false, a value",
    dict: "a table",
    float: "a number",
    int: "a number",
    list: "a list",
    str: "a text",
}


def describe_type(value: Any) -> str:
    """Return the TOML type of a value, without the value."""
    return TYPE_NAMES.get(type(value), "a date or time")
