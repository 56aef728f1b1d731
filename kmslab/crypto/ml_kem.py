"""ML-KEM, the module-lattice-based key-encapsulation mechanism. Source: FIPS 203, and RFC 9935 for the encodings.

ML-KEM-768 and ML-KEM-1024 are the cryptography library's. It leaves ML-KEM-512 out on purpose, so that one is
kyber-py's, in Python: right, as the published answers in the tests show, and not constant in time. A Lab's keys guard
nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric import mlkem
from kyber_py.ml_kem import ML_KEM_512

from kmslab.crypto import AuthenticationError, KeyFormatError

SEED_SIZE = 64
SHARED_SECRET_SIZE = 32


class MlKemPrivateKey:
    """A private key of ML-KEM-512, ML-KEM-768 or ML-KEM-1024; the level is 512, 768 or 1024."""

    __slots__ = ("_level", "_primitive", "_seed")

    def __init__(self, seed: bytes, level: int) -> None:
        """The key of a seed: d (32 bytes) | z (32 bytes). Use `generate` or `from_pkcs8`."""
        self._seed = seed
        self._level = _LEVELS[level]
        self._primitive = self._level.from_seed(seed)

    @classmethod
    def generate(cls, level: int) -> MlKemPrivateKey:
        """A new random key."""
        return cls(os.urandom(SEED_SIZE), level)

    @classmethod
    def from_pkcs8(cls, der: bytes, level: int) -> MlKemPrivateKey:
        """Read an unencrypted DER PKCS #8 private key in seed form.

        Raises:
            KeyFormatError: `der` is no private key of this level in seed form.
        """
        prefix = _LEVELS[level].pkcs8_prefix()
        if len(der) != len(prefix) + SEED_SIZE or not der.startswith(prefix):
            raise KeyFormatError
        return cls(der[len(prefix) :], level)

    def pkcs8(self) -> bytes:
        """The private key as unencrypted DER PKCS #8 in seed form, 86 bytes."""
        return self._level.pkcs8_prefix() + self._seed

    def spki(self) -> bytes:
        """The public key as DER SubjectPublicKeyInfo: 822, 1206 or 1590 bytes."""
        return self._level.spki_prefix() + self._primitive.encapsulation_key()

    def encapsulate(self) -> tuple[bytes, bytes]:
        """A new shared secret of 32 bytes, and its ciphertext of 768, 1088 or 1568 bytes."""
        return self._primitive.encapsulate()

    def decapsulate(self, ciphertext: bytes) -> bytes:
        """The shared secret of a ciphertext, 32 bytes.

        A ciphertext that was not made for this key gives 32 bytes that nobody else knows, always the same ones, and no
        error: implicit rejection. Source: FIPS 203 algorithm 18.

        Raises:
            AuthenticationError: the ciphertext has not the length of this level.
        """
        if len(ciphertext) != self._level.ciphertext_size:
            raise AuthenticationError
        return self._primitive.decapsulate(ciphertext)


class _Primitive(Protocol):
    """A decapsulation key of either library."""

    def encapsulation_key(self) -> bytes: ...
    def encapsulate(self) -> tuple[bytes, bytes]: ...
    def decapsulate(self, ciphertext: bytes) -> bytes: ...


class _Cryptography:
    __slots__ = ("_key",)

    def __init__(self, key: mlkem.MLKEM768PrivateKey | mlkem.MLKEM1024PrivateKey) -> None:
        self._key = key

    def encapsulation_key(self) -> bytes:
        return self._key.public_key().public_bytes_raw()

    def encapsulate(self) -> tuple[bytes, bytes]:
        return self._key.public_key().encapsulate()

    def decapsulate(self, ciphertext: bytes) -> bytes:
        return self._key.decapsulate(ciphertext)


class _KyberPy:
    __slots__ = ("_decapsulation_key", "_encapsulation_key")

    _decapsulation_key: bytes
    _encapsulation_key: bytes

    def __init__(self, seed: bytes) -> None:
        self._encapsulation_key, self._decapsulation_key = ML_KEM_512.key_derive(seed)

    def encapsulation_key(self) -> bytes:
        return self._encapsulation_key

    def encapsulate(self) -> tuple[bytes, bytes]:
        secret, ciphertext = ML_KEM_512.encaps(self._encapsulation_key)
        return bytes(secret), bytes(ciphertext)

    def decapsulate(self, ciphertext: bytes) -> bytes:
        return bytes(ML_KEM_512.decaps(self._decapsulation_key, ciphertext))


@dataclass(frozen=True, slots=True)
class _Level:
    """A parameter set: its object identifier's last number, sizes in bytes, and who computes."""

    number: int
    encapsulation_key_size: int
    ciphertext_size: int
    from_seed: Callable[[bytes], _Primitive]

    def _algorithm(self) -> bytes:
        # SEQUENCE { OBJECT IDENTIFIER 2.16.840.1.101.3.4.4.<number> }, without parameters
        return bytes.fromhex("300b06096086480165030404") + bytes([self.number])

    def pkcs8_prefix(self) -> bytes:
        """What is before the seed: SEQUENCE { INTEGER 0, algorithm, OCTET STRING { [0] seed } }."""
        inside = b"\x02\x01\x00" + self._algorithm() + bytes([0x04, SEED_SIZE + 2, 0x80, SEED_SIZE])
        return bytes([0x30, len(inside) + SEED_SIZE]) + inside

    def spki_prefix(self) -> bytes:
        """What is before the encapsulation key: SEQUENCE { algorithm, BIT STRING { key } }; long lengths."""
        bits = b"\x03\x82" + (self.encapsulation_key_size + 1).to_bytes(2) + b"\x00"
        inside = self._algorithm() + bits
        return b"\x30\x82" + (len(inside) + self.encapsulation_key_size).to_bytes(2) + inside


# Source of the sizes: FIPS 203 table 3; of the identifiers: RFC 9935 section 3.
_LEVELS = {
    512: _Level(1, 800, 768, _KyberPy),
    768: _Level(2, 1184, 1088, lambda seed: _Cryptography(mlkem.MLKEM768PrivateKey.from_seed_bytes(seed))),
    1024: _Level(3, 1568, 1568, lambda seed: _Cryptography(mlkem.MLKEM1024PrivateKey.from_seed_bytes(seed))),
}
