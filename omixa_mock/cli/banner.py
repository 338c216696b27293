"""What `serve` says when it listens: the URL, a key that works, a line to try."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from omixa_mock.gateway import EXAMPLE_KEY, ISSUED_PREFIX, VERSION, Gateway
from omixa_mock.gateway.http import label_key

__all__ = ["banner"]

# Ours alone: OMIXA_API_KEY may hold a key that costs money.
KEY_VARIABLE = "OMIXA_MOCK_KEY"


def banner(url: str, gateway: Gateway, keys: Sequence[str] = (), faults: Sequence[Any] = (), workers: int = 1) -> str:
    """The URL, a key that works, and a curl line that works.

    Args:
        url: Where the server listens.
        gateway: What answers there.
        keys: The keys that the user gave; they are not printed.
        faults: What is planned in every workspace.
        workers: How many processes answer there.
    """
    key, remark, sent = working_key(gateway, keys)
    return (
        f"omixa-mock {VERSION}: a fake Omixa gateway; nothing here costs money.\n"
        f"  base URL  {url}/api/v1\n"
        f"  API key   {key}  ({remark})\n"
        f"  try       {curl_line(url, next(iter(gateway.workspaces.terms.models)), sent)}\n"
        f"{tell_faults(gateway, faults)}"
        f"{tell_workers(workers)}"
        "Ctrl-C ends it."
    )


def tell_workers(count: int) -> str:
    """What several processes do not share; nothing where there is one."""
    if count == 1:
        return ""
    return (
        f"  workers   {count}, which share nothing: a connection meets one of them, and each has wallets, journals,\n"
        "            plans and counters of its own; images are the same. Control routes are refused.\n"
    )


def tell_faults(gateway: Gateway, faults: Sequence[Any]) -> str:
    """What goes wrong on purpose, and what is drawn from which seed; nothing where nothing does."""
    settings = gateway.workspaces.terms.settings
    told = [each if isinstance(each, str) else tell_table(each) for each in faults]
    told += [f"latency {settings.latency}"] if settings.latency else []
    return f"  on purpose  {', '.join(told)}; drawn from seed {settings.seed}\n" if told else ""


def tell_table(plan: Mapping[str, Any]) -> str:
    """A plan of a file, as the flag would have it."""
    probability = f"={plan['probability']}" if "probability" in plan else ""
    return f"{plan.get('fail')}{probability}"


def curl_line(url: str, model: str, key: str) -> str:
    """An order for a shell; `key` may be a variable, which the shell fills in."""
    insecure = "-k " if url.startswith("https") else ""
    image_request = shlex.quote(json.dumps({"model": model, "prompt": "a cat"}))
    target = shlex.quote(f"{url}/api/v1/images/generations")
    return f"curl {insecure}{target} -H \"Authorization: Bearer {key}\" -H 'Content-Type: application/json' -d {image_request}"


def working_key(gateway: Gateway, keys: Sequence[str]) -> tuple[str, str, str]:
    """A key that works as it may be shown, which others do, and what to send."""
    if gateway.workspaces.keys == "any":
        return EXAMPLE_KEY, "any omx_live_… key works, each with a wallet of its own", EXAMPLE_KEY
    if gateway.workspaces.keys == "issued":
        key = f"{ISSUED_PREFIX}serve"
        gateway.workspaces.open(key)
        return key, "open others by PUT /__omixa/workspace", key
    count = len(set(keys))
    which = "the key that you gave" if count == 1 else f"one of the {count} keys that you gave"
    must = "" if count == 1 else " one of them"
    return (
        label_key(keys[0]),
        f"{which}; the next line takes{must or ' it'} from the variable {KEY_VARIABLE}",
        f"${KEY_VARIABLE}",
    )
