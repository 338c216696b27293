"""Numbers of texts that a recording leaves out: equal texts have one number, so that repeated requests are known."""

from __future__ import annotations

from hashlib import blake2b

__all__ = ["Numbering"]

# More texts than a recording has; beyond, all are new.
TEXTS_MAX = 100_000


class Numbering:
    """Numbers of texts in order of appearance, for one recording. A number tells nothing of its text."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}
        self._last = 0

    def number_of(self, text: str) -> int:
        """Return the number of a text."""
        digest = blake2b(text.encode(errors="surrogatepass"), digest_size=16).digest()
        number = self._numbers.get(digest)
        if number is None:
            self._last += 1
            number = self._last
            if len(self._numbers) < TEXTS_MAX:
                self._numbers[digest] = number
        return number
