"""Strategies of a contract, by their public names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from omixa_mock.gateway import Contract, Fault, Plan
from omixa_mock.gateway.common import hint_at

from .faults import draw_plan, fault_conditions, faults
from .invalid_requests import InvalidRecipe, InvalidRequest, RequestMutation, draw_invalid, request_mutations
from .requests import OPERATIONS, Operation, Recipe, draw_request
from .responses import ErrorResponse, Pricer, draw_error, draw_response, error_rows

__all__ = ["ContractStrategies"]

Json = Any
COMPLETE = "gpt-image-1.5"


@dataclass(frozen=True, eq=False)
class ContractStrategies:
    """Strategies for the requests, responses and plans of a contract.

    Attributes:
        contract: The contract with schemas, errors and prices.
    """

    contract: Contract
    # A recipe takes some milliseconds to make, and a test module needs it repeatedly.
    _recipes: dict[str, Recipe] = field(default_factory=dict, repr=False)
    _mutations: dict[str, tuple[RequestMutation, ...]] = field(default_factory=dict, repr=False)

    def image_requests(
        self, model: str = COMPLETE, operation: Operation | None = None, **fields: Any
    ) -> st.SearchStrategy[dict[str, Json]]:
        """Return valid requests without advisories, as the JSON objects that clients send.

        Shrinks to the model and the prompt "0": fields are left out, text gets shorter, an operation becomes a
        generation, images become fewer and then a PNG of one pixel.

        Args:
            model: The model.
            operation: `generate` without input images, `edit` with one, `merge` with more; None for any of them.
            **fields: A value fixes a field, a strategy draws it, `ABSENT` omits it. Given values are used unchanged;
                the other fields are drawn to fit them.

        Raises:
            ValueError: The model or the operation is unknown.
            TypeError: The model has no such field.
        """
        recipe = self._recipe(model)
        if operation not in {None, *OPERATIONS}:
            raise ValueError(f"There is no operation {operation!r}; there are: {', '.join(OPERATIONS)}")
        refuse_unknown_fields(fields, recipe.schema)
        return draw_request(recipe, operation, fields)

    def invalid_image_requests(
        self, model: str = COMPLETE, rule: str | None = None
    ) -> st.SearchStrategy[InvalidRequest]:
        """Return invalid requests, each with the rules that it violates, their places, and the response's status.

        The requests violate every rule of the model's request schema, and every rule about images beyond it. Most
        violate one rule, some up to three. Shrinks to one violated rule. With `rule`, the other fields shrink as in
        `image_requests`; without it, an irrelevant field may remain.

        Args:
            model: The model.
            rule: The id of the only rule to violate, for instance `"request.n.maximum"`; None for all rules.

        Raises:
            ValueError: The model is unknown, or its requests cannot violate the rule.
        """
        recipe = self._recipe(model)
        mutations = self._mutations_of(model)
        selected = tuple(mutation for mutation in mutations if rule in {None, mutation.rule})
        if not selected:
            raise ValueError(describe_unknown_rule(str(rule), mutations))
        status = self.contract.table["errors"]["invalid_request"]["status"]
        return draw_invalid(InvalidRecipe(recipe, selected, mutations if rule is None else (), status))

    def image_responses(self, for_request: Json = None) -> st.SearchStrategy[dict[str, Json]]:
        """Return bodies of successful responses: images in the requested format, size and number, and their price.

        Shrinks to `created` 0 and the first few of a dozen images; the request shrinks as `image_requests` does.

        Args:
            for_request: A valid request, or a strategy for such; any request of the complete model by default.

        Raises:
            ValueError: When drawn, if the request is invalid.
        """
        source = self.image_requests() if for_request is None else for_request
        requests = source if isinstance(source, st.SearchStrategy) else st.just(source)
        return draw_response(requests, Pricer(self.contract))

    def error_responses(self, status: int | None = None) -> st.SearchStrategy[ErrorResponse]:
        """Return error responses with the documented error object, including the assumed errors.

        Shrinks to the 401 of an invalid key (with `status`, to the first error of that status), and to the sentence
        that explains the error.

        Args:
            status: The only status; None for all.

        Raises:
            ValueError: No error has that status.
        """
        return draw_error(error_rows(status, self.contract))

    def fault_plans(self, of: st.SearchStrategy[Fault] | None = None) -> st.SearchStrategy[Plan]:
        """Return plans of one to four outcomes, with repetitions, skipped calls, conditions and probabilities.

        Shrinks to one fault of the next call, which shrinks as `faults` does.

        Args:
            of: The faults; `faults()` by default.
        """
        return draw_plan(faults() if of is None else of, fault_conditions(self.contract))

    def _recipe(self, model: str) -> Recipe:
        """Return the recipe of a model's requests."""
        if model not in self.contract.requests:
            raise ValueError(f"There is no model {model!r}; there are: {', '.join(self.contract.requests)}")
        if model not in self._recipes:
            self._recipes[model] = Recipe(self.contract.requests[model])
        return self._recipes[model]

    def _mutations_of(self, model: str) -> tuple[RequestMutation, ...]:
        """Return the mutations of a model's requests."""
        if model not in self._mutations:
            self._mutations[model] = request_mutations(self._recipe(model).schema)
        return self._mutations[model]


def refuse_unknown_fields(fields: Mapping[str, Any], schema: Json) -> None:
    """Raise if the model does not have a field, unless the schema allows unknown fields."""
    known = list(schema["properties"])
    for name in fields:
        if name not in known and not schema["additionalProperties"]:
            # The strategy has a parameter that is no field.
            hint = hint_at(name, (*known, "operation"))
            raise TypeError(f"{schema['x-omixa-model']['name']} has no field {name!r}. {hint}")


def describe_unknown_rule(rule: str, mutations: Sequence[RequestMutation]) -> str:
    """Return the message for a rule that no request violates, with the nearest known rule."""
    known = list(dict.fromkeys(mutation.rule for mutation in mutations))
    return f"No request of this model breaks a rule {rule!r}. {hint_at(rule, known)}"
