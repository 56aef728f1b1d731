"""Data keys, data key pairs and random bytes, as a client sees them."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

ACCOUNT = "123456789010"
ARN = f"arn:aws:kms:us-east-1:{ACCOUNT}"
CONTEXT = {"purpose": "files", "n": "1"}
DRY = "The request would have succeeded, but the DryRun option is set."

# Pair spec, bytes of the public key, fewest and most bytes of the private key, what the library calls it. An RSA
# private key is now and then a few bytes shorter: each of its numbers may begin with zeros.
PAIRS = [
    ("RSA_2048", 294, 1214, 1219, 2048),
    ("RSA_3072", 422, 1790, 1795, 3072),
    ("RSA_4096", 550, 2371, 2376, 4096),
    ("ECC_NIST_P256", 91, 138, 138, "secp256r1"),
    ("ECC_NIST_P384", 120, 185, 185, "secp384r1"),
    ("ECC_NIST_P521", 158, 241, 241, "secp521r1"),
    ("ECC_SECG_P256K1", 88, 135, 135, "secp256k1"),
]


class TestGenerateDataKey:
    @pytest.mark.parametrize(("spec", "size", "blob"), [("AES_128", 16, 168), ("AES_256", 32, 184)])
    def test_by_spec(self, world: Any, members: Any, spec: str, size: int, blob: int) -> None:
        reply = world.kms.generate_data_key(KeyId=world.key(), KeySpec=spec)
        assert members(reply) == {"CiphertextBlob", "KeyId", "KeyMaterialId", "Plaintext"}
        assert len(reply["Plaintext"]) == size
        assert len(reply["CiphertextBlob"]) == blob
        assert base64.b64encode(reply["CiphertextBlob"]).startswith(b"AQIDAH")
        assert reply["KeyId"] == world.key()
        shown = world.kms.describe_key(KeyId=world.key())["KeyMetadata"]
        assert reply["KeyMaterialId"] == shown["CurrentKeyMaterialId"] == reply["CiphertextBlob"][5:37].hex()

    @pytest.mark.parametrize(("size", "blob"), [(1, 153), (7, 159), (64, 220), (1024, 1186)])
    def test_by_size(self, world: Any, size: int, blob: int) -> None:
        reply = world.kms.generate_data_key(KeyId=world.key(), NumberOfBytes=size, EncryptionContext=CONTEXT)
        assert (len(reply["Plaintext"]), len(reply["CiphertextBlob"])) == (size, blob)
        opened = world.kms.decrypt(CiphertextBlob=reply["CiphertextBlob"], EncryptionContext=CONTEXT)
        assert opened["Plaintext"] == reply["Plaintext"]

    def test_the_context_is_bound(self, world: Any) -> None:
        reply = world.kms.generate_data_key(KeyId=world.key(), NumberOfBytes=64, EncryptionContext=CONTEXT)
        with world.refuses("InvalidCiphertextException", ""):
            world.kms.decrypt(CiphertextBlob=reply["CiphertextBlob"])

    def test_never_the_same_twice(self, world: Any) -> None:
        keys = [world.kms.generate_data_key(KeyId=world.key(), KeySpec="AES_256")["Plaintext"] for _ in range(20)]
        assert len(set(keys)) == 20

    def test_seeded_labs_make_different_data_keys(self, lab: Any) -> None:
        made = []
        for each in (lab, type(lab)(seed=1)):
            kms = each.client("kms")
            key_id = kms.create_key()["KeyMetadata"]["KeyId"]
            made.append((key_id, kms.generate_data_key(KeyId=key_id, KeySpec="AES_256")["Plaintext"]))
        assert made[0][0] == made[1][0]
        assert made[0][1] != made[1][1]


class TestGenerateDataKeyWithoutPlaintext:
    @pytest.mark.parametrize(
        ("params", "size"), [({"KeySpec": "AES_128"}, 16), ({"KeySpec": "AES_256"}, 32), ({"NumberOfBytes": 100}, 100)]
    )
    def test_reply(self, world: Any, members: Any, params: dict[str, Any], size: int) -> None:
        reply = world.kms.generate_data_key_without_plaintext(KeyId=world.key(), EncryptionContext=CONTEXT, **params)
        assert members(reply) == {"CiphertextBlob", "KeyId", "KeyMaterialId"}
        opened = world.kms.decrypt(CiphertextBlob=reply["CiphertextBlob"], EncryptionContext=CONTEXT)
        assert len(opened["Plaintext"]) == size
        assert opened["KeyMaterialId"] == reply["KeyMaterialId"]
        assert opened["KeyId"] == reply["KeyId"] == world.key()
        assert base64.b64encode(reply["CiphertextBlob"]).startswith(b"AQIDAH")


class TestGenerateDataKeyPair:
    MEMBERS = frozenset(
        {"KeyId", "KeyMaterialId", "KeyPairSpec", "PrivateKeyCiphertextBlob", "PrivateKeyPlaintext", "PublicKey"}
    )

    @pytest.mark.parametrize(("spec", "public", "least", "most", "kind"), PAIRS, ids=[pair[0] for pair in PAIRS])
    def test_every_spec(
        self, world: Any, members: Any, spec: str, public: int, least: int, most: int, kind: int | str
    ) -> None:
        reply = world.kms.generate_data_key_pair(KeyId=world.key(), KeyPairSpec=spec, EncryptionContext=CONTEXT)
        assert members(reply) == self.MEMBERS
        assert reply["KeyPairSpec"] == spec
        assert reply["KeyId"] == world.key()
        assert len(reply["PublicKey"]) == public
        assert least <= len(reply["PrivateKeyPlaintext"]) <= most
        opened = world.kms.decrypt(CiphertextBlob=reply["PrivateKeyCiphertextBlob"], EncryptionContext=CONTEXT)
        assert opened["Plaintext"] == reply["PrivateKeyPlaintext"]
        assert opened["KeyMaterialId"] == reply["KeyMaterialId"]
        check_pair(reply["PrivateKeyPlaintext"], reply["PublicKey"], kind)

    @pytest.mark.parametrize(("spec", "public", "least", "most", "kind"), PAIRS, ids=[pair[0] for pair in PAIRS])
    def test_without_plaintext(
        self, world: Any, members: Any, spec: str, public: int, least: int, most: int, kind: int | str
    ) -> None:
        reply = world.kms.generate_data_key_pair_without_plaintext(KeyId=world.key(), KeyPairSpec=spec)
        assert members(reply) == self.MEMBERS - {"PrivateKeyPlaintext"}
        assert len(reply["PublicKey"]) == public
        private = world.kms.decrypt(CiphertextBlob=reply["PrivateKeyCiphertextBlob"])["Plaintext"]
        assert least <= len(private) <= most
        check_pair(private, reply["PublicKey"], kind)

    def test_the_context_is_bound(self, world: Any) -> None:
        reply = world.kms.generate_data_key_pair(
            KeyId=world.key(), KeyPairSpec="ECC_NIST_P256", EncryptionContext={"ab": "c"}
        )
        with world.refuses("InvalidCiphertextException", ""):
            world.kms.decrypt(CiphertextBlob=reply["PrivateKeyCiphertextBlob"], EncryptionContext={"a": "bc"})


def check_pair(private: bytes, public: bytes, kind: int | str) -> None:
    """The private key is PKCS #8 without a password, and the public key is its own."""
    key = load_der_private_key(private, password=None)
    if isinstance(kind, int):
        assert isinstance(key, rsa.RSAPrivateKey)
        assert key.key_size == kind
        assert key.public_key().public_numbers().e == 65537
    else:
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        assert key.curve.name == kind
    assert key.public_key() == load_der_public_key(public)
    assert key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == public


