"""Encrypt, Decrypt, ReEncrypt, as a client sees them; RSA also from outside, with the public key alone."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import load_der_public_key

ACCOUNT = "123456789010"
ARN = f"arn:aws:kms:us-east-1:{ACCOUNT}"

# Plaintext bytes and the blob's bytes, from published sample blobs and the length formula they obey.
BLOB_SIZES = [(7, 159), (16, 168), (20, 172), (32, 184), (64, 220), (108, 265), (1024, 1186), (4096, 4258)]

# Key spec, algorithm, and the most bytes it can carry; recorded with AWS's error for one byte more.
CAPACITIES = [
    ("RSA_2048", "RSAES_OAEP_SHA_256", 190),
    ("RSA_2048", "RSAES_OAEP_SHA_1", 214),
    ("RSA_3072", "RSAES_OAEP_SHA_256", 318),
    ("RSA_3072", "RSAES_OAEP_SHA_1", 342),
    ("RSA_4096", "RSAES_OAEP_SHA_256", 446),
    ("RSA_4096", "RSAES_OAEP_SHA_1", 470),
]
CAPACITY_IDS = [f"{spec}-{algorithm}" for spec, algorithm, _ in CAPACITIES]
OAEP_HASHES = {"RSAES_OAEP_SHA_1": hashes.SHA1(), "RSAES_OAEP_SHA_256": hashes.SHA256()}  # noqa: S303

CONTEXT = {"department": "finance", "ärger": "ß", "empty": "", "a": "bc"}


def oaep(algorithm: str) -> padding.OAEP:
    chosen = OAEP_HASHES[algorithm]
    return padding.OAEP(mgf=padding.MGF1(chosen), algorithm=chosen, label=None)


class TestSymmetric:
    def test_there_and_back(self, world: Any, members: Any) -> None:
        arn = world.key()
        encrypted = world.kms.encrypt(KeyId=arn, Plaintext=b"hello")
        assert members(encrypted) == {"CiphertextBlob", "EncryptionAlgorithm", "KeyId"}
        assert encrypted["KeyId"] == arn
        assert encrypted["EncryptionAlgorithm"] == "SYMMETRIC_DEFAULT"
        decrypted = world.kms.decrypt(CiphertextBlob=encrypted["CiphertextBlob"])
        # AWS also sends KeyOrigin, which its own model does not have and SDKs drop.
        assert members(decrypted) == {"EncryptionAlgorithm", "KeyId", "KeyMaterialId", "Plaintext"}
        assert decrypted["KeyId"] == arn
        assert decrypted["Plaintext"] == b"hello"
        assert decrypted["EncryptionAlgorithm"] == "SYMMETRIC_DEFAULT"
        shown = world.kms.describe_key(KeyId=arn)["KeyMetadata"]
        assert decrypted["KeyMaterialId"] == shown["CurrentKeyMaterialId"]

    def test_all_four_references(self, kms: Any, make_key: Any) -> None:
        key_id = make_key()
        kms.create_alias(AliasName="alias/app", TargetKeyId=key_id)
        refs = [key_id, f"{ARN}:key/{key_id}", "alias/app", f"{ARN}:alias/app"]
        for ref in refs:
            encrypted = kms.encrypt(KeyId=ref, Plaintext=b"x")
            assert encrypted["KeyId"] == f"{ARN}:key/{key_id}"
            for other in refs:
                decrypted = kms.decrypt(CiphertextBlob=encrypted["CiphertextBlob"], KeyId=other)
                assert (decrypted["Plaintext"], decrypted["KeyId"]) == (b"x", f"{ARN}:key/{key_id}")

    @pytest.mark.parametrize(("plaintext", "blob"), BLOB_SIZES)
    def test_blob_sizes(self, world: Any, plaintext: int, blob: int) -> None:
        encrypted = world.kms.encrypt(KeyId=world.key(), Plaintext=b"p" * plaintext, EncryptionContext=CONTEXT)
        assert len(encrypted["CiphertextBlob"]) == blob, "the encryption context is not in the blob"
        decrypted = world.kms.decrypt(CiphertextBlob=encrypted["CiphertextBlob"], EncryptionContext=CONTEXT)
        assert decrypted["Plaintext"] == b"p" * plaintext

    def test_the_head_of_the_blob(self, world: Any) -> None:
        arn = world.key()
        blob = world.kms.encrypt(KeyId=arn, Plaintext=b"x")["CiphertextBlob"]
        assert base64.b64encode(blob).startswith(b"AQICAH")
        shown = world.kms.describe_key(KeyId=arn)["KeyMetadata"]
        assert blob[5:37].hex() == shown["CurrentKeyMaterialId"]
        assert int.from_bytes(blob[54:58]) == len(blob) - 58
        assert shown["KeyId"].encode() not in blob

    def test_never_the_same_twice(self, world: Any) -> None:
        blobs = [world.kms.encrypt(KeyId=world.key(), Plaintext=b"same")["CiphertextBlob"] for _ in range(20)]
        for part in (slice(None), slice(38, 54), slice(-20, None)):
            assert len({blob[part] for blob in blobs}) == 20

    def test_a_seed_fixes_ids_and_never_secrets(self, lab: Any, refusals_of: Any) -> None:
        twin = type(lab)(seed=1)
        ours, theirs = lab.client("kms"), twin.client("kms")
        key_id = ours.create_key()["KeyMetadata"]["KeyId"]
        assert theirs.create_key()["KeyMetadata"]["KeyId"] == key_id
        blob = ours.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
        with refusals_of(twin)("InvalidCiphertextException", ""):
            theirs.decrypt(CiphertextBlob=blob)

    def test_every_bit_of_the_blob_counts(self, world: Any) -> None:
        blob = world.kms.encrypt(KeyId=world.key(), Plaintext=b"p")["CiphertextBlob"]
        allowed = []
        for position in range(8 * len(blob)):
            flipped = bytearray(blob)
            flipped[position // 8] ^= 1 << position % 8
            allowed += self.decrypts(world, bytes(flipped), position)
        assert allowed == [], "bits that may change without being noticed"

    def test_every_byte_of_the_blob_is_needed(self, world: Any) -> None:
        blob = world.kms.encrypt(KeyId=world.key(), Plaintext=b"p")["CiphertextBlob"]
        for length in range(1, len(blob)):
            assert self.decrypts(world, blob[:length], length) == []
            assert self.decrypts(world, blob[length:], length) == []
        assert self.decrypts(world, blob + b"\0", "one byte more") == []
        assert world.kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"p"

    @staticmethod
    def decrypts(world: Any, blob: bytes, name: Any) -> list[Any]:
        """The name, when the blob is taken; any other refusal than AWS's mute one is raised."""
        try:
            world.kms.decrypt(CiphertextBlob=blob)
        except world.kms.exceptions.InvalidCiphertextException as error:
            return [] if error.response["Error"]["Message"] == "" else [name]
        return [name]

    def test_parts_of_two_blobs_do_not_mix(self, world: Any) -> None:
        first, second = (world.kms.encrypt(KeyId=world.key(), Plaintext=b"pp")["CiphertextBlob"] for _ in range(2))
        for cut in (46, 54, 58, len(first) - 18, len(first) - 16):
            assert self.decrypts(world, first[:cut] + second[cut:], cut) == []


