"""HMAC against RFC 4231."""

from __future__ import annotations

from typing import Any

from kmslab.crypto import hmac


def test_rfc_4231(hmac_case: Any) -> None:
    key, message, mac = (bytes.fromhex(hmac_case[name]) for name in ("key", "message", "mac"))
    assert hmac.mac(key, message, hmac_case["hash"]) == mac
    assert hmac.matches(key, message, hmac_case["hash"], mac)


def test_the_whole_mac_or_nothing(hmac_case: Any) -> None:
    key, message, mac = (bytes.fromhex(hmac_case[name]) for name in ("key", "message", "mac"))
    flipped = mac[:-1] + bytes([mac[-1] ^ 1])
    for wrong in (flipped, mac[:-1], mac[: len(mac) // 2], mac + b"\0", b"", b"\0" * len(mac)):
        assert not hmac.matches(key, message, hmac_case["hash"], wrong)
    assert not hmac.matches(key, message + b"\0", hmac_case["hash"], mac)
    assert not hmac.matches(b"another key", message, hmac_case["hash"], mac)
