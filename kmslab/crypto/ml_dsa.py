"""ML-DSA, the module-lattice-based digital signature algorithm. Source: FIPS 204, and RFC 9881 for the encodings."""

from __future__ import annotations

from typing import TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import mldsa

from kmslab.crypto import KeyFormatError
from kmslab.crypto.der import load_pkcs8, to_pkcs8, to_spki

_Key: TypeAlias = mldsa.MLDSA44PrivateKey | mldsa.MLDSA65PrivateKey | mldsa.MLDSA87PrivateKey

_LEVELS: dict[int, type[_Key]] = {
    44: mldsa.MLDSA44PrivateKey,
    65: mldsa.MLDSA65PrivateKey,
    87: mldsa.MLDSA87PrivateKey,
}


class MlDsaPrivateKey:
    """A private key of ML-DSA-44, ML-DSA-65 or ML-DSA-87; the level is 44, 65 or 87."""

    __slots__ = ("_key",)

    def __init__(self, key: _Key) -> None:
        """Wrap the library's key; use `generate` or `from_pkcs8`."""
        self._key = key

    @classmethod
    def generate(cls, level: int) -> MlDsaPrivateKey:
        """A new random key."""
        return cls(_LEVELS[level].generate())

    @classmethod
    def from_pkcs8(cls, der: bytes, level: int) -> MlDsaPrivateKey:
        """Read an unencrypted DER PKCS #8 private key in seed form.

        Raises:
            KeyFormatError: `der` is no private key of this level, or is one without its seed.
        """
        key = load_pkcs8(der)
        if not isinstance(key, _LEVELS[level]):
            raise KeyFormatError
        return cls(key)

    def pkcs8(self) -> bytes:
        """The private key as unencrypted DER PKCS #8 in seed form, 54 bytes."""
        return to_pkcs8(self._key)

    def spki(self) -> bytes:
        """The public key as DER SubjectPublicKeyInfo: 1334, 1974 or 2614 bytes."""
        return to_spki(self._key)

    def sign(self, message: bytes, *, is_mu: bool) -> bytes:
        """Sign with an empty context; 2420, 3309 or 4627 bytes, other ones each time.

        Args:
            message: The message, or its representative mu.
            is_mu: The message is the 64-byte mu of FIPS 204 algorithm 7, made by the caller with an empty context:
                SHAKE256(SHAKE256(public key, 64) | 00 | 00 | M, 64).

        Raises:
            ValueError: a mu that is not 64 bytes long.
        """
        return self._key.sign_mu(message) if is_mu else self._key.sign(message)

    def verify(self, message: bytes, signature: bytes, *, is_mu: bool) -> bool:
        """Whether `signature` is one of this key over the message, or over the message with this mu.

        Raises:
            ValueError: a mu that is not 64 bytes long.
        """
        public = self._key.public_key()
        try:
            if is_mu:
                public.verify_mu(signature, message)
            else:
                public.verify(signature, message)
        except InvalidSignature:
            return False
        return True
