"""Refusals and the documented error envelope.

    {"error": {"message": …, "type": …, "code": …}}        [docs/errors]

A step raises a `Problem` with a name. The contract's error table maps the name
to status, type and code; a setting may override the assumed values.
"""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from msgspec import Struct

from omixa_mock.gateway.common import STAMP

from .messages import Response

__all__ = ["ErrorRow", "Problem", "envelope"]

JSON_TYPE = ("content-type", "application/json")


class ErrorRow(Struct, frozen=True):
    """Row of the error table: status, type and code of a named problem."""

    status: int
    type: str
    code: str


class Problem(Exception):  # noqa: N818  # a refusal is an expected outcome, not an error of ours
    """Refusal of a request.

    Attributes:
        name: The name of the row in the error table, for instance `invalid_request`.
        message: The actual value, the accepted values and the correction.
        rules: The ids of the broken rules, for `omixa-mock explain`.
        headers: The header fields that HTTP requires with this status.
        status: The status that a setting gives in place of the row's; None if there is none.
        planned: True if a fault plan of the test caused it.
        late: The test that had ended before the call; empty if none had.
    """

    def __init__(
        self,
        name: str,
        message: str,
        *,
        rules: tuple[str, ...] = (),
        headers: tuple[tuple[str, str], ...] = (),
        status: int | None = None,
        planned: bool = False,
        late: str = "",
    ) -> None:
        super().__init__(message)
        self.name = name
        self.message = message
        self.rules = rules
        self.headers = headers
        self.status = status
        self.planned = planned
        self.late = late


def envelope(problem: Problem, errors: Mapping[str, ErrorRow]) -> Response:
    """Return the response for `problem`, in the documented envelope."""
    row = errors[problem.name]
    body = orjson.dumps({"error": {"message": problem.message, "type": row.type, "code": row.code}})
    rules = (("x-omixa-mock-rules", ", ".join(problem.rules)),) if problem.rules else ()
    return Response(problem.status or row.status, (JSON_TYPE, STAMP, *problem.headers, *rules), body)
