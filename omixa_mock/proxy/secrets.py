"""Redaction by value: keys and account ids, wherever they stand and however they are written.

A secret is looked for in a text as it is, percent-decoded and base64-decoded. A text that has a part of a secret in
one of these forms is left out as a whole: a part that was found may be followed by another that was not.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote, unquote_plus

from omixa_mock.gateway.http import KEY_HEADERS, replace_keys
from omixa_mock.kit.files.elided import ELIDED_KEY, elision

from .fields import Fields

__all__ = ["ACCOUNT_NAMES", "Secrets", "is_account_name", "shares_part"]

KEY = re.compile(r"omx_(?:live|test)_[A-Za-z0-9_-]+", re.IGNORECASE)
ACCOUNT = re.compile(r"\b(?:acct|account|org|team|tenant|user|usr|cus|customer|workspace|ws|proj)_[A-Za-z0-9-]{6,}\b")
# Members, parameters and header fields whose values are account ids; compared without case, `_` and `-`.
ACCOUNT_NAMES = frozenset(
    f"{prefix}{owner}{suffix}"
    for owner in ("account", "customer", "org", "organization", "owner", "project", "team", "tenant", "user")
    for prefix, suffix in (("", "id"), ("x", "id"), ("openai", ""), ("xomixa", ""), ("xomixa", "id"))
) | {"workspaceid", "xworkspaceid", "account", "organization", "user"}
KEY_PARAMETERS = frozenset({"accesstoken", "apikey", "authorization", "key", "secret", "token"})
SECRET_HEADERS = KEY_HEADERS | {"set-cookie", "x-secret", "x-token", "api-token", "x-api-token", "proxy-authenticate"}
BASE64 = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
# The shortest part that gives a secret away, and the longest run of base64 that is decoded.
PART, RUN_MAX = 8, 8192
# Shorter ones are words that any text may have: of keys, and of cookies.
SHORTEST, COOKIE = 6, 12
# The beginning of every key, which is no secret.
PREFIX = "omx_live_"
SECRETS_MAX = 1000
# Texts whose redaction is remembered.
CACHED_MAX, CACHED_LENGTH = 1000, 400


def is_account_name(name: str) -> bool:
    """Return True if the value of a member, parameter or header field is an account id."""
    return re.sub(r"[_\-\s]", "", name).casefold() in ACCOUNT_NAMES


class Secrets:
    """Known secrets of all exchanges so far; one thread may add some while another redacts."""

    def __init__(self) -> None:
        # Both are replaced and never changed by an addition: another thread may be reading them.
        self._values: dict[str, str] = {}
        # Most header fields are those of the call before.
        self._redacted: dict[str, str] = {}

    def learn(self, fields: Fields, query: str) -> None:
        """Learn the keys that a request carries."""
        for name, value in fields:
            key, text = name.decode("latin-1").casefold(), value.decode("latin-1")
            if key in SECRET_HEADERS:
                for secret in credentials(key, text):
                    self.add(secret, "the key")
            elif is_account_name(key):
                self.add(text, "an account id")
        for parameter, text in parse_qsl(query, keep_blank_values=True):
            if re.sub(r"[_\-]", "", parameter).casefold() in KEY_PARAMETERS:
                self.add(text, "the key")
            elif is_account_name(parameter):
                self.add(text, "an account id")

    def add(self, secret: str, label: str) -> None:
        """Add a secret, longest first."""
        if len(secret) >= SHORTEST and secret not in self._values and len(self._values) < SECRETS_MAX:
            values = {**self._values, secret: label}
            self._values = dict(sorted(values.items(), key=lambda item: -len(item[0])))
            self._redacted = {}

    def redact(self, text: str) -> str:
        """Return a text without secrets."""
        cache = self._redacted  # before the values: what is redacted without a new secret belongs to the old cache
        redacted = cache.get(text)
        if redacted is None:
            redacted = self._redact(text)
            if len(text) <= CACHED_LENGTH:
                if len(cache) >= CACHED_MAX:
                    cache.clear()
                cache[text] = redacted
        return redacted

    def _redact(self, text: str) -> str:
        for secret, label in self._values.items():
            text = text.replace(secret, f"<{label}>")
        text = replace_keys(text, lambda _: "<a key>")
        text = ACCOUNT.sub("<an account id>", KEY.sub("<a key>", text))
        if any(self._leaks(view) for view in views(text)):
            return elision(ELIDED_KEY, "part of a longer text")
        return text

    def redact_field(self, name: str, value: str) -> str:
        """Return the value of a header field without secrets; of a field for secrets only its scheme is left."""
        key = name.casefold()
        if key in {"cookie", "set-cookie"}:
            parts = (part.partition("=") for part in value.split(";"))
            return ";".join(f"{found}={'<a cookie>' if sign else ''}" for found, sign, _ in parts)
        if key in SECRET_HEADERS:
            scheme, blank, _ = value.partition(" ")
            return f"{scheme} <the key>" if blank and scheme.isalpha() else "<the key>"
        if is_account_name(key):
            return "<an account id>"
        return self.redact(value)

    def _leaks(self, view: str) -> bool:
        if KEY.search(view):
            return True
        folded = view.casefold()
        parts = (secret.casefold().removeprefix(PREFIX) for secret in self._values)
        return any(shares_part(part, folded) for part in parts if len(part) >= PART)


def credentials(name: str, text: str) -> Iterator[str]:
    """Yield everything that may be a key in the value of a header field: after its scheme, decoded Basic, a cookie."""
    if name in {"cookie", "set-cookie"}:
        cookies = (part.partition("=")[2].strip() for part in text.split(";"))
        yield from (value for cookie in cookies if len(cookie) >= COOKIE for value in (cookie, unquote(cookie)))
        return
    scheme, _, rest = text.strip().partition(" ")
    yield from (rest.strip() or scheme, unquote(rest.strip() or scheme))
    if scheme.casefold() == "basic":
        try:
            decoded = b64decode(rest.strip() + "==").decode("latin-1")
        except (binascii.Error, ValueError):
            return
        yield from (decoded, *decoded.split(":", 1))


def views(text: str) -> Iterator[str]:
    """Yield a text in each form in which it may hide a secret."""
    yield text
    if "%" in text or "+" in text:
        yield unquote(text)
        yield unquote(unquote_plus(text))
    for found in BASE64.finditer(text):
        run = found[0].replace("-", "+").replace("_", "/").rstrip("=")
        if len(run) <= RUN_MAX:
            yield from (decode_leniently(run[start:]) for start in range(4))


def decode_leniently(run: str) -> str:
    """Return the bytes of a run of base64 that may begin amid another text."""
    whole = run[: len(run) - len(run) % 4 + (len(run) % 4 if len(run) % 4 > 1 else 0)]
    return b64decode(whole + "=" * (-len(whole) % 4)).decode("latin-1")


def shares_part(secret: str, text: str) -> bool:
    """Return True if a text has a part of a secret, or all of a short one."""
    size = min(PART, len(secret))
    if size == 0:
        return False
    longer, shorter = (text, secret) if len(text) > len(secret) else (secret, text)
    if len(shorter) < size:
        return False
    return any(shorter[start : start + size] in longer for start in range(len(shorter) - size + 1))
