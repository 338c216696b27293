"""Contract documents of `schemas/`, and their compiled form under settings.

The gateway opens no file; its constructor takes a `Contract`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from typing import Any

from msgspec import Struct, field

from omixa_mock.gateway.http import ErrorRow, abbreviate
from omixa_mock.gateway.money import money

from .pricing import price_list, read_prices
from .rules import Provenance, Rule, apply_settings, rules_of
from .settings import SettingError, Settings
from .validator import Validator

__all__ = ["Contract", "Terms"]

Json = Any
UNKNOWN = ""
COMPILED_MAX = 32


class Contract(Struct, frozen=True, eq=False):
    """Contract documents as shipped.

    Attributes:
        requests: The request schemas by model.
        responses: The response schemas by name: image, error, models, usage-requests, usage-rollups.
        table: `gateway.json`: the error table, and behaviours that no schema can express.
        controls: The schemas of bodies of the fake's own control routes, by name: fault-plan, verdict.
        refused_faults: The faults that the transport cannot perform, by name, each with the reason.
    """

    requests: Mapping[str, Json]
    responses: Mapping[str, Json]
    table: Json
    controls: Mapping[str, Json] = field(default_factory=dict)
    refused_faults: Mapping[str, str] = field(default_factory=dict)
    # Compiling the validators takes a millisecond, and a test suite uses the same few settings repeatedly.
    _compiled: dict[str, Terms] = field(default_factory=dict)
    _response_validators: dict[str, Validator] = field(default_factory=dict)

    def rules(self) -> Iterator[Rule]:
        """Yield every rule once: request rules (the complete model's first), response rules, behaviours."""
        seen: set[str] = set()
        for schema in self.requests.values():
            new = [rule for rule in rules_of("request", schema) if rule.id not in seen]
            seen |= {rule.id for rule in new}
            yield from new
        for schema in self.responses.values():
            yield from rules_of(schema["x-omixa-document"], schema)
        for name, entry in self.table["behaviours"].items():
            yield Rule(f"gateway.{name}", "behaviour", None, Provenance.read(entry), entry["statement"])

    @property
    def field_names(self) -> tuple[str, ...]:
        """Return the names of the request fields of all models, the complete model's first."""
        names = (name for schema in self.requests.values() for name in schema["properties"])
        return tuple(dict.fromkeys(names))

    def schemas(self) -> dict[str, Json]:
        """Return every schema by name.

        They are the models; image, error, models, usage-requests, usage-rollups; fault-plan, verdict.
        """
        return {**self.requests, **self.responses, **self.controls}

    def response_validator(self, name: str) -> Validator:
        """Return the validator of a response schema, compiled at its first use; no setting changes it."""
        if name not in self._response_validators:
            schema = self.responses[name]
            self._response_validators[name] = Validator(schema["x-omixa-document"], schema)
        return self._response_validators[name]

    def under(self, settings: Settings) -> Terms:
        """Return the contract under `settings`; recently used ones are cached.

        Raises:
            SettingError: A setting names a model or an error that does not exist.
        """
        # Keyed by text, because equal settings may still differ (True and 1).
        text = repr(settings)
        if text not in self._compiled:
            self._check(settings)
            self._compiled[text] = Terms(self, settings)
            while len(self._compiled) > COMPILED_MAX:
                del self._compiled[next(iter(self._compiled))]
        return self._compiled[text]

    def _check(self, settings: Settings) -> None:
        for model in (*settings.models, *settings.prices, *settings.routes):
            if model not in self.requests:
                known = ", ".join(self.requests)
                raise SettingError(f"There is no model {abbreviate(model)}; there are: {known}")
        for model, row in settings.routes.items():
            if not isinstance(row, list | tuple) or not all(isinstance(route, str) for route in row):
                raise SettingError(
                    f'routes["{model}"] = {abbreviate(row)} is not a list of names, for instance ["azure-openai"]'
                )
        if not settings.models:
            raise SettingError('models is empty; accepted: one name or more, for instance "gpt-image-1.5"')


class Terms:
    """Contract under settings: compiled validators, and the error table with its overrides."""

    def __init__(self, contract: Contract, settings: Settings) -> None:
        self.contract = contract
        self.settings = settings
        self.errors = error_table(contract.table["errors"], settings.errors)
        self.models: dict[str, Json] = {name: contract.requests[name]["x-omixa-model"] for name in settings.models}
        self._prices = {
            name: price_list(
                read_prices(name, settings.prices[name], choices_of(contract.requests[name]))
                if name in settings.prices
                else model["price"]
            )
            for name, model in self.models.items()
        }
        self._schemas = {name: contract.requests[name] for name in settings.models}
        self._validators: dict[str, Validator] = {}
        self._minimum_hold = money(settings.minimum_hold)
        self._routes = {name: tuple(settings.routes.get(name, model["routes"])) for name, model in self.models.items()}

    def validator(self, model: str) -> Validator:
        """Return the validator of requests to `model`, compiled at its first use."""
        validator = self._validators.get(model)
        if validator is None:
            validator = self._validators[model] = Validator(
                "request", apply_settings(choose_schema(self._schemas, model), self.settings)
            )
        return validator

    def validator_for(self, document: Mapping[str, Any]) -> Validator:
        """Return the validator of a request body; if its model is not enabled, one that refuses the model."""
        model = document.get("model")
        name = model if isinstance(model, str) and model in self.models else UNKNOWN
        return self._validators.get(name) or self.validator(name)

    def routes(self, model: str) -> tuple[str, ...]:
        """Return the provider routes of a model, best first."""
        return self._routes[model]

    def price(self, model: str, quality: str, size: str, n: int = 1) -> Decimal:
        """Return the price of `n` images, in USD."""
        return self._prices[model](quality, size, n)

    def estimate(self, model: str, quality: str, size: str, n: int) -> Decimal:
        """Return the hold for `n` images: their price, but at least the minimum hold. [docs/wallet]"""
        return max(self._minimum_hold, self._prices[model](quality, size, n))


def choices_of(schema: Json) -> dict[str, Collection[str]]:
    """Return the qualities and sizes that a request schema accepts."""
    return {name: schema["properties"].get(name, {}).get("enum", ()) for name in ("quality", "size")}


def choose_schema(schemas: Mapping[str, Json], model: str) -> Json:
    """Return the schema of a model.

    For an unknown model, return the first model's schema, widened to accept the name of any enabled model.
    """
    if model != UNKNOWN:
        return schemas[model]
    first = next(iter(schemas.values()))
    if len(schemas) == 1:
        return first
    model_schema = first["properties"]["model"]
    provenance = model_schema["x-omixa-provenance"]
    any_model = {
        "type": "string",
        "enum": list(schemas),
        "x-omixa-provenance": {"type": provenance["type"], "enum": {**provenance["const"], "rule": "const"}},
    }
    return {**first, "properties": {**first["properties"], "model": any_model}}


def error_table(rows: Json, overrides: Mapping[str, Any]) -> dict[str, ErrorRow]:
    """Return the error table with the overrides of the setting `errors`."""
    for name, change in overrides.items():
        if name not in rows:
            raise SettingError(f"There is no error {abbreviate(name)}; there are: {', '.join(rows)}")
        if not isinstance(change, Mapping) or not set(change) <= {"status", "type", "code"}:
            raise SettingError(
                f"errors.{name} = {abbreviate(change)} is not a table of status, type and code, "
                'for instance {"code": "x"}'
            )
        for column in ("type", "code"):
            value = change.get(column, "")
            if not isinstance(value, str):
                raise SettingError(f'errors.{name}.{column} = {abbreviate(value)} is not text, for instance "x"')
        status = change.get("status", 500)
        if isinstance(status, bool) or not isinstance(status, int) or not 400 <= status <= 599:
            raise SettingError(f"errors.{name}.status = {abbreviate(status)} is out of range; accepted: 400 to 599")
    merged = {name: {**row, **overrides.get(name, {})} for name, row in rows.items()}
    return {name: ErrorRow(row["status"], str(row["type"]), str(row["code"])) for name, row in merged.items()}
