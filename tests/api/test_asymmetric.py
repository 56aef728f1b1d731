"""Sign, Verify and GetPublicKey: every spec, algorithm and message type, checked with the cryptography library."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key

ACCOUNT = "123456789010"
ARN = f"arn:aws:kms:us-east-1:{ACCOUNT}"
DRY = "The request would have succeeded, but the DryRun option is set."
MESSAGE = b"what was agreed upon"

HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
RSA_SPECS = ("RSA_2048", "RSA_3072", "RSA_4096")
ECC = {
    "ECC_NIST_P256": ("ECDSA_SHA_256", "secp256r1", 91),
    "ECC_NIST_P384": ("ECDSA_SHA_384", "secp384r1", 120),
    "ECC_NIST_P521": ("ECDSA_SHA_512", "secp521r1", 158),
    "ECC_SECG_P256K1": ("ECDSA_SHA_256", "secp256k1", 88),
}
RSA_PUBLIC = {"RSA_2048": 294, "RSA_3072": 422, "RSA_4096": 550}
SPEC_ALGORITHMS = [
    (spec, f"RSASSA_{scheme}_SHA_{bits}") for spec in RSA_SPECS for scheme in ("PKCS1_V1_5", "PSS") for bits in HASHES
] + [(spec, algorithm) for spec, (algorithm, _, _) in ECC.items()]
IDS = [f"{spec}-{algorithm}" for spec, algorithm in SPEC_ALGORITHMS]


def hash_of(algorithm: str) -> hashes.HashAlgorithm:
    return HASHES[algorithm[-3:]]


def digest_of(algorithm: str, message: bytes = MESSAGE) -> bytes:
    return hashlib.new(f"sha{algorithm[-3:]}", message).digest()


def verify_outside(public_key: Any, algorithm: str, signature: bytes, message: bytes, *, is_digest: bool) -> None:
    """With the library alone; PSS insists on a salt as long as the digest."""
    chosen: Any = Prehashed(hash_of(algorithm)) if is_digest else hash_of(algorithm)
    if algorithm.startswith("ECDSA"):
        public_key.verify(signature, message, ec.ECDSA(chosen))
        return
    scheme: Any = padding.PKCS1v15()
    if "PSS" in algorithm:
        scheme = padding.PSS(padding.MGF1(hash_of(algorithm)), salt_length=hash_of(algorithm).digest_size)
    public_key.verify(signature, message, scheme, chosen)


@pytest.fixture(scope="module")
def public_keys(world: Any) -> Any:
    """The downloaded public key of the module's key of each spec."""
    loaded: dict[str, Any] = {}

    def get(spec: str) -> Any:
        if spec not in loaded:
            loaded[spec] = load_der_public_key(world.kms.get_public_key(KeyId=world.key(spec))["PublicKey"])
        return loaded[spec]

    return get


