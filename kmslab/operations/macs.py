"""GenerateMac, VerifyMac: message authentication with a key that stays in KMS."""

from __future__ import annotations

from kmslab.errors import KMSInvalidMacException
from kmslab.keys import use
from kmslab.keys.key import Key
from kmslab.keys.specs import KeyUsage
from kmslab.operations.registry import Context, Reply, key_param, operation


@operation("GenerateMac", keys=[key_param("KeyId", aliases=True)], usage=KeyUsage.GENERATE_VERIFY_MAC)
def generate_mac(ctx: Context, key: Key, *, message: bytes, mac_algorithm: str) -> Reply:
    """The MAC of a message of up to 4096 bytes.

    Raises:
        InvalidKeyUsageException: the key's spec does not offer the algorithm.
    """
    return {"Mac": use.mac(key, message, mac_algorithm), "MacAlgorithm": mac_algorithm, "KeyId": key.arn}


@operation("VerifyMac", keys=[key_param("KeyId", aliases=True)], usage=KeyUsage.GENERATE_VERIFY_MAC)
def verify_mac(ctx: Context, key: Key, *, message: bytes, mac_algorithm: str, mac: bytes) -> Reply:
    """Verify a MAC. The answer is never False: what does not verify is an error.

    Raises:
        InvalidKeyUsageException: the key's spec does not offer the algorithm.
        KMSInvalidMacException: the MAC is not this key's over this message.
    """
    if not use.verify_mac(key, message, mac, mac_algorithm):
        raise KMSInvalidMacException
    return {"KeyId": key.arn, "MacValid": True, "MacAlgorithm": mac_algorithm}
