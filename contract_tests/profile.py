"""Profile of a gateway: a file for `serve --config`, with what a run has observed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from omixa_mock import Settings
from omixa_mock.kit.profile_file import ProfileFile, format_profile_file

from .findings import merge_changes
from .report import Report

__all__ = ["NOT_OBSERVABLE", "format_profile"]

# Why a setting was not seen, of those that no probe can observe, or only under another setting.
NOT_OBSERVABLE: Mapping[str, str] = {
    "n_over_provider_limit": "the provider makes as many images as a page allows",
    "nesting_max": "a body that nests deeper than any documented field is refused for its unknown field",
    "balance_check": "it needs a wallet that is empty",
    "default_balance": "no documented endpoint returns a balance",
    "minimum_hold": "only the gateway observes a hold",
    "routes": "the provider's name never reaches a client",
    "latency": "no rule limits the duration of a call",
    "failover_latency": "it needs a route that is down",
    "client_leaves": "it needs a wallet that can be read",
    "retry_after": "it needs an exceeded rate limit",
    "seed": "the images of a gateway show no seed",
    "caption": "only images of the fake have captions",
    "time_scale": "it concerns the delays of the fake",
    "hang_limit": "it concerns clients in the process of the fake",
}
# Settings that another one hides.
HIDDEN_BY: Mapping[str, str] = {"allowed_fields": "unknown_fields", "created": "clock"}
# Tables of which no run sees all rows.
SEEN_IN_PART: Mapping[str, str] = {"errors": "only some of its rows were seen, and these are as assumed"}
LEFT_OUT = "its probes were left out, or showed nothing"


def format_profile(report: Report) -> str:
    """Return a profile as TOML: the settings that were seen to differ, each below its observation."""
    settings = merge_changes(finding.changes for finding in report.findings)
    settings.pop("keys", None)  # A profile holds no key, and the fake accepts every key by default.
    if "unknown_fields" in settings:
        settings.pop("allowed_fields", None)  # Every field is ignored.
    seen = {*report.observed, *report.changed}
    return format_profile_file(
        ProfileFile(
            source="omixa-mock verify",
            target=report.target,
            date=report.started_at.date(),
            observed=report.observed,
            settings=settings,
            evidence={name: [*observations(report, name)] for name in settings},
            unknown={name: reason_for(name, report) for name in Settings.__struct_fields__ if name not in seen},
        )
    )


def observations(report: Report, name: str) -> Iterator[str]:
    """Yield the observations of a setting, without the gateway's own words."""
    for finding in report.findings:
        if name in finding.changes:
            cause = next((cause for cause in finding.causes if name in cause.settings), finding.causes[0])
            yield f"{report.started_at:%Y-%m-%d} {finding.rules[0]}: {cause} ({cause.probes[0]})"


def reason_for(name: str, report: Report) -> str:
    """Return the reason why a setting was not seen."""
    other = HIDDEN_BY.get(name)
    return f"{other} hides it" if other in report.changed else {**NOT_OBSERVABLE, **SEEN_IN_PART}.get(name, LEFT_OUT)
