"""CloudTrail through its own API: event history, trails, log files in S3, and digests that prove them."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from kmslab import Lab, Principal

BUCKET = "trail-files"
ACCOUNT = "123456789010"
ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/main"


@pytest.fixture
def cloudtrail(lab: Lab) -> Any:
    """The administrator's CloudTrail client in us-east-1."""
    return lab.client("cloudtrail")


@pytest.fixture
def s3(lab: Lab) -> Any:
    """The administrator's S3 client, and a bucket for trails."""
    client = lab.client("s3")
    client.create_bucket(Bucket=BUCKET)
    return client


def make_trail(lab: Lab, **options: Any) -> Any:
    """A trail `main` that logs; its client."""
    client = lab.client("cloudtrail")
    client.create_trail(Name="main", S3BucketName=BUCKET, **options)
    client.start_logging(Name="main")
    return client


def keys(s3: Any, prefix: str = "AWSLogs/") -> list[str]:
    """The names of the delivered files."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
    return [each["Key"] for page in pages for each in page.get("Contents", [])]


def read(s3: Any, key: str) -> Any:
    """The content of a delivered file."""
    return json.loads(gzip.decompress(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()))


def delivered(s3: Any, region: str = "us-east-1") -> list[dict[str, Any]]:
    """The records of all log files of a Region, in the order of the files."""
    prefix = f"AWSLogs/{ACCOUNT}/CloudTrail/{region}/"
    return [record for key in keys(s3, prefix) for record in read(s3, key)["Records"]]


def names(records: list[dict[str, Any]], source: str = "kms.amazonaws.com") -> list[str]:
    """What happened."""
    return [record["eventName"] for record in records if record["eventSource"] == source]


def looked_up(client: Any, **query: Any) -> list[dict[str, Any]]:
    """All events that a lookup finds."""
    return [event for page in client.get_paginator("lookup_events").paginate(**query) for event in page["Events"]]


def refused(call: Any, code: str, **members: Any) -> str:
    """The text with which a call is refused."""
    with pytest.raises(ClientError) as caught:
        call(**members)
    assert caught.value.response["Error"]["Code"] == code
    return str(caught.value.response["Error"]["Message"])


# --- event history ---


def test_what_kms_logs_is_looked_up(lab: Lab, kms: Any, cloudtrail: Any, alice: Principal) -> None:
    """Each event is the record of `lab.trail`, newest first, with AWS's members beside it."""
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    refused(lab.client("kms", principal=alice).disable_key, "AccessDeniedException", KeyId=key_id)
    found = [each for each in looked_up(cloudtrail) if each["EventSource"] == "kms.amazonaws.com"]
    assert [json.loads(each["CloudTrailEvent"]) for each in reversed(found)] == list(lab.trail)
    newest = found[0]
    assert (newest["EventName"], newest["Username"], newest["ReadOnly"]) == ("DisableKey", "alice", "false")
    assert newest["AccessKeyId"] == alice.credentials.access_key_id
    assert newest["EventId"] == lab.trail[-1]["eventID"]
    assert newest["Resources"] == [
        {"ResourceType": "AWS::KMS::Key", "ResourceName": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{key_id}"}
    ]
    assert json.loads(newest["CloudTrailEvent"])["errorCode"] == "AccessDenied"


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("EventName", "CreateKey", ["CreateKey"]),
        ("ReadOnly", "false", ["ScheduleKeyDeletion", "CreateKey"]),
        ("Username", "administrator", ["ScheduleKeyDeletion", "ListKeys", "CreateKey"]),
        ("EventSource", "kms.amazonaws.com", ["ScheduleKeyDeletion", "ListKeys", "CreateKey"]),
        ("ResourceType", "AWS::KMS::Key", ["ScheduleKeyDeletion", "CreateKey"]),
        ("ResourceName", "KEY", ["ScheduleKeyDeletion", "CreateKey"]),
        ("ResourceName", "ARN", ["ScheduleKeyDeletion", "CreateKey"]),
        ("AccessKeyId", "ACCESS KEY", ["ScheduleKeyDeletion", "ListKeys", "CreateKey"]),
        ("EventId", "EVENT", ["ListKeys"]),
        ("EventName", "createkey", []),
    ],
)
def test_one_attribute(lab: Lab, kms: Any, cloudtrail: Any, key: str, value: str, expected: list[str]) -> None:
    """Each attribute finds what has it, and nothing else."""
    made = kms.create_key()["KeyMetadata"]
    kms.list_keys()
    kms.schedule_key_deletion(KeyId=made["KeyId"])
    value = {
        "KEY": made["KeyId"],
        "ARN": made["Arn"],
        "ACCESS KEY": lab.administrator.credentials.access_key_id,
        "EVENT": lab.trail[1]["eventID"],
    }.get(value, value)
    found = looked_up(cloudtrail, LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}])
    assert [each["EventName"] for each in found if each["EventSource"] == "kms.amazonaws.com"] == expected


