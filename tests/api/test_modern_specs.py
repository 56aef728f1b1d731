"""Ed25519, ML-DSA, ML-KEM and ECDH through boto3, each checked with the cryptography library outside the Lab."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, mlkem
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

from kmslab import Lab

DRY = "The request would have succeeded, but the DryRun option is set."
MESSAGE = b"what was agreed upon"
ML_DSA = {"ML_DSA_44": (1334, 2420), "ML_DSA_65": (1974, 3309), "ML_DSA_87": (2614, 4627)}
ML_KEM = {"ML_KEM_512": (822, 768), "ML_KEM_768": (1206, 1088), "ML_KEM_1024": (1590, 1568)}
CURVES = {"ECC_NIST_P256": (ec.SECP256R1, 32), "ECC_NIST_P384": (ec.SECP384R1, 48), "ECC_NIST_P521": (ec.SECP521R1, 66)}
EDWARDS = "ECC_NIST_EDWARDS25519"
SIGN, AGREE, ENCAPSULATE = "SIGN_VERIFY", "KEY_AGREEMENT", "ENCAPSULATE_DECAPSULATE"


def spki(private: Any) -> bytes:
    """The public key of a private key made outside."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return bytes(private.public_key().public_bytes(serialization.Encoding.DER, form))


def mu(public_key: Any, message: bytes) -> bytes:
    """ML-DSA's message representative for an empty context. Source: FIPS 204, algorithm 7, line 6."""
    tr = hashlib.shake_256(public_key.public_bytes_raw()).digest(64)
    return hashlib.shake_256(tr + b"\x00\x00" + message).digest(64)


class TestEd25519:
    def test_pure_signs_the_message(self, world: Any) -> None:
        key = world.key(EDWARDS, SIGN)
        public = world.kms.get_public_key(KeyId=key)
        assert public["SigningAlgorithms"] == ["ED25519_SHA_512", "ED25519_PH_SHA_512"]
        assert len(public["PublicKey"]) == 44
        made = [world.kms.sign(KeyId=key, Message=MESSAGE, SigningAlgorithm="ED25519_SHA_512") for _ in range(2)]
        signature = made[0]["Signature"]
        assert (len(signature), made[1]["Signature"]) == (64, signature), "Ed25519 is deterministic"
        load_der_public_key(public["PublicKey"]).verify(signature, MESSAGE)
        with pytest.raises(InvalidSignature):
            load_der_public_key(public["PublicKey"]).verify(signature, MESSAGE + b"!")

    def test_prehashed_signs_a_digest_and_is_another_algorithm(self, world: Any, refuses_in_world: Any) -> None:
        key, digest = world.key(EDWARDS, SIGN), hashlib.sha512(MESSAGE).digest()
        params = {"KeyId": key, "Message": digest, "MessageType": "DIGEST", "SigningAlgorithm": "ED25519_PH_SHA_512"}
        signature = world.kms.sign(**params)["Signature"]
        assert world.kms.verify(Signature=signature, **params)["SignatureValid"] is True
        with refuses_in_world("KMSInvalidSignatureException"):
            world.kms.verify(KeyId=key, Message=digest, Signature=signature, SigningAlgorithm="ED25519_SHA_512")

    @pytest.mark.parametrize(
        ("algorithm", "message_type"), [("ED25519_SHA_512", "DIGEST"), ("ED25519_PH_SHA_512", "RAW")]
    )
    def test_each_takes_one_message_type(
        self, world: Any, refuses_in_world: Any, algorithm: str, message_type: str
    ) -> None:
        params = {"KeyId": world.key(EDWARDS, SIGN), "Message": b"x" * 64, "SigningAlgorithm": algorithm}
        text = f"Message type {message_type} is incompatible with algorithm {algorithm}."
        with refuses_in_world("ValidationException", text):
            world.kms.sign(MessageType=message_type, **params)
        with refuses_in_world("ValidationException", text):
            world.kms.verify(MessageType=message_type, Signature=b"x" * 64, **params)

    def test_the_digest_has_64_bytes(self, world: Any, refuses_in_world: Any) -> None:
        with refuses_in_world("ValidationException", "Digest is invalid length for algorithm ED25519_PH_SHA_512."):
            world.kms.sign(
                KeyId=world.key(EDWARDS, SIGN),
                Message=b"x" * 32,
                MessageType="DIGEST",
                SigningAlgorithm="ED25519_PH_SHA_512",
            )


