"""Multi-Region keys through boto3: replicas, what related keys share, a new primary, deletion in the right order."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from kmslab import Lab

ACCOUNT = "123456789010"
HOME, THERE, ELSEWHERE = "us-east-1", "eu-west-1", "ap-southeast-2"


class Stage:
    """A multi-Region key, and a client in each of three Regions."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.clients: dict[str, Any] = {region: lab.client("kms", region) for region in (HOME, THERE, ELSEWHERE)}
        self.home = self.clients[HOME]
        self.key_id: str = self.home.create_key(MultiRegion=True, Description="mine")["KeyMetadata"]["KeyId"]

    def arn(self, region: str) -> str:
        return f"arn:aws:kms:{region}:{ACCOUNT}:key/{self.key_id}"

    def replicate(self, region: str = THERE, **params: Any) -> Any:
        reply = self.home.replicate_key(KeyId=self.key_id, ReplicaRegion=region, **params)
        self.lab.clock.advance(seconds=1)
        return reply

    def metadata(self, region: str) -> Any:
        return self.clients[region].describe_key(KeyId=self.key_id)["KeyMetadata"]


@pytest.fixture
def stage(lab: Lab) -> Stage:
    return Stage(lab)


class TestReplicateKey:
    def test_a_replica_is_the_same_key_elsewhere(self, stage: Stage) -> None:
        stage.replicate()
        primary, replica = stage.metadata(HOME), stage.metadata(THERE)
        for shared in ("KeyId", "KeySpec", "KeyUsage", "Origin", "CurrentKeyMaterialId", "EncryptionAlgorithms"):
            assert replica[shared] == primary[shared]
        assert (replica["Description"], replica["Arn"]) == ("", stage.arn(THERE))
        expected = {
            "PrimaryKey": {"Arn": stage.arn(HOME), "Region": HOME},
            "ReplicaKeys": [{"Arn": stage.arn(THERE), "Region": THERE}],
        }
        assert primary["MultiRegionConfiguration"] == {"MultiRegionKeyType": "PRIMARY", **expected}
        assert replica["MultiRegionConfiguration"] == {"MultiRegionKeyType": "REPLICA", **expected}

    def test_the_reply_shows_it_being_made(self, stage: Stage) -> None:
        reply = stage.replicate()
        shown = reply["ReplicaKeyMetadata"]
        assert (shown["KeyState"], shown["Enabled"]) == ("Creating", False)
        assert "CurrentKeyMaterialId" not in shown
        assert json.loads(reply["ReplicaPolicy"])["Id"] == "key-default-1"
        assert "ReplicaTags" not in reply

    def test_it_is_creating_for_a_moment(self, stage: Stage, refusals_of: Any) -> None:
        stage.home.replicate_key(KeyId=stage.key_id, ReplicaRegion=THERE)
        with refusals_of(stage.lab)("KMSInvalidStateException", f"{stage.arn(THERE)} is creating."):
            stage.clients[THERE].encrypt(KeyId=stage.key_id, Plaintext=b"x")
        stage.lab.clock.advance(seconds=1)
        assert stage.clients[THERE].encrypt(KeyId=stage.key_id, Plaintext=b"x")["KeyId"] == stage.arn(THERE)

    def test_description_tags_and_policy_are_its_own(self, stage: Stage) -> None:
        tags = [{"TagKey": "stage", "TagValue": "failover"}]
        reply = stage.replicate(Description="theirs", Tags=tags)
        assert reply["ReplicaTags"] == tags
        assert stage.metadata(THERE)["Description"] == "theirs"
        assert stage.metadata(HOME)["Description"] == "mine"
        assert stage.home.list_resource_tags(KeyId=stage.key_id)["Tags"] == []

    @pytest.mark.parametrize("region", [THERE, ELSEWHERE])
    def test_a_ciphertext_of_one_opens_in_the_other(self, stage: Stage, region: str) -> None:
        stage.replicate(region)
        blob = stage.home.encrypt(KeyId=stage.key_id, Plaintext=b"both", EncryptionContext={"a": "b"})["CiphertextBlob"]
        opened = stage.clients[region].decrypt(CiphertextBlob=blob, EncryptionContext={"a": "b"})
        assert (opened["Plaintext"], opened["KeyId"]) == (b"both", stage.arn(region))
        back = stage.clients[region].encrypt(KeyId=stage.key_id, Plaintext=b"back")["CiphertextBlob"]
        assert stage.home.decrypt(CiphertextBlob=back)["Plaintext"] == b"back"

    def test_signatures_and_macs_too(self, lab: Lab) -> None:
        home, there = lab.client("kms"), lab.client("kms", THERE)
        for spec, usage in (("ECC_NIST_P256", "SIGN_VERIFY"), ("HMAC_256", "GENERATE_VERIFY_MAC")):
            key_id = home.create_key(KeySpec=spec, KeyUsage=usage, MultiRegion=True)["KeyMetadata"]["KeyId"]
            home.replicate_key(KeyId=key_id, ReplicaRegion=THERE)
            lab.clock.advance(seconds=1)
            if usage == "SIGN_VERIFY":
                params = {"KeyId": key_id, "Message": b"m", "SigningAlgorithm": "ECDSA_SHA_256"}
                signature = home.sign(**params)["Signature"]
                assert there.verify(Signature=signature, **params)["SignatureValid"] is True
            else:
                params = {"KeyId": key_id, "Message": b"m", "MacAlgorithm": "HMAC_SHA_256"}
                assert there.verify_mac(Mac=home.generate_mac(**params)["Mac"], **params)["MacValid"] is True

    def test_aliases_and_switches_are_separate(self, stage: Stage) -> None:
        stage.replicate()
        stage.home.create_alias(AliasName="alias/app", TargetKeyId=stage.key_id)
        assert stage.clients[THERE].list_aliases()["Aliases"] == []
        stage.clients[THERE].disable_key(KeyId=stage.key_id)
        assert (stage.metadata(HOME)["KeyState"], stage.metadata(THERE)["KeyState"]) == ("Enabled", "Disabled")

    @pytest.mark.parametrize(
        ("region", "code", "text"),
        [
            (HOME, "UnsupportedOperationException", f"{HOME} cannot have a replica because it contains the primary."),
            (
                "cn-north-1",
                "UnsupportedOperationException",
                "The replica key Region must be in the same AWS partition as the primary key Region.",
            ),
            (
                "eu-nowhere-1",
                "UnsupportedOperationException",
                "The replica key Region eu-nowhere-1 is not supported.",
            ),
            (
                "xx",
                "ValidationException",
                "1 validation error detected: Value 'xx' at 'replicaRegion' failed to satisfy constraint: "
                "Member must satisfy regular expression pattern: ^([a-z]+-){2,3}\\d+$",
            ),
        ],
    )
    def test_where_there_can_be_none(self, stage: Stage, refuses: Any, region: str, code: str, text: str) -> None:
        with refuses(code, text):
            stage.home.replicate_key(KeyId=stage.key_id, ReplicaRegion=region)

    def test_one_per_region(self, stage: Stage, refuses: Any) -> None:
        stage.replicate()
        with refuses("AlreadyExistsException", f"Key '{stage.arn(THERE)}' already exists"):
            stage.home.replicate_key(KeyId=stage.key_id, ReplicaRegion=THERE)

    def test_only_of_a_multi_region_primary(self, stage: Stage, refuses: Any) -> None:
        single = stage.home.create_key()["KeyMetadata"]["Arn"]
        with refuses("UnsupportedOperationException", f"{single} is not a multi-region key."):
            stage.home.replicate_key(KeyId=single, ReplicaRegion=THERE)
        stage.replicate()
        with refuses("UnsupportedOperationException", f"{stage.arn(THERE)} is not a multi-region primary key."):
            stage.clients[THERE].replicate_key(KeyId=stage.key_id, ReplicaRegion=ELSEWHERE)

    def test_a_policy_or_tag_that_cannot_be_stored(self, stage: Stage, refuses: Any) -> None:
        with refuses("MalformedPolicyDocumentException"):
            stage.home.replicate_key(KeyId=stage.key_id, ReplicaRegion=THERE, Policy="no policy")
        with refuses("TagException", "Tags beginning with aws: are reserved"):
            stage.home.replicate_key(
                KeyId=stage.key_id, ReplicaRegion=THERE, Tags=[{"TagKey": "aws:x", "TagValue": "y"}]
            )

    def test_it_is_logged_in_both_regions_and_billed_as_one_request_and_one_key(self, stage: Stage) -> None:
        before = stage.lab.bill
        stage.replicate()
        assert stage.lab.bill.since(before).by("operation") == {"ReplicateKey": 1}
        events = [(event["eventName"], event["awsRegion"]) for event in stage.lab.trail][-3:]
        assert events == [("ReplicateKey", HOME), ("SynchronizeMultiRegionKey", HOME), ("CreateKey", THERE)]
        created = stage.lab.trail[-1]
        assert created["userIdentity"]["invokedBy"] == "kms.amazonaws.com"
        assert created["requestParameters"]["multiRegion"] is True
        assert created["responseElements"] is None
        assert created["resources"][0]["ARN"] == stage.arn(THERE)
        stage.lab.clock.advance(days=10)
        hours = {arn: count for (_, arn), count in stage.lab.bill.usage.key_hours.items()}
        assert hours[stage.arn(HOME)] == hours[stage.arn(THERE)] == 241