def test_pages_are_whole_while_more_happens(kms: Any, cloudtrail: Any) -> None:
    """Nothing comes twice and nothing is missed, though each page is followed by new events."""
    for _ in range(5):
        kms.list_keys()
    first = cloudtrail.lookup_events(MaxResults=2)
    kms.create_key()
    second = cloudtrail.lookup_events(MaxResults=2, NextToken=first["NextToken"])
    third = cloudtrail.lookup_events(MaxResults=2, NextToken=second["NextToken"])
    assert "NextToken" not in third
    pages = [first, second, third]
    assert [each["EventName"] for page in pages for each in page["Events"]] == ["ListKeys"] * 5
    assert len({each["EventId"] for page in pages for each in page["Events"]}) == 5


def test_times(lab: Lab, kms: Any, cloudtrail: Any) -> None:
    """A range of time, and no more than 90 days."""
    kms.list_keys()
    lab.clock.advance(days=1)
    noon = lab.clock.now()
    kms.list_aliases()
    assert [each["EventName"] for each in looked_up(cloudtrail, EndTime=noon - timedelta(hours=1))] == ["ListKeys"]
    found = looked_up(cloudtrail, StartTime=noon - timedelta(seconds=1))
    assert [each["EventName"] for each in found if each["EventSource"] == "kms.amazonaws.com"] == ["ListAliases"]
    lab.clock.advance(days=89, hours=1)
    assert "ListKeys" not in [each["EventName"] for each in looked_up(cloudtrail)]
    assert "ListAliases" in [each["EventName"] for each in looked_up(cloudtrail)]


def test_by_account_and_region(lab: Lab, cloudtrail: Any) -> None:
    """What happens elsewhere is looked up there."""
    lab.client("kms", "eu-west-1").list_keys()
    other = lab.account("210987654321")
    other.client("kms").list_aliases()
    assert looked_up(cloudtrail) == []
    assert [each["EventName"] for each in looked_up(lab.client("cloudtrail", "eu-west-1"))] == ["ListKeys"]
    assert [each["EventName"] for each in looked_up(other.client("cloudtrail"))] == ["ListAliases"]


@pytest.mark.parametrize(
    ("members", "code", "text"),
    [
        (
            {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "Encrypt"}] * 2},
            "InvalidLookupAttributesException",
            "only one item",
        ),
        (
            {"LookupAttributes": [{"AttributeKey": "Shoe", "AttributeValue": "42"}]},
            "InvalidLookupAttributesException",
            "AttributeKey",
        ),
        ({"MaxResults": 51}, "InvalidMaxResultsException", "from 1 to 50"),
        ({"NextToken": "nonsense"}, "InvalidNextTokenException", "NextToken"),
        (
            {"StartTime": datetime(2026, 1, 2, tzinfo=UTC), "EndTime": datetime(2026, 1, 1, tzinfo=UTC)},
            "InvalidTimeRangeException",
            "before the end time",
        ),
    ],
)
def test_bad_lookups(cloudtrail: Any, members: dict[str, Any], code: str, text: str) -> None:
    """AWS's own error for each."""
    assert text in refused(cloudtrail.lookup_events, code, **members)


