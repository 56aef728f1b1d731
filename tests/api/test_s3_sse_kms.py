"""S3 with SSE-KMS: KMS is asked in the caller's name, decides, is billed, and is in the trail."""

from __future__ import annotations

import base64
import gc
import hashlib
import io
import json
import os
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from kmslab import Lab
from kmslab.cloud.s3.at_rest import SealedKey
from kmslab.errors import KmslabError

ACCOUNT = "123456789010"
BUCKET = "reports"
KMS = {"ServerSideEncryption": "aws:kms"}
SECRET = b"The merger is on Tuesday. " * 50
MB = 2**20

#: Two parts and a short one.
IN_PARTS = TransferConfig(multipart_threshold=5 * MB, multipart_chunksize=5 * MB, use_threads=False)


@pytest.fixture
def s3(lab: Lab) -> Any:
    """The administrator's S3 client; there is a bucket."""
    client = lab.client("s3")
    client.create_bucket(Bucket=BUCKET)
    return client


@pytest.fixture
def key_id(make_key: Callable[..., str]) -> str:
    """A symmetric key."""
    return make_key()


def key_arn(key_id: str, region: str = "us-east-1") -> str:
    return f"arn:aws:kms:{region}:{ACCOUNT}:key/{key_id}"


def calls(lab: Lab, since: int = 0) -> dict[str, int]:
    """How often KMS was called by S3."""
    events = [event for event in lab.trail[since:] if event["userIdentity"].get("invokedBy") == "fas.s3.amazonaws.com"]
    return dict(Counter(event["eventName"] for event in events))


def read(s3: Any, key: str, **options: Any) -> bytes:
    return bytes(s3.get_object(Bucket=BUCKET, Key=key, **options)["Body"].read())


def refused(call: Callable[..., Any], **params: Any) -> tuple[str, str, int]:
    """Code, text and status of a refusal."""
    with pytest.raises(ClientError) as caught:
        call(Bucket=BUCKET, **params)
    error = caught.value.response
    return error["Error"]["Code"], error["Error"]["Message"], error["ResponseMetadata"]["HTTPStatusCode"]