class TestContext:
    def test_order_does_not_matter(self, world: Any) -> None:
        blob = world.kms.encrypt(KeyId=world.key(), Plaintext=b"x", EncryptionContext=CONTEXT)["CiphertextBlob"]
        backwards = dict(reversed(CONTEXT.items()))
        assert world.kms.decrypt(CiphertextBlob=blob, EncryptionContext=backwards)["Plaintext"] == b"x"

    def test_an_empty_context_is_none(self, world: Any) -> None:
        blob = world.kms.encrypt(KeyId=world.key(), Plaintext=b"x", EncryptionContext={})["CiphertextBlob"]
        assert world.kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"

    @pytest.mark.parametrize(
        ("sealed", "offered"),
        [
            ({"ab": "c"}, {"a": "bc"}),
            ({"a": "b", "c": "d"}, {"a": "bcd"}),
            ({"a": "b", "c": "d"}, {"a": "d", "c": "b"}),
            ({"a": "b"}, {"b": "a"}),
            ({"a": "b"}, None),
            ({"a": "b"}, {}),
            ({"a": "b"}, {"a": ""}),
            ({"a": "b"}, {"a": "b", "c": "d"}),
            ({"a": "b", "c": "d"}, {"a": "b"}),
            ({"a": "b"}, {"a": "B"}),
            ({"a": "b"}, {"A": "b"}),
            ({"a": "b"}, {"a": "b "}),
            ({"a": "b"}, {"a": "c"}),
            ({"é": "x"}, {"e\u0301": "x"}),
            ({"a": ""}, {}),
            (None, {"a": "b"}),
        ],
        ids=[
            "lengths bind",
            "lengths bind over pairs",
            "values swapped",
            "key and value swapped",
            "missing",
            "empty",
            "value missing",
            "one pair more",
            "one pair fewer",
            "case of a value",
            "case of a key",
            "space",
            "other value",
            "other form of the same character",
            "empty value",
            "context where none was",
        ],
    )
    def test_another_context(self, world: Any, sealed: Any, offered: Any) -> None:
        def given(context: Any) -> dict[str, Any]:
            return {} if context is None else {"EncryptionContext": context}

        blob = world.kms.encrypt(KeyId=world.key(), Plaintext=b"x", **given(sealed))["CiphertextBlob"]
        with world.refuses("InvalidCiphertextException", ""):
            world.kms.decrypt(CiphertextBlob=blob, **given(offered))
        assert world.kms.decrypt(CiphertextBlob=blob, **given(sealed))["Plaintext"] == b"x"


