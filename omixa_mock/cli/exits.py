"""What ends a command other than what its user got wrong."""

from __future__ import annotations

import click

__all__ = ["CouldNotServe"]


class CouldNotServe(click.ClickException):
    """What the machine refuses, rather than the user got wrong."""

    exit_code = 3
