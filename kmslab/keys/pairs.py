"""Key pairs: what the private halves of each family of key specs can do.

Owns which primitive serves which family. Source: KMS Developer Guide, "Key spec reference".
"""

from __future__ import annotations

from kmslab.crypto import KeyFormatError
from kmslab.crypto.ec import EcPrivateKey
from kmslab.crypto.ed25519 import Ed25519PrivateKey
from kmslab.crypto.ml_dsa import MlDsaPrivateKey
from kmslab.crypto.ml_kem import MlKemPrivateKey
from kmslab.crypto.rsa import RsaPrivateKey
from kmslab.keys.specs import SIGNING_ALGORITHMS, Family, KeySpec

PrivateKey = RsaPrivateKey | EcPrivateKey | Ed25519PrivateKey | MlDsaPrivateKey | MlKemPrivateKey


def generate_pair(spec: KeySpec) -> PrivateKey:
    """A new random key pair of an asymmetric `spec`."""
    match spec.family:
        case Family.RSA:
            return RsaPrivateKey.generate(spec.bits)
        case Family.ECC:
            return EcPrivateKey.generate(spec.curve)
        case Family.ED25519:
            return Ed25519PrivateKey.generate()
        case Family.ML_DSA:
            return MlDsaPrivateKey.generate(spec.bits)
        case Family.ML_KEM:
            return MlKemPrivateKey.generate(spec.bits)
    raise TypeError(f"{spec.name} has no key pairs")


def read_pair(spec: KeySpec, pkcs8: bytes) -> PrivateKey:
    """A key pair from its private key, as unencrypted DER PKCS #8.

    Raises:
        KeyFormatError: no private key of `spec`.
    """
    match spec.family:
        case Family.RSA:
            return _rsa(spec, pkcs8)
        case Family.ECC:
            return EcPrivateKey.from_pkcs8(pkcs8, spec.curve)
        case Family.ED25519:
            return Ed25519PrivateKey.from_pkcs8(pkcs8)
        case Family.ML_DSA:
            return MlDsaPrivateKey.from_pkcs8(pkcs8, spec.bits)
        case Family.ML_KEM:
            return MlKemPrivateKey.from_pkcs8(pkcs8, spec.bits)
    raise TypeError(f"{spec.name} has no key pairs")


def _rsa(spec: KeySpec, pkcs8: bytes) -> RsaPrivateKey:
    pair = RsaPrivateKey.from_pkcs8(pkcs8)
    if pair.modulus_size * 8 != spec.bits:
        raise KeyFormatError
    return pair


def sign(pair: PrivateKey, message: bytes, algorithm: str, message_type: str) -> bytes:
    """Sign a message, its digest or its ML-DSA representative, as `message_type` says."""
    how = SIGNING_ALGORITHMS[algorithm]
    match pair:
        case RsaPrivateKey():
            return pair.sign(message, how.scheme, how.hash_name, prehashed=message_type == "DIGEST")
        case EcPrivateKey():
            return pair.sign(message, how.hash_name, prehashed=message_type == "DIGEST")
        case Ed25519PrivateKey():
            return pair.sign(message, prehash=message_type == "DIGEST")
        case MlDsaPrivateKey():
            return pair.sign(message, is_mu=message_type == "EXTERNAL_MU")
    raise TypeError("this key pair does not sign")


def verify(pair: PrivateKey, message: bytes, signature: bytes, algorithm: str, message_type: str) -> bool:
    """Whether `signature` is one of this pair over the message, its digest or its ML-DSA representative."""
    how = SIGNING_ALGORITHMS[algorithm]
    match pair:
        case RsaPrivateKey():
            return pair.verify(message, signature, how.scheme, how.hash_name, prehashed=message_type == "DIGEST")
        case EcPrivateKey():
            return pair.verify(message, signature, how.hash_name, prehashed=message_type == "DIGEST")
        case Ed25519PrivateKey():
            return pair.verify(message, signature, prehash=message_type == "DIGEST")
        case MlDsaPrivateKey():
            return pair.verify(message, signature, is_mu=message_type == "EXTERNAL_MU")
    raise TypeError("this key pair does not sign")