def test_a_token_belongs_to_its_query(kms: Any, cloudtrail: Any) -> None:
    """With other parameters it is no token."""
    kms.list_keys()
    kms.list_keys()
    token = cloudtrail.lookup_events(MaxResults=1)["NextToken"]
    attributes = [{"AttributeKey": "EventName", "AttributeValue": "ListKeys"}]
    text = refused(cloudtrail.lookup_events, "InvalidNextTokenException", NextToken=token, LookupAttributes=attributes)
    assert "other parameters" in text


# --- what other services tell ---


def test_other_services_tell_too(lab: Lab, cloudtrail: Any, s3: Any) -> None:
    """Sessions, buckets, secrets: who did what, without what is secret."""
    lab.user("carol")
    lab.client("iam").create_login_profile(UserName="carol", Password="Correct-Horse-1")
    lab.client("ssm").put_parameter(Name="/pin", Value="four-three-two-one", Type="SecureString")
    lab.client("secretsmanager").create_secret(Name="db", SecretString="swordfish-12")
    lab.client("sts").get_caller_identity()
    s3.put_object(Bucket=BUCKET, Key="note.txt", Body=b"a data event")
    refused(s3.get_bucket_policy, "NoSuchBucket", Bucket="nobody-has-this-one")
    records = [json.loads(each["CloudTrailEvent"]) for each in reversed(looked_up(cloudtrail))]
    told = [f"{each['eventSource'].partition('.')[0]}:{each['eventName']}" for each in records]
    assert [each for each in told if not each.startswith("kms:")] == [
        "s3:CreateBucket",
        "iam:CreateUser",
        "iam:CreateAccessKey",
        "iam:CreateLoginProfile",
        "ssm:PutParameter",
        "secretsmanager:CreateSecret",
        "sts:GetCallerIdentity",
        "s3:GetBucketPolicy",
    ]
    by_name = {each["eventName"]: each for each in records}
    assert by_name["CreateBucket"]["requestParameters"]["bucketName"] == BUCKET
    assert by_name["GetBucketPolicy"]["errorCode"] == "NoSuchBucket"
    assert by_name["CreateUser"]["responseElements"]["user"]["arn"] == f"arn:aws:iam::{ACCOUNT}:user/carol"
    everything = json.dumps(records)
    for secret in ("Correct-Horse-1", "four-three-two-one", "swordfish-12"):
        assert secret not in everything
    found = looked_up(cloudtrail, LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": "carol"}])
    assert [each["EventName"] for each in found] == ["CreateLoginProfile", "CreateAccessKey", "CreateUser"]
    assert "CreateUser" not in [each["eventName"] for each in lab.trail], "lab.trail is KMS's own"


# --- trails ---


def test_a_trail_and_what_is_said_of_it(lab: Lab, cloudtrail: Any, s3: Any) -> None:
    """Made, shown, changed, found from elsewhere when it is for all Regions, deleted."""
    made = cloudtrail.create_trail(Name="main", S3BucketName=BUCKET, TagsList=[{"Key": "team", "Value": "blue"}])
    assert made["TrailARN"] == ARN
    assert (made["IsMultiRegionTrail"], made["LogFileValidationEnabled"]) == (False, False)
    assert cloudtrail.get_trail_status(Name="main")["IsLogging"] is False
    west = lab.client("cloudtrail", "eu-west-1")
    assert west.describe_trails()["trailList"] == []
    cloudtrail.update_trail(Name=ARN, IsMultiRegionTrail=True, S3KeyPrefix="audit")
    shown = west.describe_trails()["trailList"][0]
    assert (shown["HomeRegion"], shown["S3KeyPrefix"], shown["HasCustomEventSelectors"]) == (
        "us-east-1",
        "audit",
        False,
    )
    assert west.get_trail(Name=ARN)["Trail"] == shown
    assert cloudtrail.list_trails()["Trails"] == [{"TrailARN": ARN, "Name": "main", "HomeRegion": "us-east-1"}]
    assert "home Region" in refused(west.start_logging, "InvalidHomeRegionException", Name=ARN)
    cloudtrail.add_tags(ResourceId=ARN, TagsList=[{"Key": "cost", "Value": "7"}])
    cloudtrail.remove_tags(ResourceId=ARN, TagsList=[{"Key": "team"}])
    assert cloudtrail.list_tags(ResourceIdList=[ARN])["ResourceTagList"] == [
        {"ResourceId": ARN, "TagsList": [{"Key": "cost", "Value": "7"}]}
    ]
    cloudtrail.delete_trail(Name="main")
    text = refused(cloudtrail.get_trail, "TrailNotFoundException", Name="main")
    assert text == f"Unknown trail: {ARN} for the user: {ACCOUNT}"


@pytest.mark.parametrize(
    ("members", "code", "text"),
    [
        ({"Name": "ab"}, "InvalidTrailNameException", "Trail name too short."),
        ({"Name": "-main"}, "InvalidTrailNameException", "Trail name must starts with"),
        ({"Name": "ma in"}, "InvalidTrailNameException", "can only contain"),
        ({"S3BucketName": "nobody-has-this-one"}, "S3BucketDoesNotExistException", "S3 bucket nobody-has-this-one"),
        ({"KmsKeyId": "12345678-1234-4234-8234-123456789012"}, "KmsKeyNotFoundException", "does not exist"),
        ({"IsOrganizationTrail": True}, "OrganizationsNotInUseException", "no organization"),
        (
            {"IsMultiRegionTrail": True, "IncludeGlobalServiceEvents": False},
            "InvalidParameterCombinationException",
            "Multi-Region trail must include global service events.",
        ),
    ],
)
def test_bad_trails(cloudtrail: Any, s3: Any, members: dict[str, Any], code: str, text: str) -> None:
    """Refused, and no trail is there."""
    assert text in refused(cloudtrail.create_trail, code, **{"Name": "main", "S3BucketName": BUCKET, **members})
    assert cloudtrail.list_trails()["Trails"] == []


def test_two_of_a_name(cloudtrail: Any, s3: Any) -> None:
    """The second is refused."""
    cloudtrail.create_trail(Name="main", S3BucketName=BUCKET)
    text = refused(cloudtrail.create_trail, "TrailAlreadyExistsException", Name="main", S3BucketName=BUCKET)
    assert text == f"Trail main already exists for customer: {ACCOUNT}"


# --- log files ---


def test_files_appear_as_time_goes_by(lab: Lab, kms: Any, s3: Any) -> None:
    """Nothing before five minutes are over; then a file with AWS's name and the same events as the history."""
    client = make_trail(lab)
    kms.create_key()
    assert keys(s3) == []
    lab.clock.advance(minutes=5)
    (key,) = keys(s3)
    start = f"AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/2026/01/05/{ACCOUNT}_CloudTrail_us-east-1_20260105T0905Z_"
    assert key.startswith(start)
    assert len(key) == len(start) + 16 + len(".json.gz")
    history = {each["EventId"]: json.loads(each["CloudTrailEvent"]) for each in looked_up(client)}
    records = read(s3, key)["Records"]
    assert names(records) == ["CreateKey"]
    assert all(history[record["eventID"]] == record for record in records)
    assert client.get_trail_status(Name="main")["LatestDeliveryTime"] == datetime(2026, 1, 5, 9, 5, tzinfo=UTC)


def test_what_kms_does_by_itself_is_in_the_files(lab: Lab, kms: Any, s3: Any) -> None:
    """A rotation and a deletion on the way of a long jump, each in the file of its own five minutes."""
    make_trail(lab)
    rotated, deleted = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
    kms.enable_key_rotation(KeyId=rotated, RotationPeriodInDays=90)
    kms.schedule_key_deletion(KeyId=deleted, PendingWindowInDays=7)
    lab.clock.advance(days=100)
    records = delivered(s3)
    assert names(records) == [
        "CreateKey",
        "CreateKey",
        "EnableKeyRotation",
        "ScheduleKeyDeletion",
        "DeleteKey",
        "RotateKey",
    ]
    assert {each["eventType"] for each in records[-2:]} == {"AwsServiceEvent"}
    kms_events = [each for each in records if each["eventSource"] == "kms.amazonaws.com"]
    assert kms_events == list(lab.trail)
    assert [key.rsplit("_", 2)[1][:8] for key in keys(s3)] == ["20260105", "20260112", "20260405"]


def test_regions(lab: Lab, s3: Any) -> None:
    """A trail of one Region leaves out the others until it is made one of all."""
    client = make_trail(lab)
    west = lab.client("kms", "eu-west-1")
    west.list_keys()
    lab.clock.advance(minutes=5)
    assert delivered(s3, "eu-west-1") == []
    client.update_trail(Name="main", IsMultiRegionTrail=True)
    west.list_aliases()
    lab.clock.advance(minutes=5)
    assert names(delivered(s3, "eu-west-1")) == ["ListAliases"]


def test_selectors(lab: Lab, kms: Any, s3: Any) -> None:
    """KMS can be left out; so can what only reads; an advanced selector picks by field."""
    client = make_trail(lab)
    client.put_event_selectors(
        TrailName="main", EventSelectors=[{"ExcludeManagementEventSources": ["kms.amazonaws.com"]}]
    )
    assert client.describe_trails()["trailList"][0]["HasCustomEventSelectors"] is True
    kms.create_key()
    lab.clock.advance(minutes=5)
    assert names(delivered(s3)) == []
    client.put_event_selectors(TrailName="main", EventSelectors=[{"ReadWriteType": "WriteOnly"}])
    kms.create_key()
    kms.list_keys()
    lab.clock.advance(minutes=5)
    assert names(delivered(s3)) == ["CreateKey"]
    fields = [
        {"Field": "eventCategory", "Equals": ["Management"]},
        {"Field": "eventName", "StartsWith": ["List"]},
    ]
    client.put_event_selectors(TrailName="main", AdvancedEventSelectors=[{"Name": "lists", "FieldSelectors": fields}])
    kms.create_key()
    kms.list_keys()
    lab.clock.advance(minutes=5)
    assert names(delivered(s3)) == ["CreateKey", "ListKeys"]
    assert client.get_event_selectors(TrailName="main")["AdvancedEventSelectors"][0]["FieldSelectors"] == fields
    bad = [{"ReadWriteType": "All", "ExcludeManagementEventSources": ["s3.amazonaws.com"]}]
    text = refused(client.put_event_selectors, "InvalidEventSelectorsException", TrailName="main", EventSelectors=bad)
    assert "ExcludeManagementEventSources" in text


def test_stopped(lab: Lab, kms: Any, s3: Any) -> None:
    """Everything up to the end is delivered, and nothing after it."""
    client = make_trail(lab)
    kms.list_keys()
    client.stop_logging(Name="main")
    kms.create_key()
    lab.clock.advance(hours=2)
    assert names(delivered(s3)) == ["ListKeys"]
    assert client.get_trail_status(Name="main")["IsLogging"] is False


def test_a_bucket_that_is_gone(lab: Lab, kms: Any, s3: Any) -> None:
    """The status says so; once the bucket is back the files come."""
    client = make_trail(lab)
    kms.list_keys()
    s3.delete_bucket(Bucket=BUCKET)
    lab.clock.advance(minutes=5)
    assert client.get_trail_status(Name="main")["LatestDeliveryError"] == "NoSuchBucket"
    s3.create_bucket(Bucket=BUCKET)
    lab.clock.advance(minutes=5)
    assert "LatestDeliveryError" not in client.get_trail_status(Name="main")
    assert names(delivered(s3)) == ["ListKeys"]


def test_it_costs_no_kms_request(lab: Lab, kms: Any, s3: Any) -> None:
    """Files under S3's own key ask nobody."""
    make_trail(lab, EnableLogFileValidation=True)
    kms.list_keys()
    requests = lab.bill.requests
    lab.clock.advance(hours=1)
    assert len(keys(s3)) == 2
    assert lab.bill.requests == requests
    assert len(lab.trail) == 1


# --- encryption ---


def key_for_trails(lab: Lab) -> tuple[str, dict[str, Any]]:
    """A key that does not let CloudTrail in, and the statement that would."""
    arn = lab.client("kms").create_key()["KeyMetadata"]["Arn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": "kms:GenerateDataKey*",
        "Resource": "*",
        "Condition": {
            "StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": f"arn:aws:cloudtrail:*:{ACCOUNT}:trail/*"}
        },
    }
    return arn, statement


