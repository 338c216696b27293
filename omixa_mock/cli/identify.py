"""Command `identify`: the call that made an image file."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from omixa_mock.gateway import SettingError, Settings
from omixa_mock.gateway.http import is_well_formed
from omixa_mock.kit.identification import identify_call
from omixa_mock.mock import ControlClient, NotAFake

from .request_log import escape

__all__ = ["identify"]

NOT_IDENTIFIED, COULD_NOT_LOOK = 1, 3
FILE_MAX = Settings().body_max
Result = dict[str, Any]


class CannotLook(Exception):  # noqa: N818  # named by what is wrong
    """A file that cannot be read, or a fake that does not respond."""


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--url", envvar="OMIXA_MOCK_URL", help="URL of the fake whose journal has the calls.")
@click.option("--key", envvar="OMIXA_API_KEY", help="API key that the calls had, for --url.")
@click.option("--control-token", envvar="OMIXA_MOCK_CONTROL_TOKEN", help="Token of its control routes, for --url.")
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
def identify(
    files: tuple[str, ...], url: str | None, key: str | None, control_token: str | None, *, as_json: bool
) -> None:
    """Print which call made each image FILE, by the fingerprint that every image of the fake carries.

    With --url, the fake looks for the call in the journal of the key. Without it, only the fingerprint is read.
    FILE is a path, or - for standard input.

    Exit code 0: each was made by omixa-mock. 1: some was not, or it cannot be seen any more. 2: an option is not
    accepted. 3: a file cannot be read, or the fake does not respond.
    """
    look: Callable[[bytes], Result] = partial(ask_fake, connect(url, key, control_token)) if url else read_fingerprint
    results = [look_at(name, look) for name in files]
    if as_json:
        click.echo(json.dumps(results, ensure_ascii=False, indent=2))
    for result in () if as_json else results:
        click.echo(escape(f"{result['file']}: {result['message']}"), err="identified" not in result)
    sys.exit(exit_code(results))


def connect(url: str, key: str | None, token: str | None) -> ControlClient:
    """Return the client of a fake, for its URL or its base URL.

    Raises:
        click.UsageError: There is no key, or it is malformed, or the URL is not one.
    """
    if not key:
        raise click.UsageError("There is no key for --url. Add --key omx_live_test, or set OMIXA_API_KEY.")
    if not is_well_formed(key):
        raise click.UsageError("The key is not one. Give one that begins with omx_live_, for instance omx_live_test.")
    if not url.startswith(("http://", "https://")):
        raise click.UsageError(f"{url} is not a URL. Give --url http://127.0.0.1:6649.")
    return ControlClient(url.rstrip("/").removesuffix("/api/v1"), key, token)


def look_at(name: str, look: Callable[[bytes], Result]) -> Result:
    """Return the result for one file; without the member `identified` if nobody could look."""
    try:
        return {"file": name, **look(read_file(name))}
    except CannotLook as error:
        return {"file": name, "message": str(error)}


def read_file(name: str) -> bytes:
    """Return the bytes of a file.

    Raises:
        CannotLook: It cannot be read, or is longer than any image of the fake.
    """
    try:
        data = sys.stdin.buffer.read(FILE_MAX + 1) if name == "-" else read_path(Path(name))
    except (OSError, ValueError) as error:
        raise CannotLook(f"it cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(data) > FILE_MAX:
        raise CannotLook(f"it has more than {FILE_MAX:,} bytes, which no image of the fake has")
    return data


def read_path(path: Path) -> bytes:
    """Return the bytes of a file, or one more than an image may have."""
    with path.open("rb") as file:
        return file.read(FILE_MAX + 1)


def read_fingerprint(data: bytes) -> Result:
    """Return the result without a fake: the fingerprint alone."""
    result = identify_call(data, ()).as_json()
    if result["identified"]:
        how = "to find the call, add --url http://127.0.0.1:6649 --key omx_live_test"
        result["message"] = f"omixa-mock drew it (fingerprint {result['fingerprint']}); {how}."
    return result


def ask_fake(client: ControlClient, data: bytes) -> Result:
    """Return the result of a fake.

    Raises:
        CannotLook: It does not respond, or refuses.
    """
    try:
        result: Result = client.ask("POST", "/identify", data)
    except (NotAFake, SettingError) as error:
        raise CannotLook(str(error)) from None
    return result


def exit_code(results: Sequence[Result]) -> int:
    """Return the exit code for all files: the worst one."""
    if any("identified" not in result for result in results):
        return COULD_NOT_LOOK
    return 0 if all(result["identified"] for result in results) else NOT_IDENTIFIED
