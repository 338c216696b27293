"""Notes of a call: advisories, route attempts, the refusal."""

from __future__ import annotations

from msgspec import Struct

from .problems import Problem

__all__ = ["Advisory", "Attempt", "Refusal"]


class Advisory(Struct, frozen=True):
    """Warning about an allowed but doubtful request: the rule's id and a message."""

    rule: str
    message: str


class Attempt(Struct, frozen=True):
    """Attempt on one provider route, with the outcome `up` or `down`."""

    route: str
    outcome: str


class Refusal(Struct, frozen=True):
    """Reason why a call was refused.

    Attributes:
        name: The name of the row in the error table; `respond` for a response of the test's own.
        message: The message in the response.
        rules: The ids of the broken rules.
        planned: True if a fault plan caused the refusal.
        late: The test whose workspace was already closed; empty if none was.
    """

    name: str
    message: str
    rules: tuple[str, ...] = ()
    planned: bool = False
    late: str = ""

    @classmethod
    def of(cls, problem: Problem) -> Refusal:
        """Return the refusal that records a problem."""
        return cls(problem.name, problem.message, problem.rules, problem.planned, problem.late)
