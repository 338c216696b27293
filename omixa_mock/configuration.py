"""Configuration values from flags, environment and a TOML file: validation and names.

Precedence: flag > environment > file > default.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from omixa_mock.file_names import PROFILE_NAMES, SERVER_NAMES, Names, describe_type
from omixa_mock.gateway import KeyPolicy, SettingError, Settings, describe_settings, with_changes
from omixa_mock.gateway.common import nearest
from omixa_mock.gateway.http import describe_form, is_well_formed

__all__ = [
    "ALIASES",
    "Tables",
    "read_config",
    "read_faults",
    "read_host",
    "read_keys",
    "read_price_table",
    "read_tables",
    "read_token",
]

# Second names, equivalent to the canonical ones: on the command line, in the environment and in a file.
ALIASES = {
    "keys": "key",
    "faults": "fault",
    "allowed_fields": "allow_field",
    "default_balance": "balance",
    "body_max": "max_body",
    "models": "model",
}
CANONICAL_NAMES = {alias: name for name, alias in ALIASES.items()}


# Flags that may be repeated; a file may give a single value as a string.
REPEATED = ("keys", "allow_host", "cors_origin")


class Tables(NamedTuple):
    """Tables of a configuration file, by canonical names.

    Attributes:
        server: The names at the top level.
        settings: The names below [settings].
        profile: The names below [profile].
    """

    server: Mapping[str, Any]
    settings: Mapping[str, Any]
    profile: Mapping[str, Any]


def read_config(path: Path) -> dict[str, Any]:
    """Return the configuration of a TOML file, flat: server names and settings side by side.

    Raises:
        SettingError: The file is not TOML, a name is unknown, or a value has the wrong type.
    """
    tables = read_tables(path)
    return {**tables.server, **tables.settings}


def read_tables(path: Path) -> Tables:
    """Return the checked tables of a TOML file.

    Raises:
        SettingError: The file is not TOML, a name is unknown, or a value has the wrong type.
    """
    document = read_toml(path)
    settings = by_canonical_name(path, pop_table(path, document, "settings", "seed = 1"))
    profile = pop_table(path, document, "profile", 'target = "https://www.omixa.cloud"')
    server = by_canonical_name(path, document)
    refuse_unknown(path, server, SERVER_NAMES, "")
    refuse_unknown(path, settings, describe_settings(), "settings.")
    refuse_unknown(path, profile, PROFILE_NAMES, "profile.")
    refuse_types(path, server, SERVER_NAMES, "")
    refuse_types(path, profile, PROFILE_NAMES, "profile.")
    observed = [canonical_name(name) for name in profile.get("observed", ())]
    # The policy on keys is an assumption too, although it is no setting.
    refuse_unknown(path, observed, [*describe_settings(), "keys"], "profile.observed: ")
    try:
        with_changes(Settings(), settings)
    except SettingError as error:
        raise SettingError(f"{path}: settings.{error}") from None
    repeated = {name: [server[name]] for name in REPEATED if isinstance(server.get(name), str)}
    return Tables({**server, **repeated}, settings, {**profile, "observed": observed})


def pop_table(path: Path, document: dict[str, Any], name: str, example: str) -> Mapping[str, Any]:
    """Take a table out of a document; it is empty if the document does not have it."""
    table = document.pop(name, {})
    if not isinstance(table, Mapping):
        raise SettingError(f"{path}: {name} must be a table. Write [{name}] and below it, for instance, {example}")
    return table


def canonical_name(spelling: str) -> str:
    """Return a name that may be an alias, or spelled like its flag (`ready-file`)."""
    identifier = spelling.replace("-", "_")
    return CANONICAL_NAMES.get(identifier, identifier)


def by_canonical_name(path: Path, table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table of a file by canonical names."""
    values: dict[str, Any] = {}
    for spelling, value in table.items():
        name = canonical_name(spelling)
        if name in values:
            raise SettingError(f"{path}: {name} is given twice, the second time as {spelling}. Remove one of them.")
        values[name] = value
    return values


