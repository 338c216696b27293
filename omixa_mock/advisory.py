"""The warning that pytest shows; in a module of its own, so that a filter of warnings names it at no cost."""

from __future__ import annotations

__all__ = ["OmixaAdvisory"]


class OmixaAdvisory(UserWarning):
    """A call was answered, and there is something doubtful about it."""
