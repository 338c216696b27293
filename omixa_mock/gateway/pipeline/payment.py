"""Payment checks: the models that a key may use, and the balance of its wallet."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from omixa_mock.gateway.contract import ImageRequest, Settings, Terms
from omixa_mock.gateway.http import Problem, redact
from omixa_mock.gateway.money import Hold, InsufficientBalance, Wallet, money
from omixa_mock.gateway.workspaces import Workspace

__all__ = ["refuse_empty_wallet", "refuse_model", "reserve"]


def refuse_model(document: Mapping[str, Any], workspace: Workspace) -> None:
    """Refuse a model that the key is not allowed to use. [docs/errors: 403; docs/authentication: before any hold]"""
    model = document.get("model")
    if workspace.models is not None and isinstance(model, str) and model not in workspace.models:
        allowed = ", ".join(workspace.models) or "none"
        raise Problem(
            "model_not_allowed",
            f"This key may not use the model {redact(model)[:80]!r}; allowed: {allowed}.",
            rules=("gateway.key.restricted",),
        )


def refuse_empty_wallet(wallet: Wallet, settings: Settings) -> None:
    """Refuse a call before its body is validated, if the wallet cannot cover the minimum hold."""
    if settings.balance_check == "before-validation" and wallet.available < settings.minimum_hold:
        raise insufficient(money(settings.minimum_hold), wallet.available)


def reserve(image_request: ImageRequest, number: int, wallet: Wallet, terms: Terms) -> Hold:
    """Hold the estimated cost: the price of the requested images, at least the minimum. [docs/wallet]"""
    estimate = terms.estimate(image_request.model, image_request.quality, image_request.size, image_request.n)
    try:
        return wallet.hold(estimate, number, image_request.digest)
    except InsufficientBalance as error:
        raise insufficient(error.amount, error.available) from None


def insufficient(amount: Decimal, available: Decimal) -> Problem:
    """Return a 402, which begins with the only documented error text. [docs/errors]"""
    return Problem(
        "insufficient_balance",
        f"Insufficient wallet balance. The call needs a hold of {amount:.6f} USD and {available:.6f} is available.",
        rules=("gateway.wallet.hold", "gateway.wallet.estimate", "gateway.wallet.price"),
    )