class TestSign:
    @pytest.mark.parametrize(("spec", "algorithm"), SPEC_ALGORITHMS, ids=IDS)
    def test_raw(self, world: Any, public_keys: Any, members: Any, spec: str, algorithm: str) -> None:
        reply = world.kms.sign(KeyId=world.key(spec), Message=MESSAGE, SigningAlgorithm=algorithm)
        assert members(reply) == {"KeyId", "Signature", "SigningAlgorithm"}
        assert reply["KeyId"] == world.key(spec)
        assert reply["SigningAlgorithm"] == algorithm
        if spec in RSA_SPECS:
            assert len(reply["Signature"]) == int(spec[4:]) // 8
        verify_outside(public_keys(spec), algorithm, reply["Signature"], MESSAGE, is_digest=False)

    @pytest.mark.parametrize(("spec", "algorithm"), SPEC_ALGORITHMS, ids=IDS)
    def test_digest(self, world: Any, public_keys: Any, spec: str, algorithm: str) -> None:
        digest = digest_of(algorithm)
        reply = world.kms.sign(KeyId=world.key(spec), Message=digest, MessageType="DIGEST", SigningAlgorithm=algorithm)
        # The digest itself is signed: who has the message verifies it, and so does who has the digest.
        verify_outside(public_keys(spec), algorithm, reply["Signature"], MESSAGE, is_digest=False)
        verify_outside(public_keys(spec), algorithm, reply["Signature"], digest, is_digest=True)

    def test_raw_does_not_take_a_digest_for_the_message(self, world: Any, public_keys: Any) -> None:
        digest = digest_of("ECDSA_SHA_256")
        signature = world.kms.sign(
            KeyId=world.key("ECC_NIST_P256"), Message=digest, MessageType="RAW", SigningAlgorithm="ECDSA_SHA_256"
        )["Signature"]
        verify_outside(public_keys("ECC_NIST_P256"), "ECDSA_SHA_256", signature, digest, is_digest=False)
        with pytest.raises(InvalidSignature):
            verify_outside(public_keys("ECC_NIST_P256"), "ECDSA_SHA_256", signature, MESSAGE, is_digest=False)

    @pytest.mark.parametrize("spec", ["RSA_2048", "ECC_NIST_P256"])
    def test_the_longest_and_the_shortest_message(self, world: Any, public_keys: Any, spec: str) -> None:
        algorithm = "RSASSA_PSS_SHA_512" if spec == "RSA_2048" else "ECDSA_SHA_256"
        for message in (b"m", b"m" * 4096):
            reply = world.kms.sign(KeyId=world.key(spec), Message=message, SigningAlgorithm=algorithm)
            verify_outside(public_keys(spec), algorithm, reply["Signature"], message, is_digest=False)

    def test_pkcs1_is_deterministic_and_the_others_are_not(self, world: Any) -> None:
        def signatures(spec: str, algorithm: str) -> set[bytes]:
            return {
                world.kms.sign(KeyId=world.key(spec), Message=MESSAGE, SigningAlgorithm=algorithm)["Signature"]
                for _ in range(3)
            }

        assert len(signatures("RSA_2048", "RSASSA_PKCS1_V1_5_SHA_256")) == 1
        assert len(signatures("RSA_2048", "RSASSA_PSS_SHA_256")) == 3
        assert len(signatures("ECC_NIST_P256", "ECDSA_SHA_256")) == 3

    @pytest.mark.parametrize("salt", [0, 20, 48, 222])
    def test_no_other_salt_length(self, world: Any, public_keys: Any, salt: int) -> None:
        signature = world.kms.sign(KeyId=world.key("RSA_2048"), Message=MESSAGE, SigningAlgorithm="RSASSA_PSS_SHA_256")[
            "Signature"
        ]
        scheme = padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=salt)
        with pytest.raises(InvalidSignature):
            public_keys("RSA_2048").verify(signature, MESSAGE, scheme, hashes.SHA256())


