"""The table of key specs against AWS's."""

from __future__ import annotations

import hashlib

from kmslab.keys.specs import (
    KEY_SPECS,
    MAC_HASHES,
    OAEP_HASHES,
    SIGNING_ALGORITHMS,
    Family,
    KeyUsage,
)

OAEP = ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256")
RSASSA = tuple(f"RSASSA_{scheme}_SHA_{bits}" for scheme in ("PKCS1_V1_5", "PSS") for bits in (256, 384, 512))
ENCRYPT, SIGN, MAC = KeyUsage.ENCRYPT_DECRYPT, KeyUsage.SIGN_VERIFY, KeyUsage.GENERATE_VERIFY_MAC
AGREE, ENCAPSULATE = KeyUsage.KEY_AGREEMENT, KeyUsage.ENCAPSULATE_DECAPSULATE

# Source: KMS Developer Guide, "Key spec reference".
SPECS = {
    "SYMMETRIC_DEFAULT": (256, {ENCRYPT: ("SYMMETRIC_DEFAULT",)}),
    "RSA_2048": (2048, {ENCRYPT: OAEP, SIGN: RSASSA}),
    "RSA_3072": (3072, {ENCRYPT: OAEP, SIGN: RSASSA}),
    "RSA_4096": (4096, {ENCRYPT: OAEP, SIGN: RSASSA}),
    "ECC_NIST_P256": (256, {SIGN: ("ECDSA_SHA_256",), AGREE: ("ECDH",)}),
    "ECC_NIST_P384": (384, {SIGN: ("ECDSA_SHA_384",), AGREE: ("ECDH",)}),
    "ECC_NIST_P521": (521, {SIGN: ("ECDSA_SHA_512",), AGREE: ("ECDH",)}),
    "ECC_SECG_P256K1": (256, {SIGN: ("ECDSA_SHA_256",)}),
    "ECC_NIST_EDWARDS25519": (255, {SIGN: ("ED25519_SHA_512", "ED25519_PH_SHA_512")}),
    "ML_DSA_44": (44, {SIGN: ("ML_DSA_SHAKE_256",)}),
    "ML_DSA_65": (65, {SIGN: ("ML_DSA_SHAKE_256",)}),
    "ML_DSA_87": (87, {SIGN: ("ML_DSA_SHAKE_256",)}),
    "ML_KEM_512": (512, {ENCAPSULATE: ("ML_KEM",)}),
    "ML_KEM_768": (768, {ENCAPSULATE: ("ML_KEM",)}),
    "ML_KEM_1024": (1024, {ENCAPSULATE: ("ML_KEM",)}),
    "HMAC_224": (224, {MAC: ("HMAC_SHA_224",)}),
    "HMAC_256": (256, {MAC: ("HMAC_SHA_256",)}),
    "HMAC_384": (384, {MAC: ("HMAC_SHA_384",)}),
    "HMAC_512": (512, {MAC: ("HMAC_SHA_512",)}),
}


def test_the_rows() -> None:
    assert set(KEY_SPECS) == set(SPECS)
    for name, (bits, algorithms) in SPECS.items():
        spec = KEY_SPECS[name]
        assert (spec.name, spec.bits) == (name, bits)
        assert spec.algorithms == algorithms


def test_families() -> None:
    assert {name for name, spec in KEY_SPECS.items() if spec.family.is_asymmetric} >= {
        name for name in SPECS if name.startswith(("RSA", "ECC", "ML_"))
    }
    assert [family.kind for family in (Family.SYMMETRIC, Family.HMAC, Family.RSA, Family.ECC)] == [
        "symmetric",
        "HMAC",
        "asymmetric",
        "asymmetric",
    ]


def test_hashes() -> None:
    """The hash of an algorithm is in its name."""
    for algorithm, how in SIGNING_ALGORITHMS.items():
        if algorithm == "ML_DSA_SHAKE_256":
            assert how.hash_name == ""
            continue
        assert hashlib.new(how.hash_name).digest_size * 8 == int(algorithm[-3:])
    for algorithm, name in OAEP_HASHES.items():
        assert name == f"sha{algorithm.rpartition('_')[2]}"
    for algorithm, name in MAC_HASHES.items():
        assert name == f"sha{algorithm.rpartition('_')[2]}"
    assert {how.scheme for name, how in SIGNING_ALGORITHMS.items() if "PSS" in name} == {"PSS"}
    assert {how.scheme for name, how in SIGNING_ALGORITHMS.items() if "PKCS1" in name} == {"PKCS1_V1_5"}