class TestWhichKey:
    def test_another_symmetric_key(self, kms: Any, make_key: Any, refuses: Any) -> None:
        blob, other = kms.encrypt(KeyId=make_key(), Plaintext=b"x")["CiphertextBlob"], make_key()
        with refuses(
            "IncorrectKeyException",
            "The key ID in the request does not identify a CMK that can perform this operation.",
        ):
            kms.decrypt(CiphertextBlob=blob, KeyId=other)

    def test_an_alias_that_has_moved_on(self, kms: Any, make_key: Any, refuses: Any) -> None:
        old, new = make_key(), make_key()
        kms.create_alias(AliasName="alias/app", TargetKeyId=old)
        blob = kms.encrypt(KeyId="alias/app", Plaintext=b"x")["CiphertextBlob"]
        kms.update_alias(AliasName="alias/app", TargetKeyId=new)
        with refuses(
            "IncorrectKeyException",
            "The key ID in the request does not identify a CMK that can perform this operation.",
        ):
            kms.decrypt(CiphertextBlob=blob, KeyId="alias/app")
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"

    def test_another_region(self, kms: Any, lab: Any, make_key: Any, refuses: Any) -> None:
        blob = kms.encrypt(KeyId=make_key(), Plaintext=b"x")["CiphertextBlob"]
        west = lab.client("kms", region_name="us-west-2")
        with refuses(
            "AccessDeniedException",
            f"User: arn:aws:iam::{ACCOUNT}:user/administrator is not authorized to perform: kms:Decrypt "
            "on the resource associated with this ciphertext because the resource does not exist in this Region, "
            "no resource-based policies allow access, or a resource-based policy explicitly denies access",
        ):
            west.decrypt(CiphertextBlob=blob)


