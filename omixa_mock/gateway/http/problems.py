"""A refusal, and the documented envelope that carries it.

    {"error": {"message": …, "type": …, "code": …}}        [docs/errors]

A step raises a `Problem` by name; which status, type and code the name has is
the contract's error table, where a setting may have changed the assumed ones.
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
    """One line of the error table: what a named problem looks like on the wire."""

    status: int
    type: str
    code: str


class Problem(Exception):  # noqa: N818  # the documentation's word for what a client is told is not "error"
    """A request that the gateway refuses.

    Attributes:
        name: Row of the error table, for instance `invalid_request`.
        message: What came, what is accepted, how to make it right.
        rules: Ids of the rules that were broken, for `omixa-mock explain`.
        headers: Fields that HTTP demands beside this status.
        status: Overrides the row's status where a setting says so.
        planned: Whether a plan of the test wanted it.
        late: Which test the call came too late for; empty for most.
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
    """The response that tells a client of `problem`, in the documented envelope."""
    row = errors[problem.name]
    body = orjson.dumps({"error": {"message": problem.message, "type": row.type, "code": row.code}})
    rules = (("x-omixa-mock-rules", ", ".join(problem.rules)),) if problem.rules else ()
    return Response(problem.status or row.status, (JSON_TYPE, STAMP, *problem.headers, *rules), body)
