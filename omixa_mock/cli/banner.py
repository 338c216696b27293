"""Start-up banner of `serve`: the URL, a working API key and a curl line."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from omixa_mock.gateway import EXAMPLE_KEY, ISSUED_PREFIX, VERSION, Gateway, describe_settings
from omixa_mock.gateway.common import escape
from omixa_mock.gateway.http import label_key
from omixa_mock.transports.control import ControlPolicy, is_loopback

__all__ = ["banner"]

# Not OMIXA_API_KEY, which may hold a key that costs money.
KEY_VARIABLE = "OMIXA_MOCK_KEY"
VALUE_MAX = 60
EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104  # compared, not bound


def banner(
    url: str,
    gateway: Gateway,
    keys: Sequence[str] = (),
    faults: Sequence[Any] = (),
    policy: ControlPolicy | None = None,
) -> str:
    """Return the banner with the URL, a working key and a working curl line.

    Args:
        url: The URL of the server.
        gateway: The gateway behind it.
        keys: The user's own keys, which are not printed.
        faults: The faults planned in every workspace.
        policy: The access policy of the control routes; None for the default.
    """
    shown_key, remark, shell_key = working_key(gateway, keys)
    policy = policy or ControlPolicy()
    shown_link = f"  inspector {inspector_link(url, shell_key)}\n" if policy.shows_inspector else ""
    return (
        f"omixa-mock {VERSION}: a fake Omixa gateway; nothing here costs money.\n"
        f"  base URL  {url}/api/v1\n"
        f"  API key   {shown_key}  ({remark})\n"
        f"  try       {curl_line(url, next(iter(gateway.workspaces.terms.models)), shell_key)}\n"
        f"{shown_link}"
        f"{describe_reach(policy)}"
        f"{describe_changes(gateway)}"
        f"{describe_faults(gateway, faults)}"
        "Ctrl-C ends it."
    )


def describe_reach(policy: ControlPolicy) -> str:
    """Return the banner's lines on what other machines reach; empty if the server listens on loopback."""
    if is_loopback(policy.host):
        return ""
    where = "every address of this machine" if policy.host in EVERYWHERE else policy.host
    remedy = "with the token" if policy.token else "off; switch them on with --control-token TOKEN"
    return f"  listens   on {where}; /__omixa/health is open\n  control   routes are {remedy}\n"


def inspector_link(url: str, key: str) -> str:
    """Return the link to the inspector. A key that may be shown is its fragment, which no browser sends."""
    return f"{url}/__omixa/{'' if key.startswith('$') else f'#key={key}'}"


def describe_changes(gateway: Gateway) -> str:
    """Return the banner's line on settings that are not the default; empty if there are none."""
    settings = gateway.workspaces.terms.settings
    changes = [
        f"{name}={describe_value(getattr(settings, name))}"
        for name, (_, _, default) in describe_settings().items()
        if getattr(settings, name) != default
    ]
    return f"  settings  {', '.join(changes)}\n" if changes else ""


def describe_value(value: object) -> str:
    """Return a setting's value, of a table its names; cut if it is long."""
    names = value if isinstance(value, tuple | list | Mapping) else ()
    text = escape("+".join(map(str, names)) or ("none" if value == () else str(value)))
    return text if len(text) <= VALUE_MAX else f"{text[:VALUE_MAX]}…"


def describe_faults(gateway: Gateway, faults: Sequence[Any]) -> str:
    """Return the banner's line on planned faults, latency and seed; empty if nothing is planned."""
    settings = gateway.workspaces.terms.settings
    entries = [fault if isinstance(fault, str) else format_plan(fault) for fault in faults]
    entries += [f"latency {settings.latency}"] if settings.latency else []
    return f"  on purpose  {', '.join(entries)}; drawn from seed {settings.seed}\n" if entries else ""


def format_plan(plan: Mapping[str, Any]) -> str:
    """Return a plan from a file in the form of the flag `--fault`."""
    probability = f"={plan['probability']}" if "probability" in plan else ""
    return f"{plan.get('fail')}{probability}"


def curl_line(url: str, model: str, key: str) -> str:
    """Return a shell command that requests an image; `key` may be a shell variable."""
    insecure = "-k " if url.startswith("https") else ""
    body = shlex.quote(json.dumps({"model": model, "prompt": "a cat"}))
    target = shlex.quote(f"{url}/api/v1/images/generations")
    return f"curl {insecure}{target} -H \"Authorization: Bearer {key}\" -H 'Content-Type: application/json' -d {body}"


def working_key(gateway: Gateway, keys: Sequence[str]) -> tuple[str, str, str]:
    """Return a working key as it may be shown, a remark on accepted keys, and the key for the shell."""
    if gateway.workspaces.keys == "any":
        return EXAMPLE_KEY, "any omx_live_… key works, each with a wallet of its own", EXAMPLE_KEY
    if gateway.workspaces.keys == "issued":
        key = f"{ISSUED_PREFIX}serve"
        gateway.workspaces.open(key)
        return key, "open others by PUT /__omixa/workspace", key
    count = len(set(keys))
    which = "the key that you gave" if count == 1 else f"one of the {count} keys that you gave"
    pronoun = "it" if count == 1 else "one of them"
    return (
        label_key(keys[0]),
        f"{which}; the next line takes {pronoun} from the variable {KEY_VARIABLE}",
        f"${KEY_VARIABLE}",
    )
