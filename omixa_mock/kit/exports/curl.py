"""A recorded call as a curl command for a POSIX shell."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator

from omixa_mock.gateway import Call

from .not_exportable import body_of

__all__ = ["dump", "write_curl"]

# Linux takes at most 128 KiB in one argument.
ARGUMENT_MAX = 100_000
# The request headers that may change the response; curl makes the others itself.
REPEATED = ("content-type", "idempotency-key", "x-omixa-mock-fault")


def write_curl(call: Call, url: str, key: str) -> str:
    """Return a shell command that sends the request of a call again.

    Args:
        call: The call.
        url: The URL of the fake, without a path.
        key: The API key; the journal has none.

    Raises:
        NotExportable: The journal does not have the body.
    """
    body = body_of(call)
    return " ".join([*head(call, url, key), *([] if body is None else [data(dump(body))])])


def head(call: Call, url: str, key: str) -> Iterator[str]:
    """Yield the words of the command before the body."""
    yield "curl"
    if url.startswith("https:"):
        yield "-k"  # a fake's certificate is its own
    if set(call.path) & set("[]{}"):
        yield "-g"
    if "/." in call.path:
        yield "--path-as-is"
    yield shlex.quote(f"{url}{call.path}")
    if call.method not in {"GET", "POST"} or (call.method == "POST" and call.document is None):
        yield f"-X {shlex.quote(call.method)}"
    fields = {"authorization": f"Bearer {key}"} | {
        name: call.headers[name] for name in REPEATED if name in call.headers
    }
    for name, value in fields.items():
        yield f"-H {shlex.quote(f'{name.title()}: {value}')}"


def data(text: str) -> str:
    """Return the option for a body; a long one is a here-document, since an argument has a limit."""
    if len(text.encode()) <= ARGUMENT_MAX:
        return f"-d {shlex.quote(text)}"
    return f"--data-binary @- <<'OMIXA_MOCK_BODY'\n{text}\nOMIXA_MOCK_BODY"


def dump(document: object) -> str:
    """Return a JSON value as one line of text, with every character as it is if UTF-8 can encode it."""
    text = json.dumps(document, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(document)
    return text
