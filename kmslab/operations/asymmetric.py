"""Sign, Verify, GetPublicKey: key pairs whose private half stays in KMS."""

from __future__ import annotations

from kmslab.crypto.hashing import digest_size
from kmslab.errors import KMSInvalidSignatureException, UnsupportedOperationException, ValidationException
from kmslab.keys.key import Key
from kmslab.keys.metadata import ALGORITHM_MEMBERS
from kmslab.keys.specs import SIGNING_ALGORITHMS, KeyUsage
from kmslab.operations.registry import Context, Reply, key_param, operation


@operation("Sign", keys=[key_param("KeyId", aliases=True)], usage=KeyUsage.SIGN_VERIFY)
def sign(ctx: Context, key: Key, *, message: bytes, signing_algorithm: str, message_type: str = "RAW") -> Reply:
    """Sign a message of up to 4096 bytes, or its digest.

    Raises:
        InvalidKeyUsageException: the key's spec does not offer the algorithm.
        ValidationException: the digest has another length than the algorithm's.
    """
    is_digest = _is_digest(key, message, message_type, signing_algorithm)
    signature = key.sign(message, signing_algorithm, is_digest=is_digest)
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
    is_digest = _is_digest(key, message, message_type, signing_algorithm)
    if not key.verify(message, signature, signing_algorithm, is_digest=is_digest):
        raise KMSInvalidSignatureException
    return {"KeyId": key.arn, "SignatureValid": True, "SigningAlgorithm": signing_algorithm}


@operation("GetPublicKey", keys=[key_param("KeyId", aliases=True)])
def get_public_key(ctx: Context, key: Key) -> Reply:
    """The public key, for use outside KMS by anybody.

    Raises:
        UnsupportedOperationException: the key is symmetric or HMAC and has none.
    """
    if not key.spec.family.is_asymmetric:
        raise UnsupportedOperationException
    return {
        "KeyId": key.arn,
        "PublicKey": key.public_key(),
        "CustomerMasterKeySpec": key.spec.name,
        "KeySpec": key.spec.name,
        "KeyUsage": key.usage.value,
        ALGORITHM_MEMBERS[key.usage]: list(key.algorithms),
    }


def _is_digest(key: Key, message: bytes, message_type: str, algorithm: str) -> bool:
    key.require_algorithm(algorithm)
    if message_type == "EXTERNAL_MU":
        raise ValidationException.message_type(message_type, key.spec.name)
    if message_type == "DIGEST" and len(message) != digest_size(SIGNING_ALGORITHMS[algorithm].hash_name):
        raise ValidationException.digest_length(algorithm)
    return message_type == "DIGEST"