def allow(lab: Lab, arn: str, *statements: dict[str, Any]) -> None:
    """Put a key policy with the account's own statement and others."""
    own = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [own, *statements]}
    lab.client("kms").put_key_policy(KeyId=arn, Policy=json.dumps(policy))


def test_the_key_has_to_let_cloudtrail_in(lab: Lab, cloudtrail: Any, s3: Any) -> None:
    """At CreateTrail, with AWS's text; the attempt is in the trail."""
    arn, statement = key_for_trails(lab)
    members = {"Name": "main", "S3BucketName": BUCKET, "KmsKeyId": arn}
    text = refused(cloudtrail.create_trail, "InsufficientEncryptionPolicyException", **members)
    assert text == f"Insufficient permissions to access S3 bucket {BUCKET} or KMS key {arn}."
    assert lab.trail[-1]["errorCode"] == "AccessDenied"
    assert lab.trail[-1]["userIdentity"] == {"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"}
    allow(lab, arn, statement)
    assert cloudtrail.create_trail(**members)["KmsKeyId"] == arn


def test_encrypted_files(lab: Lab, cloudtrail: Any, s3: Any) -> None:
    """Encrypted for CloudTrail with its context; the digest is not; a disabled key stops the files, not for good."""
    arn, statement = key_for_trails(lab)
    allow(lab, arn, statement)
    make_trail(lab, KmsKeyId=arn, EnableLogFileValidation=True)
    lab.clock.advance(minutes=5)
    (key,) = keys(s3)
    asked = lab.trail[-1]
    assert asked["eventName"] == "GenerateDataKey"
    assert asked["requestParameters"]["encryptionContext"] == {
        "aws:cloudtrail:arn": ARN,
        "aws:s3:arn": f"arn:aws:s3:::{BUCKET}/{key}",
    }
    head = s3.head_object(Bucket=BUCKET, Key=key)
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", arn)
    assert "StartLogging" in names(delivered(s3), "cloudtrail.amazonaws.com")
    lab.client("kms").disable_key(KeyId=arn)
    lab.clock.advance(minutes=5)
    assert len(keys(s3)) == 1
    assert "LatestDeliveryError" in cloudtrail.get_trail_status(Name="main")
    lab.client("kms").enable_key(KeyId=arn)
    lab.clock.advance(hours=1)
    assert "DisableKey" in names(delivered(s3))
    digest = keys(s3, f"AWSLogs/{ACCOUNT}/CloudTrail-Digest/")[0]
    assert s3.head_object(Bucket=BUCKET, Key=digest)["ServerSideEncryption"] == "AES256"


