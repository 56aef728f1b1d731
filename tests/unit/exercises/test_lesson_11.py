"""Lesson 11: what its checks accept, and what they say to typical attempts that are not right yet."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab import Lab
from kmslab.exercises.desk import Desk
from kmslab.exercises.model import CheckResult

REPORTS = "alias/reports stands for a symmetric key of your own in eu-central-1"
COPY = "reports-frankfurt has a copy of 2026/q1.txt under that key"
READ = "the copy was read"
READ_AGAIN = "it was read once more, after the key in Oregon had been disabled"

DEFAULT = "the default encryption of shop-log-ireland is a key of your own in eu-west-1"
BUCKET_KEY = "with a Bucket Key"
OBJECTS = "at least 20 objects in it are under that key and a Bucket Key"
REQUESTS = "the number of requests to KMS is right"

MINUTES = "as secretary, reading in office-minutes works"
SALARIES = "as secretary, reading in office-salaries is refused"
ONLY_S3 = "without S3 the secretary may not decrypt"

REPORT = "2026/q1.txt"
UNDER_REPORTS = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "alias/reports"}


def advice(result: CheckResult, label: str) -> str:
    """What is said about a task that is to be done."""
    (item,) = (item for item in result.items if item.label == label)
    assert not item.done
    return item.advice


def make_bucket(s3: Any, name: str) -> None:
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})


def set_default(s3: Any, bucket: str, key: str | None, *, bucket_key: bool) -> None:
    by_default = {"SSEAlgorithm": "aws:kms"} | ({} if key is None else {"KMSMasterKeyID": key})
    rule = {"ApplyServerSideEncryptionByDefault": by_default, "BucketKeyEnabled": bucket_key}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})


class TestAReportForFrankfurt:
    @pytest.fixture
    def oregon_s3(self, lab: Lab) -> Any:
        return lab.client("s3", "us-west-2")

    @pytest.fixture
    def frankfurt_s3(self, lab: Lab) -> Any:
        return lab.client("s3", "eu-central-1")

    @pytest.fixture
    def oregon_key(self, oregon: Any, oregon_s3: Any, frankfurt_s3: Any) -> str:
        """What the lesson's cell makes."""
        key_id = str(oregon.create_key(Description="reports")["KeyMetadata"]["KeyId"])
        make_bucket(oregon_s3, "reports-oregon")
        make_bucket(frankfurt_s3, "reports-frankfurt")
        oregon_s3.put_object(
            Bucket="reports-oregon", Key=REPORT, Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=key_id
        )
        return key_id

    @pytest.fixture
    def reports(self, lab: Lab) -> str:
        kms = lab.client("kms", "eu-central-1")
        key_id = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName="alias/reports", TargetKeyId=key_id)
        return str(key_id)

    def copy(self, s3: Any, **encryption: Any) -> None:
        source = {"Bucket": "reports-oregon", "Key": REPORT}
        s3.copy_object(CopySource=source, Bucket="reports-frankfurt", Key=REPORT, **encryption)

    def read(self, s3: Any) -> None:
        s3.get_object(Bucket="reports-frankfurt", Key=REPORT)["Body"].read()

    def test_not_begun(self, desk: Desk) -> None:
        assert desk.check("11.1").open_tasks == [REPORTS, COPY, READ, READ_AGAIN]

    def test_solved(self, desk: Desk, oregon: Any, frankfurt_s3: Any, oregon_key: str, reports: str) -> None:
        assert desk.check("11.1").open_tasks == [COPY, READ, READ_AGAIN]
        self.copy(frankfurt_s3, **UNDER_REPORTS)
        assert desk.check("11.1").open_tasks == [READ, READ_AGAIN]
        self.read(frankfurt_s3)
        oregon.disable_key(KeyId=oregon_key)
        assert desk.check("11.1").open_tasks == [READ_AGAIN]
        self.read(frankfurt_s3)
        assert desk.check("11.1").passed

    def test_by_hand(
        self, desk: Desk, oregon: Any, oregon_s3: Any, frankfurt_s3: Any, oregon_key: str, reports: str
    ) -> None:
        body = oregon_s3.get_object(Bucket="reports-oregon", Key=REPORT)["Body"].read()
        frankfurt_s3.put_object(Bucket="reports-frankfurt", Key=REPORT, Body=body, **UNDER_REPORTS)
        self.read(frankfurt_s3)
        oregon.disable_key(KeyId=oregon_key)
        self.read(frankfurt_s3)
        assert desk.check("11.1").passed

    def test_without_a_word_about_encryption(
        self, desk: Desk, oregon: Any, frankfurt_s3: Any, oregon_key: str, reports: str
    ) -> None:
        self.copy(frankfurt_s3)
        self.read(frankfurt_s3)
        oregon.disable_key(KeyId=oregon_key)
        self.read(frankfurt_s3)
        result = desk.check("11.1")
        assert result.open_tasks == [COPY, READ, READ_AGAIN]
        assert "does not inherit the encryption of its source" in advice(result, COPY)

    def test_under_the_key_of_the_service(self, desk: Desk, frankfurt_s3: Any, oregon_key: str, reports: str) -> None:
        self.copy(frankfurt_s3, ServerSideEncryption="aws:kms")
        self.read(frankfurt_s3)
        result = desk.check("11.1")
        assert result.open_tasks == [COPY, READ, READ_AGAIN]
        assert "under alias/aws/s3" in advice(result, COPY)

    def test_under_another_key(self, desk: Desk, lab: Lab, frankfurt_s3: Any, oregon_key: str, reports: str) -> None:
        another = lab.client("kms", "eu-central-1").create_key()["KeyMetadata"]["KeyId"]
        self.copy(frankfurt_s3, ServerSideEncryption="aws:kms", SSEKMSKeyId=another)
        assert "a key that alias/reports does not stand for" in advice(desk.check("11.1"), COPY)

    def test_the_key_in_oregon_was_disabled_too_early(
        self, desk: Desk, oregon: Any, frankfurt_s3: Any, oregon_key: str, reports: str
    ) -> None:
        oregon.disable_key(KeyId=oregon_key)
        with pytest.raises(ClientError, match="is disabled"):
            self.copy(frankfurt_s3, **UNDER_REPORTS)
        result = desk.check("11.1")
        assert result.open_tasks == [COPY, READ, READ_AGAIN]
        assert "was disabled before there was a copy" in advice(result, COPY)

    def test_the_wrong_key_was_disabled(
        self, desk: Desk, lab: Lab, frankfurt_s3: Any, oregon_key: str, reports: str
    ) -> None:
        self.copy(frankfurt_s3, **UNDER_REPORTS)
        self.read(frankfurt_s3)
        assert advice(desk.check("11.1"), READ_AGAIN).startswith("disable_key")
        lab.client("kms", "eu-central-1").disable_key(KeyId=reports)
        result = desk.check("11.1")
        assert result.open_tasks == [READ_AGAIN]
        assert "You have disabled the key in Frankfurt" in advice(result, READ_AGAIN)

    def test_the_alias_in_the_region_of_the_source(self, desk: Desk, oregon: Any, oregon_key: str) -> None:
        oregon.create_alias(AliasName="alias/reports", TargetKeyId=oregon_key)
        assert "alias/reports is in another Region" in advice(desk.check("11.1"), REPORTS)

    def test_another_object_of_that_name(self, desk: Desk, frankfurt_s3: Any, oregon_key: str, reports: str) -> None:
        frankfurt_s3.put_object(Bucket="reports-frankfurt", Key=REPORT, Body=b"y", **UNDER_REPORTS)
        result = desk.check("11.1")
        assert result.open_tasks == [COPY, READ, READ_AGAIN]
        assert "never opened for it" in advice(result, COPY)

    def test_read_only_before(self, desk: Desk, oregon: Any, frankfurt_s3: Any, oregon_key: str, reports: str) -> None:
        self.copy(frankfurt_s3, **UNDER_REPORTS)
        self.read(frankfurt_s3)
        oregon.disable_key(KeyId=oregon_key)
        with pytest.raises(ClientError, match="is disabled"):
            self.copy(frankfurt_s3, **UNDER_REPORTS)
        result = desk.check("11.1")
        assert result.open_tasks == [READ_AGAIN]
        assert "Does the copy still open?" in advice(result, READ_AGAIN)


