"""Report renderers by format name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from . import github, json_report, junit, sarif, text
from .context import ReportContext
from .findings import Report

__all__ = ["FORMATS"]

FORMATS: Mapping[str, Callable[[Report, ReportContext], str]] = {
    "text": text.render,
    "json": json_report.render,
    "junit": junit.render,
    "sarif": sarif.render,
    "github": github.render,
}
