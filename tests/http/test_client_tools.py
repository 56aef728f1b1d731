"""Libraries that keep their keys in KMS: Tink, securesystemslib (which signs for TUF and in-toto), credstash."""

from __future__ import annotations

import base64
from importlib import import_module
from typing import Any

import pytest


@pytest.fixture(scope="module")
def kms(connect: Any) -> Any:
    """A plain boto3 client of the served Lab's KMS."""
    return connect("kms")


# --- Tink: a keyset that is sealed by a key in KMS ---


@pytest.fixture(scope="module")
def tink() -> Any:
    """Tink with its AEADs registered."""
    tink = import_module("tink")
    import_module("tink.aead").register()
    return tink


@pytest.fixture
def kms_aead(tink: Any, in_environ: None, kms: Any) -> Any:
    """A key of KMS as a Tink primitive. Tink makes its own boto3 client, for the Region in the ARN."""
    awskms = import_module("tink.integration.awskms")
    uri = "aws-kms://" + kms.create_key()["KeyMetadata"]["Arn"]
    return awskms.AwsKmsClient(uri, None).get_aead(uri)


def test_tink_seals_a_keyset_and_binds_it_to_its_context(tink: Any, kms_aead: Any) -> None:
    handle = tink.new_keyset_handle(tink.aead.aead_key_templates.AES256_GCM)
    stored = tink.proto_keyset_format.serialize_encrypted(handle, kms_aead, b"tenant 7")
    sealed = handle.primitive(tink.aead.Aead).encrypt(b"secret", b"row 1")
    loaded = tink.proto_keyset_format.parse_encrypted(stored, kms_aead, b"tenant 7")
    assert loaded.primitive(tink.aead.Aead).decrypt(sealed, b"row 1") == b"secret"
    with pytest.raises(tink.TinkError, match="InvalidCiphertextException"):
        tink.proto_keyset_format.parse_encrypted(stored, kms_aead, b"tenant 8")


def test_tink_encrypts_with_a_new_data_key_each_time(tink: Any, kms_aead: Any, kms: Any) -> None:
    envelope = tink.aead.KmsEnvelopeAead(tink.aead.aead_key_templates.AES256_GCM, kms_aead)
    first, second = envelope.encrypt(b"x" * 10000, b"c"), envelope.encrypt(b"x" * 10000, b"c")
    assert envelope.decrypt(first, b"c") == envelope.decrypt(second, b"c") == b"x" * 10000
    # Four bytes of length, then the data key as KMS sealed it, which anybody can hand to KMS.
    length = int.from_bytes(first[:4], "big")
    assert first[4 : 4 + length] != second[4 : 4 + length]
    opened = kms.decrypt(CiphertextBlob=first[4 : 4 + length])
    assert len(opened["Plaintext"]) > 32
    with pytest.raises(tink.TinkError):
        envelope.decrypt(first[:-1] + bytes([first[-1] ^ 1]), b"c")


# --- securesystemslib: sends a digest, verifies by itself ---


@pytest.mark.parametrize(
    ("spec", "scheme"),
    [
        ("ECC_NIST_P256", "ecdsa-sha2-nistp256"),
        ("ECC_NIST_P384", "ecdsa-sha2-nistp384"),
        ("RSA_2048", "rsassa-pss-sha256"),
        ("RSA_3072", "rsa-pkcs1v15-sha512"),
    ],
)
@pytest.mark.usefixtures("in_environ")
def test_securesystemslib_signs_metadata_with_a_key_in_kms(kms: Any, spec: str, scheme: str) -> None:
    signer = import_module("securesystemslib.signer")
    errors = import_module("securesystemslib.exceptions")
    key = kms.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName=f"alias/{scheme}", TargetKeyId=key)
    uri, public_key = signer.AWSSigner.import_(f"alias/{scheme}", scheme)
    assert uri == f"awskms:alias/{scheme}"
    signature = signer.Signer.from_priv_key_uri(uri, public_key).sign(b"metadata")
    public_key.verify_signature(signature, b"metadata")
    with pytest.raises(errors.UnverifiedSignatureError):
        public_key.verify_signature(signature, b"other metadata")
    # PKCS #1 v1.5 has no randomness: KMS, given the message and not its digest, makes the same.
    if scheme.startswith("rsa-pkcs1"):
        raw = kms.sign(KeyId=key, Message=b"metadata", SigningAlgorithm="RSASSA_PKCS1_V1_5_SHA_512")
        assert raw["Signature"].hex() == signature.signature


# --- credstash: secrets in DynamoDB, each with a data key of 64 bytes ---


def test_credstash_keeps_secrets_that_their_context_opens(installed: Any, connect: Any, kms: Any) -> None:
    credstash = installed("credstash")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/credstash", TargetKeyId=key)
    credstash("setup")
    credstash("put", "db.password", "hunter2", "app=web")
    assert credstash("get", "db.password", "app=web") == "hunter2\n"
    refusal = credstash("get", "db.password", "app=api", fails=True)
    assert refusal.startswith("KMS ERROR: Could not decrypt hmac key with KMS. The encryption context provided may not")
    credstash("put", "-a", "db.password", "hunter3", "app=web")
    assert credstash("get", "db.password", "app=web") == "hunter3\n"
    [first, second] = connect("dynamodb").scan(TableName="credential-store")["Items"]
    for item in (first, second):
        opened = kms.decrypt(CiphertextBlob=base64.b64decode(item["key"]["S"]), EncryptionContext={"app": "web"})
        assert (opened["KeyId"], len(opened["Plaintext"])) == (key, 64)
