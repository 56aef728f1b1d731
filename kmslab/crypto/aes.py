"""AES-256 in Galois/Counter Mode. Source: NIST SP 800-38D."""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kmslab.crypto import AuthenticationError

KEY_SIZE = 32
NONCE_SIZE = 12
TAG_SIZE = 16


def seal(key: bytes, nonce: bytes, plaintext: bytes, aad: bytes) -> bytes:
    """Encrypt and authenticate.

    Args:
        key: 32 bytes.
        nonce: 12 bytes, never twice under the same key.
        plaintext: Any number of bytes.
        aad: Bytes that are authenticated and not encrypted.

    Returns:
        The ciphertext, as long as the plaintext, and the 16-byte tag.
    """
    return AESGCM(key).encrypt(nonce, plaintext, aad)


class Sealer:
    """One key, for whoever uses it again and again."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        """Use this key, 32 bytes."""
        self._key = AESGCM(key)

    def seal(self, nonce: bytes, plaintext: bytes, aad: bytes) -> bytes:
        """Encrypt and authenticate, as the function `seal` does."""
        return self._key.encrypt(nonce, plaintext, aad)

    def unseal(self, nonce: bytes, sealed: bytes, aad: bytes) -> bytes:
        """Undo `seal`.

        Raises:
            AuthenticationError: the key, the nonce, the ciphertext or the additional data is not that of `seal`.
        """
        try:
            return self._key.decrypt(nonce, sealed, aad)
        except InvalidTag:
            raise AuthenticationError from None


def unseal(key: bytes, nonce: bytes, sealed: bytes, aad: bytes) -> bytes:
    """Undo `seal`.

    Raises:
        AuthenticationError: the key, the nonce, the ciphertext or the additional data is not the one used to seal.
    """
    try:
        return AESGCM(key).decrypt(nonce, sealed, aad)
    except InvalidTag:
        raise AuthenticationError from None