class TestVerify:
    @pytest.mark.parametrize(("spec", "algorithm"), SPEC_ALGORITHMS, ids=IDS)
    def test_true_or_an_error(self, world: Any, members: Any, spec: str, algorithm: str) -> None:
        arn, digest = world.key(spec), digest_of(algorithm)
        signature = world.kms.sign(KeyId=arn, Message=MESSAGE, SigningAlgorithm=algorithm)["Signature"]
        reply = world.kms.verify(KeyId=arn, Message=MESSAGE, Signature=signature, SigningAlgorithm=algorithm)
        assert members(reply) == {"KeyId", "SignatureValid", "SigningAlgorithm"}
        assert reply["SignatureValid"] is True
        assert reply["KeyId"] == arn
        assert reply["SigningAlgorithm"] == algorithm
        by_digest = world.kms.verify(
            KeyId=arn, Message=digest, MessageType="DIGEST", Signature=signature, SigningAlgorithm=algorithm
        )
        assert by_digest["SignatureValid"] is True
        with world.refuses("KMSInvalidSignatureException", ""):
            world.kms.verify(KeyId=arn, Message=MESSAGE + b".", Signature=signature, SigningAlgorithm=algorithm)
        with world.refuses("KMSInvalidSignatureException", ""):
            world.kms.verify(KeyId=arn, Message=digest, Signature=signature, SigningAlgorithm=algorithm)

    @pytest.mark.parametrize("spec", ["RSA_2048", "ECC_NIST_P256"])
    def test_any_bit_of_the_signature(self, world: Any, spec: str) -> None:
        algorithm = "RSASSA_PKCS1_V1_5_SHA_256" if spec == "RSA_2048" else "ECDSA_SHA_256"
        arn = world.key(spec)
        signature = world.kms.sign(KeyId=arn, Message=MESSAGE, SigningAlgorithm=algorithm)["Signature"]
        accepted = []
        for position in range(len(signature)):
            changed = bytearray(signature)
            changed[position] ^= 1 << position % 8
            try:
                world.kms.verify(KeyId=arn, Message=MESSAGE, Signature=bytes(changed), SigningAlgorithm=algorithm)
            except world.kms.exceptions.KMSInvalidSignatureException:
                continue
            accepted.append(position)
        assert accepted == []

    @pytest.mark.parametrize("signature", [b"x", b"\0" * 256, b"\xff" * 256, b"s" * 6144], ids=len)
    @pytest.mark.parametrize(
        ("spec", "algorithm"), [("RSA_2048", "RSASSA_PSS_SHA_256"), ("ECC_NIST_P384", "ECDSA_SHA_384")]
    )
    def test_what_is_no_signature(self, world: Any, spec: str, algorithm: str, signature: bytes) -> None:
        with world.refuses("KMSInvalidSignatureException", ""):
            world.kms.verify(KeyId=world.key(spec), Message=MESSAGE, Signature=signature, SigningAlgorithm=algorithm)

    def test_the_signature_of_another_algorithm(self, world: Any) -> None:
        arn = world.key("RSA_2048")
        signature = world.kms.sign(KeyId=arn, Message=MESSAGE, SigningAlgorithm="RSASSA_PSS_SHA_256")["Signature"]
        for algorithm in ("RSASSA_PKCS1_V1_5_SHA_256", "RSASSA_PSS_SHA_384"):
            with world.refuses("KMSInvalidSignatureException", ""):
                world.kms.verify(KeyId=arn, Message=MESSAGE, Signature=signature, SigningAlgorithm=algorithm)

    def test_the_signature_of_another_key(self, kms: Any, make_key: Any, refuses: Any) -> None:
        first, second = make_key("ECC_NIST_P256"), make_key("ECC_NIST_P256")
        signature = kms.sign(KeyId=first, Message=MESSAGE, SigningAlgorithm="ECDSA_SHA_256")["Signature"]
        with refuses("KMSInvalidSignatureException", ""):
            kms.verify(KeyId=second, Message=MESSAGE, Signature=signature, SigningAlgorithm="ECDSA_SHA_256")

    def test_malleable_parts_of_ecdsa(self, world: Any, public_keys: Any) -> None:
        """Zero and oversized numbers are refused; n - s is a signature too, as in plain ECDSA."""
        arn = world.key("ECC_NIST_P256")
        order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
        signature = world.kms.sign(KeyId=arn, Message=MESSAGE, SigningAlgorithm="ECDSA_SHA_256")["Signature"]
        r, s = decode_dss_signature(signature)
        twin = encode_dss_signature(r, order - s)
        verify_outside(public_keys("ECC_NIST_P256"), "ECDSA_SHA_256", twin, MESSAGE, is_digest=False)
        assert world.kms.verify(KeyId=arn, Message=MESSAGE, Signature=twin, SigningAlgorithm="ECDSA_SHA_256")
        for bad in ((0, s), (r, 0), (r + order, s), (r, s + order), (0, 0)):
            with world.refuses("KMSInvalidSignatureException", ""):
                world.kms.verify(
                    KeyId=arn,
                    Message=MESSAGE,
                    Signature=encode_dss_signature(*bad),
                    SigningAlgorithm="ECDSA_SHA_256",
                )


