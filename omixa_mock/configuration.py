"""Configuration values from flags, environment and a TOML file: validation and names.

Precedence: flag > environment > file > default.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from omixa_mock.gateway import KeyPolicy, SettingError, Settings, describe_settings, with_changes
from omixa_mock.gateway.common import nearest
from omixa_mock.gateway.http import describe_form, is_well_formed

__all__ = ["ALIASES", "read_config", "read_faults", "read_host", "read_keys", "read_price_table", "read_token"]

# Second names, equivalent to the canonical ones: on the command line, in the environment and in a file.
ALIASES = {"keys": "key", "faults": "fault", "default_balance": "balance", "body_max": "max_body", "models": "model"}
CANONICAL_NAMES = {alias: name for name, alias in ALIASES.items()}


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


def is_size(value: Any) -> bool:
    """Return True if a file's value is a number of bytes, or text that may be one."""
    return is_text(value) or (isinstance(value, int) and not isinstance(value, bool))


def is_plans(value: Any) -> bool:
    """Return True if a file's value is a list of plans, each a table or text in the flag's form."""
    return isinstance(value, list) and all(isinstance(plan, dict) or is_text(plan) for plan in value)


# Names of a file besides [settings], which are those of the flags: a predicate, and its description.
SERVER_NAMES: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "host": (is_text, 'text, for instance "127.0.0.1"'),
    "port": (is_port, "a whole number from 0 to 65535, for instance 6649"),
    "ready_file": (is_text, 'a path, for instance "gateway.url"'),
    "journal_bytes": (is_size, 'a number of bytes, for instance "16MB"'),
    "keys": (is_texts, 'a list of keys, "any" or "issued", for instance ["omx_live_ci"]'),
    "control_token": (is_text, 'text, for instance "letmein"'),
    "allow_host": (is_texts, 'a list of host names, for instance ["build-box"]'),
    "cors_origin": (is_texts, 'a list of origins, for instance ["http://localhost:3000"]'),
    "tls_cert": (is_text, 'a path, for instance "cert.pem"'),
    "tls_key": (is_text, 'a path, for instance "key.pem"'),
    "price_table": (is_text, 'a path, for instance "prices.toml"'),
    "log": (is_text, '"all", "refused" or "none"'),
    "faults": (is_plans, 'a list of plans, each below [[faults]], for instance fail = "no_route"'),
}
# Flags that may be repeated; a file may give a single value as a string.
REPEATED = ("keys", "allow_host", "cors_origin")


def read_config(path: Path) -> dict[str, Any]:
    """Return the configuration of a TOML file, flat: server names and settings side by side.

    Raises:
        SettingError: The file is not TOML, a name is unknown, or a value has the wrong type.
    """
    document = read_toml(path)
    settings = document.pop("settings", {})
    if not isinstance(settings, Mapping):
        raise SettingError(f"{path}: settings must be a table. Write [settings] and below it, for instance, seed = 1")
    document, settings = by_canonical_name(path, document), by_canonical_name(path, settings)
    refuse_unknown(path, document, tuple(SERVER_NAMES), "")
    refuse_unknown(path, settings, tuple(describe_settings()), "settings.")
    refuse_types(path, document)
    try:
        with_changes(Settings(), settings)
    except SettingError as error:
        raise SettingError(f"{path}: settings.{error}") from None
    repeated = {name: [document[name]] for name in REPEATED if isinstance(document.get(name), str)}
    return {**document, **repeated, **settings}


def by_canonical_name(path: Path, table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table of a file by canonical names; a name may be spelled like its flag (`ready-file`)."""
    values: dict[str, Any] = {}
    for spelling, value in table.items():
        identifier = spelling.replace("-", "_")
        name = CANONICAL_NAMES.get(identifier, identifier)
        if name in values:
            raise SettingError(f"{path}: {name} is given twice, the second time as {spelling}. Remove one of them.")
        values[name] = value
    return values


def refuse_unknown(path: Path, table: Mapping[str, Any], known: tuple[str, ...], prefix: str) -> None:
    """Refuse an unknown name; an ignored one would only seem to work."""
    for name in table:
        if name not in known:
            near = nearest(name, [*SERVER_NAMES, *describe_settings()])
            location = " (below [settings])" if near is not None and near not in SERVER_NAMES else ""
            hint = f"Did you mean {near}{location}?" if near is not None else f"There are: {', '.join(known)}."
            raise SettingError(f"{path}: unknown name {prefix}{name}. {hint}")


def refuse_types(path: Path, table: Mapping[str, Any]) -> None:
    """Refuse a value whose type its name does not accept."""
    for name, value in table.items():
        accepts, accepted = SERVER_NAMES[name]
        if not accepts(value):
            actual = TYPE_NAMES.get(type(value), "a date or time")
            # The message leaves out the value, which may be a key or the token.
            raise SettingError(f"{path}: {name} is {actual} that is not accepted; accepted: {accepted}")


TYPE_NAMES: Mapping[type, str] = {
    bool: "true or false, a value",
    dict: "a table",
    float: "a number",
    int: "a number",
    list: "a list",
    str: "a text",
}


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
