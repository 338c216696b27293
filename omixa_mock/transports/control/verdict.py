"""The verdict on a workspace, and the identification of an image, in the control routes."""

from __future__ import annotations

from typing import Any

import anyio
import anyio.to_thread
from msgspec import to_builtins

from omixa_mock.gateway import Workspace
from omixa_mock.gateway.http import redact
from omixa_mock.gateway.verdict import FINDINGS, Evidence, Verdict, reach_verdict
from omixa_mock.kit.identification import identify_call

__all__ = ["describe_maker", "describe_verdict"]

PAUSE = 0.005


async def describe_verdict(workspace: Workspace, wait: float) -> Any:
    """Return the verdict on a workspace as JSON, once its calls have ended.

    Args:
        workspace: The workspace.
        wait: Seconds that it waits for calls under way: a server learns a moment later that a client has left.
    """
    for _ in range(round(wait / PAUSE)):
        if not workspace.under_way:
            break
        await anyio.sleep(PAUSE)
    return write_verdict(reach_verdict(collect_evidence(workspace)))


def collect_evidence(workspace: Workspace) -> Evidence:
    """Return the records of a workspace at this moment."""
    return Evidence(
        tuple(workspace.journal),
        tuple(workspace.plan_states),
        tuple(workspace.wallet.ledger),
        workspace.calls_under_way,
        workspace.journal.evicted,
    )


def write_verdict(verdict: Verdict) -> Any:
    """Return a verdict as JSON, with keys redacted."""
    document = to_builtins(verdict)
    for finding in (finding for name in FINDINGS for finding in document[name]):
        finding["message"] = redact(finding["message"])
    return document


async def describe_maker(data: bytes, workspace: Workspace, limiter: anyio.CapacityLimiter) -> Any:
    """Return the calls of a workspace that made an image, as JSON.

    Args:
        data: The bytes of the image.
        workspace: The workspace.
        limiter: The number of images that are decoded at the same time, each in a thread: decoding takes long.
    """
    found = await anyio.to_thread.run_sync(identify_call, data, tuple(workspace.journal), limiter=limiter)
    return found.as_json()