class TestRsa:
    @pytest.mark.parametrize(("spec", "algorithm", "capacity"), CAPACITIES, ids=CAPACITY_IDS)
    def test_there_and_back(self, world: Any, members: Any, spec: str, algorithm: str, capacity: int) -> None:
        arn = world.key(spec, "ENCRYPT_DECRYPT")
        secret = b"s" * capacity
        encrypted = world.kms.encrypt(KeyId=arn, Plaintext=secret, EncryptionAlgorithm=algorithm)
        assert members(encrypted) == {"CiphertextBlob", "EncryptionAlgorithm", "KeyId"}
        assert encrypted["EncryptionAlgorithm"] == algorithm
        assert len(encrypted["CiphertextBlob"]) == int(spec[4:]) // 8
        decrypted = world.kms.decrypt(
            KeyId=arn, CiphertextBlob=encrypted["CiphertextBlob"], EncryptionAlgorithm=algorithm
        )
        assert members(decrypted) == {"EncryptionAlgorithm", "KeyId", "Plaintext"}
        assert decrypted["Plaintext"] == secret
        assert decrypted["KeyId"] == arn
        with world.refuses(
            "ValidationException",
            f"Algorithm {algorithm} and key spec {spec} cannot encrypt data larger than {capacity} bytes.",
        ):
            world.kms.encrypt(KeyId=arn, Plaintext=secret + b"s", EncryptionAlgorithm=algorithm)

    @pytest.mark.parametrize(("spec", "algorithm", "capacity"), CAPACITIES, ids=CAPACITY_IDS)
    def test_encrypted_offline(self, world: Any, spec: str, algorithm: str, capacity: int) -> None:
        arn = world.key(spec, "ENCRYPT_DECRYPT")
        public_key = load_der_public_key(world.kms.get_public_key(KeyId=arn)["PublicKey"])
        for size in (0, 1, capacity):
            sealed = public_key.encrypt(b"s" * size, oaep(algorithm))
            opened = world.kms.decrypt(KeyId=arn, CiphertextBlob=sealed, EncryptionAlgorithm=algorithm)
            assert opened["Plaintext"] == b"s" * size
        with pytest.raises(ValueError, match=r"Encryption failed|too long|Data"):
            public_key.encrypt(b"s" * (capacity + 1), oaep(algorithm))

    def test_the_other_algorithm(self, world: Any) -> None:
        arn = world.key("RSA_2048", "ENCRYPT_DECRYPT")
        sealed = world.kms.encrypt(KeyId=arn, Plaintext=b"x", EncryptionAlgorithm="RSAES_OAEP_SHA_1")["CiphertextBlob"]
        with world.refuses("InvalidCiphertextException", ""):
            world.kms.decrypt(KeyId=arn, CiphertextBlob=sealed, EncryptionAlgorithm="RSAES_OAEP_SHA_256")

    @pytest.mark.parametrize(
        "padding_used",
        [
            padding.PKCS1v15(),
            padding.OAEP(mgf=padding.MGF1(hashes.SHA1()), algorithm=hashes.SHA256(), label=None),  # noqa: S303
            padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=b"label"),
        ],
        ids=["PKCS1 v1.5", "MGF1 with another hash", "a label"],
    )
    def test_another_padding(self, world: Any, padding_used: Any) -> None:
        arn = world.key("RSA_2048", "ENCRYPT_DECRYPT")
        public_key = load_der_public_key(world.kms.get_public_key(KeyId=arn)["PublicKey"])
        with world.refuses("InvalidCiphertextException", ""):
            world.kms.decrypt(
                KeyId=arn,
                CiphertextBlob=public_key.encrypt(b"x", padding_used),
                EncryptionAlgorithm="RSAES_OAEP_SHA_256",
            )

    @pytest.mark.parametrize("size", [1, 255, 257, 6144])
    def test_another_length(self, world: Any, size: int) -> None:
        with world.refuses("InvalidCiphertextException", ""):
            world.kms.decrypt(
                KeyId=world.key("RSA_2048", "ENCRYPT_DECRYPT"),
                CiphertextBlob=b"\1" * size,
                EncryptionAlgorithm="RSAES_OAEP_SHA_1",
            )

    def test_another_rsa_key(self, kms: Any, make_key: Any, refuses: Any) -> None:
        first, second = (make_key("RSA_2048", KeyUsage="ENCRYPT_DECRYPT") for _ in range(2))
        sealed = kms.encrypt(KeyId=first, Plaintext=b"x", EncryptionAlgorithm="RSAES_OAEP_SHA_256")["CiphertextBlob"]
        # An RSA ciphertext does not say whose it is, so this is not IncorrectKeyException.
        with refuses("InvalidCiphertextException", ""):
            kms.decrypt(KeyId=second, CiphertextBlob=sealed, EncryptionAlgorithm="RSAES_OAEP_SHA_256")

    def test_no_key_named(self, world: Any) -> None:
        with world.refuses("ValidationException", "KeyId must not be null"):
            world.kms.decrypt(CiphertextBlob=b"\1" * 256, EncryptionAlgorithm="RSAES_OAEP_SHA_256")