class TestABucketForTheLog:
    @pytest.fixture
    def s3(self, lab: Lab) -> Any:
        client = lab.client("s3", "eu-west-1")
        make_bucket(client, "shop-log-ireland")
        return client

    @pytest.fixture
    def log_key(self, ireland: Any) -> str:
        key_id = ireland.create_key(Description="log")["KeyMetadata"]["KeyId"]
        ireland.create_alias(AliasName="alias/log", TargetKeyId=key_id)
        return str(key_id)

    def write(self, s3: Any, count: int = 20, **encryption: Any) -> None:
        for number in range(count):
            s3.put_object(Bucket="shop-log-ireland", Key=f"{number}.log", Body=b"x", **encryption)

    def test_not_begun(self, desk: Desk) -> None:
        assert desk.check("11.2", 1).open_tasks == [DEFAULT, BUCKET_KEY, OBJECTS, REQUESTS]

    @pytest.mark.parametrize("name", ["{}", "arn:aws:kms:eu-west-1:123456789010:key/{}", "alias/log"])
    def test_solved(self, desk: Desk, lab: Lab, s3: Any, log_key: str, name: str) -> None:
        assert desk.check("11.2").open_tasks == [DEFAULT, BUCKET_KEY, OBJECTS, REQUESTS]
        set_default(s3, "shop-log-ireland", name.format(log_key), bucket_key=True)
        assert desk.check("11.2").open_tasks == [OBJECTS, REQUESTS]
        before = lab.bill
        self.write(s3)
        assert desk.check("11.2").open_tasks == [REQUESTS]
        assert desk.check("11.2", lab.bill.since(before).requests).passed

    @pytest.mark.parametrize(
        ("answer", "said"),
        [
            (None, "Take before = lab.bill"),
            ("few", "Take before = lab.bill"),
            (0, "asked at least once"),
            (20, "one request for each object"),
            (21, "one request for each object"),
        ],
    )
    def test_another_number(self, desk: Desk, s3: Any, log_key: str, answer: object, said: str) -> None:
        set_default(s3, "shop-log-ireland", log_key, bucket_key=True)
        self.write(s3)
        result = desk.check("11.2", answer)
        assert result.open_tasks == [REQUESTS]
        assert said in advice(result, REQUESTS)

    def test_a_bill_in_place_of_its_number(self, desk: Desk, lab: Lab, s3: Any, log_key: str) -> None:
        set_default(s3, "shop-log-ireland", log_key, bucket_key=True)
        before = lab.bill
        self.write(s3)
        assert "That is the whole bill" in advice(desk.check("11.2", lab.bill.since(before)), REQUESTS)

    def test_no_default_was_set(self, desk: Desk, s3: Any, log_key: str) -> None:
        self.write(s3)
        result = desk.check("11.2", 20)
        assert result.open_tasks == [DEFAULT, BUCKET_KEY, OBJECTS, REQUESTS]
        assert "its default is AES256 still" in advice(result, DEFAULT)
        assert "The default key comes first" in advice(result, BUCKET_KEY)

    def test_a_bucket_in_another_region(self, desk: Desk, lab: Lab, log_key: str) -> None:
        lab.client("s3").create_bucket(Bucket="shop-log-ireland")
        assert "The bucket is in another Region" in advice(desk.check("11.2"), DEFAULT)

    def test_written_with_a_word_about_encryption(self, desk: Desk, s3: Any, log_key: str) -> None:
        set_default(s3, "shop-log-ireland", log_key, bucket_key=True)
        self.write(s3, ServerSideEncryption="aws:kms")
        assert "what the request says counts more" in advice(desk.check("11.2", 20), OBJECTS)

    def test_without_a_bucket_key(self, desk: Desk, s3: Any, log_key: str) -> None:
        set_default(s3, "shop-log-ireland", log_key, bucket_key=False)
        self.write(s3)
        result = desk.check("11.2", 20)
        assert result.open_tasks == [BUCKET_KEY, OBJECTS, REQUESTS]
        assert "'BucketKeyEnabled': True is missing" in advice(result, BUCKET_KEY)
        assert "as it would be without a Bucket Key" in advice(result, REQUESTS)

    def test_with_the_key_of_the_service(self, desk: Desk, s3: Any) -> None:
        set_default(s3, "shop-log-ireland", None, bucket_key=True)
        self.write(s3)
        result = desk.check("11.2", 1)
        assert result.open_tasks == [DEFAULT, BUCKET_KEY, OBJECTS]
        assert "that is alias/aws/s3" in advice(result, DEFAULT)

    def test_written_before_the_default_was_set(self, desk: Desk, s3: Any, log_key: str) -> None:
        self.write(s3)
        set_default(s3, "shop-log-ireland", log_key, bucket_key=True)
        result = desk.check("11.2", 1)
        assert result.open_tasks == [OBJECTS, REQUESTS]
        assert "older than the default" in advice(result, OBJECTS)

    def test_too_few(self, desk: Desk, s3: Any, log_key: str) -> None:
        set_default(s3, "shop-log-ireland", log_key, bucket_key=True)
        self.write(s3, 19)
        result = desk.check("11.2", 1)
        assert result.open_tasks == [OBJECTS]
        assert "it has to be 20" in advice(result, OBJECTS)

    def test_a_key_of_another_region(self, desk: Desk, lab: Lab, s3: Any, kms: Any) -> None:
        arn = kms.create_key()["KeyMetadata"]["Arn"]
        set_default(s3, "shop-log-ireland", arn, bucket_key=True)
        result = desk.check("11.2")
        assert result.open_tasks == [DEFAULT, BUCKET_KEY, OBJECTS, REQUESTS]
        assert "none of yours in eu-west-1" in advice(result, DEFAULT)

    def test_looking_costs_nothing(self, desk: Desk, lab: Lab, s3: Any, log_key: str) -> None:
        set_default(s3, "shop-log-ireland", log_key, bucket_key=True)
        self.write(s3, 2)
        before = lab.bill.requests, len(lab.trail), lab.clock.now()
        desk.check("11.2", 1)
        assert (lab.bill.requests, len(lab.trail), lab.clock.now()) == before


