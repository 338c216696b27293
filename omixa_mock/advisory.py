"""Warning category for advisories; a module of its own, so that a warnings filter can name it at no cost."""

from __future__ import annotations

__all__ = ["OmixaAdvisory"]


class OmixaAdvisory(UserWarning):
    """Warning about a call that was answered and breaks a recommendation."""
