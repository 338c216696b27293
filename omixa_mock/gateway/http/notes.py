"""What is noted about a call beside its request and response: what was doubtful, what was tried, why it was refused."""

from __future__ import annotations

from msgspec import Struct

from .problems import Problem

__all__ = ["Advisory", "Attempt", "Refusal"]


class Advisory(Struct, frozen=True):
    """Something allowed but doubtful: the rule's id, and what to look at."""

    rule: str
    message: str


class Attempt(Struct, frozen=True):
    """One provider route that was tried, and whether it was up or down."""

    route: str
    outcome: str


class Refusal(Struct, frozen=True):
    """Why a call was refused.

    Attributes:
        name: Row of the error table.
        message: As the client was told.
        rules: Ids of the broken rules.
        planned: Whether a plan refused it.
        late: Which test's workspace had been closed; empty where none had.
    """

    name: str
    message: str
    rules: tuple[str, ...] = ()
    planned: bool = False
    late: str = ""

    @classmethod
    def of(cls, problem: Problem) -> Refusal:
        """What remains of a problem when its call has ended."""
        return cls(problem.name, problem.message, problem.rules, problem.planned, problem.late)
