"""Strategies for responses: images, and errors."""

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

from .images import Size, encode, file_of
from .short_repr import ShortRepr

__all__ = ["ErrorResponse", "Pricer", "draw_error", "draw_response", "error_rows"]

Json = Any
# The number of different images of a format and size; a response has fewer.
IMAGES = 12
# The real gateway has no control routes.
ONLY_OF_THE_FAKE = {"control_refused"}
HEADERS: Mapping[str, Mapping[str, str]] = {
    "invalid_key": {"www-authenticate": 'Bearer realm="omixa"'},
    "rate_limited": {"retry-after": "1"},
}


@dataclass(frozen=True, slots=True)
class ErrorResponse:
    """Error response.

    Attributes:
        name: The error's name in `schemas/gateway.json`.
        status: The HTTP status.
        body: The documented error object.
        headers: The headers that HTTP requires with the status.
    """

    name: str
    status: int
    body: dict[str, Json]
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Pricer(ShortRepr):
    """Validator that returns the price of a request.

    Attributes:
        contract: The contract with the request schemas and the prices.
    """

    contract: Contract

    def __repr__(self) -> str:
        # It is part of the repr of every strategy for responses.
        return f"<requests to {len(self.contract.requests)} models>"

    def validate(self, request: Mapping[str, Json]) -> tuple[ImageRequest, str]:
        """Return the parsed request and its price.

        Raises:
            ValueError: The request is invalid.
        """
        settings = Settings(models=tuple(self.contract.requests))
        terms = self.contract.under(settings)
        validator = terms.validator_for(request)
        try:
            image_request, _ = validate_image_request(
                request, read_input_images(request, validator.schema, settings), validator, settings
            )
        except Problem as problem:
            raise ValueError(f"for_request would be refused: it gets no images. {problem.message}") from None
        return image_request, on_the_wire(
            terms.price(image_request.model, image_request.quality, image_request.size, image_request.n)
        )


@st.composite
def draw_response(draw: st.DrawFn, requests: st.SearchStrategy[Mapping[str, Json]], pricer: Pricer) -> Json:
    """Draw a response with images."""
    image_request, price = pricer.validate(draw(requests))
    created = pricer.contract.responses["image"]["properties"]["created"]
    first = draw(st.integers(0, IMAGES - 1))
    numbers = ((first + index) % IMAGES for index in range(image_request.n))
    return {
        "created": draw(st.integers(created["minimum"], created["maximum"])),
        "data": [{"b64_json": text_of(image_request, number), "url": None} for number in numbers],
        "usage": {"billed_amount": price},
    }


def text_of(image_request: ImageRequest, number: int) -> str:
    """Return an image for a request, in base64."""
    return draw_text(
        image_request.output_format, (image_request.width, image_request.height), image_request.transparent, number
    )


# An image in full size takes a millisecond to make; all examples share a few.
@lru_cache(maxsize=512)
def draw_text(output_format: Literal["png", "jpeg", "webp"], size: Size, transparent: bool, number: int) -> str:  # noqa: FBT001  # lru_cache
    """Return an image in base64."""
    return encode(file_of(f"response {number}", size, output_format, transparent=transparent))


def error_rows(status: int | None, contract: Contract) -> dict[str, Json]:
    """Return the errors of a status, or all errors, by name.

    Raises:
        ValueError: No error has that status.
    """
    rows = {name: row for name, row in contract.table["errors"].items() if name not in ONLY_OF_THE_FAKE}
    found = {name: row for name, row in rows.items() if status in {None, row["status"]}}
    if not found:
        known = ", ".join(map(str, sorted({row["status"] for row in rows.values()})))
        raise ValueError(f"There is no error with the status {status!r}; there are: {known}")
    return found


@st.composite
def draw_error(draw: st.DrawFn, rows: Mapping[str, Mapping[str, Json]]) -> ErrorResponse:
    """Draw an error response."""
    name = draw(st.sampled_from([*rows]))
    row = rows[name]
    message = draw(st.just(row["meaning"]) | st.text())
    body = {"error": {"message": message, "type": row["type"], "code": row["code"]}}
    return ErrorResponse(name, row["status"], body, HEADERS.get(name, {}))
