"""Source of `omixa_mock/types.py`, made from the components of the OpenAPI description.

    python -m tests.schemas.typed_dicts

writes the file. `test_types.py` compares it with the schemas.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import fill
from typing import Any

from omixa_mock import Settings, shipped_contract
from omixa_mock.gateway.contract import describe_api

TYPES = Path(__file__).parents[2] / "omixa_mock" / "types.py"
HEAD = '''"""Types of request and response bodies, for type checkers.

Made from the schemas by `python -m tests.schemas.typed_dicts`. This module imports `typing` only.
The requests are those to gpt-image-1.5, the one model whose fields are all known.
"""

# The postponed annotations of `from __future__` would hide NotRequired from `__required_keys__`.
from typing import Literal, NotRequired, TypedDict
'''
PRIMITIVES = {"boolean": "bool", "integer": "int", "null": "None", "string": "str"}


def render() -> str:
    """Return the source of the module."""
    contract = shipped_contract()
    components = describe_api(contract, contract.under(Settings()))["components"]["schemas"]
    names = "".join(f'    "{name}",\n' for name in sorted(components))
    classes = [render_class(name, components[name]) for name in dependencies_first(components)]
    return "\n\n".join([f"{HEAD}\n__all__ = [\n{names}]\n", *classes])


def dependencies_first(components: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of the components, each after those that it refers to."""
    left = dict(components)
    while left:
        ready = [name for name in left if not any(f'/{other}"' in json.dumps(left[name]) for other in left)]
        yield from ready
        left = {name: schema for name, schema in left.items() if name not in ready}


def render_class(name: str, schema: Any) -> str:
    """Return the source of a component's class."""
    lines = [f"class {name}(TypedDict):", *docstring(schema)]
    for field, member in schema["properties"].items():
        hint = hint_of(member)
        hint = hint if field in schema["required"] else f"NotRequired[{hint}]"
        lines += ["", f"    {field}: {hint}", *docstring(member)]
    return "\n".join(lines) + "\n"


def docstring(schema: Any) -> list[str]:
    """Return the lines of a docstring with the schema's description; none if it has none."""
    if "description" not in schema:
        return []
    text = f'"""{schema["description"]}"""'
    if len(text) <= 116:
        return [f"    {text}"]
    summary, _, rest = schema["description"].partition(". ")
    lines = fill(rest, 120, initial_indent="    ", subsequent_indent="    ").splitlines()
    return [f'    """{summary}.', "", *lines, '    """']


def hint_of(schema: Any) -> str:
    """Return the type hint of a value."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " | ".join(hint_of(child) for child in schema["anyOf"])
    if schema.get("const", "") is None:
        return "None"
    if "enum" in schema:
        return f"Literal[{', '.join(json.dumps(value) for value in schema['enum'])}]"
    if schema["type"] == "array":
        return f"list[{hint_of(schema['items'])}]"
    return PRIMITIVES[schema["type"]]


if __name__ == "__main__":
    TYPES.write_text(render(), "utf-8")
