"""The AWS SDK for Ruby, in a version from before asymmetric keys: what KMS has learnt since must not disturb it."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

import pytest

pytestmark = pytest.mark.needs_ruby


def test_an_envelope_made_in_ruby_opens_in_python(ruby: Any, connect: Any) -> None:
    made = ruby("kms.rb", "envelope")
    assert made["same"] is True
    assert made["key_ids"] == [made["arn"], made["arn"]]
    kms = connect("kms")
    context = {"größe": "groß", "owner": "ruby"}
    opened = kms.decrypt(CiphertextBlob=base64.b64decode(made["blob"]), EncryptionContext=context)
    assert opened["Plaintext"] == base64.b64decode(made["key"])
    created = kms.describe_key(KeyId=made["arn"])["KeyMetadata"]["CreationDate"]
    assert abs(datetime.fromisoformat(made["created"]) - created) < timedelta(seconds=1)
    assert abs(datetime.now(UTC) - created) < timedelta(minutes=5)


def test_errors_arrive_as_the_classes_of_the_sdk(ruby: Any) -> None:
    made = ruby("kms.rb", "envelope")
    assert made["missing"]["class"] == "Aws::KMS::Errors::NotFoundException"
    assert made["missing"]["message"] == "Alias arn:aws:kms:us-east-1:123456789010:alias/nowhere is not found."
    assert made["wrong"]["class"] == "Aws::KMS::Errors::InvalidCiphertextException"
    assert made["wrong"]["request_id"] != made["missing"]["request_id"]


def test_keys_are_granted_rotated_and_left(ruby: Any, connect: Any) -> None:
    iam, kms = connect("iam"), connect("kms")
    reader = iam.create_user(UserName="reader")["User"]["Arn"]
    key_pair = iam.create_access_key(UserName="reader")["AccessKey"]
    result = ruby("kms.rb", "manage", reader)
    assert result["moved"] == [result["old"], result["new"]]
    assert result["grants"] == [["reader", True, ["Decrypt"]]]
    assert result["rotates"] is True
    assert result["gone"]["class"] == "Aws::KMS::Errors::KMSInvalidStateException"
    assert result["gone"]["message"] == f"{result['old']} is pending deletion."
    week = datetime.fromisoformat(result["leaves"]) - datetime.now(UTC)
    assert abs(week - timedelta(days=7)) < timedelta(minutes=5)
    # The grant lets its grantee, who has no policy, read what Ruby wrote.
    granted = connect(
        "kms", aws_access_key_id=key_pair["AccessKeyId"], aws_secret_access_key=key_pair["SecretAccessKey"]
    )
    question = {"CiphertextBlob": base64.b64decode(result["blob"]), "EncryptionContext": {"room": "2"}}
    assert granted.decrypt(**question)["Plaintext"] == b"moving"
    assert kms.list_resource_tags(KeyId=result["new"])["Tags"] == [{"TagKey": "team", "TagValue": "ruby"}]


def test_pages_come_to_an_end(ruby: Any) -> None:
    listed = ruby("kms.rb", "pages")
    assert [len(page) for page in listed["pages"]] == [2, 2, 1]
    assert sorted(chain.from_iterable(listed["pages"])) == listed["made"]