class TestUpdatePrimaryRegion:
    def test_failover(self, stage: Stage) -> None:
        stage.replicate()
        stage.home.update_primary_region(KeyId=stage.key_id, PrimaryRegion=THERE)
        assert [stage.metadata(region)["KeyState"] for region in (HOME, THERE)] == ["Updating", "Updating"]
        stage.lab.clock.advance(seconds=1)
        for region, kind in ((HOME, "REPLICA"), (THERE, "PRIMARY")):
            shown = stage.metadata(region)
            assert shown["KeyState"] == "Enabled"
            assert shown["MultiRegionConfiguration"]["MultiRegionKeyType"] == kind
            assert shown["MultiRegionConfiguration"]["PrimaryKey"]["Region"] == THERE
        stage.clients[THERE].replicate_key(KeyId=stage.key_id, ReplicaRegion=ELSEWHERE)

    def test_the_keys_work_meanwhile_and_cannot_be_switched(self, stage: Stage, refuses: Any) -> None:
        stage.replicate()
        stage.home.update_primary_region(KeyId=stage.key_id, PrimaryRegion=THERE)
        blob = stage.home.encrypt(KeyId=stage.key_id, Plaintext=b"x")["CiphertextBlob"]
        assert stage.clients[THERE].decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
        with refuses("KMSInvalidStateException", f"{stage.arn(HOME)} is updating."):
            stage.home.disable_key(KeyId=stage.key_id)

    def test_only_to_a_region_that_has_a_replica(self, stage: Stage, refuses: Any) -> None:
        with refuses("NotFoundException", f"Key '{stage.arn(THERE)}' does not exist"):
            stage.home.update_primary_region(KeyId=stage.key_id, PrimaryRegion=THERE)
        with refuses("UnsupportedOperationException", f"{stage.arn(HOME)} is already the primary key."):
            stage.home.update_primary_region(KeyId=stage.key_id, PrimaryRegion=HOME)

    def test_only_of_a_multi_region_primary(self, stage: Stage, refuses: Any) -> None:
        single = stage.home.create_key()["KeyMetadata"]["Arn"]
        with refuses("UnsupportedOperationException", f"{single} is not a multi-region key."):
            stage.home.update_primary_region(KeyId=single, PrimaryRegion=THERE)
        stage.replicate()
        with refuses("UnsupportedOperationException", f"{stage.arn(THERE)} is not a multi-region primary key."):
            stage.clients[THERE].update_primary_region(KeyId=stage.key_id, PrimaryRegion=THERE)

    def test_both_keys_must_be_enabled(self, stage: Stage, refuses: Any) -> None:
        stage.replicate()
        stage.clients[THERE].disable_key(KeyId=stage.key_id)
        with refuses("DisabledException", f"{stage.arn(THERE)} is disabled."):
            stage.home.update_primary_region(KeyId=stage.key_id, PrimaryRegion=THERE)


