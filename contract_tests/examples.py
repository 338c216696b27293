"""Shipped examples of requests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from omixa_mock import Settings, shipped_contract

__all__ = ["read_examples"]

# By name: the folder is installed below omixa_mock under a mapping.
EXAMPLES = files("omixa_mock.schemas") / "examples"


def read_examples(folder: str, prefix: str) -> Iterator[tuple[str, Any]]:
    """Yield name and document of the shipped examples in a folder, except those of models that are not enabled."""
    paths: list[Traversable] = sorted((EXAMPLES / folder).iterdir(), key=lambda path: path.name)
    for path in paths:
        if path.name.startswith(prefix) and path.name.endswith(".json"):
            document = json.loads(path.read_bytes())
            model = document.get("model") if isinstance(document, dict) else None
            if model not in shipped_contract().requests or model in Settings().models:
                yield path.name.removesuffix(".json"), document