def keys_in(s3: Any) -> list[str]:
    return [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def grant_through_s3(user_arn: str, context: str, service: str = "s3.us-east-1.amazonaws.com") -> str:
    """A key policy that lets a user use the key through a service and with an encryption context."""
    root = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
    through = {
        "Effect": "Allow",
        "Principal": {"AWS": user_arn},
        "Action": ["kms:GenerateDataKey", "kms:Decrypt"],
        "Resource": "*",
        "Condition": {"StringEquals": {"kms:ViaService": service, "kms:EncryptionContext:aws:s3:arn": context}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [root, through]})


class TestWhatS3Says:
    @pytest.mark.parametrize("form", ["id", "arn", "alias", "alias arn"])
    def test_the_key_arn_however_the_key_was_named(self, lab: Lab, s3: Any, kms: Any, key_id: str, form: str) -> None:
        kms.create_alias(AliasName="alias/app", TargetKeyId=key_id)
        alias_arn = f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/app"
        named = {"id": key_id, "arn": key_arn(key_id), "alias": "alias/app", "alias arn": alias_arn}[form]
        put = s3.put_object(Bucket=BUCKET, Key="a", Body=SECRET, SSEKMSKeyId=named, **KMS)
        got = s3.get_object(Bucket=BUCKET, Key="a")
        for reply in (put, got, s3.head_object(Bucket=BUCKET, Key="a")):
            assert (reply["ServerSideEncryption"], reply["SSEKMSKeyId"]) == ("aws:kms", key_arn(key_id))
            assert "BucketKeyEnabled" not in reply
            assert "x-amz-server-side-encryption-bucket-key-enabled" not in reply["ResponseMetadata"]["HTTPHeaders"]
            assert reply["ETag"] == put["ETag"] != f'"{hashlib.md5(SECRET).hexdigest()}"'  # noqa: S324
        assert got["Body"].read() == SECRET
        assert calls(lab) == {"GenerateDataKey": 1, "Decrypt": 1}

    def test_every_object_is_at_least_under_sse_s3(self, lab: Lab, s3: Any) -> None:
        put = s3.put_object(Bucket=BUCKET, Key="a", Body=SECRET)
        for reply in (put, s3.get_object(Bucket=BUCKET, Key="a"), s3.head_object(Bucket=BUCKET, Key="a")):
            assert reply["ServerSideEncryption"] == "AES256"
            assert "SSEKMSKeyId" not in reply
            assert reply["ETag"] == f'"{hashlib.md5(SECRET).hexdigest()}"'  # noqa: S324
        assert read(s3, "a") == SECRET
        assert b"merger" not in lab.at_rest(BUCKET, "a")
        assert calls(lab) == {}

    def test_aws_s3_is_made_when_it_is_first_used(self, lab: Lab, s3: Any, kms: Any) -> None:
        first = s3.put_object(Bucket=BUCKET, Key="a", Body=SECRET, **KMS)["SSEKMSKeyId"]
        assert s3.put_object(Bucket=BUCKET, Key="b", Body=SECRET, **KMS)["SSEKMSKeyId"] == first
        shown = kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]
        assert (shown["Arn"], shown["KeyManager"]) == (first, "AWS")
        assert read(s3, "b") == SECRET
        assert calls(lab) == {"GenerateDataKey": 2, "Decrypt": 1}

    def test_a_range_conditions_and_nothing(self, lab: Lab, s3: Any, key_id: str) -> None:
        etag = s3.put_object(Bucket=BUCKET, Key="a", Body=SECRET, SSEKMSKeyId=key_id, **KMS)["ETag"]
        s3.put_object(Bucket=BUCKET, Key="empty", Body=b"", SSEKMSKeyId=key_id, **KMS)
        part = s3.get_object(Bucket=BUCKET, Key="a", Range="bytes=4-9")
        assert (part["Body"].read(), part["ContentRange"]) == (b"merger", f"bytes 4-9/{len(SECRET)}")
        assert part["ResponseMetadata"]["HTTPStatusCode"] == 206
        assert read(s3, "empty") == b""
        asked = calls(lab)
        assert refused(s3.get_object, Key="a", IfNoneMatch=etag)[0] == "304"
        assert refused(s3.get_object, Key="a", IfMatch="other")[0] == "PreconditionFailed"
        assert refused(s3.get_object, Key="a", Range="bytes=99999-")[0] == "InvalidRange"
        assert refused(s3.get_object, Key="none")[0] == "NoSuchKey"
        s3.head_object(Bucket=BUCKET, Key="a")
        assert calls(lab) == asked == {"GenerateDataKey": 2, "Decrypt": 2}

    def test_two_layers(self, lab: Lab, s3: Any, key_id: str) -> None:
        put = s3.put_object(
            Bucket=BUCKET, Key="a", Body=SECRET, SSEKMSKeyId=key_id, ServerSideEncryption="aws:kms:dsse"
        )
        for reply in (put, s3.head_object(Bucket=BUCKET, Key="a"), s3.get_object(Bucket=BUCKET, Key="a")):
            assert (reply["ServerSideEncryption"], reply["SSEKMSKeyId"]) == ("aws:kms:dsse", key_arn(key_id))
        assert read(s3, "a") == SECRET
        assert len(lab.at_rest(BUCKET, "a")) == len(SECRET) + 2 * 28

    def test_what_comes_with_a_customer_key_asks_nobody(self, lab: Lab, s3: Any) -> None:
        customer = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": b"k" * 32}
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
        s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})
        s3.put_object(Bucket=BUCKET, Key="a", Body=SECRET, **customer)
        got = s3.get_object(Bucket=BUCKET, Key="a", **customer)
        assert (got["Body"].read(), got.get("ServerSideEncryption")) == (SECRET, None)
        assert calls(lab) == {}


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("named", "code", "text"),
        [
            ("fake-key-id", "NotFoundException", "Invalid keyId 'fake-key-id'"),
            (
                "134f2428-cec1-4b25-a1ae-9048164dba47",
                "NotFoundException",
                f"Key '{key_arn('134f2428-cec1-4b25-a1ae-9048164dba47')}' does not exist",
            ),
            (
                key_arn("134f2428-cec1-4b25-a1ae-9048164dba47", "eu-west-1"),
                "NotFoundException",
                "Invalid arn eu-west-1",
            ),
        ],
    )
    def test_a_key_that_is_not_there(self, s3: Any, named: str, code: str, text: str) -> None:
        s3.put_object(Bucket=BUCKET, Key="source", Body=b"x")
        want = {"SSEKMSKeyId": named, **KMS}
        for answer in (
            refused(s3.put_object, Key="a", Body=SECRET, **want),
            refused(s3.create_multipart_upload, Key="a", **want),
            refused(s3.copy_object, Key="a", CopySource=f"{BUCKET}/source", **want),
        ):
            assert answer == (f"KMS.{code}", text, 400)
        assert keys_in(s3) == ["source"]
        assert "Uploads" not in s3.list_multipart_uploads(Bucket=BUCKET)

    def test_a_disabled_key_opens_nothing_until_it_is_enabled(self, lab: Lab, s3: Any, kms: Any, key_id: str) -> None:
        s3.put_object(Bucket=BUCKET, Key="a", Body=SECRET, SSEKMSKeyId=key_id, **KMS)
        before = lab.at_rest(BUCKET, "a")
        kms.disable_key(KeyId=key_id)
        error = ("KMS.DisabledException", f"{key_arn(key_id)} is disabled.", 400)
        assert refused(s3.get_object, Key="a") == error
        assert refused(s3.put_object, Key="a", Body=b"new", SSEKMSKeyId=key_id, **KMS) == error
        assert refused(s3.copy_object, Key="b", CopySource=f"{BUCKET}/a") == error
        assert s3.head_object(Bucket=BUCKET, Key="a")["ContentLength"] == len(SECRET)
        assert (keys_in(s3), lab.at_rest(BUCKET, "a")) == (["a"], before)
        assert [event["errorCode"] for event in lab.trail.events("Decrypt")] == ["DisabledException"] * 2
        kms.enable_key(KeyId=key_id)
        assert read(s3, "a") == SECRET

    def test_a_deleted_key_takes_the_object_with_it(self, lab: Lab, s3: Any, kms: Any, key_id: str) -> None:
        s3.put_object(Bucket=BUCKET, Key="a", Body=SECRET, SSEKMSKeyId=key_id, **KMS)
        kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
        pending = ("KMS.KMSInvalidStateException", f"{key_arn(key_id)} is pending deletion.", 400)
        assert refused(s3.get_object, Key="a") == pending
        lab.clock.advance(days=8)
        code, text, status = refused(s3.get_object, Key="a")
        assert (code, status) == ("AccessDenied", 403)
        assert "kms:Decrypt on the resource associated with this ciphertext because the resource does not exist" in text
        assert b"merger" not in lab.at_rest(BUCKET, "a")

    def test_who_may_not_use_the_key_may_not_use_the_object(self, lab: Lab, s3: Any, key_id: str) -> None:
        s3.put_object(Bucket=BUCKET, Key="a", Body=SECRET, SSEKMSKeyId=key_id, **KMS)
        statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
        alice = lab.user("alice", policy={"Version": "2012-10-17", "Statement": [statement]})
        hers = lab.client("s3", principal=alice)
        code, text, status = refused(hers.put_object, Key="b", Body=b"x", SSEKMSKeyId=key_id, **KMS)
        assert (code, status) == ("AccessDenied", 403)
        assert text == (
            f"User: {alice.arn} is not authorized to perform: kms:GenerateDataKey on resource: {key_arn(key_id)} "
            "because no identity-based policy allows the kms:GenerateDataKey action"
        )
        code, text, status = refused(hers.get_object, Key="a")
        assert (code, status) == ("AccessDenied", 403)
        assert f"{alice.arn} is not authorized to perform: kms:Decrypt on the resource associated with this" in text
        assert keys_in(s3) == ["a"]
        # The policy of aws/s3 lets everybody in who may use S3.
        hers.put_object(Bucket=BUCKET, Key="b", Body=SECRET, **KMS)
        assert read(hers, "b") == SECRET

    def test_a_key_policy_can_ask_for_s3_and_for_an_object(self, lab: Lab, s3: Any, kms: Any, alice: Any) -> None:
        policy = grant_through_s3(alice.arn, f"arn:aws:s3:::{BUCKET}/hers")
        key_id = kms.create_key(Policy=policy)["KeyMetadata"]["KeyId"]
        hers = lab.client("s3", principal=alice)
        want = {"Body": SECRET, "SSEKMSKeyId": key_arn(key_id), **KMS}
        hers.put_object(Bucket=BUCKET, Key="hers", **want)
        assert read(hers, "hers") == SECRET
        assert refused(hers.put_object, Key="others", **want)[0] == "AccessDenied"
        assert refused(hers.put_object, Key="hers", BucketKeyEnabled=True, **want)[0] == "AccessDenied"
        with pytest.raises(ClientError, match="AccessDeniedException"):
            lab.client("kms", principal=alice).generate_data_key(
                KeyId=key_id, KeySpec="AES_256", EncryptionContext={"aws:s3:arn": f"arn:aws:s3:::{BUCKET}/hers"}
            )
        elsewhere = grant_through_s3(alice.arn, f"arn:aws:s3:::{BUCKET}/hers", "s3.eu-west-1.amazonaws.com")
        kms.put_key_policy(KeyId=key_id, PolicyName="default", Policy=elsewhere)
        assert refused(hers.get_object, Key="hers")[0] == "AccessDenied"

    def test_an_alias_is_one_of_the_requesters_account(self, lab: Lab, s3: Any, kms: Any, make_key: Any) -> None:
        other = lab.account("999988887777")
        ours, theirs = make_key(), other.client("kms").create_key()["KeyMetadata"]
        kms.create_alias(AliasName="alias/app", TargetKeyId=ours)
        other.client("kms").create_alias(AliasName="alias/app", TargetKeyId=theirs["KeyId"])
        put = other.client("s3").put_object(Bucket=BUCKET, Key="a", Body=SECRET, SSEKMSKeyId="alias/app", **KMS)
        assert put["SSEKMSKeyId"] == theirs["Arn"]
        assert refused(s3.get_object, Key="a")[0] == "AccessDenied"
        assert other.client("s3").get_object(Bucket=BUCKET, Key="a")["Body"].read() == SECRET
        assert len(other.trail.events("Decrypt")) == 1

    def test_an_error_of_s3_leaves_what_was_there(self, lab: Lab, s3: Any, key_id: str) -> None:
        s3.put_object(Bucket=BUCKET, Key="a", Body=SECRET, SSEKMSKeyId=key_id, **KMS)
        assert refused(s3.put_object, Key="a", Body=b"new", Tagging="aws:mine=1")[0] == "InvalidTag"
        assert refused(s3.put_object, Key="b", Body=b"new", Tagging="aws:mine=1")[0] == "InvalidTag"
        assert (keys_in(s3), read(s3, "a")) == (["a"], SECRET)

    def test_at_rest_of_nothing(self, lab: Lab, s3: Any) -> None:
        with pytest.raises(KmslabError, match="There is no object 'none' in a bucket 'reports' of this Lab"):
            lab.at_rest(BUCKET, "none")