class TestDeletion:
    def test_the_primary_waits_for_its_replicas(self, stage: Stage, members: Any) -> None:
        stage.replicate()
        reply = stage.home.schedule_key_deletion(KeyId=stage.key_id, PendingWindowInDays=10)
        assert members(reply) == {"KeyId", "KeyState", "PendingWindowInDays"}
        assert (reply["KeyState"], reply["PendingWindowInDays"]) == ("PendingReplicaDeletion", 10)
        shown = stage.metadata(HOME)
        assert "DeletionDate" not in shown
        assert shown["PendingDeletionWindowInDays"] == 10
        stage.clients[THERE].schedule_key_deletion(KeyId=stage.key_id, PendingWindowInDays=7)
        stage.lab.clock.advance(days=8)
        shown = stage.metadata(HOME)
        gone = next(event for event in stage.lab.trail.events("DeleteKey").calls)
        assert (shown["KeyState"], gone.region) == ("PendingDeletion", THERE)
        assert shown["DeletionDate"] == gone.time + timedelta(days=10)
        assert shown["MultiRegionConfiguration"]["ReplicaKeys"] == []
        stage.lab.clock.advance(days=10)
        with pytest.raises(stage.home.exceptions.NotFoundException):
            stage.metadata(HOME)

    def test_cancelling_while_it_waits(self, stage: Stage) -> None:
        stage.replicate()
        stage.home.schedule_key_deletion(KeyId=stage.key_id)
        stage.home.cancel_key_deletion(KeyId=stage.key_id)
        shown = stage.metadata(HOME)
        assert shown["KeyState"] == "Disabled"
        assert "PendingDeletionWindowInDays" not in shown

    def test_a_deleted_replica_can_be_made_again(self, stage: Stage) -> None:
        stage.replicate()
        blob = stage.home.encrypt(KeyId=stage.key_id, Plaintext=b"x")["CiphertextBlob"]
        stage.clients[THERE].schedule_key_deletion(KeyId=stage.key_id, PendingWindowInDays=7)
        stage.lab.clock.advance(days=7, seconds=1)
        with pytest.raises(stage.home.exceptions.ClientError, match="does not exist in this Region"):
            stage.clients[THERE].decrypt(CiphertextBlob=blob)
        stage.replicate()
        assert stage.clients[THERE].decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
