"""Assignment of a page's tables to models: one page may document several."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from .cells import read_accepted
from .table import Field

__all__ = ["find_owners", "models_of", "pattern_of", "split_by_model"]

Fields = tuple[Field, ...]
# What a heading may have beside the model's name: a few words, no sentence.
BESIDE = re.compile(r"[\w\s#*`:/&–—-]{0,50}")


def models_of(field: Field) -> frozenset[str]:
    """Return the models that a row accepts; none if it is no row of the field `model`."""
    return frozenset(read_accepted(field.accepted or "").values) if field.name == "model" else frozenset()


def split_by_model(fields: Fields) -> Iterator[Fields]:
    """Yield the parts of a table in which a second model begins, as in a page with one cell a line."""
    if len({models_of(field) for field in fields if field.name == "model"}) < 2:
        yield fields
        return
    part: list[Field] = []
    for field in fields:
        if part and (field.name == part[0].name or (field.name == "model" and any(map(models_of, part)))):
            yield tuple(part)
            part = []
        part.append(field)
    yield tuple(part)


def find_owners(tables: Sequence[Fields], above: Sequence[str], known: Collection[str]) -> list[frozenset[str]]:
    """Return the models of each table, in sequence; none if nothing names one.

    The row of the field `model` counts most, then the heading above the table, then the table before.

    Args:
        tables: The tables of fields.
        above: The text above each table.
        known: The models that the contract has.
    """
    owners: list[frozenset[str]] = []
    for fields, text in zip(tables, above, strict=True):
        own = frozenset[str]().union(*map(models_of, fields))
        owners.append(own or headed(text, known) or (owners[-1] if owners else frozenset()))
    return owners


def headed(text: str, known: Collection[str]) -> frozenset[str]:
    """Return the models in the last heading of a text."""
    for line in reversed(text.splitlines()):
        named = frozenset(model for model in known if pattern_of(model).search(line))
        if named and BESIDE.fullmatch(pattern_of(*named).sub("", line)):
            return named
    return frozenset()


def pattern_of(*models: str) -> re.Pattern[str]:
    """Return a pattern for names of models that are not parts of other names."""
    return re.compile(rf"(?<![\w.-])(?:{'|'.join(map(re.escape, models))})(?![a-z0-9-])")