class TestReEncrypt:
    MEMBERS = frozenset(
        {
            "CiphertextBlob",
            "DestinationEncryptionAlgorithm",
            "DestinationKeyMaterialId",
            "KeyId",
            "SourceEncryptionAlgorithm",
            "SourceKeyId",
            "SourceKeyMaterialId",
        }
    )

    def test_from_key_to_key(self, kms: Any, make_key: Any, members: Any) -> None:
        source, destination = make_key(), make_key()
        blob = kms.encrypt(KeyId=source, Plaintext=b"x", EncryptionContext={"a": "1"})["CiphertextBlob"]
        reply = kms.re_encrypt(
            CiphertextBlob=blob,
            SourceEncryptionContext={"a": "1"},
            DestinationKeyId=destination,
            DestinationEncryptionContext={"b": "2"},
        )
        assert members(reply) == self.MEMBERS
        assert reply["SourceKeyId"] == f"{ARN}:key/{source}"
        assert reply["KeyId"] == f"{ARN}:key/{destination}"
        assert reply["SourceEncryptionAlgorithm"] == reply["DestinationEncryptionAlgorithm"] == "SYMMETRIC_DEFAULT"
        for key_id, member in ((source, "SourceKeyMaterialId"), (destination, "DestinationKeyMaterialId")):
            assert reply[member] == kms.describe_key(KeyId=key_id)["KeyMetadata"]["CurrentKeyMaterialId"]
        opened = kms.decrypt(CiphertextBlob=reply["CiphertextBlob"], EncryptionContext={"b": "2"})
        assert (opened["Plaintext"], opened["KeyId"]) == (b"x", f"{ARN}:key/{destination}")
        assert base64.b64encode(reply["CiphertextBlob"]).startswith(b"AQICAH")

    def test_all_four_references(self, kms: Any, make_key: Any) -> None:
        source, destination = make_key(), make_key()
        kms.create_alias(AliasName="alias/from", TargetKeyId=source)
        kms.create_alias(AliasName="alias/to", TargetKeyId=destination)
        blob = kms.encrypt(KeyId=source, Plaintext=b"x")["CiphertextBlob"]
        froms = [source, f"{ARN}:key/{source}", "alias/from", f"{ARN}:alias/from"]
        tos = [destination, f"{ARN}:key/{destination}", "alias/to", f"{ARN}:alias/to"]
        for start, end in zip(froms, tos, strict=True):
            reply = kms.re_encrypt(CiphertextBlob=blob, SourceKeyId=start, DestinationKeyId=end)
            assert kms.decrypt(CiphertextBlob=reply["CiphertextBlob"], KeyId=destination)["Plaintext"] == b"x"

    def test_under_the_same_key_with_another_context(self, world: Any) -> None:
        blob = world.kms.encrypt(KeyId=world.key(), Plaintext=b"x")["CiphertextBlob"]
        reply = world.kms.re_encrypt(
            CiphertextBlob=blob, DestinationKeyId=world.key(), DestinationEncryptionContext={"a": "b"}
        )
        assert reply["SourceKeyId"] == reply["KeyId"] == world.key()
        with world.refuses("InvalidCiphertextException", ""):
            world.kms.decrypt(CiphertextBlob=reply["CiphertextBlob"])

    def test_the_source_context_counts(self, world: Any) -> None:
        blob = world.kms.encrypt(KeyId=world.key(), Plaintext=b"x", EncryptionContext={"a": "b"})["CiphertextBlob"]
        with world.refuses("InvalidCiphertextException", ""):
            world.kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=world.key())

    def test_another_source_key_named(self, kms: Any, make_key: Any, refuses: Any) -> None:
        source, other = make_key(), make_key()
        blob = kms.encrypt(KeyId=source, Plaintext=b"x")["CiphertextBlob"]
        with refuses(
            "IncorrectKeyException",
            "The key ID in the request does not identify a CMK that can perform this operation.",
        ):
            kms.re_encrypt(CiphertextBlob=blob, SourceKeyId=other, DestinationKeyId=other)

    def test_from_symmetric_to_rsa(self, world: Any, members: Any) -> None:
        rsa = world.key("RSA_2048", "ENCRYPT_DECRYPT")
        blob = world.kms.encrypt(KeyId=world.key(), Plaintext=b"x")["CiphertextBlob"]
        reply = world.kms.re_encrypt(
            CiphertextBlob=blob, DestinationKeyId=rsa, DestinationEncryptionAlgorithm="RSAES_OAEP_SHA_256"
        )
        assert members(reply) == self.MEMBERS - {"DestinationKeyMaterialId"}
        assert reply["DestinationEncryptionAlgorithm"] == "RSAES_OAEP_SHA_256"
        opened = world.kms.decrypt(
            KeyId=rsa, CiphertextBlob=reply["CiphertextBlob"], EncryptionAlgorithm="RSAES_OAEP_SHA_256"
        )
        assert opened["Plaintext"] == b"x"

    def test_from_rsa_to_symmetric(self, world: Any, members: Any) -> None:
        rsa = world.key("RSA_2048", "ENCRYPT_DECRYPT")
        blob = world.kms.encrypt(KeyId=rsa, Plaintext=b"x", EncryptionAlgorithm="RSAES_OAEP_SHA_1")["CiphertextBlob"]
        reply = world.kms.re_encrypt(
            CiphertextBlob=blob,
            SourceKeyId=rsa,
            SourceEncryptionAlgorithm="RSAES_OAEP_SHA_1",
            DestinationKeyId=world.key(),
            DestinationEncryptionContext={"a": "b"},
        )
        assert members(reply) == self.MEMBERS - {"SourceKeyMaterialId"}
        opened = world.kms.decrypt(CiphertextBlob=reply["CiphertextBlob"], EncryptionContext={"a": "b"})
        assert opened["Plaintext"] == b"x"

    def test_too_much_for_the_destination(self, world: Any) -> None:
        blob = world.kms.encrypt(KeyId=world.key(), Plaintext=b"x" * 191)["CiphertextBlob"]
        with world.refuses(
            "ValidationException",
            "Algorithm RSAES_OAEP_SHA_256 and key spec RSA_2048 cannot encrypt data larger than 190 bytes.",
        ):
            world.kms.re_encrypt(
                CiphertextBlob=blob,
                DestinationKeyId=world.key("RSA_2048", "ENCRYPT_DECRYPT"),
                DestinationEncryptionAlgorithm="RSAES_OAEP_SHA_256",
            )

    def test_context_with_rsa(self, world: Any) -> None:
        rsa = world.key("RSA_2048", "ENCRYPT_DECRYPT")
        blob = world.kms.encrypt(KeyId=world.key(), Plaintext=b"x")["CiphertextBlob"]
        with world.refuses(
            "ValidationException",
            "EncryptionContext is not supported when encrypting/decrypting with asymmetric CMKs.",
        ):
            world.kms.re_encrypt(
                CiphertextBlob=blob,
                DestinationKeyId=rsa,
                DestinationEncryptionAlgorithm="RSAES_OAEP_SHA_256",
                DestinationEncryptionContext={"a": "b"},
            )


