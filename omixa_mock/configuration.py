"""From flags, environment and a TOML file to one configuration: flag > environment > file > default."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from omixa_mock.gateway import SettingError, describe_settings

__all__ = ["read_config", "read_price_table"]

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
    return {**document, **settings}


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


def read_price_table(path: Path) -> dict[str, Any]:
    """A price table: one TOML key or table a model, as the setting `prices` takes it."""
    return read_toml(path)
