"""What the gateway answers: successes with the pictures that were asked for, and refusals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from hypothesis import strategies as st

from omixa_mock.gateway import Contract, Problem, Settings
from omixa_mock.gateway.contract import ImageOrder, read_input_images
from omixa_mock.gateway.money import on_the_wire
from omixa_mock.gateway.pipeline import place_order

from .brief import Brief
from .images import Size, encode, file_of

__all__ = ["Counter", "ErrorResponse", "draw_error", "draw_response", "error_rows"]

Json = Any
# How many different pictures of a kind there are: more than one reply has.
PICTURES = 12
# Only the fake has control routes.
NOT_THE_GATEWAYS = {"control_refused"}
HEADERS: Mapping[str, Mapping[str, str]] = {
    "invalid_key": {"www-authenticate": 'Bearer realm="omixa"'},
    "rate_limited": {"retry-after": "1"},
}


@dataclass(frozen=True, slots=True)
class ErrorResponse:
    """A refusal.

    Attributes:
        name: Of the error, as in `schemas/gateway.json`.
        status: The HTTP status.
        body: The documented envelope.
        headers: What HTTP demands beside the status.
    """

    name: str
    status: int
    body: dict[str, Json]
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Counter(Brief):
    """Takes orders.

    Attributes:
        contract: What is valid, and what it costs.
    """

    contract: Contract

    def __repr__(self) -> str:
        # It stands in the repr of every strategy of responses.
        return f"<orders of {len(self.contract.requests)} models>"

    def take(self, request: Mapping[str, Json]) -> tuple[ImageOrder, str]:
        """What a request asks for, and its bill.

        Raises:
            ValueError: It is not valid.
        """
        settings = Settings(models=tuple(self.contract.requests))
        terms = self.contract.under(settings)
        judge = terms.judge_for(request)
        try:
            order, _ = place_order(request, read_input_images(request, judge.schema, settings), judge, settings)
        except Problem as problem:
            raise ValueError(f"for_request would be refused: no pictures answer it. {problem.message}") from None
        return order, on_the_wire(terms.price(order.model, order.quality, order.size, order.n))


@st.composite
def draw_response(draw: st.DrawFn, requests: st.SearchStrategy[Mapping[str, Json]], counter: Counter) -> Json:
    """One success."""
    order, bill = counter.take(draw(requests))
    created = counter.contract.responses["image"]["properties"]["created"]
    first = draw(st.integers(0, PICTURES - 1))
    shown = ((first + index) % PICTURES for index in range(order.n))
    return {
        "created": draw(st.integers(created["minimum"], created["maximum"])),
        "data": [{"b64_json": text_of(order, number), "url": None} for number in shown],
        "usage": {"billed_amount": bill},
    }


def text_of(order: ImageOrder, number: int) -> str:
    """One of the pictures that an order may get, in base64."""
    return draw_text(order.output_format, (order.width, order.height), order.transparent, number)


# Drawn in the size asked for, which takes a millisecond; the pictures of all examples are the same few.
@lru_cache(maxsize=512)
def draw_text(output_format: Literal["png", "jpeg", "webp"], size: Size, transparent: bool, number: int) -> str:  # noqa: FBT001  # lru_cache
    """A picture in base64."""
    return encode(file_of(f"reply {number}", size, output_format, transparent=transparent))


def error_rows(status: int | None, contract: Contract) -> dict[str, Json]:
    """The errors of a status, or all, by name.

    Raises:
        ValueError: The gateway has none of that status.
    """
    rows = {name: row for name, row in contract.table["errors"].items() if name not in NOT_THE_GATEWAYS}
    found = {name: row for name, row in rows.items() if status in {None, row["status"]}}
    if not found:
        known = ", ".join(map(str, sorted({row["status"] for row in rows.values()})))
        raise ValueError(f"There is no error with the status {status!r}; there are: {known}")
    return found


@st.composite
def draw_error(draw: st.DrawFn, rows: Mapping[str, Mapping[str, Json]]) -> ErrorResponse:
    """One refusal."""
    name = draw(st.sampled_from([*rows]))
    row = rows[name]
    message = draw(st.just(row["meaning"]) | st.text())
    body = {"error": {"message": message, "type": row["type"], "code": row["code"]}}
    return ErrorResponse(name, row["status"], body, HEADERS.get(name, {}))
