"""One message under one data key, by hand: the middle of envelope encryption, without a format around it.

For looking at the steps one by one; to store something, use `encrypt`, whose format notices more. AES-256-GCM with a
nonce of 12 random bytes, which is no secret and is kept beside the ciphertext. Source: NIST SP 800-38D section 8.2.2.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kmslab.envelope.errors import TamperedError

_NONCE_SIZE = 12


class Sealed(NamedTuple):
    """An encrypted message.

    Attributes:
        nonce: 12 random bytes.
        ciphertext: As long as the message, and a tag of 16 bytes.
    """

    nonce: bytes
    ciphertext: bytes


def seal(data_key: bytes | bytearray, message: bytes) -> Sealed:
    """Encrypt one message under a data key of 32 bytes that encrypts nothing else."""
    nonce = os.urandom(_NONCE_SIZE)
    return Sealed(nonce, AESGCM(data_key).encrypt(nonce, message, None))


def unseal(data_key: bytes | bytearray, sealed: Sealed) -> bytes:
    """Undo `seal`.

    Raises:
        TamperedError: it was made under another data key, or changed since.
    """
    try:
        return AESGCM(data_key).decrypt(sealed.nonce, sealed.ciphertext, None)
    except InvalidTag:
        raise TamperedError("This message was changed, or it belongs to another data key.") from None
