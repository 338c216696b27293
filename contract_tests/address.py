"""Parsing of the target's URL, with the rule for a key that is sent to it."""

from __future__ import annotations

from omixa_mock.kit.address import is_loopback, parse_amount, parse_key, parse_origin

__all__ = ["parse_amount", "parse_key", "parse_url"]


def parse_url(text: str, key: str = "") -> str:
    """Return the origin of a gateway.

    Raises:
        ValueError: The URL is not an origin, or the key would be sent unencrypted.
    """
    parts = parse_origin(text, "the suite asks for its own paths")
    if key and parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError(
            f"http://{parts.netloc} would get the key unencrypted, for everyone on the way to read; "
            "accepted: https, a host of this machine, or no OMIXA_API_KEY"
        )
    return f"{parts.scheme}://{parts.netloc}"