class TestTrailAndBill:
    def test_the_trail_tells_whose_object_it_was(self, lab: Lab, s3: Any, key_id: str) -> None:
        context = base64.b64encode(json.dumps({"team": "finance"}).encode()).decode()
        s3.put_object(Bucket=BUCKET, Key="a", Body=SECRET, SSEKMSKeyId=key_id, SSEKMSEncryptionContext=context, **KMS)
        read(s3, "a")
        expected = {"aws:s3:arn": f"arn:aws:s3:::{BUCKET}/a", "team": "finance"}
        for name in ("GenerateDataKey", "Decrypt"):
            (event,) = lab.trail.events(name)
            assert event["requestParameters"]["encryptionContext"] == expected
            assert event["userIdentity"]["arn"] == lab.administrator.arn
            assert event["userIdentity"]["invokedBy"] == "fas.s3.amazonaws.com"
            assert event["resources"][0]["ARN"] == key_arn(key_id)
        assert "keyId" not in lab.trail.events("Decrypt")[0]["requestParameters"]

    def test_every_call_is_billed(self, lab: Lab, s3: Any, key_id: str) -> None:
        before = lab.bill.requests
        for number in range(5):
            s3.put_object(Bucket=BUCKET, Key=f"{number}", Body=SECRET, SSEKMSKeyId=key_id, **KMS)
            read(s3, f"{number}")
        assert lab.bill.requests - before == 10

    def test_a_bucket_key_saves_calls(self, lab: Lab, s3: Any, key_id: str, bob: Any) -> None:
        want = {"Body": SECRET, "SSEKMSKeyId": key_id, "BucketKeyEnabled": True, **KMS}
        assert s3.put_object(Bucket=BUCKET, Key="0", **want)["BucketKeyEnabled"] is True
        for number in range(1, 20):
            s3.put_object(Bucket=BUCKET, Key=f"{number}", **want)
            assert read(s3, f"{number}") == SECRET
        assert calls(lab) == {"GenerateDataKey": 1}
        (event,) = lab.trail.events("GenerateDataKey")
        assert event["requestParameters"]["encryptionContext"] == {"aws:s3:arn": f"arn:aws:s3:::{BUCKET}"}
        assert len({lab.at_rest(BUCKET, f"{number}") for number in range(20)}) == 20
        # Somebody else asks for himself, once.
        his = lab.client("s3", principal=bob)
        for number in range(5):
            assert read(his, f"{number}") == SECRET
        assert calls(lab) == {"GenerateDataKey": 1, "Decrypt": 1}
        lab.clock.advance(hours=1)
        assert (read(s3, "0"), read(s3, "1")) == (SECRET, SECRET)
        assert calls(lab) == {"GenerateDataKey": 1, "Decrypt": 2}
        s3.put_object(Bucket=BUCKET, Key="0", **want)
        assert calls(lab) == {"GenerateDataKey": 2, "Decrypt": 2}

    def test_a_bucket_key_outlives_a_disabled_key_for_a_while(self, lab: Lab, s3: Any, kms: Any, key_id: str) -> None:
        s3.put_object(Bucket=BUCKET, Key="a", Body=SECRET, SSEKMSKeyId=key_id, BucketKeyEnabled=True, **KMS)
        kms.disable_key(KeyId=key_id)
        assert read(s3, "a") == SECRET
        lab.clock.advance(hours=1)
        assert refused(s3.get_object, Key="a")[0] == "KMS.DisabledException"


