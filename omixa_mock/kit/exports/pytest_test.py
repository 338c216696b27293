"""A recorded call as a pytest test, which passes with the fixture `omixa_mock`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from omixa_mock.gateway import Call
from omixa_mock.gateway.faults import RESPOND

from .not_exportable import NotExportable, body_of

__all__ = ["write_test"]

# What a wallet begins with is not what it had at the call, and a fault by header is planned by its name.
OMITTED = {"default_balance", "fault_header", "time_scale"}


def write_test(call: Call, settings: Mapping[str, Any]) -> str:
    """Return a module with one test, which sends the request of a call and expects what happened.

    Args:
        call: The call.
        settings: The settings that differ from their defaults, as JSON.

    Raises:
        NotExportable: The journal does not have the body, or the response was a test's own.
    """
    if call.fault == RESPOND:
        raise NotExportable(f"The response to call #{call.number} was a test's own, which no export can plan.")
    body = body_of(call)
    marks = dict(changed_settings(call, settings))
    function = [*(request_lines(body) if body is not None else ()), *circumstances(call), *sending(call), *facts(call)]
    lines = [
        f'"""Call #{call.number} to the fake, as omixa-mock recorded it."""',
        "",
        *(("import contextlib", "") if call.fault else ()),
        "import httpx",
        *(("import pytest",) if marks else ()),
        *("", ""),
        *((f"@pytest.mark.omixa_mock({join(marks)})",) if marks else ()),
        f"def test_call_{call.number}(omixa_mock):",
        *(f"    {line}" if line else "" for line in function),
    ]
    return "\n".join(lines) + "\n"


def changed_settings(call: Call, settings: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the settings under which the test runs, with their names."""
    yield from ((name, value) for name, value in settings.items() if name not in OMITTED)
    if call.waited or call.fault or "latency" in settings:
        yield "time_scale", 0  # the test need not wait as the client did


def join(options: Mapping[str, Any]) -> str:
    """Return keyword arguments as Python source."""
    return ", ".join(f"{name}={literal(value)}" for name, value in options.items())


def request_lines(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield the assignment of the request, one field a line."""
    yield "request = {"
    yield from (f"    {literal(name)}: {literal(value)}," for name, value in body.items())
    yield "}"


def circumstances(call: Call) -> Iterator[str]:
    """Yield the state of the fake that led to the outcome."""
    if call.fault:
        yield f"omixa_mock.fail({literal(call.fault)})"
    elif call.error is not None and call.error.name in CAUSES:
        yield CAUSES[call.error.name]
    if down := [attempt.route for attempt in call.attempts if attempt.outcome != "up"]:
        yield f"omixa_mock.routes_down({', '.join(map(literal, down))})"


# The state behind a refusal that no rule of the request explains.
CAUSES = {
    "insufficient_balance": 'omixa_mock.set_balance("0")',
    "model_not_allowed": "omixa_mock.allow_models()",
}


def sending(call: Call) -> Iterator[str]:
    """Yield the call, and the expectation around it."""
    lines = list(send(call))
    if call.fault:
        yield "with contextlib.suppress(httpx.HTTPError):  # the fault may leave no response"
    elif call.error is not None:
        yield f"with omixa_mock.expect_refusal({call.status}):"
    else:
        lines[0] = f"response = {lines[0]}"
    indented = call.fault or call.error is not None
    yield from (f"    {line}" if indented else line for line in lines)


def send(call: Call) -> Iterator[str]:
    """Yield the lines of the expression that sends the request."""
    name = {"POST": "post(", "GET": "get("}.get(call.method, f"request({literal(call.method)}, ")
    base = "omixa_mock.base_url" if call.path.startswith(BASE) else f"omixa_mock.base_url.removesuffix({literal(BASE)})"
    yield f"httpx.{name.rstrip()}"
    yield f"    {base} + {literal(call.path.removeprefix(BASE))},"
    yield '    headers={"Authorization": f"Bearer {omixa_mock.api_key}"},'
    if call.document is not None:
        yield "    json=request,"
    # A client without a deadline would wait for ever for a response that never comes.
    yield f"    timeout={0.5 if call.fault.startswith('hang') else 5},"
    yield ")"


BASE = "/api/v1"


def facts(call: Call) -> Sequence[str]:
    """Return the assertions."""
    if call.fault:
        found = [f"assert omixa_mock.last.fault == {literal(call.fault)}"]
    elif call.error is not None:
        found = [f"assert list(omixa_mock.last.error.rules) == {literal(call.error.rules)}"]
    else:
        found = [f"assert response.status_code == {call.status or 200}"]
    # A client that left, or a replayed response, has another charge than the request alone.
    if not call.client_left and not call.replayed:
        found.append(
            f'assert str(omixa_mock.last.charge) == "{call.charge}"'
            if call.charged
            else "assert not omixa_mock.last.charged"
        )
    return ["", *found]


def literal(value: Any) -> str:
    """Return a JSON value as a Python literal, with texts in double quotes."""
    if isinstance(value, str):
        # Every escape of JSON is one of Python.
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{literal(name)}: {literal(child)}' for name, child in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(literal, value))}]"
    return repr(value)
