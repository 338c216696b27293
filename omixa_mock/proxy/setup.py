"""Setup of a proxy from its options."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Literal, NamedTuple

from msgspec import Struct

from omixa_mock.gateway import Contract, Settings, Terms
from omixa_mock.kit.prices import Prices, assume_prices
from omixa_mock.kit.reports.findings import Report
from omixa_mock.transports.control import ControlPolicy

from .app import ProxyApp
from .bodies import Policy
from .call import Rules
from .examiner import Examiner
from .har_file import HarFile
from .observer import Observer
from .purse import Purse
from .upstream import Origin, create_context

__all__ = ["Proxy", "ProxyOptions", "set_up_proxy"]

FINDINGS_MAX = 1000


class ProxyOptions(Struct, frozen=True):
    """Options of a proxy.

    Attributes:
        target: The origin of the gateway.
        settings: The settings to validate by; None for the default ones with all models of the contract.
        on_bad_request: What to do with a request that breaks the contract.
        max_spend: The spending limit in USD; None for none.
        record: The HAR to write; None for none.
        policy: What the recording may have.
        findings_max: The number of findings to keep for the report.
        control: The access policy of the control routes.
    """

    target: str
    settings: Settings | None = None
    on_bad_request: Literal["report", "refuse"] = "report"
    max_spend: Decimal | None = None
    record: Path | None = None
    policy: Policy = Policy()
    findings_max: int = FINDINGS_MAX
    control: ControlPolicy = ControlPolicy()


class Proxy(NamedTuple):
    """Proxy that is set up: its application, its observer, and the terms of its own responses."""

    app: ProxyApp
    observer: Observer
    terms: Terms


def set_up_proxy(contract: Contract, options: ProxyOptions) -> Proxy:
    """Return a proxy.

    Raises:
        OSError: The recording exists already, or cannot be written.
    """
    settings = options.settings or Settings(models=tuple(contract.requests))
    terms = contract.under(settings)
    assumed = assume_prices(contract, settings, settings.models)
    examiner = Examiner(contract, options.settings)
    report = Report(options.findings_max)
    report.open(str(options.record) if options.record else "exchanges")
    observer = Observer(
        contract=contract,
        origin=options.target,
        examiner=examiner,
        purse=Purse(Prices(assumed), options.max_spend),
        report=report,
        policy=options.policy,
        har=HarFile(options.record) if options.record else None,
    )
    has_limit = options.max_spend is not None
    rules = Rules(terms, assumed, examiner, options.on_bad_request, has_limit, settings.body_max)
    app = ProxyApp(Origin.parse(options.target), create_context(), rules, observer, options.control)
    return Proxy(app, observer, terms)