def refuse_unknown(path: Path, names: Iterable[str], known: Iterable[str], prefix: str) -> None:
    """Refuse an unknown name; an ignored one would only seem to work."""
    for name in names:
        if name not in known:
            hint = hint_within(name, known) if prefix.startswith("profile.") else hint_at_place(name, known)
            raise SettingError(f"{path}: unknown name {prefix}{name}. {hint}")


def hint_within(name: str, known: Iterable[str]) -> str:
    """Return the name of the same table that was meant, or all of them."""
    near = nearest(name, [*known])
    return f"Did you mean {near}?" if near is not None else f"There are: {', '.join(known)}."


def hint_at_place(name: str, known: Iterable[str]) -> str:
    """Return the name of a file that was meant, and its place."""
    near = nearest(name, [*SERVER_NAMES, *describe_settings()])
    location = " (below [settings])" if near is not None and near not in SERVER_NAMES else ""
    return f"Did you mean {near}{location}?" if near is not None else f"There are: {', '.join(known)}."


def refuse_types(path: Path, table: Mapping[str, Any], names: Names, prefix: str) -> None:
    """Refuse a value whose type its name does not accept."""
    for name, value in table.items():
        accepts, accepted = names[name]
        if not accepts(value):
            # The message leaves out the value, which may be a key or the token.
            raise SettingError(
                f"{path}: {prefix}{name} is {describe_type(value)} that is not accepted; accepted: {accepted}"
            )


def read_toml(path: Path) -> dict[str, Any]:
    """Return the document in a TOML file.

    Raises:
        SettingError: The file cannot be read, or is not TOML.
    """
    import tomllib  # most starts need no file

    try:
        # Editors on Windows begin a file with a byte order mark.
        return tomllib.loads(path.read_text("utf-8-sig"))
    except ValueError as error:  # TOMLDecodeError, UnicodeDecodeError, or a number of thousands of digits
        raise SettingError(f"{path} is not TOML: {error}") from None
    except OSError as error:
        raise SettingError(f"{path} cannot be read: {error.strerror}") from None
    except RecursionError:
        raise SettingError(f"{path} cannot be read: it nests too deeply. Write it flat.") from None


def read_keys(keys: Sequence[str]) -> KeyPolicy:
    """Return the policy on keys, from the values of a repeatable flag.

    Raises:
        SettingError: There is no key, or one has the wrong form; it is described, not shown.
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


def read_faults(faults: Sequence[Any]) -> list[Any]:
    """Return plans from the values of flags or a file: `no_route`, `no_route=0.1`, or a table; a list, or one text.

    Raises:
        SettingError: A probability is no number.
    """
    values = [faults] if isinstance(faults, str) else faults
    return [parse_fault(value) if isinstance(value, str) else value for value in values]


def parse_fault(text: str) -> dict[str, Any]:
    """Parse a fault for every call, or one with a probability."""
    fault, equals, probability = text.partition("=")
    if not equals:
        return {"fail": fault, "times": None}
    try:
        return {"fail": fault, "probability": float(probability)}
    except ValueError:
        raise SettingError(
            f"fault = {text[:80]!r} is not accepted; accepted: a fault and its probability, for instance no_route=0.1"
        ) from None


def read_token(token: str | None) -> str | None:
    """Return the token for control calls; None for no token.

    Raises:
        SettingError: The token is empty, which would protect nothing.
    """
    if token is not None and not token.strip():
        raise SettingError(
            "control_token is empty, which would protect nothing. Accepted: a text that others cannot guess. "
            "For no token, omit control_token."
        )
    return token


def read_host(host: str) -> str:
    """Return the name or address to listen on.

    Raises:
        SettingError: The host is empty, which would mean every address, or no host name.
    """
    accepted = "Accepted: a name or an address, for instance 127.0.0.1; for every address 0.0.0.0"
    if not host.strip():
        raise SettingError(f"host is empty. {accepted}")
    try:
        host.encode("idna")
    except UnicodeError:
        raise SettingError(f"host = {host[:80]!r} is no host name. {accepted}") from None
    return host


def read_price_table(path: Path) -> dict[str, Any]:
    """Return a price table, one TOML key or table per model, in the form of the setting `prices`."""
    return read_toml(path)
