"""Deletion really happens, when its window has passed, in the order in which windows end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab import Lab
from kmslab.errors import KmslabError


def make(kms: Any, days: int) -> str:
    key_id = kms.create_key(Description=f"{days} days")["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=days)
    return str(key_id)


def deletions(lab: Lab) -> list[tuple[str, str]]:
    events = lab.trail.events(name="DeleteKey")
    return [(event["eventTime"], event["resources"][0]["ARN"].rpartition("/")[2]) for event in events]


def test_keys_are_deleted_in_the_order_in_which_they_fall_due(lab: Lab, kms: Any) -> None:
    ireland = lab.client("kms", "eu-west-1")
    later, sooner, middle = make(kms, 30), make(kms, 7), make(ireland, 10)
    lab.clock.advance(days=365)
    assert [key_id for _, key_id in deletions(lab)] == [sooner, middle, later]
    assert [time for time, _ in deletions(lab)] == [
        "2026-01-12T09:00:00Z",
        "2026-01-15T09:00:00Z",
        "2026-02-04T09:00:00Z",
    ]
    assert kms.list_keys()["Keys"] == []


def test_a_key_is_there_until_its_window_has_passed(lab: Lab, kms: Any) -> None:
    key_id = make(kms, 7)
    due = kms.describe_key(KeyId=key_id)["KeyMetadata"]["DeletionDate"]
    lab.clock.travel_to(due - timedelta(seconds=1))
    assert kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    lab.clock.travel_to(due)
    with pytest.raises(kms.exceptions.NotFoundException):
        kms.describe_key(KeyId=key_id)


def test_what_falls_due_while_requests_pass_happens_too(lab: Lab, kms: Any) -> None:
    """Each request takes ten milliseconds; the deadline passes between two of them."""
    key_id = make(kms, 7)
    due = kms.describe_key(KeyId=key_id)["KeyMetadata"]["DeletionDate"]
    lab.clock.travel_to(due - timedelta(milliseconds=15))
    assert len(kms.list_keys()["Keys"]) == 1
    assert len(kms.list_keys()["Keys"]) == 0
    assert [each.time for each in lab.trail.events(name="DeleteKey").calls] == [due]


def test_a_cancelled_deletion_does_not_come_back(lab: Lab, kms: Any) -> None:
    key_id = make(kms, 7)
    kms.cancel_key_deletion(KeyId=key_id)
    kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=20)
    lab.clock.advance(days=10)
    assert kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    lab.clock.advance(days=11)
    assert len(deletions(lab)) == 1


def test_aliases_go_with_the_key_and_ciphertexts_are_lost(lab: Lab, kms: Any) -> None:
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/gone", TargetKeyId=key_id)
    blob = kms.encrypt(KeyId="alias/gone", Plaintext=b"x")["CiphertextBlob"]
    kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
    assert [alias["AliasName"] for alias in kms.list_aliases()["Aliases"]] == ["alias/gone"]
    lab.clock.advance(days=8)
    assert kms.list_aliases()["Aliases"] == []
    with pytest.raises(ClientError) as caught:
        kms.decrypt(CiphertextBlob=blob)
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"


def test_the_service_event_of_a_deletion(lab: Lab, kms: Any) -> None:
    key_id = make(kms, 7)
    requests = lab.bill.requests
    lab.clock.advance(days=8)
    event = lab.trail[-1]
    arn = f"arn:aws:kms:us-east-1:123456789010:key/{key_id}"
    assert event["eventName"] == "DeleteKey"
    assert event["eventType"] == "AwsServiceEvent"
    assert event["userIdentity"] == {"accountId": "123456789010", "invokedBy": "AWS Internal"}
    assert event["requestParameters"] is None
    assert event["responseElements"] == {"keyId": arn}
    assert event["resources"] == [{"accountId": "123456789010", "type": "AWS::KMS::Key", "ARN": arn}]
    assert event["readOnly"] is False
    assert "requestID" not in event
    assert lab.bill.requests == requests


def test_time_only_goes_forwards(lab: Lab) -> None:
    with pytest.raises(KmslabError, match="only goes forwards"):
        lab.clock.travel_to(datetime(2025, 1, 1, tzinfo=UTC))
    with pytest.raises(KmslabError, match="only goes forwards"):
        lab.clock.advance(days=-1)


def test_an_unseeded_lab_lives_now() -> None:
    with Lab() as made:
        created = made.client("kms").create_key()["KeyMetadata"]["CreationDate"]
        assert abs(created - datetime.now(UTC)) < timedelta(minutes=1)
        made.clock.advance(days=1)
        assert made.clock.now() - datetime.now(UTC) > timedelta(hours=23)