@pytest.mark.parametrize("spec", ML_DSA)
class TestMlDsa:
    def test_raw_and_external_mu_are_the_same_signature_scheme(self, world: Any, spec: str) -> None:
        key, algorithm = world.key(spec, SIGN), "ML_DSA_SHAKE_256"
        der = world.kms.get_public_key(KeyId=key)["PublicKey"]
        public = load_der_public_key(der)
        raw = world.kms.sign(KeyId=key, Message=MESSAGE, SigningAlgorithm=algorithm)["Signature"]
        assert (len(der), len(raw)) == ML_DSA[spec]
        public.verify(raw, MESSAGE)
        params = {"KeyId": key, "Message": mu(public, MESSAGE), "MessageType": "EXTERNAL_MU"}
        by_mu = world.kms.sign(SigningAlgorithm=algorithm, **params)["Signature"]
        public.verify(by_mu, MESSAGE)
        assert world.kms.verify(Signature=raw, SigningAlgorithm=algorithm, **params)["SignatureValid"] is True

    def test_what_does_not_verify(self, world: Any, refuses_in_world: Any, spec: str) -> None:
        params = {"KeyId": world.key(spec, SIGN), "SigningAlgorithm": "ML_DSA_SHAKE_256"}
        signature = bytearray(world.kms.sign(Message=MESSAGE, **params)["Signature"])
        signature[-1] ^= 1
        for bad in (bytes(signature), b"short"):
            with refuses_in_world("KMSInvalidSignatureException"):
                world.kms.verify(Message=MESSAGE, Signature=bad, **params)

    def test_message_types(self, world: Any, refuses_in_world: Any, spec: str) -> None:
        params = {"KeyId": world.key(spec, SIGN), "SigningAlgorithm": "ML_DSA_SHAKE_256"}
        with refuses_in_world("ValidationException", f"Message type DIGEST is incompatible with key spec {spec}."):
            world.kms.sign(Message=b"x" * 64, MessageType="DIGEST", **params)
        with refuses_in_world("ValidationException", "Digest is invalid length for algorithm ML_DSA_SHAKE_256."):
            world.kms.sign(Message=b"x" * 63, MessageType="EXTERNAL_MU", **params)


@pytest.mark.parametrize("spec", ML_KEM)
class TestMlKem:
    def test_encapsulated_here_and_opened_here(self, world: Any, members: Any, spec: str) -> None:
        key = world.key(spec, ENCAPSULATE)
        made = world.kms.encapsulate(KeyId=key, EncapsulationAlgorithm="ML_KEM")
        assert members(made) == {"KeyId", "SharedSecret", "SharedSecretCiphertextBlob", "EncapsulationAlgorithm"}
        assert (len(made["SharedSecret"]), len(made["SharedSecretCiphertextBlob"])) == (32, ML_KEM[spec][1])
        opened = world.kms.decapsulate(
            KeyId=key,
            EncapsulationAlgorithm="ML_KEM",
            SharedSecretCiphertextBlob=made["SharedSecretCiphertextBlob"],
        )
        assert opened["SharedSecret"] == made["SharedSecret"]
        assert members(opened) == {"KeyId", "SharedSecret", "EncapsulationAlgorithm"}
        assert (opened["KeyId"], opened["EncapsulationAlgorithm"]) == (key, "ML_KEM")

    def test_a_tampered_one_gives_another_secret_and_a_short_one_an_error(
        self, world: Any, refuses_in_world: Any, spec: str
    ) -> None:
        params = {"KeyId": world.key(spec, ENCAPSULATE), "EncapsulationAlgorithm": "ML_KEM"}
        made = world.kms.encapsulate(**params)
        blob = bytearray(made["SharedSecretCiphertextBlob"])
        blob[0] ^= 1
        other = world.kms.decapsulate(SharedSecretCiphertextBlob=bytes(blob), **params)["SharedSecret"]
        assert len(other) == 32
        assert other != made["SharedSecret"]
        assert world.kms.decapsulate(SharedSecretCiphertextBlob=bytes(blob), **params)["SharedSecret"] == other
        with refuses_in_world("InvalidCiphertextException"):
            world.kms.decapsulate(SharedSecretCiphertextBlob=bytes(blob[:-1]), **params)

    def test_the_public_key(self, world: Any, spec: str) -> None:
        shown = world.kms.get_public_key(KeyId=world.key(spec, ENCAPSULATE))
        assert len(shown["PublicKey"]) == ML_KEM[spec][0]
        assert (shown["EncapsulationAlgorithms"], shown["KeyUsage"]) == (["ML_KEM"], ENCAPSULATE)

    def test_a_data_key_pair(self, world: Any, spec: str) -> None:
        made = world.kms.generate_data_key_pair(KeyId=world.key(), KeyPairSpec=spec)
        assert (len(made["PublicKey"]), len(made["PrivateKeyPlaintext"])) == (ML_KEM[spec][0], 86)
        assert (
            world.kms.decrypt(CiphertextBlob=made["PrivateKeyCiphertextBlob"])["Plaintext"]
            == (made["PrivateKeyPlaintext"])
        )


def test_encapsulated_outside_and_opened_here(world: Any) -> None:
    key = world.key("ML_KEM_768", ENCAPSULATE)
    public = load_der_public_key(world.kms.get_public_key(KeyId=key)["PublicKey"])
    assert isinstance(public, mlkem.MLKEM768PublicKey)
    secret, blob = public.encapsulate()
    opened = world.kms.decapsulate(KeyId=key, EncapsulationAlgorithm="ML_KEM", SharedSecretCiphertextBlob=blob)
    assert opened["SharedSecret"] == secret