class TestTheDefaultOfABucket:
    def test_it_is_sse_s3_unless_said_otherwise(self, s3: Any, key_id: str) -> None:
        def default() -> Any:
            return s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]

        own = [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}]
        assert default() == own
        by_default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key_id}
        rule = {"ApplyServerSideEncryptionByDefault": by_default, "BucketKeyEnabled": True}
        s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})
        assert default() == [rule]
        put = s3.put_object(Bucket=BUCKET, Key="a", Body=SECRET)
        assert (put["SSEKMSKeyId"], put["BucketKeyEnabled"]) == (key_arn(key_id), True)
        assert "BucketKeyEnabled" not in s3.put_object(
            Bucket=BUCKET, Key="a", Body=b"", BucketKeyEnabled=False, SSEKMSKeyId=key_id, **KMS
        )
        assert s3.put_object(Bucket=BUCKET, Key="b", Body=b"", ServerSideEncryption="AES256").get("SSEKMSKeyId") is None
        upload = s3.create_multipart_upload(Bucket=BUCKET, Key="c")
        assert (upload["SSEKMSKeyId"], upload["BucketKeyEnabled"]) == (key_arn(key_id), True)
        s3.delete_bucket_encryption(Bucket=BUCKET)
        assert default() == own
        assert s3.head_object(Bucket=BUCKET, Key="a")["SSEKMSKeyId"] == key_arn(key_id)

    @pytest.mark.parametrize(
        ("rules", "code", "text"),
        [
            (
                [{"SSEAlgorithm": "AES256", "KMSMasterKeyID": "k"}],
                "InvalidArgument",
                "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
            ),
            (
                [{"SSEAlgorithm": "AES256"}] * 2,
                "MalformedXML",
                "The XML you provided was not well-formed or did not validate against our published schema",
            ),
            (
                [],
                "MalformedXML",
                "The XML you provided was not well-formed or did not validate against our published schema",
            ),
        ],
    )
    def test_one_that_is_none(self, s3: Any, rules: Any, code: str, text: str) -> None:
        config = {"Rules": [{"ApplyServerSideEncryptionByDefault": rule} for rule in rules]}
        assert refused(s3.put_bucket_encryption, ServerSideEncryptionConfiguration=config) == (code, text, 400)
        rules = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
        assert rules[0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


class TestCopies:
    def test_from_region_to_region(self, lab: Lab, s3: Any, key_id: str) -> None:
        frankfurt = lab.client("s3", "eu-central-1")
        where = {"LocationConstraint": "eu-central-1"}
        frankfurt.create_bucket(Bucket="frankfurt", CreateBucketConfiguration=where)
        there = lab.client("kms", "eu-central-1").create_key()["KeyMetadata"]["Arn"]
        s3.put_object(Bucket=BUCKET, Key="a", Body=SECRET, SSEKMSKeyId=key_id, Metadata={"a": "b"}, **KMS)
        source = f"{BUCKET}/a"
        with pytest.raises(ClientError, match=r"KMS\.NotFoundException.*Invalid arn us-east-1"):
            frankfurt.copy_object(Bucket="frankfurt", Key="a", CopySource=source, SSEKMSKeyId=key_arn(key_id), **KMS)
        copied = frankfurt.copy_object(Bucket="frankfurt", Key="a", CopySource=source, SSEKMSKeyId=there, **KMS)
        assert copied["SSEKMSKeyId"] == there
        got = frankfurt.get_object(Bucket="frankfurt", Key="a")
        assert (got["Body"].read(), got["Metadata"]) == (SECRET, {"a": "b"})
        assert got["ETag"] == copied["CopyObjectResult"]["ETag"]
        assert b"merger" not in lab.at_rest("frankfurt", "a")
        regions = [(event["eventName"], event["awsRegion"]) for event in lab.trail[-3:]]
        assert regions == [("Decrypt", "us-east-1"), ("GenerateDataKey", "eu-central-1"), ("Decrypt", "eu-central-1")]

    def test_the_key_of_the_source_is_not_carried_over(self, s3: Any, key_id: str) -> None:
        want = {"SSEKMSKeyId": key_id, "BucketKeyEnabled": True, **KMS}
        s3.put_object(Bucket=BUCKET, Key="a", Body=SECRET, **want)
        copied = s3.copy_object(Bucket=BUCKET, Key="b", CopySource=f"{BUCKET}/a")
        assert (copied["ServerSideEncryption"], copied.get("SSEKMSKeyId")) == ("AES256", None)
        in_place = s3.copy_object(Bucket=BUCKET, Key="a", CopySource=f"{BUCKET}/a")
        assert (in_place["ServerSideEncryption"], in_place.get("BucketKeyEnabled")) == ("AES256", None)
        assert in_place["CopyObjectResult"]["ETag"] == f'"{hashlib.md5(SECRET).hexdigest()}"'  # noqa: S324
        assert (read(s3, "a"), read(s3, "b")) == (SECRET, SECRET)

    def test_a_condition_that_does_not_hold_costs_no_call(self, lab: Lab, s3: Any, key_id: str) -> None:
        want = {"SSEKMSKeyId": key_id, **KMS}
        etag = s3.put_object(Bucket=BUCKET, Key="a", Body=SECRET, **want)["ETag"]
        modified = s3.head_object(Bucket=BUCKET, Key="a")["LastModified"]
        source = {"Key": "b", "CopySource": f"{BUCKET}/a", **want}
        for condition in (
            {"CopySourceIfMatch": "other"},
            {"CopySourceIfNoneMatch": etag},
            {"CopySourceIfModifiedSince": modified},
            {"CopySourceIfUnmodifiedSince": modified - timedelta(days=1)},
        ):
            code, text, status = refused(s3.copy_object, **source, **condition)
            assert (code, status) == ("PreconditionFailed", 412)
            assert text == "At least one of the pre-conditions you specified did not hold"
        assert calls(lab) == {"GenerateDataKey": 1}
        s3.copy_object(Bucket=BUCKET, **source, CopySourceIfMatch=etag, CopySourceIfUnmodifiedSince=modified)
        assert read(s3, "b") == SECRET

    def test_versions_have_keys_of_their_own(self, lab: Lab, s3: Any, kms: Any, make_key: Any) -> None:
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        old, new = make_key(), make_key()
        versions = [
            s3.put_object(Bucket=BUCKET, Key="a", Body=key.encode(), SSEKMSKeyId=key, **KMS)["VersionId"]
            for key in (old, new)
        ]
        kms.disable_key(KeyId=old)
        assert read(s3, "a") == new.encode()
        assert refused(s3.get_object, Key="a", VersionId=versions[0])[0] == "KMS.DisabledException"
        assert (
            lab.at_rest(BUCKET, "a", versions[0]) != lab.at_rest(BUCKET, "a") == lab.at_rest(BUCKET, "a", versions[1])
        )
        kms.enable_key(KeyId=old)
        s3.delete_object(Bucket=BUCKET, Key="a")
        assert refused(s3.get_object, Key="a")[0] == "NoSuchKey"
        assert read(s3, "a", VersionId=versions[0]) == old.encode()


class TestParts:
    def test_an_upload_in_parts(self, lab: Lab, s3: Any, key_id: str) -> None:
        content = os.urandom(11 * MB)
        s3.upload_fileobj(io.BytesIO(content), BUCKET, "a", Config=IN_PARTS, ExtraArgs={"SSEKMSKeyId": key_id, **KMS})
        assert calls(lab) == {"GenerateDataKey": 1, "Decrypt": 4}
        head = s3.head_object(Bucket=BUCKET, Key="a")
        assert (head["SSEKMSKeyId"], head["ContentLength"]) == (key_arn(key_id), len(content))
        assert head["ETag"].endswith('-3"')
        for start, stop in ((5 * MB - 3, 5 * MB + 3), (0, len(content) - 1), (4 * MB, 11 * MB - 1)):
            assert read(s3, "a", Range=f"bytes={start}-{stop}") == content[start : stop + 1]
        part = s3.get_object(Bucket=BUCKET, Key="a", PartNumber=2)
        assert (part["Body"].read(), part["PartsCount"]) == (content[5 * MB : 10 * MB], 3)
        assert content[7 * MB : 7 * MB + 32] not in lab.at_rest(BUCKET, "a")
        assert s3.get_object_acl(Bucket=BUCKET, Key="a")["Grants"][0]["Permission"] == "FULL_CONTROL"
        s3.copy({"Bucket": BUCKET, "Key": "a"}, BUCKET, "b", Config=IN_PARTS, ExtraArgs={"SSEKMSKeyId": key_id, **KMS})
        s3.copy_object(Bucket=BUCKET, Key="c", CopySource=f"{BUCKET}/b", SSEKMSKeyId=key_id, **KMS)
        assert (read(s3, "b"), read(s3, "c")) == (content, content)
        etags = [s3.head_object(Bucket=BUCKET, Key=key)["ETag"] for key in "abc"]
        assert [etag.endswith('-3"') for etag in etags] == [True, True, False]

    def test_a_bucket_key_serves_a_whole_upload(self, lab: Lab, s3: Any, key_id: str) -> None:
        by_default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key_id}
        rule = {"ApplyServerSideEncryptionByDefault": by_default, "BucketKeyEnabled": True}
        s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})
        s3.upload_fileobj(io.BytesIO(bytes(6 * MB)), BUCKET, "a", Config=IN_PARTS)
        assert read(s3, "a") == bytes(6 * MB)
        assert s3.head_object(Bucket=BUCKET, Key="a")["BucketKeyEnabled"] is True
        assert calls(lab) == {"GenerateDataKey": 1}

    def test_each_step_can_be_refused(self, s3: Any, kms: Any, key_id: str) -> None:
        upload = s3.create_multipart_upload(Bucket=BUCKET, Key="a", SSEKMSKeyId=key_id, **KMS)
        where = {"Key": "a", "UploadId": upload["UploadId"]}
        assert upload["SSEKMSKeyId"] == key_arn(key_id)
        part = s3.upload_part(Bucket=BUCKET, PartNumber=1, Body=SECRET, **where)
        assert part["SSEKMSKeyId"] == key_arn(key_id)
        done = {"MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}}
        kms.disable_key(KeyId=key_id)
        error = ("KMS.DisabledException", f"{key_arn(key_id)} is disabled.", 400)
        assert refused(s3.upload_part, PartNumber=2, Body=SECRET, **where) == error
        assert refused(s3.complete_multipart_upload, **done, **where) == error
        assert keys_in(s3) == []
        assert [each["PartNumber"] for each in s3.list_parts(Bucket=BUCKET, **where)["Parts"]] == [1]
        kms.enable_key(KeyId=key_id)
        completed = s3.complete_multipart_upload(Bucket=BUCKET, **done, **where)
        assert completed["SSEKMSKeyId"] == key_arn(key_id)
        assert "VersionId" not in completed
        assert s3.complete_multipart_upload(Bucket=BUCKET, **done, **where)["ETag"] == completed["ETag"]
        assert read(s3, "a") == SECRET

    def test_an_upload_that_is_none(self, lab: Lab, s3: Any) -> None:
        where = {"Key": "a", "UploadId": "none"}
        assert refused(s3.upload_part, PartNumber=1, Body=b"", **where)[::2] == ("NoSuchUpload", 404)
        where["UploadId"] = s3.create_multipart_upload(Bucket=BUCKET, Key="a")["UploadId"]
        assert refused(s3.upload_part, PartNumber=10_001, Body=b"", **where)[:2] == (
            "InvalidArgument",
            "Part number must be an integer between 1 and 10000, inclusive",
        )

    def test_a_hundred_megabytes_from_region_to_region(self, lab: Lab, s3: Any, key_id: str) -> None:
        content = os.urandom(MB) * 100
        parts = TransferConfig(multipart_threshold=8 * MB, multipart_chunksize=8 * MB)
        s3.upload_fileobj(io.BytesIO(content), BUCKET, "a", Config=parts, ExtraArgs={"SSEKMSKeyId": key_id, **KMS})
        frankfurt = lab.client("s3", "eu-central-1")
        where = {"LocationConstraint": "eu-central-1"}
        frankfurt.create_bucket(Bucket="frankfurt", CreateBucketConfiguration=where)
        there = lab.client("kms", "eu-central-1").create_key()["KeyMetadata"]["Arn"]
        frankfurt.copy_object(Bucket="frankfurt", Key="a", CopySource=f"{BUCKET}/a", SSEKMSKeyId=there, **KMS)
        for border in range(8 * MB, 100 * MB, 8 * MB):
            got = frankfurt.get_object(Bucket="frankfurt", Key="a", Range=f"bytes={border - 9}-{border + 8}")
            assert got["Body"].read() == content[border - 9 : border + 9]
        assert frankfurt.get_object(Bucket="frankfurt", Key="a")["Body"].read() == content
        for bucket in (BUCKET, "frankfurt"):
            at_rest = lab.at_rest(bucket, "a")
            assert len(at_rest) > len(content)
            assert content[:16] not in at_rest


def test_what_is_gone_is_gone_from_memory(lab: Lab, s3: Any, key_id: str) -> None:
    gone = MB + 77
    for body in (bytes(gone), b"new"):
        s3.put_object(Bucket=BUCKET, Key="a", Body=body, SSEKMSKeyId=key_id, **KMS)
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="b")
    where = {"Bucket": BUCKET, "Key": "b", "UploadId": upload["UploadId"]}
    s3.upload_part(PartNumber=1, Body=bytes(gone), **where)
    assert [each.contentsize for each in sealed_keys() if each.contentsize == gone] == [gone]
    s3.abort_multipart_upload(**where)
    assert [each.contentsize for each in sealed_keys() if each.contentsize == gone] == []