CONTEXT, VIA = "kms:EncryptionContext:aws:s3:arn", "kms:ViaService"
S3 = "s3.eu-central-1.amazonaws.com"


class TestTheSecretary:
    @pytest.fixture
    def office(self, lab: Lab) -> str:
        """What the lesson's cell makes: two buckets under one key."""
        s3 = lab.client("s3", "eu-central-1")
        arn = lab.client("kms", "eu-central-1").create_key(Description="office")["KeyMetadata"]["Arn"]
        for bucket in ("office-minutes", "office-salaries"):
            make_bucket(s3, bucket)
            set_default(s3, bucket, arn, bucket_key=True)
            s3.put_object(Bucket=bucket, Key="2026-01.txt", Body=b"x")
        return str(arn)

    def policy(self, key_arn: str, conditions: dict[str, str]) -> dict[str, Any]:
        statement: dict[str, Any] = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key_arn}
        if conditions:
            statement["Condition"] = {"StringEquals": conditions}
        return {"Version": "2012-10-17", "Statement": [statement]}

    def try_both(self, lab: Lab, policy: dict[str, Any] | None = None) -> None:
        s3 = lab.client("s3", "eu-central-1", principal=lab.user("secretary", policy=policy))
        for bucket in ("office-minutes", "office-salaries"):
            try:
                s3.get_object(Bucket=bucket, Key="2026-01.txt")["Body"].read()
            except ClientError as error:
                assert error.response["Error"]["Code"] == "AccessDenied"  # noqa: PT017

    def test_not_begun(self, desk: Desk, office: str) -> None:
        assert desk.check("11.3").open_tasks == [MINUTES, SALARIES, ONLY_S3]

    def test_solved(self, desk: Desk, lab: Lab, office: str) -> None:
        self.try_both(lab, self.policy(office, {CONTEXT: "arn:aws:s3:::office-minutes", VIA: S3}))
        assert desk.check("11.3").passed

    @pytest.mark.parametrize(
        ("conditions", "still_open", "said"),
        [
            ({}, [SALARIES, ONLY_S3], "nothing ties the permission to one bucket"),
            ({VIA: S3}, [SALARIES], "has the secretary no second policy?"),
            ({CONTEXT: "arn:aws:s3:::office-minutes"}, [ONLY_S3], "the policy lacks kms:ViaService"),
            (
                {CONTEXT: "arn:aws:s3:::office-minutes/2026-01.txt", VIA: S3},
                [MINUTES, SALARIES, ONLY_S3],
                "With a Bucket Key that is the ARN of the bucket",
            ),
            (
                {CONTEXT: "arn:aws:s3:::office-minutes", VIA: "s3.us-east-1.amazonaws.com"},
                [MINUTES, SALARIES, ONLY_S3],
                "kms:ViaService of the policy is not the service",
            ),
        ],
    )
    def test_with_other_conditions(
        self, desk: Desk, lab: Lab, office: str, conditions: dict[str, str], still_open: list[str], said: str
    ) -> None:
        self.try_both(lab, self.policy(office, conditions))
        result = desk.check("11.3")
        assert result.open_tasks == still_open
        assert said in advice(result, still_open[0])

    def test_without_permission(self, desk: Desk, lab: Lab, office: str) -> None:
        self.try_both(lab)
        result = desk.check("11.3")
        assert result.open_tasks == [MINUTES, SALARIES, ONLY_S3]
        assert "nothing lets the secretary decrypt" in advice(result, MINUTES)
        assert "which proves nothing" in advice(result, SALARIES)

    def test_a_bucket_as_resource(self, desk: Desk, lab: Lab, office: str) -> None:
        self.try_both(lab, self.policy("arn:aws:s3:::office-minutes", {}))
        assert "has to be the ARN of the key" in advice(desk.check("11.3"), MINUTES)

    def test_as_the_administrator(self, desk: Desk, lab: Lab, office: str) -> None:
        lab.client("s3", "eu-central-1").get_object(Bucket="office-minutes", Key="2026-01.txt")["Body"].read()
        result = desk.check("11.3")
        assert result.open_tasks == [MINUTES, SALARIES, ONLY_S3]
        assert "principal=" in advice(result, MINUTES)

    def test_corrected(self, desk: Desk, lab: Lab, office: str) -> None:
        self.try_both(lab, self.policy(office, {}))
        right = self.policy(office, {CONTEXT: "arn:aws:s3:::office-minutes", VIA: S3})
        lab.client("iam").put_user_policy(
            UserName="secretary", PolicyName="secretary", PolicyDocument=json.dumps(right)
        )
        self.try_both(lab)
        result = desk.check("11.3")
        assert result.open_tasks == [SALARIES]  # S3 has the Bucket Key in memory, and asks nobody.
        assert "minutes=10" in result.items[1].advice
        lab.clock.advance(minutes=10)
        self.try_both(lab)
        assert desk.check("11.3").passed
