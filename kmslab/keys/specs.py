"""The key specs and their algorithms, as tables that read like AWS's pages.

Source: KMS Developer Guide, "Key spec reference"; limits of RSA-OAEP from API Reference, Encrypt. The order of
algorithms is the one in which DescribeKey lists them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kmslab.crypto import rsa


class KeyUsage(StrEnum):
    """What a KMS key is for. It is chosen when the key is created and never changes."""

    ENCRYPT_DECRYPT = "ENCRYPT_DECRYPT"
    SIGN_VERIFY = "SIGN_VERIFY"
    GENERATE_VERIFY_MAC = "GENERATE_VERIFY_MAC"


class Family(StrEnum):
    """Which kind of key material a key spec stands for."""

    SYMMETRIC = "symmetric"
    HMAC = "HMAC"
    RSA = "RSA"
    ECC = "ECC"

    @property
    def is_asymmetric(self) -> bool:
        """Whether the material is a key pair."""
        return self in (Family.RSA, Family.ECC)

    @property
    def kind(self) -> str:
        """What an alias may not change: symmetric, asymmetric or HMAC. Source: API Reference, UpdateAlias."""
        return "asymmetric" if self.is_asymmetric else self.value


@dataclass(frozen=True, slots=True)
class KeySpec:
    """One row of the table of key specs.

    Attributes:
        name: AWS's name, such as `RSA_2048`.
        family: The kind of key material.
        bits: Length of the secret, of the RSA modulus or of the curve's field, in bits.
        algorithms: The algorithms the spec offers, by usage.
        curve: The curve's name, for ECC.
    """

    name: str
    family: Family
    bits: int
    algorithms: dict[KeyUsage, tuple[str, ...]]
    curve: str = ""


SYMMETRIC_DEFAULT = "SYMMETRIC_DEFAULT"

_OAEP = ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256")
_RSASSA = (
    "RSASSA_PKCS1_V1_5_SHA_256",
    "RSASSA_PKCS1_V1_5_SHA_384",
    "RSASSA_PKCS1_V1_5_SHA_512",
    "RSASSA_PSS_SHA_256",
    "RSASSA_PSS_SHA_384",
    "RSASSA_PSS_SHA_512",
)


def _rsa(bits: int) -> KeySpec:
    usages = {KeyUsage.ENCRYPT_DECRYPT: _OAEP, KeyUsage.SIGN_VERIFY: _RSASSA}
    return KeySpec(f"RSA_{bits}", Family.RSA, bits, usages)


def _ecc(name: str, bits: int, curve: str, signing: str) -> KeySpec:
    return KeySpec(name, Family.ECC, bits, {KeyUsage.SIGN_VERIFY: (signing,)}, curve)


def _hmac(bits: int) -> KeySpec:
    return KeySpec(f"HMAC_{bits}", Family.HMAC, bits, {KeyUsage.GENERATE_VERIFY_MAC: (f"HMAC_SHA_{bits}",)})


#: Every key spec this Lab makes keys of.
#: Simplified: keys of Ed25519, ML-DSA, ML-KEM and SM2 are refused, and so are the usages KEY_AGREEMENT and
#: ENCAPSULATE_DECAPSULATE.
KEY_SPECS: dict[str, KeySpec] = {
    spec.name: spec
    for spec in (
        KeySpec(SYMMETRIC_DEFAULT, Family.SYMMETRIC, 256, {KeyUsage.ENCRYPT_DECRYPT: (SYMMETRIC_DEFAULT,)}),
        _rsa(2048),
        _rsa(3072),
        _rsa(4096),
        _ecc("ECC_NIST_P256", 256, "P-256", "ECDSA_SHA_256"),
        _ecc("ECC_NIST_P384", 384, "P-384", "ECDSA_SHA_384"),
        _ecc("ECC_NIST_P521", 521, "P-521", "ECDSA_SHA_512"),
        _ecc("ECC_SECG_P256K1", 256, "secp256k1", "ECDSA_SHA_256"),
        _hmac(224),
        _hmac(256),
        _hmac(384),
        _hmac(512),
    )
}


@dataclass(frozen=True, slots=True)
class SigningAlgorithm:
    """How a signing algorithm works: its hash and, for RSA, its padding scheme."""

    hash_name: str
    scheme: str = ""


#: Source: KMS Developer Guide, "Key spec reference"; each elliptic curve has only its own hash.
SIGNING_ALGORITHMS: dict[str, SigningAlgorithm] = {
    "RSASSA_PKCS1_V1_5_SHA_256": SigningAlgorithm("sha256", rsa.PKCS1_V1_5),
    "RSASSA_PKCS1_V1_5_SHA_384": SigningAlgorithm("sha384", rsa.PKCS1_V1_5),
    "RSASSA_PKCS1_V1_5_SHA_512": SigningAlgorithm("sha512", rsa.PKCS1_V1_5),
    "RSASSA_PSS_SHA_256": SigningAlgorithm("sha256", rsa.PSS),
    "RSASSA_PSS_SHA_384": SigningAlgorithm("sha384", rsa.PSS),
    "RSASSA_PSS_SHA_512": SigningAlgorithm("sha512", rsa.PSS),
    "ECDSA_SHA_256": SigningAlgorithm("sha256"),
    "ECDSA_SHA_384": SigningAlgorithm("sha384"),
    "ECDSA_SHA_512": SigningAlgorithm("sha512"),
}

#: The hash of each RSA encryption algorithm.
OAEP_HASHES: dict[str, str] = {"RSAES_OAEP_SHA_1": "sha1", "RSAES_OAEP_SHA_256": "sha256"}

#: The hash of each MAC algorithm.
MAC_HASHES: dict[str, str] = {f"HMAC_SHA_{bits}": f"sha{bits}" for bits in (224, 256, 384, 512)}
