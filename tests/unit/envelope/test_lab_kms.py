"""Envelopes through a real boto3 client of the Lab: what CloudTrail shows, what it costs, what a disabled key does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab import Lab
from kmslab.envelope import decrypt, decrypt_file, encrypt, encrypt_file

CONTEXT = {"tenant": "blue", "purpose": "backup"}


@pytest.fixture
def key_arn(kms: Any) -> str:
    """A KMS key with the alias alias/app."""
    metadata = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/app", TargetKeyId=metadata["KeyId"])
    return str(metadata["Arn"])


def test_a_file_costs_two_requests_and_the_trail_shows_them_with_the_context(
    lab: Lab, kms: Any, key_arn: str, tmp_path: Path
) -> None:
    data = bytes(3_000_000)
    (tmp_path / "plain").write_bytes(data)
    bill, events = lab.bill, len(lab.trail)
    made = encrypt_file(kms, "alias/app", tmp_path / "plain", tmp_path / "sealed", CONTEXT)
    read = decrypt_file(kms, tmp_path / "sealed", tmp_path / "back", CONTEXT)
    assert (tmp_path / "back").read_bytes() == data
    assert made == read
    assert made.key_arn == key_arn
    assert made.file_bytes == (tmp_path / "sealed").stat().st_size
    assert lab.bill.since(bill).by("operation") == {"Decrypt": 1, "GenerateDataKey": 1}
    assert lab.bill.since(bill).requests == 2
    generated, decrypted = lab.trail[events:]
    assert generated["eventName"] == "GenerateDataKey"
    assert generated["requestParameters"] == {
        "encryptionContext": CONTEXT,
        "keyId": "alias/app",
        "keySpec": "AES_256",
    }
    assert decrypted["eventName"] == "Decrypt"
    assert decrypted["requestParameters"]["encryptionContext"] == CONTEXT
    assert decrypted["resources"][0]["ARN"] == key_arn


def test_a_disabled_key_refuses_to_decrypt(lab: Lab, kms: Any, key_arn: str, tmp_path: Path) -> None:
    (tmp_path / "sealed").write_bytes(encrypt(kms, "alias/app", b"data", CONTEXT))
    kms.disable_key(KeyId=key_arn)
    with pytest.raises(ClientError) as caught:
        decrypt_file(kms, tmp_path / "sealed", tmp_path / "back")
    assert caught.value.response["Error"] == {"Code": "DisabledException", "Message": f"{key_arn} is disabled."}
    assert [path.name for path in tmp_path.iterdir()] == ["sealed"]
    assert lab.trail[-1]["errorCode"] == "DisabledException"
    kms.enable_key(KeyId=key_arn)
    assert decrypt(kms, (tmp_path / "sealed").read_bytes()) == b"data"


@pytest.mark.parametrize("what", ["encrypted data key", "encryption context"])
def test_kms_refuses_what_was_changed_in_the_header(lab: Lab, kms: Any, key_arn: str, what: str) -> None:
    sealed = encrypt(kms, "alias/app", b"data", CONTEXT)
    if what == "encrypted data key":
        spoiled = sealed[:225] + bytes((sealed[225] ^ 1,)) + sealed[226:]
    else:
        spoiled = sealed.replace(b"blue", b"pink")
    with pytest.raises(ClientError) as caught:
        decrypt(kms, spoiled)
    assert caught.value.response["Error"]["Code"] == "InvalidCiphertextException"
    assert caught.value.response["Error"]["Message"] == ""
    assert lab.trail[-1]["errorCode"] == "InvalidCiphertextException"


def test_an_encryption_that_kms_refuses_writes_nothing(kms: Any, tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"data")
    with pytest.raises(ClientError) as caught:
        encrypt_file(kms, "alias/nobody", tmp_path / "plain", tmp_path / "sealed")
    assert caught.value.response["Error"]["Code"] == "NotFoundException"
    assert "alias/nobody is not found" in caught.value.response["Error"]["Message"]
    assert [path.name for path in tmp_path.iterdir()] == ["plain"]
