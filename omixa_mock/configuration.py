"""From flags, environment and a TOML file to one configuration: flag > environment > file > default."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from omixa_mock.gateway import KeyPolicy, SettingError, Settings, changed, describe_settings
from omixa_mock.gateway.common import nearest
from omixa_mock.gateway.http import describe_form, is_well_formed

__all__ = ["ALIASES", "read_config", "read_faults", "read_host", "read_keys", "read_price_table", "read_token"]

# The second names, which are as good as the first ones: on the command line, in the environment and in a file.
ALIASES = {"keys": "key", "faults": "fault", "default_balance": "balance", "body_max": "max_body", "models": "model"}
FIRST_NAMES = {alias: name for name, alias in ALIASES.items()}


def is_text(value: Any) -> bool:
    """Whether a file's value is text, as paths take it too."""
    return isinstance(value, str) and "\0" not in value


def is_texts(value: Any) -> bool:
    """Whether a file's value is a list of texts, or one text."""
    return all(map(is_text, value)) if isinstance(value, list) else is_text(value)


def is_port(value: Any) -> bool:
    """Whether a file's value is a port."""
    if isinstance(value, str) and len(value) <= 5 and value.isascii() and value.isdecimal():
        value = int(value)
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 65535


def is_count(value: Any) -> bool:
    """Whether a file's value is a number of processes."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def is_size(value: Any) -> bool:
    """Whether a file's value is a number of bytes, or text that may be one."""
    return is_text(value) or (isinstance(value, int) and not isinstance(value, bool))


def is_plans(value: Any) -> bool:
    """Whether a file's value is a list of plans, each a table or written as the flag takes it."""
    return isinstance(value, list) and all(isinstance(each, dict) or is_text(each) for each in value)


# What a file may say beside [settings]: the names are the flags' own; what each takes; how to say so.
SERVER_NAMES: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "host": (is_text, 'text, for instance "127.0.0.1"'),
    "port": (is_port, "a whole number from 0 to 65535, for instance 6649"),
    "ready_file": (is_text, 'a path, for instance "gateway.url"'),
    "workers": (is_count, "a whole number from 1 to 64, for instance 4"),
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
# Flags that may be repeated; a file may say a single value as a string.
REPEATED = ("keys", "allow_host", "cors_origin")


def read_config(path: Path) -> dict[str, Any]:
    """The configuration that a TOML file holds, flat: server names and settings side by side.

    Raises:
        SettingError: The file is not TOML, has a name that does not exist, or a value that its name does not take.
    """
    document = read_toml(path)
    settings = document.pop("settings", {})
    if not isinstance(settings, Mapping):
        raise SettingError(f"{path}: settings must be a table. Write [settings] and below it, for instance, seed = 1")
    document, settings = by_first_name(path, document), by_first_name(path, settings)
    refuse_unknown(path, document, tuple(SERVER_NAMES), "")
    refuse_unknown(path, settings, tuple(describe_settings()), "settings.")
    refuse_types(path, document)
    try:
        changed(Settings(), settings)
    except SettingError as error:
        raise SettingError(f"{path}: settings.{error}") from None
    repeated = {name: [document[name]] for name in REPEATED if isinstance(document.get(name), str)}
    return {**document, **repeated, **settings}


def by_first_name(path: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a file says, by first names; a name may be written as its flag is (`ready-file`)."""
    values: dict[str, Any] = {}
    for written, value in given.items():
        plain = written.replace("-", "_")
        name = FIRST_NAMES.get(plain, plain)
        if name in values:
            raise SettingError(f"{path}: {name} is said twice, the second time as {written}. Leave one of them away.")
        values[name] = value
    return values


def refuse_unknown(path: Path, given: Mapping[str, Any], known: tuple[str, ...], prefix: str) -> None:
    """Refuse a name that does not exist; one that is ignored would only seem to work."""
    for name in given:
        if name not in known:
            near = nearest(name, [*SERVER_NAMES, *describe_settings()])
            where = " (below [settings])" if near is not None and near not in SERVER_NAMES else ""
            hint = f"Did you mean {near}{where}?" if near is not None else f"There are: {', '.join(known)}."
            raise SettingError(f"{path}: unknown name {prefix}{name}. {hint}")


def refuse_types(path: Path, given: Mapping[str, Any]) -> None:
    """Refuse a value of another type than its name takes."""
    for name, value in given.items():
        accepts, accepted = SERVER_NAMES[name]
        if not accepts(value):
            came = NAMES.get(type(value), "a date or time")
            # The value itself stays unsaid: it may be a key or the token.
            raise SettingError(f"{path}: {name} is {came} that is not accepted; accepted: {accepted}")


NAMES: Mapping[type, str] = {
    bool: "true or false, a value",
    dict: "a table",
    float: "a number",
    int: "a number",
    list: "a list",
    str: "a text",
}


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML document.

    Raises:
        SettingError: It cannot be read.
    """
    import tomllib  # only where there is a file

    try:
        # Editors on Windows begin a file with a mark.
        return tomllib.loads(path.read_text("utf-8-sig"))
    except ValueError as error:  # TOMLDecodeError, UnicodeDecodeError, or a number of thousands of digits
        raise SettingError(f"{path} is not TOML: {error}") from None
    except OSError as error:
        raise SettingError(f"{path} cannot be read: {error.strerror}") from None
    except RecursionError:
        raise SettingError(f"{path} cannot be read: it nests too deeply. Write it flat.") from None


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


def read_faults(given: Sequence[Any]) -> list[Any]:
    """Plans as flags and files give them: `no_route`, `no_route=0.1` with its probability, or a table; several, or one.

    Raises:
        SettingError: A probability is no number.
    """
    return [
        read_chance(each) if isinstance(each, str) else each for each in ([given] if isinstance(given, str) else given)
    ]


def read_chance(text: str) -> dict[str, Any]:
    """A fault that strikes every call, or with a probability."""
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
    """What control calls must carry; None for nothing.

    Raises:
        SettingError: It is empty, and would look like protection while it is none.
    """
    if token is not None and not token.strip():
        raise SettingError(
            "control_token is empty, which would protect nothing. Accepted: a text that others cannot guess. "
            "For no token leave control_token away."
        )
    return token


def read_host(host: str) -> str:
    """The name or address to listen on.

    Raises:
        SettingError: It is empty, which would mean every address, or no host name at all.
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
    """A price table: one TOML key or table a model, as the setting `prices` takes it."""
    return read_toml(path)
