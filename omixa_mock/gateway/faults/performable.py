"""Refusal of faults that the transport cannot perform."""

from __future__ import annotations

from omixa_mock.gateway.contract import SettingError, Terms

from .catalogue import Fault

__all__ = ["refuse_unperformable"]


def refuse_unperformable(fault: Fault, terms: Terms) -> Fault:
    """Return a fault, if the transport can perform it.

    Raises:
        SettingError: The transport cannot, with the reason.
    """
    reason = terms.contract.refused_faults.get(fault.name)
    if reason is not None:
        raise SettingError(f"{fault} {reason}")
    return fault
