"""What a KMS key does with its key material: encrypt, sign, agree, encapsulate, MAC. One function for each.

The front door has looked at the key's state and usage before; whether its spec offers the algorithm is looked at here.
"""

from __future__ import annotations

from kmslab.crypto import AuthenticationError, KeyFormatError, hmac
from kmslab.errors import InvalidCiphertextException, InvalidKeyUsageException, ValidationException
from kmslab.keys import blob, material, pairs
from kmslab.keys.context import EncryptionContext
from kmslab.keys.key import Key
from kmslab.keys.specs import MAC_HASHES, OAEP_HASHES, SYMMETRIC_DEFAULT, Family


def require_algorithm(key: Key, algorithm: str) -> None:
    """Refuse an algorithm that the key's spec does not offer.

    Raises:
        InvalidKeyUsageException: the spec does not offer it.
    """
    if algorithm not in key.spec.algorithms[key.usage]:
        raise InvalidKeyUsageException.algorithm(algorithm, key.spec.name)


def encrypt(
    key: Key, plaintext: bytes, algorithm: str, context: EncryptionContext, *, operation: str = "Encrypt"
) -> bytes:
    """Encrypt under the current key material.

    Args:
        key: The key.
        plaintext: At least one byte. At most 4096 (checked before), or what RSA-OAEP can carry.
        algorithm: One of the spec's encryption algorithms.
        context: The encryption context; symmetric keys only.
        operation: `Encrypt` or `GenerateDataKey`, for the blob's header.

    Returns:
        A ciphertext blob, or raw RSA-OAEP ciphertext as long as the modulus.

    Raises:
        InvalidKeyUsageException: the spec does not offer `algorithm`.
        KMSInvalidStateException: what is behind its custom key store cannot be used.
        ValidationException: more plaintext than RSA-OAEP can carry.
    """
    require_algorithm(key, algorithm)
    if key.spec.family is Family.SYMMETRIC:
        made = material.encrypt(key.current, key.key_id, plaintext, context, operation=operation)
        return made if key.key_store is None else key.key_store.wrap(key, made, context, operation=operation)
    hash_name = OAEP_HASHES[algorithm]
    capacity = key.current.rsa.oaep_capacity(hash_name)
    if len(plaintext) > capacity:
        raise ValidationException.plaintext_too_long(algorithm, key.spec.name, capacity)
    return key.current.rsa.encrypt_oaep(plaintext, hash_name)


def decrypt(key: Key, ciphertext_blob: bytes, algorithm: str, context: EncryptionContext) -> bytes:
    """Undo `encrypt`, under whichever of its key materials made the ciphertext.

    Raises:
        InvalidCiphertextException: the blob is damaged, was made under another key, or belongs to another context.
        InvalidKeyUsageException: the spec does not offer `algorithm`.
        KMSInvalidStateException: what is behind its custom key store cannot be used, or refuses the blob.
    """
    require_algorithm(key, algorithm)
    try:
        if algorithm == SYMMETRIC_DEFAULT:
            return _decrypt_blob(key, ciphertext_blob, context)
        return key.current.rsa.decrypt_oaep(ciphertext_blob, OAEP_HASHES[algorithm])
    except (blob.MalformedBlobError, AuthenticationError):
        # One error for every cause, without a text: what was wrong with a ciphertext is nobody's business.
        raise InvalidCiphertextException from None


def _decrypt_blob(key: Key, ciphertext_blob: bytes, context: EncryptionContext) -> bytes:
    parsed = blob.parse(ciphertext_blob)
    found = key.ring.find(parsed.material_id)
    if found is None:
        raise AuthenticationError
    if key.key_store is not None:
        parsed = key.key_store.unwrap(key, parsed, context)
    return material.decrypt(found, key.key_id, parsed, context)


def sign(key: Key, message: bytes, algorithm: str, message_type: str = "RAW") -> bytes:
    """Sign a message, or its digest or ML-DSA representative as it is.

    Raises:
        InvalidKeyUsageException: the spec does not offer `algorithm`.
    """
    require_algorithm(key, algorithm)
    return pairs.sign(key.current.pair, message, algorithm, message_type)


def verify(key: Key, message: bytes, signature: bytes, algorithm: str, message_type: str = "RAW") -> bool:
    """Whether `signature` is this key's over the message, or over its digest or ML-DSA representative.

    Raises:
        InvalidKeyUsageException: the spec does not offer `algorithm`.
    """
    require_algorithm(key, algorithm)
    return pairs.verify(key.current.pair, message, signature, algorithm, message_type)


def public_key(key: Key) -> bytes:
    """The public key of an asymmetric key, as DER SubjectPublicKeyInfo."""
    return key.current.pair.spki()


def derive(key: Key, peer: bytes, algorithm: str) -> bytes:
    """The raw ECDH secret with another party's public key, DER SubjectPublicKeyInfo: 32, 48 or 66 bytes.

    Raises:
        InvalidKeyUsageException: the spec does not offer `algorithm`.
        ValidationException: `peer` is no public key on this key's curve.
    """
    require_algorithm(key, algorithm)
    try:
        return key.current.ec.exchange(peer)
    except KeyFormatError:
        raise ValidationException.public_key() from None


def encapsulate(key: Key, algorithm: str) -> tuple[bytes, bytes]:
    """A new shared secret of 32 bytes, and its encapsulation under the public key: 768, 1088 or 1568 bytes.

    Raises:
        InvalidKeyUsageException: the spec does not offer `algorithm`.
    """
    require_algorithm(key, algorithm)
    return key.current.kem.encapsulate()


def decapsulate(key: Key, ciphertext: bytes, algorithm: str) -> bytes:
    """The shared secret of an encapsulation; of a wrong one, a secret that nobody else has.

    Raises:
        InvalidCiphertextException: the encapsulation has the wrong length.
        InvalidKeyUsageException: the spec does not offer `algorithm`.
    """
    require_algorithm(key, algorithm)
    try:
        return key.current.kem.decapsulate(ciphertext)
    except AuthenticationError:
        raise InvalidCiphertextException from None


def mac(key: Key, message: bytes, algorithm: str) -> bytes:
    """The MAC of a message: 28, 32, 48 or 64 bytes.

    Raises:
        InvalidKeyUsageException: the spec does not offer `algorithm`.
    """
    require_algorithm(key, algorithm)
    return hmac.mac(key.current.raw, message, MAC_HASHES[algorithm])


def verify_mac(key: Key, message: bytes, claimed: bytes, algorithm: str) -> bool:
    """Whether `claimed` is the message's MAC, compared in constant time.

    Raises:
        InvalidKeyUsageException: the spec does not offer `algorithm`.
    """
    require_algorithm(key, algorithm)
    return hmac.matches(key.current.raw, message, MAC_HASHES[algorithm], claimed)
