"""Context of a report: contract, start time, working folder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from omixa_mock.gateway import Contract
from omixa_mock.kit.files.paths import STANDARD_INPUT

__all__ = ["ReportContext"]


@dataclass(frozen=True, slots=True)
class ReportContext:
    """Context of a report.

    Attributes:
        contract: The contract, which describes the rules.
        started_at: The start time in UTC.
        folder: The working folder, to which paths are relative, as in CI.
    """

    contract: Contract
    started_at: datetime
    folder: Path

    def relative(self, path: str) -> str:
        """Return a path relative to the folder; empty for standard input, which no viewer can open."""
        if path == STANDARD_INPUT:
            return ""
        absolute = self.folder / path
        is_below = absolute.is_relative_to(self.folder)
        return absolute.relative_to(self.folder).as_posix() if is_below else absolute.as_posix()

    def uri(self, path: str) -> str:
        """Return a path as a URI, relative if possible."""
        name = self.relative(path)
        return Path(name).as_uri() if Path(name).is_absolute() else quote(name or "stdin")
