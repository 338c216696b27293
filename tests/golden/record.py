"""Record the gateway's responses to the golden corpus: `python tests/golden/record.py` rewrites responses.json.

Run it only if a response is *meant* to change, and review the difference of the file.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

FOLDER = Path(__file__).parent
FILE = FOLDER / "responses.json"
# `tests` is not a package, and may be the name of another one; this name is unique.
PACKAGE = "omixa_mock_tests"


def load(name: str) -> Any:
    """Import a module of this folder."""
    tests = sys.modules.setdefault(PACKAGE, ModuleType(PACKAGE))
    tests.__path__ = [str(FOLDER.parent)]
    return importlib.import_module(f"{PACKAGE}.{FOLDER.name}.{name}")


def main() -> None:
    corpus, replay, recording = (load(name) for name in ("corpus", "replay", "recording"))
    FILE.write_text(recording.write({name: replay.replay(name) for name in corpus.CORPUS}), "utf-8")


if __name__ == "__main__":
    main()
