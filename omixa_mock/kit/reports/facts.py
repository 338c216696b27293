"""What a report says beside its findings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from omixa_mock.gateway import Contract
from omixa_mock.kit.files.paths import STANDARD_INPUT

__all__ = ["Facts"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a report says beside its findings.

    Attributes:
        contract: What was judged by; it explains the rules.
        when: When the check began, in UTC.
        folder: Where it ran: files below it are named from there, as CI names those of the repository.
    """

    contract: Contract
    when: datetime
    folder: Path

    def relative(self, path: str) -> str:
        """A file as CI names it; empty for standard input, which no viewer can open."""
        if path == STANDARD_INPUT:
            return ""
        whole = self.folder / path
        return whole.relative_to(self.folder).as_posix() if whole.is_relative_to(self.folder) else whole.as_posix()

    def uri(self, path: str) -> str:
        """A file as a URI, relative where it can be."""
        name = self.relative(path)
        return Path(name).as_uri() if Path(name).is_absolute() else quote(name or "stdin")
