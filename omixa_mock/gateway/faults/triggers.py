"""Fault triggers in a request: the API key, or a header if that is enabled.

The key is for clients that cannot change anything else: `omx_live_fail_reset--checkout`, `omx_live_fail_503`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from omixa_mock.gateway.contract import SettingError, Terms
from omixa_mock.gateway.http import Problem, invalid_key

from .catalogue import Fault, read_fault
from .performable import refuse_unperformable
from .plan_parsing import read_status

__all__ = ["HEADER", "read_header", "read_trigger"]

PREFIX = "omx_live_fail_"
HEADER = "x-omixa-mock-fault"
STATUS = re.compile("[0-9]{3}")


def read_trigger(key: str, terms: Terms) -> Fault | None:
    """Parse the fault in a trigger key; return None for any other key.

    Raises:
        Problem: `invalid_key` if the key begins like a trigger key, and names no fault that the transport can perform.
    """
    if not key.startswith(PREFIX):
        return None
    try:
        return read_written(key.removeprefix(PREFIX).partition("--")[0], terms)
    except SettingError as error:
        message = str(error).removesuffix(".")
        raise invalid_key(
            f"{message}. A trigger key is {PREFIX}<fault> or {PREFIX}<status>, and --<anything> may follow.", "trigger"
        ) from None


def read_written(text: str, terms: Terms) -> Fault:
    """Parse a fault or a status, as `fail` does.

    Raises:
        SettingError: There is no such fault, or the transport cannot perform it.
    """
    fault = read_status(int(text), terms) if STATUS.fullmatch(text) else read_fault(text)
    return refuse_unperformable(fault, terms)


def read_header(headers: Mapping[str, str], terms: Terms) -> Fault | None:
    """Parse the fault in the header `X-Omixa-Mock-Fault`; return None if it is absent or not enabled.

    Raises:
        Problem: `invalid_request` if the header names no fault that the transport can perform.
    """
    if HEADER not in headers or terms.settings.fault_header == "ignore":
        return None
    try:
        return read_written(headers[HEADER].strip(), terms)
    except SettingError as error:
        raise Problem("invalid_request", f"X-Omixa-Mock-Fault: {error}", rules=("gateway.fault.header",)) from None
