"""Command line interface: the command `omixa-mock` and its subcommands.

Exit codes: 0 success, 1 findings, 2 usage error, 3 the command could not do its work,
141 the reader of its output left.
"""

from __future__ import annotations

import gc
import sys
from importlib import import_module
from typing import Any

import click

from omixa_mock.gateway.common import VERSION

from .standard_streams import discard_output, echo_if_possible, end_if_reader_left, is_full, open_missing_streams

__all__ = ["main"]

CANNOT_WORK = 3

# The module of each command, relative to this package. `verify` lies with the contract tests that it runs.
COMMANDS = {
    "serve": ".serve",
    "validate": ".validate",
    "explain": ".contract",
    "assumptions": ".assumptions",
    "openapi": ".contract",
    "schema": ".contract",
    "verify": "..contract_tests.command",
    "drift": ".drift",
    "gauntlet": ".gauntlet",
    "learn": ".learn",
    "proxy": ".proxy",
    "identify": ".identify",
    "health": ".health",
}


class LazyGroup(click.Group):
    """Group of commands that imports a subcommand's module on first use, for a fast start."""

    def main(self, *arguments: Any, **options: Any) -> Any:
        """Run the command line; a standard stream may be missing or full."""
        open_missing_streams()
        try:
            with end_if_reader_left():
                return super().main(*arguments, **options)
        except OSError as error:
            if not is_full(error):
                raise
            discard_output()
            echo_if_possible(f"Error: the output cannot be written: {error.strerror}")
            sys.exit(CANNOT_WORK)

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        """Parse the command line; here --help prints. click itself would end with 1 if the reader left."""
        with end_if_reader_left():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand. click itself would end with 1 if the reader left."""
        with end_if_reader_left():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the subcommands in the order of the help text."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the subcommand of this name, or None if there is none."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        # Imported objects live until exit. Collecting garbage meanwhile takes a thirtieth of the start.
        gc.disable()
        command: click.Command = getattr(import_module(COMMANDS[cmd_name], __name__), cmd_name)
        gc.enable()
        return command


@click.command(
    cls=LazyGroup,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(VERSION, "-V", "--version", prog_name="omixa-mock")
def main() -> None:
    """The fake Omixa image gateway, and its contract.

    Start it with `omixa-mock serve`; point a client at the URL that it prints.
    """
