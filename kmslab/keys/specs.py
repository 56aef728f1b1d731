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
    KEY_AGREEMENT = "KEY_AGREEMENT"
    ENCAPSULATE_DECAPSULATE = "ENCAPSULATE_DECAPSULATE"


class KeyOrigin(StrEnum):
    """Where a KMS key's material comes from. It is chosen when the key is created and never changes."""

    AWS_KMS = "AWS_KMS"
    EXTERNAL = "EXTERNAL"
    AWS_CLOUDHSM = "AWS_CLOUDHSM"
    EXTERNAL_KEY_STORE = "EXTERNAL_KEY_STORE"


class KeyManager(StrEnum):
    """Whose key it is to manage: the customer's, or AWS's, for one of its services in the customer's account."""

    CUSTOMER = "CUSTOMER"
    AWS = "AWS"


class Family(StrEnum):
    """Which kind of key material a key spec stands for."""

    SYMMETRIC = "symmetric"
    HMAC = "HMAC"
    RSA = "RSA"
    ECC = "ECC"
    ED25519 = "Ed25519"
    ML_DSA = "ML-DSA"
    ML_KEM = "ML-KEM"

    @property
    def is_asymmetric(self) -> bool:
        """Whether the material is a key pair."""
        return self not in (Family.SYMMETRIC, Family.HMAC)

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
        bits: Length of the secret, of the RSA modulus or of the curve's field, in bits; for ML-DSA and ML-KEM the
            number of the parameter set.
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
_EDDSA = ("ED25519_SHA_512", "ED25519_PH_SHA_512")
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


def _nist(bits: int, signing: str) -> KeySpec:
    usages: dict[KeyUsage, tuple[str, ...]] = {KeyUsage.SIGN_VERIFY: (signing,), KeyUsage.KEY_AGREEMENT: ("ECDH",)}
    return KeySpec(f"ECC_NIST_P{bits}", Family.ECC, bits, usages, f"P-{bits}")


def _ml_dsa(level: int) -> KeySpec:
    return KeySpec(f"ML_DSA_{level}", Family.ML_DSA, level, {KeyUsage.SIGN_VERIFY: ("ML_DSA_SHAKE_256",)})


def _ml_kem(level: int) -> KeySpec:
    return KeySpec(f"ML_KEM_{level}", Family.ML_KEM, level, {KeyUsage.ENCAPSULATE_DECAPSULATE: ("ML_KEM",)})


def _hmac(bits: int) -> KeySpec:
    return KeySpec(f"HMAC_{bits}", Family.HMAC, bits, {KeyUsage.GENERATE_VERIFY_MAC: (f"HMAC_SHA_{bits}",)})


#: Every key spec this Lab makes keys of.
#: Simplified: SM2, which AWS has in its China Regions only, is refused there too; no library to rely on has it.
KEY_SPECS: dict[str, KeySpec] = {
    spec.name: spec
    for spec in (
        KeySpec(SYMMETRIC_DEFAULT, Family.SYMMETRIC, 256, {KeyUsage.ENCRYPT_DECRYPT: (SYMMETRIC_DEFAULT,)}),
        _rsa(2048),
        _rsa(3072),
        _rsa(4096),
        _nist(256, "ECDSA_SHA_256"),
        _nist(384, "ECDSA_SHA_384"),
        _nist(521, "ECDSA_SHA_512"),
        # Bitcoin's curve signs and does not agree on keys. Source: API Reference, CreateKey, KeySpec.
        KeySpec("ECC_SECG_P256K1", Family.ECC, 256, {KeyUsage.SIGN_VERIFY: ("ECDSA_SHA_256",)}, "secp256k1"),
        KeySpec("ECC_NIST_EDWARDS25519", Family.ED25519, 255, {KeyUsage.SIGN_VERIFY: _EDDSA}),
        _ml_dsa(44),
        _ml_dsa(65),
        _ml_dsa(87),
        _ml_kem(512),
        _ml_kem(768),
        _ml_kem(1024),
        _hmac(224),
        _hmac(256),
        _hmac(384),
        _hmac(512),
    )
}


@dataclass(frozen=True, slots=True)
class SigningAlgorithm:
    """How a signing algorithm works.

    Attributes:
        hash_name: The hash of the message, whose digest may be handed in instead; empty for ML-DSA.
        scheme: The padding scheme, for RSA.
        message_types: The MessageType values it takes.
    """

    hash_name: str
    scheme: str = ""
    message_types: tuple[str, ...] = ("RAW", "DIGEST")


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
    # Pure Ed25519 hashes the message twice and so needs all of it; Ed25519ph takes the digest, and hashes it once more.
    "ED25519_SHA_512": SigningAlgorithm("sha512", message_types=("RAW",)),
    "ED25519_PH_SHA_512": SigningAlgorithm("sha512", message_types=("DIGEST",)),
    "ML_DSA_SHAKE_256": SigningAlgorithm("", message_types=("RAW", "EXTERNAL_MU")),
}

#: Bytes of the message representative mu of ML-DSA. Source: FIPS 204 section 6.2, and API Reference, Sign.
MU_SIZE = 64

#: The hash of each RSA encryption algorithm.
OAEP_HASHES: dict[str, str] = {"RSAES_OAEP_SHA_1": "sha1", "RSAES_OAEP_SHA_256": "sha256"}

#: The hash of each MAC algorithm.
MAC_HASHES: dict[str, str] = {f"HMAC_SHA_{bits}": f"sha{bits}" for bits in (224, 256, 384, 512)}
