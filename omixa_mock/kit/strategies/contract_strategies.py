"""The strategies of one contract, by the names under which `omixa_mock.strategies` has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from omixa_mock.gateway import Contract, Fault, Plan
from omixa_mock.gateway.common import hint_at

from .failures import draw_plan, fault_conditions, faults
from .invalid import Breakage, Damage, InvalidRequest, breakages_of, draw_invalid
from .requests import OPERATIONS, Operation, Recipe, draw_request
from .responses import Counter, ErrorResponse, draw_error, draw_response, error_rows

__all__ = ["ContractStrategies"]

Json = Any
COMPLETE = "gpt-image-1.5"


@dataclass(frozen=True, eq=False)
class ContractStrategies:
    """The strategies that need a contract.

    Attributes:
        contract: What is valid, what is answered, what it costs.
    """

    contract: Contract
    # Reading a schema takes some milliseconds, and a test module asks again and again.
    _recipes: dict[str, Recipe] = field(default_factory=dict, repr=False)
    _breakages: dict[str, tuple[Breakage, ...]] = field(default_factory=dict, repr=False)

    def image_requests(
        self, model: str = COMPLETE, operation: Operation | None = None, **fields: Any
    ) -> st.SearchStrategy[dict[str, Json]]:
        """Valid requests, about none of which the gateway has a doubt, as the JSON objects that clients send.

        Shrinks to the model and the prompt "0": fields are left out, text gets shorter, an operation becomes a
        generation, images become fewer and then a PNG of one pixel.

        Args:
            model: Whose table of fields.
            operation: `generate` without input images, `edit` with one, `merge` with more; None for any of them.
            **fields: What single fields say: a value fixes it, a strategy draws it, `ABSENT` leaves it out. What you
                give is taken as it is; the other fields are drawn to go with it.

        Raises:
            ValueError: There is no such model or operation.
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
        """Requests that are to be refused, each with the rules that it breaks, where, and the status of its refusal.

        Every rule of the model's request schema is broken, and every rule about images beyond it; most requests
        break one, some up to three. Shrinks to one broken rule, and with `rule` to a request that is otherwise as
        small as `image_requests` gets; without, a field that does not matter may be left over.

        Args:
            model: Whose rules.
            rule: The id of the only rule to be broken, for instance `"request.n.maximum"`; None for all.

        Raises:
            ValueError: There is no such model, or no such rule that its requests can break.
        """
        recipe = self._recipe(model)
        breakages = self._ways(model)
        wanted = tuple(each for each in breakages if rule in {None, each.rule})
        if not wanted:
            raise ValueError(describe_unknown_rule(str(rule), breakages))
        status = self.contract.table["errors"]["invalid_request"]["status"]
        return draw_invalid(Damage(recipe, wanted, breakages if rule is None else (), status))

    def image_responses(self, for_request: Json = None) -> st.SearchStrategy[dict[str, Json]]:
        """Bodies of successes: real images in the format, size and number asked for, and the bill that they cost.

        Shrinks to `created` 0 and the first few of a dozen images; the request shrinks as `image_requests` does.

        Args:
            for_request: What was asked for: a valid request, or a strategy of such; any of the complete model's
                unless told.

        Raises:
            ValueError: When drawn: the request is not valid.
        """
        asked = self.image_requests() if for_request is None else for_request
        requests = asked if isinstance(asked, st.SearchStrategy) else st.just(asked)
        return draw_response(requests, Counter(self.contract))

    def error_responses(self, status: int | None = None) -> st.SearchStrategy[ErrorResponse]:
        """Refusals in the documented envelope, the assumed errors among them.

        Shrinks to the 401 of an invalid key (with `status`, to the first error of that status), and to the sentence
        that says what the error means.

        Args:
            status: The only status; None for all.

        Raises:
            ValueError: There is no error of that status.
        """
        return draw_error(error_rows(status, self.contract))

    def fault_plans(self, of: st.SearchStrategy[Fault] | None = None) -> st.SearchStrategy[Plan]:
        """Plans of one to four outcomes: how often, after how many calls, for which of them, how probably.

        Shrinks to one fault that strikes the next call, and that as `faults` does.

        Args:
            of: Which faults; `faults()` unless told.
        """
        return draw_plan(faults() if of is None else of, fault_conditions(self.contract))

    def _recipe(self, model: str) -> Recipe:
        """How the requests of a model are made."""
        if model not in self.contract.requests:
            raise ValueError(f"There is no model {model!r}; there are: {', '.join(self.contract.requests)}")
        if model not in self._recipes:
            self._recipes[model] = Recipe(self.contract.requests[model])
        return self._recipes[model]

    def _ways(self, model: str) -> tuple[Breakage, ...]:
        """How the requests of a model can be broken."""
        if model not in self._breakages:
            self._breakages[model] = breakages_of(self._recipe(model).schema)
        return self._breakages[model]


def refuse_unknown_fields(fields: Mapping[str, Any], schema: Json) -> None:
    """Refuse a field that the model has not, unless its table was not seen to the end."""
    known = list(schema["properties"])
    for name in fields:
        if name not in known and not schema["additionalProperties"]:
            raise TypeError(f"{schema['x-omixa-model']['id']} has no field {name!r}. {hint_at(name, known)}")


def describe_unknown_rule(rule: str, breakages: Sequence[Breakage]) -> str:
    """That no request breaks a rule, and which may have been meant."""
    known = list(dict.fromkeys(breakage.rule for breakage in breakages))
    return f"No request of this model breaks a rule {rule!r}. {hint_at(rule, known)}"
