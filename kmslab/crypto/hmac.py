"""Keyed-hash message authentication codes. Source: RFC 2104, and FIPS 198-1."""

from __future__ import annotations

import hmac


def mac(key: bytes, message: bytes, hash_name: str) -> bytes:
    """The MAC of `message`: 28, 32, 48 or 64 bytes for `sha224`, `sha256`, `sha384` or `sha512`."""
    return hmac.digest(key, message, hash_name)


def matches(key: bytes, message: bytes, hash_name: str, claimed: bytes) -> bool:
    """Whether `claimed` is the whole MAC of `message`, compared in constant time."""
    return hmac.compare_digest(mac(key, message, hash_name), claimed)
