"""Condition keys: what a request answers, operation by operation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kmslab.authz.context_keys import of_key, of_last_use, of_operation, of_replica, of_request
from kmslab.ids import Ids
from kmslab.keys.related import RelatedKeys
from kmslab.keys.specs import KeyOrigin
from kmslab.principals import Credentials, Identity, Issuer, Principal, PrincipalType, make_administrator, make_root

ACCOUNT = "123456789010"
NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/Orders"


def session(*, mfa: bool = False) -> Principal:
    identity = Identity(
        PrincipalType.ASSUMED_ROLE,
        ACCOUNT,
        "App/web",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/App/web",
        "AROA:web",
        "ASIA",
        Issuer("Role", f"arn:aws:iam::{ACCOUNT}:role/App", "AROA", "App"),
        NOW - timedelta(minutes=1),
        mfa,
    )
    return Principal(identity, Credentials("ASIA", "secret", "token"), tags={"Team": "Blue"})


def request_of(principal: Principal, via: str = "", source_ip: str = "") -> Any:
    return of_request(principal, now=NOW, region="eu-west-1", source_ip=source_ip, user_agent="boto3", via=via)


class TestOfRequests:
    def test_an_iam_user(self) -> None:
        administrator = make_administrator(ACCOUNT, "us-east-1", Ids(1))
        assert request_of(administrator) == {
            "aws:currenttime": "2026-01-05T09:00:00Z",
            "aws:epochtime": "1767603600",
            "aws:securetransport": "true",
            "aws:requestedregion": "eu-west-1",
            "aws:useragent": "boto3",
            "aws:viaawsservice": "false",
            "aws:principalisawsservice": "false",
            "aws:principalarn": administrator.arn,
            "aws:principalaccount": ACCOUNT,
            "aws:principaltype": "User",
            "aws:userid": administrator.identity.principal_id,
            "aws:username": "administrator",
            "kms:calleraccount": ACCOUNT,
        }

    def test_a_session(self) -> None:
        found = request_of(session())
        assert found["aws:principalarn"] == f"arn:aws:iam::{ACCOUNT}:role/App"
        assert (found["aws:principaltype"], found["aws:userid"]) == ("AssumedRole", "AROA:web")
        assert found["aws:principaltag/team"] == "Blue"
        assert found["aws:tokenissuetime"] == "2026-01-05T08:59:00Z"
        assert "aws:username" not in found

    @pytest.mark.parametrize("mfa", [True, False])
    def test_mfa(self, mfa: bool) -> None:
        assert request_of(session(mfa=mfa))["aws:multifactorauthpresent"] == str(mfa).lower()

    def test_a_request_without_a_session_says_nothing_of_mfa(self) -> None:
        """Source: IAM User Guide, aws:MultiFactorAuthPresent: absent with long-term credentials."""
        found = request_of(make_root(ACCOUNT, "us-east-1", Ids(1)))
        assert "aws:multifactorauthpresent" not in found
        assert found["aws:principaltype"] == "Account"

    def test_a_service(self) -> None:
        service = Principal(
            Identity(PrincipalType.SERVICE, "", "s3", "s3.amazonaws.com", "s3", ""), Credentials("", "")
        )
        found = request_of(service)
        assert found["aws:principalisawsservice"] == "true"
        assert found["aws:principalservicename"] == "s3.amazonaws.com"
        assert not {"aws:principalarn", "kms:calleraccount", "aws:sourcearn", "aws:sourceaccount"} & set(found)

    def test_what_a_service_calls_for(self) -> None:
        found = of_request(session(), now=NOW, region="eu-west-1", source_ip="", user_agent="", source_arn=TABLE)
        assert (found["aws:sourcearn"], found["aws:sourceaccount"]) == (TABLE, ACCOUNT)

    def test_through_a_service(self) -> None:
        found = request_of(session(), via="s3.eu-west-1.amazonaws.com", source_ip="192.0.2.7")
        assert found["kms:viaservice"] == "s3.eu-west-1.amazonaws.com"
        assert found["aws:calledvia"] == ("s3.amazonaws.com",)
        assert found["aws:calledviafirst"] == found["aws:calledvialast"] == "s3.amazonaws.com"
        assert (found["aws:viaawsservice"], found["aws:sourceip"]) == ("true", "192.0.2.7")


class TestOfKeys:
    def test_a_key(self, new_key: Any) -> None:
        assert of_key(new_key(tags={"Project": "Alpha"}), ["alias/a", "alias/b"]) == {
            "aws:resourceaccount": ACCOUNT,
            "aws:resourcetag/project": "Alpha",
            "kms:keyorigin": "AWS_KMS",
            "kms:multiregion": "false",
            "kms:keyspec": "SYMMETRIC_DEFAULT",
            "kms:keyusage": "ENCRYPT_DECRYPT",
            "kms:customermasterkeyspec": "SYMMETRIC_DEFAULT",
            "kms:customermasterkeyusage": "ENCRYPT_DECRYPT",
            "kms:resourcealiases": ("alias/a", "alias/b"),
        }

    def test_a_multi_region_key(self, new_key: Any) -> None:
        related = RelatedKeys("us-east-1")
        assert of_key(new_key(related=related), [])["kms:multiregionkeytype"] == "PRIMARY"
        assert of_key(new_key(related=related, region="eu-west-1"), [])["kms:multiregionkeytype"] == "REPLICA"

    def test_a_replica_that_is_to_be_made(self, new_key: Any) -> None:
        """It is like its primary key. Source: Developer Guide, kms:MultiRegionKeyType."""
        primary = new_key("RSA_2048", related=RelatedKeys("us-east-1"))
        assert of_replica(primary) == {
            "kms:keyspec": "RSA_2048",
            "kms:keyusage": "ENCRYPT_DECRYPT",
            "kms:customermasterkeyspec": "RSA_2048",
            "kms:customermasterkeyusage": "ENCRYPT_DECRYPT",
            "kms:keyorigin": "AWS_KMS",
            "kms:multiregion": "true",
            "kms:multiregionkeytype": "REPLICA",
        }
        imported = new_key(origin=KeyOrigin.EXTERNAL, related=RelatedKeys("us-east-1"))
        assert of_replica(imported)["kms:keyorigin"] == "EXTERNAL"

    def test_aliases(self, new_key: Any) -> None:
        found = of_key(new_key(), [f"alias/{number}" for number in range(51)], "alias/7")
        assert "kms:resourcealiases" not in found
        assert found["kms:requestalias"] == "alias/7"
        assert len(of_key(new_key(), [f"alias/{number}" for number in range(50)])["kms:resourcealiases"]) == 50
        assert not {"kms:resourcealiases", "kms:requestalias"} & set(of_key(new_key(), []))

    def test_last_use(self, new_key: Any) -> None:
        key = new_key()
        assert of_last_use(key, key.created + timedelta(days=89.9)) == {"kms:trailingdayswithoutkeyusage": "89"}


CONTEXT = {"EncryptionContext": {"AppName": "x", "b": "y"}}
OF_CONTEXT = {
    "kms:encryptioncontext:appname": "x",
    "kms:encryptioncontext:b": "y",
    "kms:encryptioncontextkeys": ("AppName", "b"),
}
SYMMETRIC = {"kms:encryptionalgorithm": "SYMMETRIC_DEFAULT"}
OF_NEW_KEY = {
    "kms:customermasterkeyspec": "SYMMETRIC_DEFAULT",
    "kms:customermasterkeyusage": "ENCRYPT_DECRYPT",
    "kms:keyspec": "SYMMETRIC_DEFAULT",
    "kms:keyusage": "ENCRYPT_DECRYPT",
    "kms:keyorigin": "AWS_KMS",
    "kms:multiregion": "false",
}
TAGS = {"Tags": [{"TagKey": "Cost", "TagValue": "1"}]}
OF_TAGS = {"aws:requesttag/cost": "1", "aws:tagkeys": ("Cost",)}


@pytest.mark.parametrize(
    ("action", "params", "expected"),
    [
        ("Encrypt", CONTEXT, OF_CONTEXT | SYMMETRIC),
        ("Encrypt", {"EncryptionAlgorithm": "RSAES_OAEP_SHA_256"}, {"kms:encryptionalgorithm": "RSAES_OAEP_SHA_256"}),
        ("Decrypt", {"EncryptionContext": {}}, SYMMETRIC),
        ("GenerateDataKey", CONTEXT, OF_CONTEXT | SYMMETRIC),
        ("GenerateDataKeyPair", {"KeyPairSpec": "RSA_2048"}, {"kms:datakeypairspec": "RSA_2048"} | SYMMETRIC),
        (
            "ReEncryptFrom",
            {"SourceEncryptionContext": {"a": "1"}, "DestinationEncryptionContext": {"b": "2"}},
            {"kms:encryptioncontext:a": "1", "kms:encryptioncontextkeys": ("a",)} | SYMMETRIC,
        ),
        (
            "ReEncryptTo",
            {"SourceEncryptionContext": {"a": "1"}, "DestinationEncryptionAlgorithm": "RSAES_OAEP_SHA_1"},
            {"kms:encryptionalgorithm": "RSAES_OAEP_SHA_1"},
        ),
        ("DescribeKey", CONTEXT, {}),
        ("CreateKey", {}, OF_NEW_KEY),
        ("CreateKey", TAGS, OF_NEW_KEY | OF_TAGS),
        (
            "CreateKey",
            {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY", "Origin": "EXTERNAL", "MultiRegion": True},
            {
                "kms:customermasterkeyspec": "RSA_2048",
                "kms:customermasterkeyusage": "SIGN_VERIFY",
                "kms:keyspec": "RSA_2048",
                "kms:keyusage": "SIGN_VERIFY",
                "kms:keyorigin": "EXTERNAL",
                "kms:multiregion": "true",
                "kms:multiregionkeytype": "PRIMARY",
            },
        ),
        (
            "CreateKey",
            {"CustomerMasterKeySpec": "SYMMETRIC_DEFAULT", "BypassPolicyLockoutSafetyCheck": False},
            OF_NEW_KEY | {"kms:bypasspolicylockoutsafetycheck": "false"},
        ),
        ("PutKeyPolicy", {}, {"kms:policyname": "default"}),
        (
            "PutKeyPolicy",
            {"BypassPolicyLockoutSafetyCheck": True, "PolicyName": "default"},
            {"kms:policyname": "default", "kms:bypasspolicylockoutsafetycheck": "true"},
        ),
        ("GetKeyPolicy", {}, {"kms:policyname": "default"}),
        ("TagResource", TAGS, OF_TAGS),
        ("UntagResource", {"TagKeys": ["Cost", "x"]}, {"aws:tagkeys": ("Cost", "x")}),
        ("ReplicateKey", TAGS | {"ReplicaRegion": "eu-west-1"}, OF_TAGS | {"kms:replicaregion": "eu-west-1"}),
        ("UpdatePrimaryRegion", {"PrimaryRegion": "eu-west-1"}, {"kms:primaryregion": "eu-west-1"}),
        (
            "CreateGrant",
            {
                "GranteePrincipal": "g",
                "RetiringPrincipal": "r",
                "Operations": ["Encrypt", "Decrypt"],
                "Constraints": {"EncryptionContextSubset": {"a": "1"}, "SourceArn": TABLE},
            },
            {
                "kms:granteeprincipal": "g",
                "kms:retiringprincipal": "r",
                "kms:grantoperations": ("Encrypt", "Decrypt"),
                "kms:grantconstrainttype": "EncryptionContextSubset",
                "kms:grantconstraintsourcearn": TABLE,
                "kms:encryptioncontext:a": "1",
                "kms:encryptioncontextkeys": ("a",),
                "kms:grantisforawsresource": "false",
            },
        ),
        (
            "CreateGrant",
            {"GranteeServicePrincipal": "g", "RetiringServicePrincipal": "r", "Operations": ["Encrypt"]},
            {
                "kms:granteeserviceprincipal": "g",
                "kms:retiringserviceprincipal": "r",
                "kms:grantoperations": ("Encrypt",),
                "kms:grantisforawsresource": "false",
            },
        ),
        ("ListGrants", {}, {"kms:grantisforawsresource": "false"}),
        ("RevokeGrant", {}, {"kms:grantisforawsresource": "false"}),
        (
            "ImportKeyMaterial",
            {"ValidTo": datetime(2026, 2, 1, tzinfo=UTC)},
            {"kms:expirationmodel": "KEY_MATERIAL_EXPIRES", "kms:validto": "2026-02-01T00:00:00Z"},
        ),
        (
            "ImportKeyMaterial",
            {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"},
            {"kms:expirationmodel": "KEY_MATERIAL_DOES_NOT_EXPIRE"},
        ),
        (
            "GetParametersForImport",
            {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_4096"},
            {"kms:wrappingalgorithm": "RSAES_OAEP_SHA_256", "kms:wrappingkeyspec": "RSA_4096"},
        ),
        ("ScheduleKeyDeletion", {}, {"kms:schedulekeydeletionpendingwindowindays": "30"}),
        ("ScheduleKeyDeletion", {"PendingWindowInDays": 7}, {"kms:schedulekeydeletionpendingwindowindays": "7"}),
        ("EnableKeyRotation", {}, {"kms:rotationperiodindays": "365"}),
        ("EnableKeyRotation", {"RotationPeriodInDays": 90}, {"kms:rotationperiodindays": "90"}),
        (
            "Sign",
            {"SigningAlgorithm": "ECDSA_SHA_256"},
            {"kms:signingalgorithm": "ECDSA_SHA_256", "kms:messagetype": "RAW"},
        ),
        ("Verify", {"MessageType": "DIGEST"}, {"kms:messagetype": "DIGEST"}),
        ("GenerateMac", {"MacAlgorithm": "HMAC_SHA_256"}, {"kms:macalgorithm": "HMAC_SHA_256"}),
        ("VerifyMac", {"MacAlgorithm": "HMAC_SHA_256"}, {"kms:macalgorithm": "HMAC_SHA_256"}),
        ("DeriveSharedSecret", {"KeyAgreementAlgorithm": "ECDH"}, {"kms:keyagreementalgorithm": "ECDH"}),
        ("Decapsulate", {"EncapsulationAlgorithm": "ML_KEM"}, {"kms:encapsulationalgorithm": "ML_KEM"}),
        ("DisableKey", CONTEXT | TAGS, {}),
    ],
)
def test_of_operations(action: str, params: dict[str, Any], expected: dict[str, Any]) -> None:
    assert of_operation(f"kms:{action}", params) == expected


def test_grants_for_aws_resources() -> None:
    found = of_operation("kms:CreateGrant", {"Operations": ["Decrypt"]}, via="ec2.us-east-1.amazonaws.com")
    assert found["kms:grantisforawsresource"] == "true"


def test_re_encryption_on_the_same_key() -> None:
    for action in ("kms:ReEncryptFrom", "kms:ReEncryptTo"):
        assert of_operation(action, {}, same_key=True)["kms:reencryptonsamekey"] == "true"
        assert of_operation(action, {}, same_key=False)["kms:reencryptonsamekey"] == "false"
    assert of_operation("kms:DescribeKey", {}, same_key=True) == {}
