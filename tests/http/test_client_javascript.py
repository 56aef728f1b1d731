"""The AWS SDK for JavaScript v3 at work with KMS."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import uuid
from importlib import import_module
from itertools import chain
from typing import Any

import pytest

pytestmark = pytest.mark.needs_node

ACCOUNT = "123456789010"


@pytest.fixture(scope="module")
def kms(connect: Any) -> Any:
    """A plain boto3 client of the served Lab's KMS."""
    return connect("kms")


def test_an_envelope_made_in_javascript_opens_in_python(node: Any, kms: Any) -> None:
    made = node("kms_v3.cjs", "envelope")
    assert made["story"] == "a long story"
    assert made["keyIds"] == [made["arn"], made["arn"]]
    assert uuid.UUID(made["requestId"])
    context = {"owner": "js", "file": "größe.txt"}
    opened = kms.decrypt(CiphertextBlob=base64.b64decode(made["blob"]), EncryptionContext=context)
    assert opened["Plaintext"] == base64.b64decode(made["key"])
    assert kms.describe_key(KeyId="alias/javascript")["KeyMetadata"]["Arn"] == made["arn"]


def test_what_python_sealed_opens_in_javascript(node: Any, kms: Any) -> None:
    key = kms.create_key()["KeyMetadata"]["Arn"]
    context = {"b": "é", "a": "1"}
    sealed = kms.encrypt(KeyId=key, Plaintext="für JavaScript".encode(), EncryptionContext=context)
    blob = base64.b64encode(sealed["CiphertextBlob"]).decode()
    assert node("kms_v3.cjs", "open", blob, json.dumps(context)) == {
        "text": "für JavaScript",
        "algorithm": "SYMMETRIC_DEFAULT",
        "keyId": key,
    }


def test_a_signature_verifies_by_kms_and_by_node(node: Any) -> None:
    signed = node("kms_v3.cjs", "sign")
    assert (signed["valid"], signed["outside"], signed["curve"]) == (True, True, "secp384r1")
    assert signed["other"]["classes"] == ["KMSInvalidSignatureException", "KMSServiceException"]


def test_errors_arrive_as_the_classes_of_the_sdk(node: Any) -> None:
    found = node("kms_v3.cjs", "errors")
    own = {
        name: [each for each in found[name]["classes"] if each != "KMSServiceException"]
        for name in found
        if name != "arn"
    }
    assert own == {
        "missing": ["NotFoundException"],
        "context": ["InvalidCiphertextException"],
        "disabled": ["DisabledException"],
        # These two are of every service of AWS, so the SDK has no class of their own for them.
        "invalid": [],
        "stranger": [],
    }
    assert found["missing"]["message"] == f"Alias arn:aws:kms:us-east-1:{ACCOUNT}:alias/nowhere is not found."
    assert found["disabled"]["message"] == f"{found['arn']} is disabled."
    assert found["invalid"]["name"] == "ValidationException"
    assert "at 'keySpec' failed to satisfy constraint" in found["invalid"]["message"]
    assert found["stranger"]["name"] == "UnrecognizedClientException"
    assert found["stranger"]["message"] == "The security token included in the request is invalid."
    answers = {(found[name]["status"], found[name]["attempts"]) for name in own}
    assert answers == {(400, 1)}, "an error of the caller's is not tried again"


def test_a_paginator_comes_to_an_end(node: Any) -> None:
    listed = node("kms_v3.cjs", "pages")
    assert [len(page) for page in listed["pages"]] == [2, 2, 1]
    assert sorted(chain.from_iterable(listed["pages"])) == sorted(listed["made"])


def test_many_calls_at_once_and_members_that_are_dates(node: Any) -> None:
    result = node("kms_v3.cjs", "crowd")
    assert result["texts"] == [f"text {number}" for number in range(25)]
    assert result["macLength"] == 32
    assert result["days"] == pytest.approx(7, abs=0.01)
    assert result["state"] == "PendingDeletion"
    assert result["tags"] == [{"TagKey": "team", "TagValue": "js"}]


def test_key_material_wrapped_by_webcrypto_is_imported_and_taken_back(node: Any) -> None:
    result = node("kms_v3.cjs", "bring")
    assert result["state"] == "PendingImport"
    assert result["gone"]["classes"] == ["KMSInvalidStateException", "KMSServiceException"]
    assert result["gone"]["message"].endswith("is pending import.")


# --- S3 ---


@pytest.fixture(scope="module")
def s3(connect: Any) -> Any:
    """A plain boto3 client of the served Lab's S3."""
    return connect("s3")


@pytest.fixture(scope="module")
def bucket(s3: Any) -> str:
    """A bucket that Python made."""
    s3.create_bucket(Bucket="javascript")
    return "javascript"


def content(s3: Any, bucket: str, key: str) -> str:
    """The SHA-256 of an object, as Python reads it."""
    return hashlib.sha256(s3.get_object(Bucket=bucket, Key=key)["Body"].read()).hexdigest()


