"""Proxy between a client and a gateway: it validates, limits what is spent, and records."""