# --- digests ---


def test_digests_prove_the_files(lab: Lab, kms: Any, s3: Any) -> None:
    """Checked by hand and by another library: hashes, chain and signature."""
    client = make_trail(lab, EnableLogFileValidation=True)
    kms.create_key()
    lab.clock.advance(hours=1)
    kms.list_keys()
    lab.clock.advance(hours=1)
    digests = keys(s3, f"AWSLogs/{ACCOUNT}/CloudTrail-Digest/us-east-1/")
    assert len(digests) == 2
    (public,) = client.list_public_keys(StartTime=lab.clock.now(), EndTime=lab.clock.now())["PublicKeyList"]
    key = serialization.load_der_public_key(public["Value"])
    assert isinstance(key, rsa.RSAPublicKey)
    before: tuple[str | None, str | None, str | None] = None, None, None
    for place in digests:
        stored = s3.get_object(Bucket=BUCKET, Key=place)
        content = gzip.decompress(stored["Body"].read())
        digest, signature = json.loads(content), stored["Metadata"]["signature"]
        hashed = hashlib.sha256(content).hexdigest()
        signed = f"{digest['digestEndTime']}\n{BUCKET}/{place}\n{hashed}\n{before[2] or 'null'}"
        key.verify(bytes.fromhex(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        previous = tuple(digest[f"previousDigest{name}"] for name in ("S3Object", "HashValue", "Signature"))
        assert previous == before
        assert digest["digestPublicKeyFingerprint"] == public["Fingerprint"]
        (log,) = digest["logFiles"]
        stored_log = gzip.decompress(s3.get_object(Bucket=BUCKET, Key=log["s3Object"])["Body"].read())
        assert hashlib.sha256(stored_log).hexdigest() == log["hashValue"]
        before = place, hashed, signature


def validate(lab: Lab) -> subprocess.CompletedProcess[str]:
    """What `aws cloudtrail validate-logs` says of the trail. Its own S3 client needs a CLI with AWS_ENDPOINT_URL."""
    until = lab.clock.now() + timedelta(hours=1)
    command = [sys.executable, "-m", "awscli", "cloudtrail", "validate-logs", "--trail-arn", ARN]
    return subprocess.run(  # noqa: S603
        [*command, "--start-time", "2026-01-05T00:00:00Z", "--end-time", f"{until:%Y-%m-%dT%H:%M:%SZ}"],
        env=lab.environ(),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_cli_believes_them_and_notices_tampering(lab: Lab, kms: Any, s3: Any) -> None:
    """All valid; then one log file is changed, another deleted, and a digest forged."""
    make_trail(lab, EnableLogFileValidation=True)
    for _ in range(3):
        kms.list_keys()
        lab.clock.advance(hours=1)
    said = validate(lab)
    assert "3/3 digest files valid\n3/3 log files valid" in said.stdout, said
    assert said.returncode == 0
    first, second, _ = keys(s3, f"AWSLogs/{ACCOUNT}/CloudTrail/")
    changed = {"Records": [record | {"eventName": "Encrypt"} for record in read(s3, first)["Records"]]}
    s3.put_object(Bucket=BUCKET, Key=first, Body=gzip.compress(json.dumps(changed).encode()))
    s3.delete_object(Bucket=BUCKET, Key=second)
    said = validate(lab)
    assert said.returncode == 1
    assert "1/3 log files valid, 2/3 log files INVALID" in said.stdout
    assert f"{first}\tINVALID: hash value doesn't match" in said.stderr
    assert f"{second}\tINVALID: not found" in said.stderr
    newest = keys(s3, f"AWSLogs/{ACCOUNT}/CloudTrail-Digest/")[-1]
    stored = s3.get_object(Bucket=BUCKET, Key=newest)
    forged = json.loads(gzip.decompress(stored["Body"].read())) | {"logFiles": []}
    s3.put_object(
        Bucket=BUCKET, Key=newest, Body=gzip.compress(json.dumps(forged).encode()), Metadata=stored["Metadata"]
    )
    said = validate(lab)
    assert "INVALID: signature verification failed" in said.stderr


# --- a Lab in a file ---


def test_it_survives(tmp_path: Path) -> None:
    """Trail, history, keys and chain go on where they were."""
    with Lab.open(tmp_path / "lab", seed=1) as lab:
        lab.client("s3").create_bucket(Bucket=BUCKET)
        client = make_trail(lab, EnableLogFileValidation=True)
        lab.client("kms").list_keys()
        lab.clock.advance(hours=1)
        public = client.list_public_keys()["PublicKeyList"]
        before = looked_up(client)
    with Lab.open(tmp_path / "lab") as lab:
        client, s3 = lab.client("cloudtrail"), lab.client("s3")
        assert lab.lost == ()
        assert looked_up(client)[-len(before) :] == before
        assert client.get_trail_status(Name="main")["IsLogging"] is True
        assert client.list_public_keys()["PublicKeyList"] == public
        lab.client("kms").list_aliases()
        lab.clock.advance(hours=1)
        assert "ListAliases" in names(delivered(s3))
        first, second = keys(s3, f"AWSLogs/{ACCOUNT}/CloudTrail-Digest/")
        assert read(s3, second)["previousDigestS3Object"] == first
