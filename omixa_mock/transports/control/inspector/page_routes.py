"""Routes of the inspector: its page, its files, and the way to it from the URL of the fake."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.routing import Route

from omixa_mock.gateway import Problem, Response
from omixa_mock.gateway.common import STAMP
from omixa_mock.transports.control.access import PREFIX
from omixa_mock.transports.control.control_route import ControlRoute, Methods

from .static_files import INDEX, read_file

__all__ = ["page_routes"]


def page_routes(check_access: Callable[[Request], None], refuse: Callable[[Problem], Response]) -> list[Route]:
    """Return the Starlette routes of the inspector.

    Args:
        check_access: Raises a `Problem` for a call that breaks the access policy.
        refuse: Returns the response for a `Problem`.
    """
    table: dict[str, Methods] = {
        f"{PREFIX}/": {"GET": page},
        f"{PREFIX}/inspector/{{name}}": {"GET": file},
        "/": {"GET": redirect},
        PREFIX: {"GET": redirect},
    }
    return [Route(path, ControlRoute(methods, check_access, refuse)) for path, methods in table.items()]


async def page(_: Request) -> Response:
    """Return the page."""
    return read_file(INDEX)


async def file(request: Request) -> Response:
    """Return a file of the page."""
    return read_file(request.path_params["name"])


async def redirect(_: Request) -> Response:
    """Redirect a browser to the page; it keeps the fragment of its URL."""
    # Relative: the fake may be mounted below a path.
    return Response(302, (("location", f"{PREFIX[1:]}/"), STAMP), b"")
