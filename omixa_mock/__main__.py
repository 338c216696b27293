"""Entry point of `python -m omixa_mock`, the same as the command `omixa-mock`."""

from __future__ import annotations

from omixa_mock.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    main(prog_name="omixa-mock")
