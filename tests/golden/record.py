"""Record what the gateway answers to the golden corpus: `python tests/golden/record.py` rewrites responses.json.

Only where a response is *meant* to change: the difference of the file is then what is reviewed.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

FOLDER = Path(__file__).parent
FILE = FOLDER / "responses.json"
# `tests` is no package, and may be the name of another: here it goes by one of our own.
PACKAGE = "omixa_mock_tests"


def load(name: str) -> Any:
    """A module of this folder."""
    tests = sys.modules.setdefault(PACKAGE, ModuleType(PACKAGE))
    tests.__path__ = [str(FOLDER.parent)]
    return importlib.import_module(f"{PACKAGE}.{FOLDER.name}.{name}")


def main() -> None:
    corpus, replay, telling = (load(name) for name in ("corpus", "replay", "telling"))
    FILE.write_text(telling.write({name: replay.replay(name) for name in corpus.CORPUS}), "utf-8")


if __name__ == "__main__":
    main()
