"""Key pairs whose private half stays in KMS: signing, key agreement, encapsulation, and their public keys."""

from __future__ import annotations

from kmslab.crypto.hashing import digest_size
from kmslab.errors import (
    KMSInvalidSignatureException,
    KMSInvalidStateException,
    UnsupportedOperationException,
    ValidationException,
)
from kmslab.keys import use
from kmslab.keys.key import Key
from kmslab.keys.metadata import ALGORITHM_MEMBERS
from kmslab.keys.specs import MU_SIZE, SIGNING_ALGORITHMS, Family, KeyUsage
from kmslab.operations.recipients import Recipient, refuse_recipient
from kmslab.operations.registry import Context, Reply, key_param, operation


@operation("Sign", keys=[key_param("KeyId", aliases=True)], usage=KeyUsage.SIGN_VERIFY)
def sign(ctx: Context, key: Key, *, message: bytes, signing_algorithm: str, message_type: str = "RAW") -> Reply:
    """Sign a message of up to 4096 bytes, or its digest.

    Raises:
        InvalidKeyUsageException: the key's spec does not offer the algorithm.
        ValidationException: the digest has another length than the algorithm's.
    """
    _check_message(key, message, message_type, signing_algorithm)
    signature = use.sign(key, message, signing_algorithm, message_type)
    return {"KeyId": key.arn, "Signature": signature, "SigningAlgorithm": signing_algorithm}


@operation("Verify", keys=[key_param("KeyId", aliases=True)], usage=KeyUsage.SIGN_VERIFY)
def verify(
    ctx: Context, key: Key, *, message: bytes, signature: bytes, signing_algorithm: str, message_type: str = "RAW"
) -> Reply:
    """Verify a signature. The answer is never False: what does not verify is an error.

    Raises:
        InvalidKeyUsageException: the key's spec does not offer the algorithm.
        KMSInvalidSignatureException: the signature is not this key's over this message.
        ValidationException: the digest has another length than the algorithm's.
    """
    _check_message(key, message, message_type, signing_algorithm)
    if not use.verify(key, message, signature, signing_algorithm, message_type):
        raise KMSInvalidSignatureException
    return {"KeyId": key.arn, "SignatureValid": True, "SigningAlgorithm": signing_algorithm}


@operation("GetPublicKey", keys=[key_param("KeyId", aliases=True)])
def get_public_key(ctx: Context, key: Key) -> Reply:
    """The public key, for use outside KMS by anybody.

    AWS's table of key states lets a key without key material through, but there is no public key then.

    Raises:
        KMSInvalidStateException: the key pair was never imported, or is deleted or expired.
        UnsupportedOperationException: the key is symmetric or HMAC and has none.
    """
    if not key.spec.family.is_asymmetric:
        raise UnsupportedOperationException
    if not key.ring.is_complete:
        raise KMSInvalidStateException.key_is(key.arn, "pending import")
    return {
        "KeyId": key.arn,
        "PublicKey": use.public_key(key),
        "CustomerMasterKeySpec": key.spec.name,
        "KeySpec": key.spec.name,
        "KeyUsage": key.usage.value,
        ALGORITHM_MEMBERS[key.usage]: list(key.algorithms),
    }


@operation("DeriveSharedSecret", keys=[key_param("KeyId", aliases=True)], usage=KeyUsage.KEY_AGREEMENT)
def derive_shared_secret(
    ctx: Context,
    key: Key,
    *,
    key_agreement_algorithm: str,
    public_key: bytes,
    recipient: Recipient | None = None,
) -> Reply:
    """The secret that this key and another party's public key have in common: 32, 48 or 66 raw bytes.

    Raises:
        InvalidKeyUsageException: the key's spec does not offer the algorithm.
        ValidationException: `public_key` is no public key on the key's curve, or an attestation document is given.
    """
    refuse_recipient(recipient)
    return {
        "KeyId": key.arn,
        "SharedSecret": use.derive(key, public_key, key_agreement_algorithm),
        "KeyAgreementAlgorithm": key_agreement_algorithm,
        "KeyOrigin": key.origin.value,
    }


@operation("Encapsulate", keys=[key_param("KeyId", aliases=True)], usage=KeyUsage.ENCAPSULATE_DECAPSULATE)
def encapsulate(ctx: Context, key: Key, *, encapsulation_algorithm: str) -> Reply:
    """A new shared secret of 32 bytes, and its encapsulation for whoever may decapsulate it.

    Raises:
        InvalidKeyUsageException: the key's spec does not offer the algorithm.
    """
    secret, blob = use.encapsulate(key, encapsulation_algorithm)
    return {
        "KeyId": key.arn,
        "SharedSecret": secret,
        "SharedSecretCiphertextBlob": blob,
        "EncapsulationAlgorithm": encapsulation_algorithm,
    }


@operation("Decapsulate", keys=[key_param("KeyId", aliases=True)], usage=KeyUsage.ENCAPSULATE_DECAPSULATE)
def decapsulate(ctx: Context, key: Key, *, shared_secret_ciphertext_blob: bytes, encapsulation_algorithm: str) -> Reply:
    """The shared secret of an encapsulation. One that was tampered with gives another secret, and no error.

    Raises:
        InvalidCiphertextException: the encapsulation does not have the length that the key's spec gives it.
        InvalidKeyUsageException: the key's spec does not offer the algorithm.
    """
    secret = use.decapsulate(key, shared_secret_ciphertext_blob, encapsulation_algorithm)
    return {"KeyId": key.arn, "SharedSecret": secret, "EncapsulationAlgorithm": encapsulation_algorithm}


def _check_message(key: Key, message: bytes, message_type: str, algorithm: str) -> None:
    use.require_algorithm(key, algorithm)
    how = SIGNING_ALGORITHMS[algorithm]
    if message_type not in how.message_types:
        # Measured: for Ed25519 the text names the algorithm, for ML-DSA the key spec.
        what = f"algorithm {algorithm}" if key.spec.family is Family.ED25519 else f"key spec {key.spec.name}"
        raise ValidationException.message_type(message_type, what)
    size = {"DIGEST": digest_size(how.hash_name) if how.hash_name else 0, "EXTERNAL_MU": MU_SIZE}.get(message_type)
    if size is not None and len(message) != size:
        raise ValidationException.digest_length(algorithm)
