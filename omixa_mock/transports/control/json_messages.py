"""Messages about settings and plans in JSON, for clients in any language."""

from __future__ import annotations

import ast
import json
import re

from starlette.requests import Request

from omixa_mock.gateway import Problem, SettingError

__all__ = ["refuse_setting"]

# A text or a word as Python writes it; an apostrophe within or behind a word begins none.
LITERAL = re.compile(r"(?<!\w)(?:'(?:[^'\\\n]|\\.)*'(?!\w)|\b(?:None|True|False)\b)")
# The fake's own client, whose messages are for Python.
OWN_CLIENT = "omixa-mock/"


def refuse_setting(error: SettingError, request: Request) -> Problem:
    """Return the refusal of a setting or a plan, with its values written as the client wrote them."""
    own = request.headers.get("user-agent", "").startswith(OWN_CLIENT)
    return Problem("invalid_request", str(error) if own else write_as_json(str(error)))


def write_as_json(message: str) -> str:
    """Return a message with Python's literals replaced by those of JSON."""
    return LITERAL.sub(lambda match: write_literal(match[0]), message)


def write_literal(text: str) -> str:
    """Return a literal of Python as JSON; text that is none stays."""
    try:
        return json.dumps(ast.literal_eval(text), ensure_ascii=False)
    except (SyntaxError, ValueError):
        return text