def test_all_four_references(kms: Any, make_key: Any) -> None:
    key_id = make_key()
    kms.create_alias(AliasName="alias/app", TargetKeyId=key_id)
    for ref in (key_id, f"{ARN}:key/{key_id}", "alias/app", f"{ARN}:alias/app"):
        for reply in (
            kms.generate_data_key(KeyId=ref, KeySpec="AES_256"),
            kms.generate_data_key_without_plaintext(KeyId=ref, KeySpec="AES_256"),
            kms.generate_data_key_pair(KeyId=ref, KeyPairSpec="ECC_NIST_P256"),
            kms.generate_data_key_pair_without_plaintext(KeyId=ref, KeyPairSpec="ECC_NIST_P256"),
        ):
            assert reply["KeyId"] == f"{ARN}:key/{key_id}"


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("generate_data_key", {"KeySpec": "AES_256"}),
        ("generate_data_key_without_plaintext", {"NumberOfBytes": 5}),
        ("generate_data_key_pair", {"KeyPairSpec": "RSA_4096"}),
        ("generate_data_key_pair_without_plaintext", {"KeyPairSpec": "ECC_NIST_P521"}),
    ],
)
def test_dry_run(world: Any, method: str, params: dict[str, Any]) -> None:
    with world.refuses("DryRunOperationException", DRY):
        getattr(world.kms, method)(KeyId=world.key(), DryRun=True, **params)


class TestGenerateRandom:
    @pytest.mark.parametrize("size", [1, 32, 1024])
    def test_sizes(self, world: Any, members: Any, size: int) -> None:
        reply = world.kms.generate_random(NumberOfBytes=size)
        assert members(reply) == {"Plaintext"}
        assert len(reply["Plaintext"]) == size

    def test_never_the_same_twice(self, world: Any) -> None:
        assert len({world.kms.generate_random(NumberOfBytes=16)["Plaintext"] for _ in range(20)}) == 20
