"""From a call to a CloudTrail event."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from kmslab.call import Call, EventType, UsedKey
from kmslab.principals import Identity, Issuer, PrincipalType
from kmslab.trail.events import lowered, record

ACCOUNT = "123456789010"
ARN = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
KEY = UsedKey(ARN, ACCOUNT, "SYMMETRIC_DEFAULT")
ALIAS = f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/app"
ALICE = Identity(
    PrincipalType.IAM_USER, ACCOUNT, "alice", f"arn:aws:iam::{ACCOUNT}:user/alice", "AIDAEXAMPLE", "AKIAEXAMPLE"
)
ROOT = Identity(PrincipalType.ROOT, ACCOUNT, "root", f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT, "AKIAROOT")

# Every operation that the Lab runs, and whether CloudTrail calls it readOnly. Source: sample records of the KMS
# Developer Guide; for GetPublicKey, ListKeys, ListKeyPolicies and ListResourceTags inferred.
READ_ONLY = {
    "CancelKeyDeletion": False,
    "CreateAlias": False,
    "CreateKey": False,
    "Decrypt": True,
    "DeleteAlias": False,
    "DescribeKey": True,
    "DisableKey": False,
    "EnableKey": False,
    "Encrypt": True,
    "GenerateDataKey": True,
    "GenerateDataKeyPair": True,
    "GenerateDataKeyPairWithoutPlaintext": True,
    "GenerateDataKeyWithoutPlaintext": True,
    "GenerateMac": True,
    "GenerateRandom": True,
    "GetKeyPolicy": True,
    "GetPublicKey": True,
    "ListAliases": True,
    "ListKeyPolicies": True,
    "ListKeys": True,
    "ListResourceTags": True,
    "ReEncrypt": True,
    "ScheduleKeyDeletion": False,
    "Sign": True,
    "TagResource": False,
    "UntagResource": False,
    "UpdateAlias": False,
    "UpdateKeyDescription": False,
    "Verify": True,
    "VerifyMac": True,
}

# The order in which AWS prints a record's members.
ORDER = [
    "eventVersion",
    "userIdentity",
    "eventTime",
    "eventSource",
    "eventName",
    "awsRegion",
    "sourceIPAddress",
    "userAgent",
    "errorCode",
    "errorMessage",
    "requestParameters",
    "responseElements",
    "additionalEventData",
    "requestID",
    "eventID",
    "readOnly",
    "resources",
    "eventType",
    "managementEvent",
    "recipientAccountId",
    "eventCategory",
    "tlsDetails",
]


def event(operation: str = "Decrypt", **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "event_type": EventType.API_CALL,
        "operation": operation,
        "time": datetime(2026, 1, 5, 9, 0, 0, 10_000, tzinfo=UTC),
        "account_id": ACCOUNT,
        "region": "us-east-1",
        "principal": ALICE,
        "request_id": "request",
        "event_id": "event",
        "keys": (KEY,),
        "source_ip": "127.0.0.1",
        "user_agent": "Boto3/1.44",
        "host": "kms.us-east-1.amazonaws.com",
        **changes,
    }
    return record(Call(**values))


def test_the_whole_record_of_a_call() -> None:
    found = event(
        params={"EncryptionContext": {"Dept": "finance"}, "KeyId": "alias/app"}, notes={"keyMaterialId": "ab" * 32}
    )
    assert found == {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "IAMUser",
            "principalId": "AIDAEXAMPLE",
            "arn": f"arn:aws:iam::{ACCOUNT}:user/alice",
            "accountId": ACCOUNT,
            "accessKeyId": "AKIAEXAMPLE",
            "userName": "alice",
        },
        "eventTime": "2026-01-05T09:00:00Z",
        "eventSource": "kms.amazonaws.com",
        "eventName": "Decrypt",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "127.0.0.1",
        "userAgent": "Boto3/1.44",
        "requestParameters": {
            "encryptionAlgorithm": "SYMMETRIC_DEFAULT",
            "encryptionContext": {"Dept": "finance"},
            "keyId": "alias/app",
        },
        "responseElements": None,
        "additionalEventData": {"keyMaterialId": "ab" * 32},
        "requestID": "request",
        "eventID": "event",
        "readOnly": True,
        "resources": [{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": ARN}],
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
        "tlsDetails": {"clientProvidedHostHeader": "kms.us-east-1.amazonaws.com"},
    }
    assert list(found) == [name for name in ORDER if name in found]


def test_members_stand_in_aws_order_with_an_error_too() -> None:
    found = event(error_code="NotFoundException", error_message="text", notes={"a": "b"})
    assert list(found) == ORDER


def test_root_has_no_user_name() -> None:
    identity = event(principal=ROOT)["userIdentity"]
    assert identity["type"] == "Root"
    assert "userName" not in identity


@pytest.mark.parametrize(("operation", "read_only"), READ_ONLY.items())
def test_read_only(operation: str, read_only: bool) -> None:
    assert event(operation, reply={"KeyId": ARN})["readOnly"] is read_only


class TestErrors:
    def test_code_and_text(self) -> None:
        found = event("CancelKeyDeletion", error_code="KMSInvalidStateException", error_message="text")
        assert (found["errorCode"], found["errorMessage"]) == ("KMSInvalidStateException", "text")
        assert found["responseElements"] is None

    def test_without_a_text(self) -> None:
        found = event(error_code="InvalidCiphertextException")
        assert found["errorCode"] == "InvalidCiphertextException"
        assert "errorMessage" not in found

    def test_a_denial_is_access_denied(self) -> None:
        assert event(error_code="AccessDeniedException", error_message="text")["errorCode"] == "AccessDenied"

    def test_success_has_neither(self) -> None:
        assert not {"errorCode", "errorMessage"} & set(event())


class TestParameters:
    def test_none_at_all(self) -> None:
        assert event("ListKeys", keys=())["requestParameters"] is None

    def test_generate_random_hides_its_own(self) -> None:
        assert event("GenerateRandom", params={"NumberOfBytes": 5}, keys=())["requestParameters"] is None

    @pytest.mark.parametrize(
        ("operation", "shown"),
        [
            ("Encrypt", {"encryptionAlgorithm": "SYMMETRIC_DEFAULT"}),
            ("Decrypt", {"encryptionAlgorithm": "SYMMETRIC_DEFAULT"}),
            (
                "ReEncrypt",
                {
                    "destinationEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
                    "sourceEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
                },
            ),
            ("Sign", {"messageType": "RAW"}),
            ("Verify", {"messageType": "RAW"}),
        ],
    )
    def test_defaults_are_shown(self, operation: str, shown: dict[str, Any]) -> None:
        assert event(operation)["requestParameters"] == shown

    def test_what_is_given_replaces_the_default(self) -> None:
        found = event("Encrypt", params={"EncryptionAlgorithm": "RSAES_OAEP_SHA_256"})
        assert found["requestParameters"] == {"encryptionAlgorithm": "RSAES_OAEP_SHA_256"}

    def test_spelling(self) -> None:
        found = event("TagResource", params={"Tags": [{"TagKey": "K", "TagValue": "V"}], "KeyId": ARN})
        assert found["requestParameters"] == {"keyId": ARN, "tags": [{"tagKey": "K", "tagValue": "V"}]}

    def test_contexts_keep_the_callers_spelling(self) -> None:
        contexts = {"SourceEncryptionContext": {"A": "b"}, "DestinationEncryptionContext": {"C": "d"}}
        shown = event("ReEncrypt", params=contexts)["requestParameters"]
        assert shown["sourceEncryptionContext"] == {"A": "b"}
        assert shown["destinationEncryptionContext"] == {"C": "d"}


class TestElements:
    @pytest.mark.parametrize(
        "operation",
        ["CreateAlias", "DeleteAlias", "DisableKey", "EnableKey", "TagResource", "UntagResource", "UpdateAlias"],
    )
    def test_the_keys_arn(self, operation: str) -> None:
        assert event(operation)["responseElements"] == {"keyId": ARN}

    @pytest.mark.parametrize("operation", ["Encrypt", "DescribeKey", "ListKeys", "Sign", "UpdateKeyDescription"])
    def test_nothing(self, operation: str) -> None:
        assert event(operation, reply={"KeyId": ARN})["responseElements"] is None

    def test_an_update_of_an_alias_names_the_new_key(self) -> None:
        new = UsedKey(ARN.replace("1234abcd", "abcd1234"), ACCOUNT, "SYMMETRIC_DEFAULT")
        assert event("UpdateAlias", keys=(KEY, new))["responseElements"] == {"keyId": new.arn}

    @pytest.mark.parametrize(
        ("when", "text"),
        [
            (datetime(2026, 5, 21, 5, 47, 45, tzinfo=UTC), "May 21, 2026, 5:47:45 AM"),
            (datetime(2026, 1, 2, 0, 0, 9, tzinfo=UTC), "Jan 2, 2026, 12:00:09 AM"),
            (datetime(2026, 12, 31, 12, 5, 0, tzinfo=UTC), "Dec 31, 2026, 12:05:00 PM"),
            (datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC), "Dec 31, 2026, 11:59:59 PM"),
        ],
    )
    def test_dates_as_java_prints_them(self, when: datetime, text: str) -> None:
        reply = {"DeletionDate": when, "KeyId": ARN, "KeyState": "PendingDeletion", "PendingWindowInDays": 7}
        assert event("ScheduleKeyDeletion", reply=reply)["responseElements"] == {
            "deletionDate": text,
            "keyId": ARN,
            "keyState": "PendingDeletion",
            "pendingWindowInDays": 7,
        }

    def test_key_metadata(self) -> None:
        reply = {"KeyMetadata": {"AWSAccountId": ACCOUNT, "Enabled": True, "EncryptionAlgorithms": ["X"]}}
        assert event("CreateKey", reply=reply)["responseElements"] == {
            "keyMetadata": {"aWSAccountId": ACCOUNT, "enabled": True, "encryptionAlgorithms": ["X"]}
        }


def test_resources() -> None:
    other = UsedKey("arn:other", "999988887777", "RSA_2048")
    found = event("ReEncrypt", keys=(KEY, other), alias_arn=ALIAS)["resources"]
    assert found == [
        {"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": ARN},
        {"accountId": "999988887777", "type": "AWS::KMS::Key", "ARN": "arn:other"},
        {"accountId": ACCOUNT, "type": "AWS::KMS::Alias", "ARN": ALIAS},
    ]


def test_a_service_event() -> None:
    found = event(
        "DeleteKey",
        event_type=EventType.SERVICE_EVENT,
        principal=None,
        request_id="",
        source_ip="",
        user_agent="",
        host="",
    )
    assert found["userIdentity"] == {"accountId": ACCOUNT, "invokedBy": "AWS Internal"}
    assert found["sourceIPAddress"] == found["userAgent"] == "AWS Internal"
    assert found["requestParameters"] is None
    assert found["readOnly"] is False
    assert found["eventType"] == "AwsServiceEvent"
    assert found["resources"] == [{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": ARN}]
    assert not {"requestID", "tlsDetails"} & set(found)


APP_ROLE = Issuer("Role", f"arn:aws:iam::{ACCOUNT}:role/app", "AROAEXAMPLE", "app")
SINCE = datetime(2026, 1, 5, 8, 30, 0, 10_000, tzinfo=UTC)


@pytest.mark.parametrize(("mfa", "shown"), [(True, "true"), (False, "false")])
def test_a_session_of_a_role(mfa: bool, shown: str) -> None:
    app = Identity(
        type=PrincipalType.ASSUMED_ROLE,
        account_id=ACCOUNT,
        name="app/night",
        arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/app/night",
        principal_id="AROAEXAMPLE:night",
        access_key_id="ASIAEXAMPLE",
        issuer=APP_ROLE,
        since=SINCE,
        mfa=mfa,
    )
    assert event(principal=app)["userIdentity"] == {
        "type": "AssumedRole",
        "principalId": "AROAEXAMPLE:night",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/app/night",
        "accountId": ACCOUNT,
        "accessKeyId": "ASIAEXAMPLE",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": "AROAEXAMPLE",
                "arn": f"arn:aws:iam::{ACCOUNT}:role/app",
                "accountId": ACCOUNT,
                "userName": "app",
            },
            "attributes": {"creationDate": "2026-01-05T08:30:00Z", "mfaAuthenticated": shown},
        },
    }


def test_a_session_of_a_user() -> None:
    alice = replace(ALICE, access_key_id="ASIAEXAMPLE", since=SINCE)
    identity = event(principal=alice)["userIdentity"]
    assert identity["userName"] == "alice"
    assert identity["sessionContext"] == {
        "attributes": {"creationDate": "2026-01-05T08:30:00Z", "mfaAuthenticated": "false"}
    }


def test_a_service() -> None:
    s3 = Identity(PrincipalType.SERVICE, "", "s3.amazonaws.com", "s3.amazonaws.com", "", "")
    assert event(principal=s3)["userIdentity"] == {"type": "AWSService", "invokedBy": "s3.amazonaws.com"}


def test_a_member_without_a_name() -> None:
    assert lowered({"": 1, "KeyId": "a"}) == {"": 1, "keyId": "a"}