@pytest.mark.parametrize("spec", CURVES)
class TestDeriveSharedSecret:
    def test_both_sides_derive_the_same(self, world: Any, members: Any, spec: str) -> None:
        curve, size = CURVES[spec]
        key = world.key(spec, AGREE)
        shown = world.kms.get_public_key(KeyId=key)
        assert (shown["KeyAgreementAlgorithms"], shown["KeyUsage"]) == (["ECDH"], AGREE)
        mine = ec.generate_private_key(curve())
        reply = world.kms.derive_shared_secret(KeyId=key, KeyAgreementAlgorithm="ECDH", PublicKey=spki(mine))
        assert members(reply) == {"KeyId", "SharedSecret", "KeyAgreementAlgorithm", "KeyOrigin"}
        assert reply["SharedSecret"] == mine.exchange(ec.ECDH(), load_der_public_key(shown["PublicKey"]))
        assert (len(reply["SharedSecret"]), reply["KeyOrigin"]) == (size, "AWS_KMS")

    def test_a_public_key_that_does_not_fit(self, world: Any, refuses_in_world: Any, spec: str) -> None:
        other = next(curve for name, (curve, _) in CURVES.items() if name != spec)
        twisted = bytearray(spki(ec.generate_private_key(CURVES[spec][0]())))
        twisted[-1] ^= 1
        for bad in (b"no key", spki(ec.generate_private_key(other())), bytes(twisted)):
            with refuses_in_world("ValidationException"):
                world.kms.derive_shared_secret(
                    KeyId=world.key(spec, AGREE), KeyAgreementAlgorithm="ECDH", PublicKey=bad
                )


@pytest.fixture
def refuses_in_world(world: Any) -> Any:
    """Expect one call in the module's Lab to fail."""
    return world.refuses


@pytest.mark.parametrize(
    ("spec", "usage"),
    [
        ("ECC_SECG_P256K1", AGREE),
        (EDWARDS, AGREE),
        ("RSA_2048", AGREE),
        ("ML_DSA_44", ENCAPSULATE),
        ("ML_KEM_768", SIGN),
        ("SYMMETRIC_DEFAULT", ENCAPSULATE),
    ],
)
def test_a_usage_that_the_spec_does_not_have(kms: Any, refuses: Any, spec: str, usage: str) -> None:
    with refuses("ValidationException", f"KeyUsage {usage} is not compatible with KeySpec {spec}"):
        kms.create_key(KeySpec=spec, KeyUsage=usage)


@pytest.mark.parametrize("region", ["us-east-1", "cn-north-1"])
def test_sm2(refusals_of: Any, region: str) -> None:
    """Simplified: AWS has it in China."""
    with Lab(seed=1, region=region) as lab:
        with refusals_of(lab)("UnsupportedOperationException", "KeySpec SM2 is not supported in this Region"):
            lab.client("kms").create_key(KeySpec="SM2", KeyUsage="SIGN_VERIFY")


@pytest.mark.parametrize(
    ("operation", "usage", "params"),
    [
        ("derive_shared_secret", SIGN, {"KeyAgreementAlgorithm": "ECDH", "PublicKey": b"x"}),
        ("encapsulate", SIGN, {"EncapsulationAlgorithm": "ML_KEM"}),
        ("decapsulate", SIGN, {"EncapsulationAlgorithm": "ML_KEM", "SharedSecretCiphertextBlob": b"x"}),
    ],
)
def test_a_key_for_something_else(
    world: Any, refuses_in_world: Any, operation: str, usage: str, params: dict[str, Any]
) -> None:
    key = world.key("ECC_NIST_P256", usage)
    name = operation.title().replace("_", "")
    with refuses_in_world("InvalidKeyUsageException", f"{key} key usage is {usage} which is not valid for {name}."):
        getattr(world.kms, operation)(KeyId=key, **params)


def test_dry_runs(world: Any, refuses_in_world: Any) -> None:
    kem, agree = world.key("ML_KEM_512", ENCAPSULATE), world.key("ECC_NIST_P256", AGREE)
    blob = world.kms.encapsulate(KeyId=kem, EncapsulationAlgorithm="ML_KEM")["SharedSecretCiphertextBlob"]
    peer = spki(ec.generate_private_key(ec.SECP256R1()))
    with refuses_in_world("DryRunOperationException", DRY):
        world.kms.encapsulate(KeyId=kem, EncapsulationAlgorithm="ML_KEM", DryRun=True)
    with refuses_in_world("DryRunOperationException", DRY):
        world.kms.decapsulate(KeyId=kem, EncapsulationAlgorithm="ML_KEM", SharedSecretCiphertextBlob=blob, DryRun=True)
    with refuses_in_world("DryRunOperationException", DRY):
        world.kms.derive_shared_secret(KeyId=agree, KeyAgreementAlgorithm="ECDH", PublicKey=peer, DryRun=True)


def test_a_data_key_pair_of_ed25519(world: Any) -> None:
    made = world.kms.generate_data_key_pair(KeyId=world.key(), KeyPairSpec=EDWARDS)
    private = load_der_private_key(made["PrivateKeyPlaintext"], password=None)
    assert (spki(private), len(made["PrivateKeyPlaintext"])) == (made["PublicKey"], 48)
