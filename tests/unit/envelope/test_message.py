"""One message under one data key: there and back, and nothing else opens it."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kmslab.envelope import TamperedError
from kmslab.envelope.message import Sealed, seal, unseal

KEY = bytes(range(32))


@pytest.mark.parametrize("message", [b"", b"x", b"night train" * 1000])
def test_there_and_back(message: bytes) -> None:
    sealed = seal(KEY, message)
    assert (len(sealed.nonce), len(sealed.ciphertext)) == (12, len(message) + 16)
    assert unseal(bytearray(KEY), sealed) == message
    assert AESGCM(KEY).decrypt(sealed.nonce, sealed.ciphertext, None) == message


def test_a_nonce_comes_once() -> None:
    assert len({seal(KEY, b"x").nonce for _ in range(50)}) == 50


def test_what_was_changed_does_not_open() -> None:
    nonce, ciphertext = seal(KEY, b"message")
    for broken in (
        Sealed(bytes(12), ciphertext),
        Sealed(nonce, ciphertext[:-1]),
        Sealed(nonce, b"\0" + ciphertext[1:]),
    ):
        with pytest.raises(TamperedError, match="changed, or it belongs to another data key"):
            unseal(KEY, broken)
    with pytest.raises(TamperedError):
        unseal(bytes(32), Sealed(nonce, ciphertext))
