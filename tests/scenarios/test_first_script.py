"""The script a newcomer writes first: bare boto3, as in any AWS tutorial, and every call on bill and trail."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from kmslab import Lab

CALLS = [
    "CreateKey", "CreateAlias", "Encrypt", "Decrypt", "CreateKey", "ReEncrypt", "GenerateDataKey", "CreateKey", "Sign",
    "Verify", "GetPublicKey", "CreateKey", "GenerateMac", "VerifyMac",
]  # fmt: skip


def script() -> None:
    kms = boto3.client("kms", region_name="us-east-1")
    key_id = kms.create_key(Description="demo")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/app", TargetKeyId=key_id)
    blob = kms.encrypt(KeyId="alias/app", Plaintext=b"hello", EncryptionContext={"for": "demo"})["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=blob, EncryptionContext={"for": "demo"})["Plaintext"] == b"hello"

    second = kms.create_key()["KeyMetadata"]["Arn"]
    moved = kms.re_encrypt(
        CiphertextBlob=blob, SourceEncryptionContext={"for": "demo"}, DestinationKeyId=second
    )  # fmt: skip
    assert moved["KeyId"] == second
    assert moved["SourceKeyId"].endswith(key_id)

    data_key = kms.generate_data_key(KeyId="alias/app", KeySpec="AES_256")
    assert len(data_key["Plaintext"]) == 32

    signer = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    signed = kms.sign(KeyId=signer, Message=b"contract", SigningAlgorithm="ECDSA_SHA_256")
    assert kms.verify(
        KeyId=signer, Message=b"contract", Signature=signed["Signature"], SigningAlgorithm="ECDSA_SHA_256"
    )["SignatureValid"]
    public = serialization.load_der_public_key(kms.get_public_key(KeyId=signer)["PublicKey"])
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(signed["Signature"], b"contract", ec.ECDSA(hashes.SHA256()))

    keyed = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"]
    mac = kms.generate_mac(KeyId=keyed, Message=b"token", MacAlgorithm="HMAC_SHA_256")["Mac"]
    assert kms.verify_mac(KeyId=keyed, Message=b"token", Mac=mac, MacAlgorithm="HMAC_SHA_256")["MacValid"]


def test_the_script_runs_and_every_call_is_on_bill_and_trail(lab: Lab) -> None:
    with lab.installed():
        script()
    assert [event["eventName"] for event in lab.trail] == CALLS
    assert all("errorCode" not in event for event in lab.trail)
    assert lab.bill.requests == len(CALLS)
    assert sum(lab.bill.by("operation").values()) == len(CALLS)
    assert {event["userIdentity"]["arn"] for event in lab.trail} == {"arn:aws:iam::123456789010:user/administrator"}


def test_a_ciphertext_of_one_region_is_refused_in_another(lab: Lab) -> None:
    with lab.installed():
        kms, ireland = (boto3.client("kms", region_name=region) for region in ("us-east-1", "eu-west-1"))
        blob = kms.encrypt(KeyId=kms.create_key()["KeyMetadata"]["KeyId"], Plaintext=b"x")["CiphertextBlob"]
        with pytest.raises(ClientError) as caught:
            ireland.decrypt(CiphertextBlob=blob)
    error = caught.value.response["Error"]
    assert error["Code"] == "AccessDeniedException"
    assert error["Message"] == (
        "User: arn:aws:iam::123456789010:user/administrator is not authorized to perform: kms:Decrypt on the resource "
        "associated with this ciphertext because the resource does not exist in this Region, no resource-based "
        "policies allow access, or a resource-based policy explicitly denies access"
    )
    assert lab.trail[-1]["errorCode"] == "AccessDenied"
    assert lab.trail[-1]["awsRegion"] == "eu-west-1"
    assert lab.bill.by("region") == {"us-east-1": 2, "eu-west-1": 1}


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda blob: (blob, {"for": "else"}), id="other context"),
        pytest.param(lambda blob: (blob, {}), id="no context"),
        pytest.param(lambda blob: (bytes([blob[0]]) + bytes([blob[1] ^ 1]) + blob[2:], {"for": "demo"}), id="one bit"),
        pytest.param(lambda blob: (blob[:-1], {"for": "demo"}), id="truncated"),
        pytest.param(lambda blob: (b"nonsense", {"for": "demo"}), id="no blob at all"),
    ],
)
def test_what_was_tampered_with_is_refused_without_a_word(lab: Lab, spoil) -> None:  # type: ignore[no-untyped-def]
    kms = lab.client("kms")
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    blob = kms.encrypt(KeyId=key_id, Plaintext=b"hello", EncryptionContext={"for": "demo"})["CiphertextBlob"]
    ciphertext, context = spoil(blob)
    with pytest.raises(kms.exceptions.InvalidCiphertextException) as caught:
        kms.decrypt(CiphertextBlob=ciphertext, EncryptionContext=context)
    assert caught.value.response["Error"] == {"Code": "InvalidCiphertextException", "Message": ""}
    assert str(caught.value).endswith("operation: ")
