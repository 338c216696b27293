"""The contract that this package ships, read from `schemas/`."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import orjson

from omixa_mock.gateway import Contract

__all__ = ["shipped_contract"]

# By name, not by import: the folder is installed below this package under a mapping (see pyproject.toml).
SCHEMAS = "omixa_mock.schemas"
COMPLETE_FIRST = "gpt-image-1.5"


@cache
def shipped_contract() -> Contract:
    """The shipped contract; read once in a process, since it is a value."""
    folder = files(SCHEMAS)
    requests = read_folder(folder / "requests")
    return Contract(
        requests={COMPLETE_FIRST: requests.pop(COMPLETE_FIRST), **requests},
        responses=read_folder(folder / "responses"),
        controls=read_folder(folder / "control"),
        table=orjson.loads((folder / "gateway.json").read_bytes()),
    )


def read_folder(folder: Traversable) -> dict[str, Any]:
    """The JSON documents of a folder, by file name without its ending."""
    paths = sorted((path for path in folder.iterdir() if path.name.endswith(".json")), key=lambda path: path.name)
    return {path.name.removesuffix(".json"): orjson.loads(path.read_bytes()) for path in paths}
