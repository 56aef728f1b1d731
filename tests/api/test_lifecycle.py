"""Keys from their creation to their end, as a client sees them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

ACCOUNT = "123456789010"
START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

COMMON = {
    "AWSAccountId",
    "Arn",
    "CreationDate",
    "CustomerMasterKeySpec",
    "Description",
    "Enabled",
    "KeyId",
    "KeyManager",
    "KeySpec",
    "KeyState",
    "KeyUsage",
    "MultiRegion",
    "Origin",
}
OAEP = ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"]
RSASSA = [
    "RSASSA_PKCS1_V1_5_SHA_256",
    "RSASSA_PKCS1_V1_5_SHA_384",
    "RSASSA_PKCS1_V1_5_SHA_512",
    "RSASSA_PSS_SHA_256",
    "RSASSA_PSS_SHA_384",
    "RSASSA_PSS_SHA_512",
]

# Spec, usage, the member that lists the algorithms, and AWS's list in AWS's order.
SPECS = [
    ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "EncryptionAlgorithms", ["SYMMETRIC_DEFAULT"]),
    ("RSA_2048", "ENCRYPT_DECRYPT", "EncryptionAlgorithms", OAEP),
    ("RSA_3072", "ENCRYPT_DECRYPT", "EncryptionAlgorithms", OAEP),
    ("RSA_4096", "ENCRYPT_DECRYPT", "EncryptionAlgorithms", OAEP),
    ("RSA_2048", "SIGN_VERIFY", "SigningAlgorithms", RSASSA),
    ("RSA_3072", "SIGN_VERIFY", "SigningAlgorithms", RSASSA),
    ("RSA_4096", "SIGN_VERIFY", "SigningAlgorithms", RSASSA),
    ("ECC_NIST_P256", "SIGN_VERIFY", "SigningAlgorithms", ["ECDSA_SHA_256"]),
    ("ECC_NIST_P384", "SIGN_VERIFY", "SigningAlgorithms", ["ECDSA_SHA_384"]),
    ("ECC_NIST_P521", "SIGN_VERIFY", "SigningAlgorithms", ["ECDSA_SHA_512"]),
    ("ECC_SECG_P256K1", "SIGN_VERIFY", "SigningAlgorithms", ["ECDSA_SHA_256"]),
    ("HMAC_224", "GENERATE_VERIFY_MAC", "MacAlgorithms", ["HMAC_SHA_224"]),
    ("HMAC_256", "GENERATE_VERIFY_MAC", "MacAlgorithms", ["HMAC_SHA_256"]),
    ("HMAC_384", "GENERATE_VERIFY_MAC", "MacAlgorithms", ["HMAC_SHA_384"]),
    ("HMAC_512", "GENERATE_VERIFY_MAC", "MacAlgorithms", ["HMAC_SHA_512"]),
]


class TestCreateKey:
    def test_defaults(self, kms: Any, lab: Any, members: Any) -> None:
        reply = kms.create_key()
        assert members(reply) == {"KeyMetadata"}
        shown = reply["KeyMetadata"]
        assert set(shown) == COMMON | {"EncryptionAlgorithms", "CurrentKeyMaterialId"}
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", shown["KeyId"])
        assert shown["Arn"] == f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{shown['KeyId']}"
        assert re.fullmatch(r"[0-9a-f]{64}", shown["CurrentKeyMaterialId"])
        assert shown["AWSAccountId"] == ACCOUNT
        assert shown["CreationDate"] == lab.clock.now()
        assert shown["Description"] == ""
        assert shown["Enabled"] is True
        assert shown["KeyManager"] == "CUSTOMER"
        assert shown["KeySpec"] == shown["CustomerMasterKeySpec"] == "SYMMETRIC_DEFAULT"
        assert shown["KeyState"] == "Enabled"
        assert shown["KeyUsage"] == "ENCRYPT_DECRYPT"
        assert shown["MultiRegion"] is False
        assert shown["Origin"] == "AWS_KMS"
        assert shown["EncryptionAlgorithms"] == ["SYMMETRIC_DEFAULT"]

    @pytest.mark.parametrize(("spec", "usage", "member", "algorithms"), SPECS, ids=[f"{s[0]}-{s[1]}" for s in SPECS])
    def test_every_spec(self, world: Any, spec: str, usage: str, member: str, algorithms: list[str]) -> None:
        shown = world.kms.describe_key(KeyId=world.key(spec, usage))["KeyMetadata"]
        material = {"CurrentKeyMaterialId"} if spec == "SYMMETRIC_DEFAULT" else set()
        assert set(shown) == COMMON | {member} | material
        assert shown[member] == algorithms
        assert shown["KeySpec"] == shown["CustomerMasterKeySpec"] == spec
        assert shown["KeyUsage"] == usage

    def test_the_old_name_of_key_spec(self, kms: Any) -> None:
        shown = kms.create_key(CustomerMasterKeySpec="HMAC_384", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]
        assert shown["KeySpec"] == "HMAC_384"

    def test_multi_region(self, kms: Any) -> None:
        shown = kms.create_key(MultiRegion=True)["KeyMetadata"]
        assert re.fullmatch(r"mrk-[0-9a-f]{32}", shown["KeyId"])
        assert shown["MultiRegion"] is True
        assert shown["MultiRegionConfiguration"] == {
            "MultiRegionKeyType": "PRIMARY",
            "PrimaryKey": {"Arn": shown["Arn"], "Region": "us-east-1"},
            "ReplicaKeys": [],
        }
        assert kms.describe_key(KeyId=shown["KeyId"])["KeyMetadata"] == shown

    def test_description_tags_and_policy(self, kms: Any, lab: Any) -> None:
        # The default policy in another layout, with an Id and a Sid of its own.
        policy = json.dumps(
            {
                "Version": "2012-10-17",
                "Id": "mine",
                "Statement": [
                    {
                        "Sid": "the account",
                        "Effect": "Allow",
                        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                        "Action": "kms:*",
                        "Resource": "*",
                    }
                ],
            }
        )
        tags = [{"TagKey": "Team", "TagValue": "blue"}, {"TagKey": "empty", "TagValue": ""}]
        shown = kms.create_key(Description="orders, äöü", Policy=policy, Tags=tags)["KeyMetadata"]
        assert shown["Description"] == "orders, äöü"
        assert json.loads(kms.get_key_policy(KeyId=shown["KeyId"])["Policy"]) == json.loads(policy)
        assert kms.list_resource_tags(KeyId=shown["KeyId"])["Tags"] == tags
        assert dict(lab.inventory.get(shown["KeyId"]).tags) == {"Team": "blue", "empty": ""}

    def test_the_longest_description(self, kms: Any) -> None:
        assert len(kms.create_key(Description="d" * 8192)["KeyMetadata"]["Description"]) == 8192

    @pytest.mark.parametrize("several", [True, False], ids=["list of statements", "one statement"])
    def test_bypassing_the_lockout_check(self, kms: Any, several: bool) -> None:
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "kms:Encrypt",
            "Resource": "*",
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement] if several else statement})
        key_id = kms.create_key(Policy=policy, BypassPolicyLockoutSafetyCheck=True)["KeyMetadata"]["KeyId"]
        assert key_id in [key["KeyId"] for key in kms.list_keys()["Keys"]]

    def test_a_key_lives_in_one_region(self, kms: Any, lab: Any, refuses: Any) -> None:
        made = kms.create_key()["KeyMetadata"]
        west = lab.client("kms", region_name="us-west-2")
        assert west.list_keys()["Keys"] == []
        with refuses("NotFoundException", f"Key 'arn:aws:kms:us-west-2:{ACCOUNT}:key/{made['KeyId']}' does not exist"):
            west.describe_key(KeyId=made["KeyId"])
        with refuses("NotFoundException", "Invalid arn us-east-1"):
            west.describe_key(KeyId=made["Arn"])

    @pytest.mark.parametrize(
        ("region", "partition"), [("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn"), ("eu-west-3", "aws")]
    )
    def test_arns_name_the_partition(self, lab: Any, region: str, partition: str) -> None:
        shown = lab.client("kms", region_name=region).create_key()["KeyMetadata"]
        assert shown["Arn"] == f"arn:{partition}:kms:{region}:{ACCOUNT}:key/{shown['KeyId']}"

    def test_two_labs_do_not_meet(self, kms: Any, world: Any) -> None:
        key_id = kms.create_key()["KeyMetadata"]["KeyId"]
        assert key_id not in [key["KeyId"] for key in world.kms.list_keys()["Keys"]]


class TestDescribeKey:
    def test_all_four_references(self, kms: Any, make_key: Any, members: Any) -> None:
        key_id = make_key()
        kms.create_alias(AliasName="alias/app", TargetKeyId=key_id)
        arn = f"arn:aws:kms:us-east-1:{ACCOUNT}"
        replies = [
            kms.describe_key(KeyId=ref) for ref in (key_id, f"{arn}:key/{key_id}", "alias/app", f"{arn}:alias/app")
        ]
        for reply in replies:
            assert members(reply) == {"KeyMetadata"}
            assert reply["KeyMetadata"] == replies[0]["KeyMetadata"]
        assert replies[0]["KeyMetadata"]["KeyId"] == key_id


class TestListKeys:
    def test_members_and_order(self, kms: Any, make_key: Any, members: Any) -> None:
        ids = [make_key() for _ in range(5)]
        reply = kms.list_keys()
        # AWS also sends KeyCount, which its own model does not have and SDKs drop.
        assert members(reply) == {"Keys", "Truncated"}
        assert reply["Truncated"] is False
        assert [key["KeyId"] for key in reply["Keys"]] == sorted(ids)
        for key in reply["Keys"]:
            assert set(key) == {"KeyArn", "KeyId"}
            assert key["KeyArn"] == f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{key['KeyId']}"

    def test_none(self, kms: Any) -> None:
        assert kms.list_keys()["Keys"] == []
        assert kms.list_keys()["Truncated"] is False

    def test_pages(self, kms: Any, make_key: Any, members: Any) -> None:
        ids = sorted(make_key() for _ in range(7))
        first = kms.list_keys(Limit=3)
        assert members(first) == {"Keys", "Truncated", "NextMarker"}
        assert first["Truncated"] is True
        second = kms.list_keys(Limit=3, Marker=first["NextMarker"])
        third = kms.list_keys(Limit=3, Marker=second["NextMarker"])
        assert members(third) == {"Keys", "Truncated"}
        assert [key["KeyId"] for page in (first, second, third) for key in page["Keys"]] == ids

    def test_a_last_page_that_is_full(self, kms: Any, make_key: Any, members: Any) -> None:
        for _ in range(4):
            make_key()
        first = kms.list_keys(Limit=2)
        assert members(kms.list_keys(Limit=2, Marker=first["NextMarker"])) == {"Keys", "Truncated"}

    def test_a_hundred_unless_said_otherwise(self, world: Any) -> None:
        lab_kms = world.lab.client("kms", region_name="eu-west-1")
        ids = [lab_kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(103)]
        assert len(lab_kms.list_keys()["Keys"]) == 100
        assert len(lab_kms.list_keys(Limit=1000)["Keys"]) == 103
        pages = list(lab_kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 50}))
        assert [len(page["Keys"]) for page in pages] == [50, 50, 3]
        assert [key["KeyId"] for page in pages for key in page["Keys"]] == sorted(ids)

    def test_keys_that_come_and_go_between_pages(self, kms: Any, lab: Any, make_key: Any) -> None:
        ids = sorted(make_key() for _ in range(6))
        page = kms.list_keys(Limit=3)
        # The key on which the marker stands goes away; so does one of the next page; and one more comes.
        for key_id in (ids[2], ids[4]):
            kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
        lab.clock.advance(days=8)
        new = make_key()
        rest = [key["KeyId"] for key in kms.list_keys(Limit=10, Marker=page["NextMarker"])["Keys"]]
        assert rest == sorted([ids[3], ids[5], *([new] if new > ids[2] else [])])

    def test_another_account_sees_none(self, lab: Any, make_key: Any) -> None:
        make_key()
        assert lab.account("999988887777").client("kms").list_keys()["Keys"] == []

    def test_by_owner(self, kms: Any, make_key: Any) -> None:
        key_id = make_key()
        assert [key["KeyId"] for key in kms.list_keys(ResourceOwners=["SELF"])["Keys"]] == [key_id]
        assert kms.list_keys(ResourceOwners=["OTHER_ACCOUNTS_VIA_RAM"])["Keys"] == []


class TestEnableAndDisable:
    def test_there_and_back(self, kms: Any, make_key: Any, members: Any, refuses: Any) -> None:
        key_id = make_key()
        assert members(kms.disable_key(KeyId=key_id)) == set()
        shown = kms.describe_key(KeyId=key_id)["KeyMetadata"]
        assert (shown["Enabled"], shown["KeyState"]) == (False, "Disabled")
        with refuses("DisabledException", f"{shown['Arn']} is disabled."):
            kms.encrypt(KeyId=key_id, Plaintext=b"x")
        assert members(kms.enable_key(KeyId=shown["Arn"])) == set()
        shown = kms.describe_key(KeyId=key_id)["KeyMetadata"]
        assert (shown["Enabled"], shown["KeyState"]) == (True, "Enabled")
        assert kms.encrypt(KeyId=key_id, Plaintext=b"x")["KeyId"] == shown["Arn"]

    def test_twice_is_no_error(self, kms: Any, make_key: Any) -> None:
        key_id = make_key()
        kms.enable_key(KeyId=key_id)
        kms.disable_key(KeyId=key_id)
        kms.disable_key(KeyId=key_id)
        assert kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"] == "Disabled"


def test_update_key_description(kms: Any, make_key: Any, members: Any) -> None:
    key_id = make_key(Description="old")
    assert members(kms.update_key_description(KeyId=key_id, Description="new")) == set()
    assert kms.describe_key(KeyId=key_id)["KeyMetadata"]["Description"] == "new"
    kms.update_key_description(KeyId=f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{key_id}", Description="")
    assert kms.describe_key(KeyId=key_id)["KeyMetadata"]["Description"] == ""


class TestDeletion:
    def test_schedule(self, kms: Any, lab: Any, make_key: Any, members: Any) -> None:
        key_id = make_key()
        reply = kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
        assert members(reply) == {"DeletionDate", "KeyId", "KeyState", "PendingWindowInDays"}
        assert reply["KeyId"] == f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{key_id}"
        assert reply["KeyState"] == "PendingDeletion"
        assert reply["PendingWindowInDays"] == 7
        assert reply["DeletionDate"] == lab.clock.now() + timedelta(days=7)
        shown = kms.describe_key(KeyId=key_id)["KeyMetadata"]
        assert shown["DeletionDate"] == reply["DeletionDate"]
        assert (shown["Enabled"], shown["KeyState"]) == (False, "PendingDeletion")
        assert set(shown) == COMMON | {"EncryptionAlgorithms", "CurrentKeyMaterialId", "DeletionDate"}

    def test_thirty_days_unless_said_otherwise(self, kms: Any, make_key: Any) -> None:
        reply = kms.schedule_key_deletion(KeyId=make_key())
        assert reply["PendingWindowInDays"] == 30
        assert reply["DeletionDate"] == START + timedelta(days=30, milliseconds=20)

    @pytest.mark.parametrize("days", [7, 8, 29, 30])
    def test_windows(self, kms: Any, make_key: Any, days: int) -> None:
        assert kms.schedule_key_deletion(KeyId=make_key(), PendingWindowInDays=days)["PendingWindowInDays"] == days

    def test_the_end(self, kms: Any, lab: Any, make_key: Any, refuses: Any) -> None:
        key_id = make_key()
        kms.create_alias(AliasName="alias/app", TargetKeyId=key_id)
        blob = kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
        date = kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)["DeletionDate"]
        lab.clock.travel_to(date - timedelta(seconds=1))
        assert kms.describe_key(KeyId="alias/app")["KeyMetadata"]["KeyState"] == "PendingDeletion"
        lab.clock.travel_to(date)
        arn = f"arn:aws:kms:us-east-1:{ACCOUNT}"
        with refuses("NotFoundException", f"Key '{arn}:key/{key_id}' does not exist"):
            kms.describe_key(KeyId=key_id)
        with refuses("NotFoundException", f"Alias {arn}:alias/app is not found."):
            kms.describe_key(KeyId="alias/app")
        with refuses(
            "AccessDeniedException",
            f"User: arn:aws:iam::{ACCOUNT}:user/administrator is not authorized to perform: kms:Decrypt "
            "on the resource associated with this ciphertext because the resource does not exist in this Region, "
            "no resource-based policies allow access, or a resource-based policy explicitly denies access",
        ):
            kms.decrypt(CiphertextBlob=blob)
        assert kms.list_keys()["Keys"] == []
        assert kms.list_aliases()["Aliases"] == []
        assert len(lab.inventory) == 0

    def test_the_last_request_before_the_end_may_be_the_first_after_it(self, kms: Any, lab: Any, make_key: Any) -> None:
        """A request settles what fell due by its own time, even when nobody moved the clock."""
        key_id = make_key()
        date = kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)["DeletionDate"]
        lab.clock.travel_to(date - timedelta(milliseconds=10))
        assert lab.inventory.get(key_id) is not None
        assert kms.list_keys()["Keys"] == []

    def test_the_service_event(self, kms: Any, lab: Any, make_key: Any) -> None:
        first, second = make_key(), make_key()
        kms.schedule_key_deletion(KeyId=first, PendingWindowInDays=9)
        kms.schedule_key_deletion(KeyId=second, PendingWindowInDays=8)
        requests = lab.bill.requests
        lab.clock.advance(days=365)
        events = lab.trail.events("DeleteKey")
        assert [event["resources"][0]["ARN"].rpartition("/")[2] for event in events] == [second, first]
        assert [event["eventTime"] for event in events] == ["2026-01-13T09:00:00Z", "2026-01-14T09:00:00Z"]
        assert {event["eventType"] for event in events} == {"AwsServiceEvent"}
        assert lab.bill.requests == requests, "a service event costs nothing"

    def test_cancel(self, kms: Any, lab: Any, make_key: Any, members: Any) -> None:
        key_id = make_key()
        kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
        reply = kms.cancel_key_deletion(KeyId=key_id)
        assert members(reply) == {"KeyId"}
        assert reply["KeyId"] == f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{key_id}"
        shown = kms.describe_key(KeyId=key_id)["KeyMetadata"]
        assert shown["KeyState"] == "Disabled"
        assert "DeletionDate" not in shown
        lab.clock.advance(days=365)
        assert kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"] == "Disabled"
        assert len(lab.trail.events("DeleteKey")) == 0

    def test_cancel_and_schedule_anew(self, kms: Any, lab: Any, make_key: Any) -> None:
        key_id = make_key()
        kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
        kms.cancel_key_deletion(KeyId=key_id)
        kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=30)
        lab.clock.advance(days=29)
        assert kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"] == "PendingDeletion"
        lab.clock.advance(days=2)
        assert len(lab.trail.events("DeleteKey")) == 1

    def test_a_disabled_key_can_be_deleted(self, kms: Any, make_key: Any) -> None:
        key_id = make_key()
        kms.disable_key(KeyId=key_id)
        assert kms.schedule_key_deletion(KeyId=key_id)["KeyState"] == "PendingDeletion"
