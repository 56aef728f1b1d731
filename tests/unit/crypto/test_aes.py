"""AES-256-GCM against NIST's answers, negative ones too."""

from __future__ import annotations

import os
from typing import Any

import pytest

from kmslab.crypto import AuthenticationError, aes

FIELDS = ("key", "nonce", "aad", "sealed")


def test_nist(aes_gcm_case: Any) -> None:
    key, nonce, aad, sealed = (bytes.fromhex(aes_gcm_case[name]) for name in FIELDS)
    if aes_gcm_case["plaintext"] is None:
        with pytest.raises(AuthenticationError):
            aes.unseal(key, nonce, sealed, aad)
        return
    plaintext = bytes.fromhex(aes_gcm_case["plaintext"])
    assert aes.unseal(key, nonce, sealed, aad) == plaintext
    assert aes.seal(key, nonce, plaintext, aad) == sealed


def test_sizes() -> None:
    assert (aes.KEY_SIZE, aes.NONCE_SIZE, aes.TAG_SIZE) == (32, 12, 16)
    assert len(aes.seal(bytes(32), bytes(12), b"abc", b"")) == 3 + aes.TAG_SIZE


def test_every_bit_and_every_byte_counts() -> None:
    key, nonce = os.urandom(32), os.urandom(12)
    sealed = aes.seal(key, nonce, b"plaintext", b"aad")
    for position in range(8 * len(sealed)):
        changed = bytearray(sealed)
        changed[position // 8] ^= 1 << position % 8
        with pytest.raises(AuthenticationError):
            aes.unseal(key, nonce, bytes(changed), b"aad")
    for wrong in (sealed[:-1], sealed[1:], sealed + b"\0", sealed[:16], b"", b"\0" * 15):
        with pytest.raises(AuthenticationError):
            aes.unseal(key, nonce, wrong, b"aad")
    for other in (b"", b"aad\0", b"AAD"):
        with pytest.raises(AuthenticationError):
            aes.unseal(key, nonce, sealed, other)
    assert aes.unseal(key, nonce, sealed, b"aad") == b"plaintext"
