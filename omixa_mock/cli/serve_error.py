"""Failure to serve."""

from __future__ import annotations

import click

__all__ = ["ServeError"]


class ServeError(click.ClickException):
    """Failure to serve that is no usage error, such as a port in use."""

    exit_code = 3
