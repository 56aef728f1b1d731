"""Two Labs in one process never touch, and a Lab touches nothing outside itself."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError

from kmslab import Lab
from kmslab.errors import KmslabError


@pytest.fixture
def other() -> Lab:
    return Lab(seed=2)


def test_keys_aliases_trail_and_bill_are_separate(lab: Lab, other: Lab) -> None:
    key_id = lab.client("kms").create_key()["KeyMetadata"]["KeyId"]
    lab.client("kms").create_alias(AliasName="alias/app", TargetKeyId=key_id)
    with pytest.raises(ClientError) as caught:
        other.client("kms").describe_key(KeyId="alias/app")
    assert caught.value.response["Error"]["Code"] == "NotFoundException"
    assert other.client("kms").list_keys()["Keys"] == []
    assert [event["eventName"] for event in lab.trail] == ["CreateKey", "CreateAlias"]
    assert [event["eventName"] for event in other.trail] == ["DescribeKey", "ListKeys"]
    assert (lab.bill.requests, other.bill.requests) == (2, 2)


def test_a_ciphertext_of_another_lab_is_refused(lab: Lab, other: Lab) -> None:
    key_id = lab.client("kms").create_key()["KeyMetadata"]["KeyId"]
    blob = lab.client("kms").encrypt(KeyId=key_id, Plaintext=b"mine")["CiphertextBlob"]
    with pytest.raises(ClientError) as caught:
        other.client("kms").decrypt(CiphertextBlob=blob)
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"


def test_the_same_seed_gives_the_same_ids_and_never_the_same_secrets() -> None:
    first, second = Lab(seed=7), Lab(seed=7)
    keys = [each.client("kms").create_key()["KeyMetadata"] for each in (first, second)]
    assert keys[0] == keys[1]
    assert first.administrator.credentials.access_key_id == second.administrator.credentials.access_key_id
    assert first.administrator.credentials.secret_access_key != second.administrator.credentials.secret_access_key
    blob = first.client("kms").encrypt(KeyId=keys[0]["KeyId"], Plaintext=b"secret")["CiphertextBlob"]
    with pytest.raises(ClientError) as caught:
        # The ids fit, the key material does not: it never comes from the seed.
        second.client("kms").decrypt(CiphertextBlob=blob)
    assert caught.value.response["Error"]["Code"] == "InvalidCiphertextException"


def test_buckets_and_users_are_separate(lab: Lab, other: Lab) -> None:
    lab.client("s3").create_bucket(Bucket="same-name")
    lab.client("s3").put_object(Bucket="same-name", Key="who", Body=b"the first Lab")
    assert other.client("s3").list_buckets()["Buckets"] == []
    other.client("s3").create_bucket(Bucket="same-name")
    assert "Contents" not in other.client("s3").list_objects_v2(Bucket="same-name")
    assert lab.client("s3").get_object(Bucket="same-name", Key="who")["Body"].read() == b"the first Lab"
    alice = lab.user("alice")
    assert [user["UserName"] for user in other.client("iam").list_users()["Users"]] == ["administrator"]
    with pytest.raises(ClientError) as caught:
        # Alice's access key opens nothing in the other Lab.
        boto3.Session(botocore_session=other.session(alice)._session).client("kms").list_keys()
    assert caught.value.response["Error"]["Code"] == "UnrecognizedClientException"


def test_accounts_of_one_lab_share_a_world_but_not_their_resources(lab: Lab) -> None:
    other = lab.account("999988887777")
    assert lab.account("999988887777") is other
    other.client("s3").create_bucket(Bucket="theirs")
    assert lab.client("s3").list_buckets()["Buckets"] == []
    assert other.client("sts").get_caller_identity()["Arn"] == "arn:aws:iam::999988887777:user/administrator"
    assert lab.client("sts").get_caller_identity()["Arn"] == "arn:aws:iam::123456789010:user/administrator"


def test_moto_makes_no_twin_keys(lab: Lab) -> None:
    from moto.kms.models import kms_backends

    lab.client("s3").list_buckets()
    lab.client("kms").create_key()
    assert not kms_backends


def test_moto_is_left_as_it_was(lab: Lab) -> None:
    """A test suite of the learner's own may use moto beside a Lab."""
    from moto import mock_aws

    with mock_aws():
        outside = boto3.client("s3", region_name="us-east-1")
        outside.create_bucket(Bucket="outside")
        lab.client("s3").create_bucket(Bucket="inside")
        assert [bucket["Name"] for bucket in outside.list_buckets()["Buckets"]] == ["outside"]
        assert [bucket["Name"] for bucket in lab.client("s3").list_buckets()["Buckets"]] == ["inside"]
        assert lab.client("kms").list_keys()["Keys"] == []
    assert [bucket["Name"] for bucket in lab.client("s3").list_buckets()["Buckets"]] == ["inside"]


def test_installed_reaches_bare_boto3_and_puts_back_what_was_there(lab: Lab, other: Lab) -> None:
    before = boto3.DEFAULT_SESSION
    with lab.installed(), other.installed():
        boto3.client("kms", region_name="eu-west-1").create_key()
        assert boto3.client("kms").meta.region_name == "us-east-1"
    assert boto3.DEFAULT_SESSION is before
    assert len(other.inventory.select(region="eu-west-1")) == 1
    assert len(lab.inventory) == 0


def test_a_closed_lab_is_not_installed_any_more() -> None:
    before = boto3.DEFAULT_SESSION
    with Lab(seed=1) as made:
        made.install()
        made.install()
        assert boto3.DEFAULT_SESSION is made.session()
    assert boto3.DEFAULT_SESSION is before
    with pytest.raises(KmslabError, match="not installed"):
        made.uninstall()


def test_the_profile_of_the_machine_has_no_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "does-not-exist")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOFTHEMACHINE0000")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "5")
    with Lab(seed=1) as made:
        assert made.client("kms").list_keys()["Keys"] == []
        assert made.client("sts").get_caller_identity()["Account"] == "123456789010"


def test_misuse_is_told_in_one_sentence() -> None:
    for arguments, words in [({"account_id": "1"}, "twelve digits"), ({"region": "Virginia"}, "name of a Region")]:
        with pytest.raises(KmslabError, match=words):
            Lab(**arguments)  # type: ignore[arg-type]
    with pytest.raises(KmslabError, match="twelve digits"):
        Lab().account("12")


def test_the_china_partition_has_its_own_arns() -> None:
    with Lab(region="cn-north-1", seed=1) as made:
        metadata = made.client("kms").create_key()["KeyMetadata"]
        assert metadata["Arn"].startswith("arn:aws-cn:kms:cn-north-1:")
        assert made.client("kms").describe_key(KeyId=metadata["Arn"])["KeyMetadata"] == metadata
