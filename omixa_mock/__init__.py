"""omixa-mock: the fake Omixa image gateway and its contract test kit.

The names in `__all__` are the public API. They are imported at their first use (PEP 562):
pytest imports this package in every run that has the plugin installed, used or not.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from omixa_mock.advisory import OmixaAdvisory
    from omixa_mock.asgi import asgi_app
    from omixa_mock.function_trials import gauntlet
    from omixa_mock.gateway import BytesDropped, Call, Gateway, SettingError, Settings
    from omixa_mock.gateway.common import VERSION as __version__  # noqa: N811  # the field's own name for it
    from omixa_mock.interception import intercept
    from omixa_mock.kit.identify import identify
    from omixa_mock.kit.validation import ValidationResult
    from omixa_mock.mock import OmixaMock, OmixaMockServer
    from omixa_mock.server import serve
    from omixa_mock.shipped import shipped_contract
    from omixa_mock.validation import assert_contract, validate_request, validate_response

__all__ = [
    "BytesDropped",
    "Call",
    "Gateway",
    "OmixaAdvisory",
    "OmixaMock",
    "OmixaMockServer",
    "SettingError",
    "Settings",
    "ValidationResult",
    "__version__",
    "asgi_app",
    "assert_contract",
    "gauntlet",
    "identify",
    "intercept",
    "serve",
    "shipped_contract",
    "validate_request",
    "validate_response",
]

HOMES = {
    "BytesDropped": ("omixa_mock.gateway", "BytesDropped"),
    "Call": ("omixa_mock.gateway", "Call"),
    "Gateway": ("omixa_mock.gateway", "Gateway"),
    "OmixaAdvisory": ("omixa_mock.advisory", "OmixaAdvisory"),
    "OmixaMock": ("omixa_mock.mock", "OmixaMock"),
    "OmixaMockServer": ("omixa_mock.mock", "OmixaMockServer"),
    "SettingError": ("omixa_mock.gateway", "SettingError"),
    "Settings": ("omixa_mock.gateway", "Settings"),
    "ValidationResult": ("omixa_mock.kit.validation", "ValidationResult"),
    "__version__": ("omixa_mock.gateway.common.version", "VERSION"),
    "asgi_app": ("omixa_mock.asgi", "asgi_app"),
    "assert_contract": ("omixa_mock.validation", "assert_contract"),
    "gauntlet": ("omixa_mock.function_trials", "gauntlet"),
    "identify": ("omixa_mock.kit.identify", "identify"),
    "intercept": ("omixa_mock.interception", "intercept"),
    "serve": ("omixa_mock.server", "serve"),
    "shipped_contract": ("omixa_mock.shipped", "shipped_contract"),
    "validate_request": ("omixa_mock.validation", "validate_request"),
    "validate_response": ("omixa_mock.validation", "validate_response"),
}


def __getattr__(name: str) -> object:
    """Import a public name at its first use."""
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; there are: {', '.join(__all__)}")
    module, attribute = HOMES[name]
    value: object = getattr(import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, imported or not."""
    return sorted({*globals(), *__all__})
