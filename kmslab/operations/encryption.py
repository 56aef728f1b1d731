"""Encrypt, Decrypt, ReEncrypt: small data under a KMS key."""

from __future__ import annotations

from kmslab.errors import ValidationException
from kmslab.keys import use
from kmslab.keys.context import EncryptionContext
from kmslab.keys.key import Key
from kmslab.keys.specs import SYMMETRIC_DEFAULT, Family, KeyUsage
from kmslab.operations.recipients import Recipient, refuse_recipient
from kmslab.operations.registry import Context, Reply, blob_param, key_param, operation


@operation("Encrypt", keys=[key_param("KeyId", aliases=True)], usage=KeyUsage.ENCRYPT_DECRYPT)
def encrypt(
    ctx: Context,
    key: Key,
    *,
    plaintext: bytes,
    encryption_context: EncryptionContext | None = None,
    encryption_algorithm: str = SYMMETRIC_DEFAULT,
) -> Reply:
    """Encrypt up to 4096 bytes under a symmetric key, or what RSA-OAEP can carry under an RSA key.

    Raises:
        InvalidKeyUsageException: the key's spec does not offer the algorithm.
        ValidationException: too much plaintext for the algorithm, or a context with an RSA algorithm.
    """
    blob = use.encrypt(key, plaintext, encryption_algorithm, _context(key, encryption_algorithm, encryption_context))
    ctx.note_material("keyMaterialId", key, blob)
    return {"CiphertextBlob": blob, "KeyId": key.arn, "EncryptionAlgorithm": encryption_algorithm}


@operation("Decrypt", keys=[blob_param()], usage=KeyUsage.ENCRYPT_DECRYPT)
def decrypt(
    ctx: Context,
    key: Key,
    *,
    ciphertext_blob: bytes | None = None,
    encryption_context: EncryptionContext | None = None,
    encryption_algorithm: str = SYMMETRIC_DEFAULT,
    recipient: Recipient | None = None,
) -> Reply:
    """Undo Encrypt and GenerateDataKey.

    Raises:
        InvalidCiphertextException: not this ciphertext, key or encryption context.
        InvalidKeyUsageException: the key's spec does not offer the algorithm.
        ValidationException: an attestation document is given, or a context with an RSA algorithm.
    """
    refuse_recipient(recipient)
    context = _context(key, encryption_algorithm, encryption_context)
    plaintext = use.decrypt(key, ciphertext_blob or b"", encryption_algorithm, context)
    reply = {"KeyId": key.arn, "Plaintext": plaintext, "EncryptionAlgorithm": encryption_algorithm}
    return reply | ctx.note_material("keyMaterialId", key, ciphertext_blob or b"", member="KeyMaterialId")


@operation(
    "ReEncrypt",
    keys=[
        blob_param("SourceKeyId", algorithm="SourceEncryptionAlgorithm"),
        key_param("DestinationKeyId", aliases=True),
    ],
    usage=KeyUsage.ENCRYPT_DECRYPT,
)
def re_encrypt(
    ctx: Context,
    source: Key,
    destination: Key,
    *,
    ciphertext_blob: bytes | None = None,
    source_encryption_context: EncryptionContext | None = None,
    destination_encryption_context: EncryptionContext | None = None,
    source_encryption_algorithm: str = SYMMETRIC_DEFAULT,
    destination_encryption_algorithm: str = SYMMETRIC_DEFAULT,
) -> Reply:
    """Decrypt under one key and encrypt under another, or under another context, without showing the plaintext.

    Raises:
        InvalidCiphertextException: not this ciphertext, source key or source context.
        InvalidKeyUsageException: a key's spec does not offer its algorithm.
        ValidationException: too much plaintext for the destination's algorithm, or a context with an RSA algorithm.
    """
    opened = _context(source, source_encryption_algorithm, source_encryption_context)
    bound = _context(destination, destination_encryption_algorithm, destination_encryption_context)
    plaintext = use.decrypt(source, ciphertext_blob or b"", source_encryption_algorithm, opened)
    blob = use.encrypt(destination, plaintext, destination_encryption_algorithm, bound)
    reply = {
        "CiphertextBlob": blob,
        "SourceKeyId": source.arn,
        "KeyId": destination.arn,
        "SourceEncryptionAlgorithm": source_encryption_algorithm,
        "DestinationEncryptionAlgorithm": destination_encryption_algorithm,
    }
    opened_blob = ciphertext_blob or b""
    reply |= ctx.note_material("sourceKeyMaterialId", source, opened_blob, member="SourceKeyMaterialId")
    return reply | ctx.note_material("destinationKeyMaterialId", destination, blob, member="DestinationKeyMaterialId")


def _context(key: Key, algorithm: str, context: EncryptionContext | None) -> EncryptionContext:
    # Standard asymmetric encryption has no place for a context. Source: API Reference, Encrypt, EncryptionContext.
    if context and key.spec.family is not Family.SYMMETRIC:
        use.require_algorithm(key, algorithm)
        raise ValidationException.context_with_asymmetric()
    return context or {}
