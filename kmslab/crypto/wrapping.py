"""Key material under an RSA wrapping key: what ImportKeyMaterial takes in.

Source: KMS Developer Guide, "Importing key material step 3: Encrypt the key material"; PKCS #11 v3.1 section 6.1.14,
CKM_RSA_AES_KEY_WRAP; RFC 5649.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cryptography.hazmat.primitives import keywrap

from kmslab.crypto import AuthenticationError
from kmslab.crypto.rsa import RsaPrivateKey, encrypt_oaep

#: The size of the one-time AES key, in bytes.
AES_KEY_SIZE = 32


@dataclass(frozen=True, slots=True)
class WrappingAlgorithm:
    """How material is wrapped: RSA-OAEP with a hash, over the material itself or over an AES key that wraps it."""

    hash_name: str
    with_aes_key: bool


#: The wrapping algorithms by the names of KMS.
WRAPPING_ALGORITHMS: Mapping[str, WrappingAlgorithm] = MappingProxyType(
    {
        "RSAES_OAEP_SHA_1": WrappingAlgorithm("sha1", with_aes_key=False),
        "RSAES_OAEP_SHA_256": WrappingAlgorithm("sha256", with_aes_key=False),
        "RSA_AES_KEY_WRAP_SHA_1": WrappingAlgorithm("sha1", with_aes_key=True),
        "RSA_AES_KEY_WRAP_SHA_256": WrappingAlgorithm("sha256", with_aes_key=True),
    }
)


def wrap(spki: bytes, material: bytes, algorithm: str) -> bytes:
    """Wrap key material for the holder of an RSA private key.

    Args:
        spki: The wrapping key, as DER SubjectPublicKeyInfo.
        material: The key material, at least 1 byte.
        algorithm: One of `WRAPPING_ALGORITHMS`.

    Returns:
        OAEP(material), as long as the modulus; or, with an AES key, OAEP(random AES-256 key) | AES-KWP(material), where
        the second part is the material, filled up to a multiple of 8 bytes, and 8 bytes.

    Raises:
        KeyFormatError: `spki` is no RSA public key.
        ValueError: the material is too long for OAEP, or is empty.
    """
    row = WRAPPING_ALGORITHMS[algorithm]
    if not row.with_aes_key:
        return encrypt_oaep(spki, material, row.hash_name)
    aes_key = os.urandom(AES_KEY_SIZE)
    return encrypt_oaep(spki, aes_key, row.hash_name) + keywrap.aes_key_wrap_with_padding(aes_key, material)


def unwrap(private: RsaPrivateKey, wrapped: bytes, algorithm: str) -> bytes:
    """Undo `wrap`.

    Args:
        private: The wrapping key's private half.
        wrapped: What `wrap` gave.
        algorithm: One of `WRAPPING_ALGORITHMS`, the one used to wrap.

    Raises:
        AuthenticationError: `wrapped` was not made for this key with this algorithm, or not with an AES-256 key.
    """
    row = WRAPPING_ALGORITHMS[algorithm]
    if not row.with_aes_key:
        return private.decrypt_oaep(wrapped, row.hash_name)
    aes_key = private.decrypt_oaep(wrapped[: private.modulus_size], row.hash_name)
    if len(aes_key) != AES_KEY_SIZE:
        raise AuthenticationError
    try:
        return keywrap.aes_key_unwrap_with_padding(aes_key, wrapped[private.modulus_size :])
    except keywrap.InvalidUnwrap:
        raise AuthenticationError from None
