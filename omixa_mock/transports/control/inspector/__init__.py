"""The inspector: a page that shows what happened in a workspace, with its script and style."""

from __future__ import annotations

from .static_files import is_front_page

__all__ = ["is_front_page"]
