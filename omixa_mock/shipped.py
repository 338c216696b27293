"""Loader of the contract that this package ships in `schemas/`."""

from __future__ import annotations

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
    requests = read_folder(folder / "requests")
    return Contract(
        requests={COMPLETE_FIRST: requests.pop(COMPLETE_FIRST), **requests},
        responses=read_folder(folder / "responses"),
        controls=read_folder(folder / "control"),
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


def read_folder(folder: Path) -> dict[str, Any]:
    """Return the JSON documents of a folder by file name without suffix."""
    return {path.stem: orjson.loads(path.read_bytes()) for path in sorted(folder.glob("*.json"))}
