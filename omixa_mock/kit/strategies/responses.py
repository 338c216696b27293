"""What the gateway answers: successes with the images that were asked for, and refusals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from hypothesis import strategies as st

from omixa_mock.gateway import Contract, Problem, Settings
from omixa_mock.gateway.contract import ImageRequest, read_input_images
from omixa_mock.gateway.money import on_the_wire
from omixa_mock.gateway.pipeline import validate_image_request

from .brief import Brief
from .images import Size, encode, file_of

__all__ = ["Counter", "ErrorResponse", "draw_error", "draw_response", "error_rows"]

Json = Any
# How many different images of a kind there are: more than one response has.
IMAGES = 12
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

    def take(self, request: Mapping[str, Json]) -> tuple[ImageRequest, str]:
        """What a request asks for, and its bill.

        Raises:
            ValueError: It is not valid.
        """
        settings = Settings(models=tuple(self.contract.requests))
        terms = self.contract.under(settings)
        validator = terms.validator_for(request)
        try:
            image_request, _ = validate_image_request(
                request, read_input_images(request, validator.schema, settings), validator, settings
            )
        except Problem as problem:
            raise ValueError(f"for_request would be refused: no images answer it. {problem.message}") from None
        return image_request, on_the_wire(
            terms.price(image_request.model, image_request.quality, image_request.size, image_request.n)
        )


@st.composite
def draw_response(draw: st.DrawFn, requests: st.SearchStrategy[Mapping[str, Json]], counter: Counter) -> Json:
    """One success."""
    image_request, bill = counter.take(draw(requests))
    created = counter.contract.responses["image"]["properties"]["created"]
    first = draw(st.integers(0, IMAGES - 1))
    shown = ((first + index) % IMAGES for index in range(image_request.n))
    return {
        "created": draw(st.integers(created["minimum"], created["maximum"])),
        "data": [{"b64_json": text_of(image_request, number), "url": None} for number in shown],
        "usage": {"billed_amount": bill},
    }


def text_of(image_request: ImageRequest, number: int) -> str:
    """One of the images that an order may get, in base64."""
    return draw_text(
        image_request.output_format, (image_request.width, image_request.height), image_request.transparent, number
    )


# Drawn in the size asked for, which takes a millisecond; the images of all examples are the same few.
@lru_cache(maxsize=512)
def draw_text(output_format: Literal["png", "jpeg", "webp"], size: Size, transparent: bool, number: int) -> str:  # noqa: FBT001  # lru_cache
    """An image in base64."""
    return encode(file_of(f"response {number}", size, output_format, transparent=transparent))


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