def sealed_keys() -> list[SealedKey]:
    """Every sealed object that this process still has."""
    gc.collect()
    return [each for each in gc.get_objects() if type(each) is SealedKey]


def test_it_is_all_there_when_the_lab_is_opened_again(tmp_path: Path) -> None:
    with Lab.open(tmp_path / "lab", seed=1) as lab:
        s3, key_id = lab.client("s3"), lab.client("kms").create_key()["KeyMetadata"]["KeyId"]
        s3.create_bucket(Bucket=BUCKET)
        want: dict[str, Any] = {"SSEKMSKeyId": key_id, **KMS}
        s3.put_object(Bucket=BUCKET, Key="own", Body=SECRET)
        s3.put_object(Bucket=BUCKET, Key="kms", Body=SECRET, **want)
        s3.put_object(Bucket=BUCKET, Key="bucket key", Body=SECRET, BucketKeyEnabled=True, **want)
        s3.put_object(Bucket=BUCKET, Key="dsse", Body=SECRET, **want | {"ServerSideEncryption": "aws:kms:dsse"})
        upload_id = s3.create_multipart_upload(Bucket=BUCKET, Key="parts", **want)["UploadId"]
        etag = s3.upload_part(Bucket=BUCKET, Key="parts", UploadId=upload_id, PartNumber=1, Body=SECRET)["ETag"]
        at_rest = lab.at_rest(BUCKET, "kms")
    with Lab.open(tmp_path / "lab") as lab:
        s3 = lab.client("s3")
        done = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
        s3.complete_multipart_upload(Bucket=BUCKET, Key="parts", UploadId=upload_id, MultipartUpload=done)
        assert lab.lost == ()
        assert lab.at_rest(BUCKET, "kms") == at_rest
        for key in ("own", "kms", "bucket key", "dsse", "parts"):
            assert read(s3, key) == SECRET
        assert s3.put_object(Bucket=BUCKET, Key="more", Body=SECRET, **want)["SSEKMSKeyId"] == key_arn(key_id)
        lab.client("kms").disable_key(KeyId=key_id)
        assert refused(s3.get_object, Key="kms")[0] == "KMS.DisabledException"
        assert read(s3, "own") == SECRET
