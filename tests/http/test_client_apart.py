"""Python clients that cannot be installed beside kmslab: aiobotocore, s3fs, and the Amazon S3 Encryption Client."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

pytestmark = pytest.mark.needs_python_packages

BUCKET = "apart"


@pytest.fixture(scope="module")
def s3(connect: Any) -> Any:
    """A plain boto3 client of the served Lab's S3, which has a bucket."""
    client = connect("s3")
    client.create_bucket(Bucket=BUCKET)
    return client


@pytest.fixture(scope="module")
def key(connect: Any) -> str:
    """The ARN of a key."""
    return str(connect("kms").create_key()["KeyMetadata"]["Arn"])


def test_aiobotocore_calls_kms_many_times_at_once(apart: Any, connect: Any, key: str) -> None:
    kms = connect("kms")
    result = apart("apart.py", "crowd", key)
    assert result["texts"] == [f"text {number}" for number in range(30)]
    assert result["missing"] == "Alias arn:aws:kms:us-east-1:123456789010:alias/nowhere is not found."
    assert result["pages"] == [1] * len(kms.list_keys()["Keys"])
    opened = kms.decrypt(CiphertextBlob=base64.b64decode(result["blob"]))
    assert (opened["KeyId"], opened["Plaintext"]) == (key, b"for boto3")


def test_s3fs_keeps_files_that_boto3_reads(apart: Any, s3: Any) -> None:
    result = apart("apart.py", "files", BUCKET)
    assert result == {
        "glob": [f"{BUCKET}/folder/copy.csv", f"{BUCKET}/folder/report.csv"],
        "middle": [6, 6, 7, 7],
        "size": 11 * 2**20,
        "missing": "FileNotFoundError",
    }
    assert s3.get_object(Bucket=BUCKET, Key="folder/copy.csv")["Body"].read() == b"a;b\n1;2\n"
    assert s3.head_object(Bucket=BUCKET, Key="folder/large")["ETag"].endswith('-3"')


def test_the_s3_encryption_client_sends_only_ciphertext(apart: Any, connect: Any, s3: Any, key: str) -> None:
    context = json.dumps({"tenant": "7"})
    text = "a secret of tenant 7, in S3"
    apart("apart.py", "seal", key, BUCKET, "sealed", text, context)
    assert apart("apart.py", "unseal", key, BUCKET, "sealed", context) == {"text": text}
    stored = s3.get_object(Bucket=BUCKET, Key="sealed")
    assert text.encode() not in stored["Body"].read()
    # The data key is in the object's metadata; only KMS opens it, with the context of both: ours and the client's.
    [blob] = [value for name, value in stored["Metadata"].items() if name in ("x-amz-3", "x-amz-key-v2")]
    full = {"tenant": "7", "aws:x-amz-cek-alg": "115"}
    opened = connect("kms").decrypt(CiphertextBlob=base64.b64decode(blob), EncryptionContext=full)
    assert (opened["KeyId"], len(opened["Plaintext"])) == (key, 32)


def test_kms_refuses_a_context_that_was_changed_in_the_metadata(apart: Any, s3: Any, key: str) -> None:
    eight, seven = json.dumps({"tenant": "8"}), json.dumps({"tenant": "7"})
    apart("apart.py", "seal", key, BUCKET, "bound", "text", eight)
    refused = apart("apart.py", "unseal", key, BUCKET, "bound", seven)["error"]
    assert "does not match information retrieved from S3" in refused
    # Who may write to the bucket can change that information, but not what KMS has bound to the data key.
    metadata = s3.head_object(Bucket=BUCKET, Key="bound")["Metadata"]
    metadata["x-amz-t"] = metadata["x-amz-t"].replace('"8"', '"7"')
    source = {"Bucket": BUCKET, "Key": "bound"}
    s3.copy_object(**source, CopySource=source, Metadata=metadata, MetadataDirective="REPLACE")
    assert "InvalidCiphertextException" in apart("apart.py", "unseal", key, BUCKET, "bound", seven)["error"]


def test_the_s3_encryption_client_needs_the_key_that_it_was_sealed_with(apart: Any, connect: Any, key: str) -> None:
    apart("apart.py", "seal", key, BUCKET, "mine", "text", "{}")
    other = connect("kms").create_key()["KeyMetadata"]["Arn"]
    assert "IncorrectKeyException" in apart("apart.py", "unseal", other, BUCKET, "mine", "{}")["error"]
    assert apart("apart.py", "unseal", key, BUCKET, "mine", "{}") == {"text": "text"}
