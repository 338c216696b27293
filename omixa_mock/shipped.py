"""Loader of the contract that this package ships in `schemas/`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import orjson

from omixa_mock.gateway import Contract

__all__ = ["shipped_contract"]

# By name, not by import: the folder is installed below this package under a mapping (see pyproject.toml).
SCHEMAS = "omixa_mock.schemas"
COMPLETE_FIRST = "gpt-image-1.5"


@cache
def shipped_contract() -> Contract:
    """Return the shipped contract; it is read once per process."""
    folder = find_folder(SCHEMAS)
    return Contract(
        requests=JsonFolder(folder / "requests", first=COMPLETE_FIRST),
        responses=JsonFolder(folder / "responses"),
        controls=JsonFolder(folder / "control"),
        table=orjson.loads((folder / "gateway.json").read_bytes()),
    )


def find_folder(package: str) -> Path:
    """Return the folder of an installed package; importlib.resources would import its zip support too."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise RuntimeError(
            f"{package} is not installed. Install omixa-mock anew: pip install --force-reinstall omixa-mock"
        )
    return Path(spec.origin).parent


class JsonFolder(Mapping[str, Any]):
    """JSON documents of a folder by file name without suffix, each read at its first use.

    Most are of models that are not enabled: a server keeps their memory.

    Args:
        folder: The folder.
        first: The name of the document that comes first.
    """

    def __init__(self, folder: Path, first: str = "") -> None:
        names = sorted(path.stem for path in folder.glob("*.json"))
        self._folder = folder
        self._documents: dict[str, Any] = dict.fromkeys(sorted(names, key=lambda name: name != first))

    def __getitem__(self, name: str) -> Any:
        if self._documents[name] is None:
            self._documents[name] = orjson.loads((self._folder / f"{name}.json").read_bytes())
        return self._documents[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._documents)

    def __len__(self) -> int:
        return len(self._documents)
