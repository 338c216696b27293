"""The command `omixa-mock`: thin, each subcommand a call of what the package offers.

Exit codes: 0 clean, 1 findings, 2 usage, 3 could not check.
"""

from __future__ import annotations

import gc
from importlib import import_module

import click

from omixa_mock.gateway.common import VERSION

__all__ = ["main"]

COMMANDS = {
    "serve": "serving",
    "validate": "checking",
    "explain": "telling",
    "assumptions": "telling",
    "openapi": "telling",
    "schema": "telling",
    "verify": "verifying",
    "drift": "drifting",
}


class LazyGroup(click.Group):
    """A group that imports a subcommand's module when it is asked for, so that each starts fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The subcommands, in the order of the help text."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A subcommand by name."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        # What an import makes stays: looking for garbage in it takes a thirtieth of the start.
        gc.disable()
        command: click.Command = getattr(import_module(f"{__name__}.{COMMANDS[cmd_name]}"), cmd_name)
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
