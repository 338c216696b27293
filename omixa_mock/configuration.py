"""From flags, environment and a TOML file to one configuration: flag > environment > file > default."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from omixa_mock.gateway import KeyPolicy, SettingError, describe_settings
from omixa_mock.gateway.keys import describe_form, is_well_formed

__all__ = ["read_config", "read_keys", "read_price_table"]

# What a file may say beside [settings]; the names are the flags' own.
SERVER_NAMES = (
    "host",
    "port",
    "ready_file",
    "keys",
    "control_token",
    "allow_host",
    "cors_origin",
    "tls_cert",
    "tls_key",
    "price_table",
    "log",
)
# Flags that may be repeated; a file may say a single value as a string.
REPEATED = ("keys", "allow_host", "cors_origin")


def read_config(path: Path) -> dict[str, Any]:
    """The configuration that a TOML file holds, flat: server names and settings side by side.

    Raises:
        SettingError: The file is not TOML, or has a name that does not exist.
    """
    document = read_toml(path)
    settings = document.pop("settings", {})
    if not isinstance(settings, Mapping):
        raise SettingError(f"{path}: settings must be a table. Write [settings] and below it, for instance, seed = 1")
    refuse_unknown(path, document, SERVER_NAMES, "")
    refuse_unknown(path, settings, tuple(describe_settings()), "settings.")
    repeated = {name: [document[name]] for name in REPEATED if isinstance(document.get(name), str)}
    return {**document, **repeated, **settings}


def refuse_unknown(path: Path, given: Mapping[str, Any], known: tuple[str, ...], prefix: str) -> None:
    """Refuse a name that does not exist; one that is ignored would only seem to work."""
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, [*SERVER_NAMES, *describe_settings()], 1)
            where = " (below [settings])" if near and near[0] not in SERVER_NAMES else ""
            hint = f"Did you mean {near[0]}{where}?" if near else f"There are: {', '.join(known)}."
            raise SettingError(f"{path}: unknown name {prefix}{name}. {hint}")


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML document.

    Raises:
        SettingError: It cannot be read.
    """
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(f"{path} is not TOML: {error}") from None
    except OSError as error:
        raise SettingError(f"{path} cannot be read: {error.strerror}") from None


def read_keys(keys: Sequence[str]) -> KeyPolicy:
    """Which keys open a workspace, from the values of a repeatable flag.

    Raises:
        SettingError: One of them could never be used; it is described, not shown.
    """
    match tuple(keys):
        case ():
            raise SettingError("keys is empty. Accepted: any, issued, or keys of omx_live_ and more")
        case ("any",):
            return "any"
        case ("issued",):
            return "issued"
    for number, key in enumerate(keys, 1):
        if not is_well_formed(key):
            raise SettingError(
                f"keys: number {number} has the wrong form: {describe_form(key)}. Accepted: any, issued, "
                "or keys of omx_live_ and 1 to 200 of A-Z a-z 0-9 _ -, for instance omx_live_ci."
            )
    return tuple(keys)


def read_price_table(path: Path) -> dict[str, Any]:
    """A price table: one TOML key or table a model, as the setting `prices` takes it."""
    return read_toml(path)