DRY = "The request would have succeeded, but the DryRun option is set."


class TestDryRun:
    def test_would_succeed(self, world: Any) -> None:
        blob = world.kms.encrypt(KeyId=world.key(), Plaintext=b"x")["CiphertextBlob"]
        with world.refuses("DryRunOperationException", DRY):
            world.kms.encrypt(KeyId=world.key(), Plaintext=b"x", DryRun=True)
        with world.refuses("DryRunOperationException", DRY):
            world.kms.decrypt(CiphertextBlob=blob, DryRun=True)
        with world.refuses("DryRunOperationException", DRY):
            world.kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=world.key(), DryRun=True)

    def test_false_is_as_good_as_absent(self, world: Any) -> None:
        blob = world.kms.encrypt(KeyId=world.key(), Plaintext=b"x", DryRun=False)["CiphertextBlob"]
        assert world.kms.decrypt(CiphertextBlob=blob, DryRun=False)["Plaintext"] == b"x"

    def test_without_a_ciphertext(self, world: Any) -> None:
        modifiers = ["IGNORE_CIPHERTEXT"]
        with world.refuses("DryRunOperationException", DRY):
            world.kms.decrypt(KeyId=world.key(), DryRun=True, DryRunModifiers=modifiers)
        with world.refuses("DryRunOperationException", DRY):
            world.kms.re_encrypt(
                SourceKeyId=world.key(), DestinationKeyId=world.key(), DryRun=True, DryRunModifiers=modifiers
            )

    def test_the_ciphertext_is_not_looked_at_when_it_is_to_be_ignored(self, world: Any) -> None:
        """Model: IGNORE_CIPHERTEXT performs only authorization validation, without ciphertext validation."""
        with world.refuses("DryRunOperationException", DRY):
            world.kms.decrypt(
                KeyId=world.key(), CiphertextBlob=b"any", DryRun=True, DryRunModifiers=["IGNORE_CIPHERTEXT"]
            )

    def test_the_modifier_alone_does_nothing(self, world: Any) -> None:
        with world.refuses(
            "ValidationException",
            "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy constraint: "
            "Member must not be null",
        ):
            world.kms.decrypt(KeyId=world.key(), DryRunModifiers=["IGNORE_CIPHERTEXT"])

    def test_would_fail_for_the_state(self, kms: Any, make_key: Any, refuses: Any) -> None:
        key_id = make_key()
        kms.disable_key(KeyId=key_id)
        with refuses("DisabledException", f"{ARN}:key/{key_id} is disabled."):
            kms.encrypt(KeyId=key_id, Plaintext=b"x", DryRun=True)

    def test_would_fail_for_the_algorithm(self, world: Any) -> None:
        """Developer guide, Testing your permissions: DryRun verifies "that you have specified the parameters in the
        call correctly"; a call that cannot succeed is not said to succeed."""
        with world.refuses(
            "InvalidKeyUsageException", "Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048."
        ):
            world.kms.encrypt(KeyId=world.key("RSA_2048", "ENCRYPT_DECRYPT"), Plaintext=b"x", DryRun=True)

    def test_would_fail_for_the_ciphertext(self, world: Any) -> None:
        """The ciphertext is validated unless IGNORE_CIPHERTEXT says otherwise."""
        blob = world.kms.encrypt(KeyId=world.key(), Plaintext=b"x", EncryptionContext={"a": "b"})["CiphertextBlob"]
        with world.refuses("InvalidCiphertextException", ""):
            world.kms.decrypt(CiphertextBlob=blob, DryRun=True)


def test_no_secret_reaches_the_trail(kms: Any, lab: Any, make_key: Any) -> None:
    key_id = make_key()
    secret = b"a very secret plaintext"
    blob = kms.encrypt(KeyId=key_id, Plaintext=secret, EncryptionContext={"shown": "yes"})["CiphertextBlob"]
    kms.decrypt(CiphertextBlob=blob, EncryptionContext={"shown": "yes"})
    blob2 = kms.re_encrypt(CiphertextBlob=blob, SourceEncryptionContext={"shown": "yes"}, DestinationKeyId=key_id)[
        "CiphertextBlob"
    ]
    written = json.dumps(list(lab.trail)) + repr(list(lab.trail.calls))
    assert '"shown": "yes"' in written
    for hidden in (secret, blob, blob2):
        assert base64.b64encode(hidden).decode() not in written
        assert hidden.hex() not in written
        assert repr(hidden)[2:-1] not in written