def test_objects_with_awkward_names_are_stored_copied_and_read_in_part(node: Any, s3: Any, bucket: str) -> None:
    result = node("s3_v3.cjs", "objects", bucket)
    assert result["same"] is True
    assert result["head"] == [100000, "x/y", {"colour": "blue"}]
    assert result["range"] == ["bytes 10-19/100000", True]
    assert content(s3, bucket, "a b/ü+1.bin") == content(s3, bucket, "copy") == result["digest"]
    assert (result["missing"]["status"], result["missing"]["noSuchKey"]) == (404, True)
    assert result["missing"]["message"] == "The specified key does not exist."
    assert (result["headless"]["status"], result["headless"]["notFound"]) == (404, True)


def test_a_stream_is_uploaded_in_parts(node: Any, s3: Any, bucket: str) -> None:
    result = node("s3_v3.cjs", "multipart", bucket)
    assert result["length"] == 12 * 1024 * 1024
    assert result["etag"].strip('"').endswith("-3")
    assert content(s3, bucket, "big") == result["digest"]


def test_presigned_urls_work_for_what_they_were_signed_for(node: Any, s3: Any, bucket: str) -> None:
    result = node("s3_v3.cjs", "presigned", bucket)
    assert result == {
        "stored": 200,
        "fetched": [200, "through a URL"],
        "bent": [403, "SignatureDoesNotMatch"],
    }
    assert s3.get_object(Bucket=bucket, Key="by url")["Body"].read() == b"through a URL"


def test_a_listing_comes_in_pages_and_many_deletions_in_one_request(node: Any, s3: Any, bucket: str) -> None:
    result = node("s3_v3.cjs", "listing", bucket)
    names = [f"list/{number}" for number in range(7)]
    assert result == {"pages": [names[:3], names[3:6], names[6:]], "deleted": names[:5]}
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=bucket, Prefix="list/")["Contents"]] == names[5:]


# --- clients on top of the SDK ---


def test_an_ethereum_wallet_signs_with_its_key_in_kms(node: Any, kms: Any) -> None:
    key = kms.create_key(KeySpec="ECC_SECG_P256K1", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    result = node("ethereum.cjs", key)
    assert re.fullmatch("0x[0-9a-fA-F]{40}", result["address"])
    assert result["recovered"] == result["from"] == result["address"]
    assert result["other"] != result["address"]
    assert result["value"] == "1.5"


@pytest.fixture(scope="module")
def sdk() -> Any:
    """The AWS Encryption SDK for Python: its client, and what makes a keyring of a key and a KMS client."""
    esdk = import_module("aws_encryption_sdk")
    mpl = import_module("aws_cryptographic_material_providers.mpl")
    models = import_module("aws_cryptographic_material_providers.mpl.models")
    providers = mpl.AwsCryptographicMaterialProviders(config=mpl.config.MaterialProvidersConfig())

    def keyring(key: str, kms: Any) -> Any:
        return providers.create_aws_kms_keyring(models.CreateAwsKmsKeyringInput(kms_key_id=key, kms_client=kms))

    return esdk.EncryptionSDKClient(), keyring


CONTEXT = {"tenant": "7", "größe": "groß"}
TEXT = b"The quick brown fox " * 500


def test_the_encryption_sdk_of_javascript_reads_what_that_of_python_wrote(node: Any, kms: Any, sdk: Any) -> None:
    client, keyring = sdk
    key, other = (kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2))
    sealed, _ = client.encrypt(source=TEXT, keyring=keyring(key, kms), encryption_context=CONTEXT)
    message = base64.b64encode(sealed).decode()
    result = node("encryption_sdk.cjs", "decrypt", key, message)
    assert base64.b64decode(result["plaintext"]) == TEXT
    assert result["context"].items() >= CONTEXT.items()
    assert result["providers"] == [key]
    found = node("encryption_sdk.cjs", "discover", ACCOUNT, message)
    assert base64.b64decode(found["plaintext"]) == TEXT
    refusal = "unencryptedDataKey has not been set"
    assert refusal in node("encryption_sdk.cjs", "discover", "999988887777", message)["error"]
    assert refusal in node("encryption_sdk.cjs", "decrypt", other, message)["error"]


def test_the_encryption_sdk_of_python_reads_what_that_of_javascript_wrote(node: Any, kms: Any, sdk: Any) -> None:
    client, keyring = sdk
    key = kms.create_key()["KeyMetadata"]["Arn"]
    text = base64.b64encode(TEXT).decode()
    message = base64.b64decode(node("encryption_sdk.cjs", "encrypt", key, text, json.dumps(CONTEXT))["message"])
    plaintext, header = client.decrypt(source=message, keyring=keyring(key, kms), encryption_context=CONTEXT)
    assert plaintext == TEXT
    assert [each.key_provider.key_info.decode() for each in header.encrypted_data_keys] == [key]
    kms.disable_key(KeyId=key)
    refused = node("encryption_sdk.cjs", "decrypt", key, base64.b64encode(message).decode())
    assert f"{key} is disabled" in refused["error"]
