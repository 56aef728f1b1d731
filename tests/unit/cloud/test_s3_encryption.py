"""What a request asks of S3, and which encryption that means."""

from __future__ import annotations

import base64
import json
import pickle
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest

from kmslab.cloud.s3.asked import Source, read
from kmslab.cloud.s3.encryption import AWS_S3, Wanted, check_configuration, wanted
from kmslab.cloud.s3.protection import AES256, DSSE, KMS, OwnKeys, Protection, Wrapped
from kmslab.wire.refusals import RefusedError

SSE = "x-amz-server-side-encryption"
KEY_ID, BUCKET_KEY, CONTEXT = f"{SSE}-aws-kms-key-id", f"{SSE}-bucket-key-enabled", f"{SSE}-context"


def default(algorithm: str, key: str | None = None, bucket_key: str | None = None) -> dict[str, Any]:
    """A bucket's configuration as moto keeps it."""
    by_default = {"SSEAlgorithm": algorithm} | ({"KMSMasterKeyID": key} if key else {})
    return {"Rule": {"ApplyServerSideEncryptionByDefault": by_default, "BucketKeyEnabled": bucket_key}}


@pytest.mark.parametrize(
    ("headers", "configuration", "expected"),
    [
        ({}, None, Wanted(AES256)),
        ({}, default(KMS), Wanted(KMS, AWS_S3)),
        ({}, default(KMS, "k", "true"), Wanted(KMS, "k", True)),
        ({}, default(DSSE, "k", "true"), Wanted(DSSE, "k")),
        ({SSE: AES256}, default(KMS, "k"), Wanted(AES256)),
        ({SSE: KMS}, default(KMS, "k"), Wanted(KMS, AWS_S3)),
        ({SSE: KMS, KEY_ID: "other"}, default(KMS, "k", "true"), Wanted(KMS, "other", True)),
        ({SSE: KMS, KEY_ID: "k", BUCKET_KEY: "false"}, default(KMS, "k", "true"), Wanted(KMS, "k")),
        ({SSE: KMS, KEY_ID: "k", BUCKET_KEY: "true"}, None, Wanted(KMS, "k", True)),
        ({f"{SSE}-customer-algorithm": AES256}, default(KMS, "k"), Wanted(None)),
        (
            {SSE: KMS, CONTEXT: base64.b64encode(json.dumps({"a": "b"}).encode()).decode()},
            None,
            Wanted(KMS, AWS_S3, context={"a": "b"}),
        ),
    ],
)
def test_headers_go_before_the_default(headers: Any, configuration: Any, expected: Wanted) -> None:
    assert wanted(headers, configuration) == expected


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        ({SSE: "aws:fantasy"}, "The encryption request that you specified is not valid. The valid value is AES256."),
        ({KEY_ID: "k"}, "requires HTTP header x-amz-server-side-encryption : aws:kms or aws:kms:dsse"),
        ({SSE: AES256, KEY_ID: "k"}, "requires HTTP header x-amz-server-side-encryption : aws:kms or aws:kms:dsse"),
        ({SSE: KMS, CONTEXT: "%%%"}, "shall be Base64-encoded UTF-8 string holding JSON."),
        ({SSE: KMS, CONTEXT: base64.b64encode(b"[1]").decode()}, "shall be Base64-encoded UTF-8 string holding JSON."),
    ],
)
def test_headers_that_are_none(headers: Any, text: str) -> None:
    with pytest.raises(RefusedError) as refused:
        wanted(headers, None)
    assert (refused.value.code, refused.value.status) == ("InvalidArgument", 400)
    assert refused.value.message.endswith(text)


def rule(inside: str) -> str:
    return f"<Rule><ApplyServerSideEncryptionByDefault>{inside}</ApplyServerSideEncryptionByDefault></Rule>"


AES_RULE = rule("<SSEAlgorithm>AES256</SSEAlgorithm>")


@pytest.mark.parametrize(
    "rules", [AES_RULE, rule("<SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>k</KMSMasterKeyID>")]
)
def test_a_default_that_is_one(rules: str) -> None:
    check_configuration(f'<C xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{rules}</C>'.encode())


@pytest.mark.parametrize("rules", ["", AES_RULE * 2, rule("<SSEAlgorithm>aws:x</SSEAlgorithm>"), "<Rule/>", "<Rule>"])
def test_a_default_that_is_none(rules: str) -> None:
    with pytest.raises(RefusedError) as refused:
        check_configuration(f"<C>{rules}</C>".encode())
    assert refused.value.code == "MalformedXML"


@pytest.mark.parametrize(
    ("method", "url", "headers", "expected"),
    [
        ("GET", "https://bucket.s3.amazonaws.com/a/b%20c", {}, ("GetObject", "bucket", "a/b c")),
        ("GET", "https://s3.eu-west-1.amazonaws.com/bucket/a?versionId=1", {}, ("GetObject", "bucket", "a")),
        ("GET", "https://my.s3.logs.s3.eu-west-1.amazonaws.com/a?acl", {}, ("", "my.s3.logs", "a")),
        ("PUT", "https://s3.amazonaws.com/b/k", {"X-Amz-Copy-Source": "x/y"}, ("CopyObject", "b", "k")),
        ("PUT", "https://s3.amazonaws.com/b/k?partNumber=1&uploadId=u", {}, ("UploadPart", "b", "k")),
        ("POST", "https://s3.amazonaws.com/b/k?uploads", {}, ("CreateMultipartUpload", "b", "k")),
        ("GET", "https://s3.amazonaws.com/b/k?uploadId=u", {}, ("", "b", "k")),
        ("PUT", "https://s3.amazonaws.com/b/?encryption", {}, ("PutBucketEncryption", "b", "")),
        ("GET", "https://s3.amazonaws.com/", {}, ("", "", "")),
    ],
)
def test_a_request_is_read(method: str, url: str, headers: dict[str, str], expected: tuple[str, ...]) -> None:
    assert read(AWSPreparedRequest(method, url, headers, b"", False))[:3] == expected


def test_the_source_of_a_copy_is_read() -> None:
    headers = {"x-amz-copy-source": "/from/a%2Fb%3F%20c?versionId=7"}
    asked = read(AWSPreparedRequest("PUT", "https://s3.amazonaws.com/b/k", headers, b"", False))
    assert asked.source == Source("from", "a/b? c", "7")


def test_a_protection_survives_and_shows_no_secret() -> None:
    own = OwnKeys()
    wrapped = Wrapped("us-east-1", "arn", b"blob", {"aws:s3:arn": "x"}, b"salt")
    kept = pickle.loads(pickle.dumps(Protection(DSSE, wrapped, own, b"own salt")))  # noqa: S301
    assert kept.keys(b"k" * 32) == Protection(DSSE, wrapped, own, b"own salt").keys(b"k" * 32)
    assert len(set(kept.keys(b"k" * 32))) == 2
    assert "secret" not in repr(kept)
    assert "blob" not in repr(kept)