class TestGetPublicKey:
    @pytest.mark.parametrize("spec", RSA_SPECS)
    @pytest.mark.parametrize(
        ("usage", "member"), [("SIGN_VERIFY", "SigningAlgorithms"), ("ENCRYPT_DECRYPT", "EncryptionAlgorithms")]
    )
    def test_rsa(self, world: Any, members: Any, spec: str, usage: str, member: str) -> None:
        arn = world.key(spec, usage)
        reply = world.kms.get_public_key(KeyId=arn)
        assert members(reply) == {"CustomerMasterKeySpec", "KeyId", "KeySpec", "KeyUsage", "PublicKey", member}
        assert reply["KeyId"] == arn
        assert reply["KeySpec"] == reply["CustomerMasterKeySpec"] == spec
        assert reply["KeyUsage"] == usage
        assert reply[member] == world.kms.describe_key(KeyId=arn)["KeyMetadata"][member]
        assert len(reply["PublicKey"]) == RSA_PUBLIC[spec]
        key = load_der_public_key(reply["PublicKey"])
        assert isinstance(key, rsa.RSAPublicKey)
        assert key.key_size == int(spec[4:])

    @pytest.mark.parametrize("spec", ECC)
    def test_ecc(self, world: Any, members: Any, spec: str) -> None:
        algorithm, curve, size = ECC[spec]
        reply = world.kms.get_public_key(KeyId=world.key(spec))
        assert members(reply) == {
            "CustomerMasterKeySpec",
            "KeyId",
            "KeySpec",
            "KeyUsage",
            "PublicKey",
            "SigningAlgorithms",
        }
        assert reply["SigningAlgorithms"] == [algorithm]
        assert len(reply["PublicKey"]) == size
        key = load_der_public_key(reply["PublicKey"])
        assert isinstance(key, ec.EllipticCurvePublicKey)
        assert key.curve.name == curve

    def test_always_the_same(self, world: Any) -> None:
        replies = [world.kms.get_public_key(KeyId=world.key("ECC_NIST_P256"))["PublicKey"] for _ in range(2)]
        assert replies[0] == replies[1]

    def test_of_a_disabled_key(self, kms: Any, make_key: Any) -> None:
        key_id = make_key("ECC_NIST_P256")
        public = kms.get_public_key(KeyId=key_id)["PublicKey"]
        kms.disable_key(KeyId=key_id)
        assert kms.get_public_key(KeyId=key_id)["PublicKey"] == public

    def test_without_a_public_key(self, world: Any) -> None:
        for spec in ("SYMMETRIC_DEFAULT", "HMAC_256"):
            arn = world.key(spec)
            with world.refuses("UnsupportedOperationException", ""):
                world.kms.get_public_key(KeyId=arn)


def test_all_four_references(kms: Any, make_key: Any) -> None:
    key_id = make_key("ECC_NIST_P256")
    kms.create_alias(AliasName="alias/signer", TargetKeyId=key_id)
    asked = {"Message": MESSAGE, "SigningAlgorithm": "ECDSA_SHA_256"}
    for ref in (key_id, f"{ARN}:key/{key_id}", "alias/signer", f"{ARN}:alias/signer"):
        signed = kms.sign(KeyId=ref, **asked)
        assert signed["KeyId"] == f"{ARN}:key/{key_id}"
        assert kms.verify(KeyId=ref, Signature=signed["Signature"], **asked)["KeyId"] == f"{ARN}:key/{key_id}"
        assert kms.get_public_key(KeyId=ref)["KeyId"] == f"{ARN}:key/{key_id}"


class TestDryRun:
    def test_would_succeed(self, world: Any) -> None:
        arn = world.key("ECC_NIST_P256")
        signature = world.kms.sign(KeyId=arn, Message=MESSAGE, SigningAlgorithm="ECDSA_SHA_256")["Signature"]
        with world.refuses("DryRunOperationException", DRY):
            world.kms.sign(KeyId=arn, Message=MESSAGE, SigningAlgorithm="ECDSA_SHA_256", DryRun=True)
        with world.refuses("DryRunOperationException", DRY):
            world.kms.verify(
                KeyId=arn, Message=MESSAGE, Signature=signature, SigningAlgorithm="ECDSA_SHA_256", DryRun=True
            )

    def test_would_fail_for_the_algorithm(self, world: Any) -> None:
        """Developer guide, Testing your permissions: DryRun verifies that the parameters are correct."""
        arn = world.key("ECC_NIST_P256")
        with world.refuses(
            "InvalidKeyUsageException", "Algorithm ECDSA_SHA_384 is incompatible with key spec ECC_NIST_P256."
        ):
            world.kms.sign(KeyId=arn, Message=MESSAGE, SigningAlgorithm="ECDSA_SHA_384", DryRun=True)


def test_no_signature_reaches_the_trail(kms: Any, lab: Any, make_key: Any) -> None:
    key_id = make_key("ECC_NIST_P256")
    asked = {"KeyId": key_id, "Message": b"a message nobody may read", "SigningAlgorithm": "ECDSA_SHA_256"}
    signature = kms.sign(**asked)["Signature"]
    kms.verify(Signature=signature, **asked)
    written = json.dumps(list(lab.trail)) + repr(list(lab.trail.calls))
    assert "ECDSA_SHA_256" in written
    assert "nobody may read" not in written
    assert signature.hex() not in written
    assert "signature" not in {name.lower() for event in lab.trail for name in event["requestParameters"] or {}}
