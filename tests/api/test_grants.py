"""Grants, as a client sees them: made, listed, retired, revoked."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from kmslab import Lab
from kmslab.wire.model import enum

ACCOUNT, OTHER = "123456789010", "999988887777"
ARN = f"arn:aws:kms:us-east-1:{ACCOUNT}"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
GRANTEE = f"arn:aws:iam::{ACCOUNT}:role/Worker"
RETIRING = f"arn:aws:iam::{ACCOUNT}:role/Boss"
SOURCE = f"arn:aws:s3:us-east-1:{ACCOUNT}:bucket"
SERVICE = {
    "GranteeServicePrincipal": "dynamodb.us-east-1.amazonaws.com",
    "RetiringServicePrincipal": "dynamodb.us-east-1.amazonaws.com",
    "Constraints": {"SourceArn": SOURCE},
}
WOULD = "The request would have succeeded, but the DryRun option is set."
VAGUE = (
    "because the resource does not exist in this Region, no resource-based policies allow access, "
    "or a resource-based policy explicitly denies access"
)
UNKNOWN = "0" * 63 + "1"

ON_EVERY_KEY = {"CreateGrant", "DescribeKey", "RetireGrant"}
ENCRYPTION = {"Decrypt", "Encrypt", "ReEncryptFrom", "ReEncryptTo"}
DATA_KEYS = {
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext",
}
#: Source: KMS Developer Guide, "Grant operations".
OF_KEY: dict[tuple[str, str], set[str]] = {
    ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"): ENCRYPTION | DATA_KEYS,
    ("RSA_2048", "ENCRYPT_DECRYPT"): ENCRYPTION | {"GetPublicKey"},
    ("RSA_2048", "SIGN_VERIFY"): {"Sign", "Verify", "GetPublicKey"},
    ("ECC_NIST_P256", "KEY_AGREEMENT"): {"DeriveSharedSecret", "GetPublicKey"},
    ("ML_KEM_768", "ENCAPSULATE_DECAPSULATE"): {"Encapsulate", "Decapsulate", "GetPublicKey"},
    ("HMAC_256", "GENERATE_VERIFY_MAC"): {"GenerateMac", "VerifyMac"},
}


def ids(reply: Any) -> list[str]:
    return [entry["GrantId"] for entry in reply["Grants"]]


@pytest.fixture
def make_grant(kms: Any) -> Any:
    """Makes a grant to decrypt; takes CreateGrant's parameters."""

    def make(key_id: str, **params: Any) -> Any:
        given = {"GranteePrincipal": GRANTEE, "Operations": ["Decrypt"], **params}
        return kms.create_grant(KeyId=key_id, **{name: value for name, value in given.items() if value is not None})

    return make


class TestCreateGrant:
    def test_reply(self, lab: Lab, make_key: Any, make_grant: Any, members: Any) -> None:
        key_id = make_key()
        for ref in (key_id, f"{ARN}:key/{key_id}"):
            reply = make_grant(ref)
            assert members(reply) == {"GrantId", "GrantToken"}
            assert len(reply["GrantId"]) == 64
            assert int(reply["GrantId"], 16)

    def test_a_token_looks_like_those_of_aws(self, make_key: Any, make_grant: Any) -> None:
        """As in the sample of API Reference, CreateGrant: URL-safe base64 without padding, the grant id at its end."""
        reply = make_grant(make_key())
        assert len(reply["GrantToken"]) == 491
        assert reply["GrantToken"].startswith("AQpA")
        token = base64.urlsafe_b64decode(reply["GrantToken"] + "=")
        assert (token[:3], token[67:70], token[334:336]) == (b"\x01\n@", b'"\x88\x02', b"* ")
        assert token[336:].hex() == reply["GrantId"]
        assert token[75:107].hex() == token[3:67].decode()

    def test_a_seeded_lab_repeats_its_grants(self) -> None:
        def grant() -> Any:
            with Lab(seed=5) as lab:
                kms = lab.client("kms")
                key_id = kms.create_key()["KeyMetadata"]["KeyId"]
                reply = kms.create_grant(KeyId=key_id, GranteePrincipal=GRANTEE, Operations=["Decrypt"])
                return reply["GrantId"], reply["GrantToken"]

        assert grant() == grant()

    @pytest.mark.parametrize(
        "principal",
        [
            ROOT,
            f"arn:aws:iam::{OTHER}:root",
            f"arn:aws:iam::{ACCOUNT}:user/alice",
            f"arn:aws:iam::{ACCOUNT}:user/division/team/al.ice@example.com",
            f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS",
            f"arn:aws:sts::{ACCOUNT}:assumed-role/Worker/session",
            f"arn:aws:sts::{ACCOUNT}:federated-user/bob",
        ],
    )
    def test_principals(self, kms: Any, make_key: Any, make_grant: Any, principal: str) -> None:
        key_id = make_key()
        make_grant(key_id, GranteePrincipal=principal, RetiringPrincipal=principal)
        (entry,) = kms.list_grants(KeyId=key_id)["Grants"]
        assert (entry["GranteePrincipal"], entry["RetiringPrincipal"]) == (principal, principal)

    @pytest.mark.parametrize("member", ["GranteePrincipal", "RetiringPrincipal"])
    @pytest.mark.parametrize(
        "principal",
        [
            ACCOUNT,
            "alice",
            "sns.amazonaws.com",
            "arn:aws:iam",
            "arn:aws:iam:::root",
            f"arn:aws:iam::{ACCOUNT}:group/admins",
            f"arn:aws:iam::{ACCOUNT}:user/",
            f"arn:aws:iam:us-east-1:{ACCOUNT}:user/alice",
            f"arn:aws:sts::{ACCOUNT}:assumed-role/Worker",
            f"arn:aws:sts::{ACCOUNT}:role/Worker",
            f"arn:aws:s3::{ACCOUNT}:root",
            f"arn:aws-cn:iam::{ACCOUNT}:root",
            f"{ARN}:key/x",
        ],
    )
    def test_what_is_no_principal(
        self, make_key: Any, make_grant: Any, refuses: Any, member: str, principal: str
    ) -> None:
        key_id = make_key()
        with refuses("InvalidArnException", f"ARN does not refer to a valid principal: {principal}"):
            make_grant(key_id, **{member: principal})

    def test_the_partition(self, lab: Lab, refuses: Any) -> None:
        kms = lab.client("kms", region_name="cn-north-1")
        key_id = kms.create_key()["KeyMetadata"]["KeyId"]
        root = f"arn:aws-cn:iam::{ACCOUNT}:root"
        kms.create_grant(KeyId=key_id, GranteePrincipal=root, Operations=["Decrypt"])
        assert [entry["IssuingAccount"] for entry in kms.list_grants(KeyId=key_id)["Grants"]] == [root]
        with refuses("InvalidArnException", f"ARN does not refer to a valid principal: {ROOT}"):
            kms.create_grant(KeyId=key_id, GranteePrincipal=ROOT, Operations=["Decrypt"])

    @pytest.mark.parametrize(
        ("params", "text"),
        [
            (
                {"GranteePrincipal": None},
                "You must specify either GranteePrincipal or GranteeServicePrincipal, but not both.",
            ),
            (SERVICE, "You must specify either GranteePrincipal or GranteeServicePrincipal, but not both."),
            (
                {"RetiringPrincipal": RETIRING, "RetiringServicePrincipal": "s3.us-east-1.amazonaws.com"},
                "You can specify either RetiringPrincipal or RetiringServicePrincipal, but not both.",
            ),
            (
                {**SERVICE, "GranteePrincipal": None, "Constraints": None},
                "When you specify a GranteeServicePrincipal, you must also specify a SourceArn grant constraint.",
            ),
            (
                {**SERVICE, "GranteePrincipal": None, "Constraints": {"EncryptionContextSubset": {"a": "b"}}},
                "When you specify a GranteeServicePrincipal, you must also specify a SourceArn grant constraint.",
            ),
            (
                {**SERVICE, "GranteePrincipal": None, "RetiringServicePrincipal": None},
                "When you specify a GranteeServicePrincipal, you must also specify "
                "either a RetiringPrincipal or a RetiringServicePrincipal.",
            ),
            ({"Operations": []}, "Grants must contain at least one operation."),
            ({"Operations": ["CreateGrant"]}, "Grants must not contain only the CreateGrant operation."),
            (
                {"Constraints": {"EncryptionContextEquals": {"a": "b"}, "EncryptionContextSubset": {"a": "b"}}},
                "More than one constraint supplied",
            ),
            (
                {"Constraints": {"EncryptionContextEquals": {}, "EncryptionContextSubset": {"a": "b"}}},
                "More than one constraint supplied",
            ),
            (
                {"Constraints": {"EncryptionContextEquals": {str(number): "x" for number in range(9)}}},
                "An encryption context constraint can include up to 8 encryption context pairs.",
            ),
            (
                {"Constraints": {"EncryptionContextSubset": {"a": "x" * 385}}},
                "The encryption context value in a constraint cannot exceed 384 characters.",
            ),
        ],
        ids=[
            "no grantee",
            "two grantees",
            "two retiring principals",
            "service without constraint",
            "service without SourceArn",
            "service without retiring principal",
            "no operation",
            "only CreateGrant",
            "two constraints",
            "two constraints, one empty",
            "nine pairs",
            "385 characters",
        ],
    )
    def test_what_does_not_go_together(
        self, make_key: Any, make_grant: Any, refuses: Any, params: dict[str, Any], text: str
    ) -> None:
        key_id = make_key()
        with refuses("ValidationException", text):
            make_grant(key_id, **params)

    @pytest.mark.parametrize(
        "constraints",
        [
            {},
            {"EncryptionContextEquals": {str(number): "x" * 384 for number in range(8)}},
            {"EncryptionContextSubset": {"Department": "IT"}},
            {"SourceArn": SOURCE},
            {"SourceArn": SOURCE, "EncryptionContextEquals": {"Department": "IT"}},
        ],
        ids=["none", "the largest", "subset", "source", "source and context"],
    )
    def test_constraints(self, kms: Any, make_key: Any, make_grant: Any, constraints: dict[str, Any]) -> None:
        key_id = make_key()
        make_grant(key_id, Operations=["Decrypt", "DescribeKey", "RetireGrant"], Constraints=constraints)
        (entry,) = kms.list_grants(KeyId=key_id)["Grants"]
        assert entry.get("Constraints", {}) == constraints
        assert ("Constraints" in entry) is bool(constraints)

    def test_a_source_without_account(self, make_key: Any, make_grant: Any, refuses: Any) -> None:
        key_id = make_key()
        text = (
            "1 validation error detected: Value 'arn:aws:s3:::a-bucket' at 'constraints.sourceArn' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: "
            "^arn:aws[a-z0-9-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:.+$"
        )
        with refuses("ValidationException", text):
            make_grant(key_id, Constraints={"SourceArn": "arn:aws:s3:::a-bucket"})


class TestOperations:
    def test_the_table_is_complete(self) -> None:
        assert set().union(ON_EVERY_KEY, *OF_KEY.values()) == set(enum("GrantOperation"))
        assert len(enum("GrantOperation")) == 19

    @pytest.mark.parametrize(("spec", "usage"), OF_KEY, ids=lambda value: value)
    def test_of_each_type_of_key(self, kms: Any, make_key: Any, refuses: Any, spec: str, usage: str) -> None:
        key_id = make_key(spec, KeyUsage=usage)
        possible = ON_EVERY_KEY | OF_KEY[spec, usage]
        operations = sorted(possible)
        kms.create_grant(KeyId=key_id, GranteePrincipal=GRANTEE, Operations=operations)
        (entry,) = kms.list_grants(KeyId=key_id)["Grants"]
        assert entry["Operations"] == operations
        for name in set(enum("GrantOperation")) - possible:
            text = f"Operation {name} is not supported by a key with key spec {spec} and key usage {usage}."
            with refuses("ValidationException", text):
                kms.create_grant(KeyId=key_id, GranteePrincipal=GRANTEE, Operations=["DescribeKey", name])

    @pytest.mark.parametrize(
        ("spec", "usage"), [pair for pair in OF_KEY if pair[0] != "SYMMETRIC_DEFAULT"], ids=lambda value: value
    )
    def test_no_encryption_context_on_other_keys(
        self, kms: Any, make_key: Any, refuses: Any, spec: str, usage: str
    ) -> None:
        key_id = make_key(spec, KeyUsage=usage)
        params = {"KeyId": key_id, "GranteePrincipal": GRANTEE, "Operations": ["DescribeKey"]}
        text = "Encryption context constraints are only supported for symmetric encryption KMS keys."
        with refuses("ValidationException", text):
            kms.create_grant(**params, Constraints={"EncryptionContextSubset": {"a": "b"}})
        kms.create_grant(**params, Constraints={"SourceArn": SOURCE})
        assert len(kms.list_grants(KeyId=key_id)["Grants"]) == 1

    def test_the_same_one_twice(self, kms: Any, make_key: Any, make_grant: Any) -> None:
        key_id = make_key()
        make_grant(key_id, Operations=["Encrypt", "Decrypt", "Encrypt"])
        assert kms.list_grants(KeyId=key_id)["Grants"][0]["Operations"] == ["Encrypt", "Decrypt"]


class TestNames:
    FULL: dict[str, Any] = {  # noqa: RUF012
        "Name": "nightly",
        "Operations": ["Encrypt", "Decrypt"],
        "RetiringPrincipal": RETIRING,
        "Constraints": {"EncryptionContextSubset": {"a": "b", "c": "d"}},
    }

    def test_a_named_grant_is_made_once(self, kms: Any, make_key: Any, make_grant: Any) -> None:
        key_id = make_key()
        first = make_grant(key_id, **self.FULL)
        # Neither a list of operations nor an encryption context has an order.
        again = self.FULL | {
            "Operations": ["Decrypt", "Encrypt"],
            "Constraints": {"EncryptionContextSubset": {"c": "d", "a": "b"}},
        }
        second = make_grant(key_id, **again)
        assert second["GrantId"] == first["GrantId"]
        assert second["GrantToken"] != first["GrantToken"]
        (entry,) = kms.list_grants(KeyId=key_id)["Grants"]
        assert (entry["Name"], entry["Operations"]) == ("nightly", ["Encrypt", "Decrypt"])

    @pytest.mark.parametrize("which", [0, 1])
    def test_all_its_tokens_are_as_good(
        self, kms: Any, make_key: Any, make_grant: Any, refuses: Any, which: int
    ) -> None:
        key_id = make_key()
        tokens = [make_grant(key_id, **self.FULL)["GrantToken"] for _ in range(2)]
        kms.describe_key(KeyId=key_id, GrantTokens=tokens)
        kms.retire_grant(GrantToken=tokens[which])
        assert kms.list_grants(KeyId=key_id)["Grants"] == []
        for token in tokens:
            with refuses("InvalidGrantTokenException"):
                kms.retire_grant(GrantToken=token)

    @pytest.mark.parametrize(
        "change",
        [
            {"Name": "daily"},
            {"Name": None},
            {"Operations": ["Encrypt"]},
            {"GranteePrincipal": ROOT},
            {"RetiringPrincipal": ROOT},
            {"RetiringPrincipal": None},
            {"Constraints": {"EncryptionContextEquals": {"a": "b", "c": "d"}}},
            {"Constraints": None},
        ],
        ids=lambda change: f"{next(iter(change))} {next(iter(change.values()))}",
    )
    def test_anything_else_is_another_grant(
        self, kms: Any, make_key: Any, make_grant: Any, change: dict[str, Any]
    ) -> None:
        key_id = make_key()
        made = [make_grant(key_id, **self.FULL)["GrantId"], make_grant(key_id, **(self.FULL | change))["GrantId"]]
        assert len(set(made)) == 2
        assert ids(kms.list_grants(KeyId=key_id)) == made

    def test_without_a_name_duplicates_arise(self, kms: Any, make_key: Any, make_grant: Any) -> None:
        key_id = make_key()
        made = [make_grant(key_id)["GrantId"] for _ in range(2)]
        assert ids(kms.list_grants(KeyId=key_id)) == made
        assert [entry["Name"] for entry in kms.list_grants(KeyId=key_id)["Grants"]] == ["", ""]

    def test_the_same_name_on_two_keys(self, kms: Any, make_key: Any, make_grant: Any) -> None:
        keys = [make_key(), make_key()]
        made = [make_grant(key_id, **self.FULL)["GrantId"] for key_id in keys]
        assert [ids(kms.list_grants(KeyId=key_id)) for key_id in keys] == [[made[0]], [made[1]]]

    def test_a_key_has_room_for_so_many(
        self, kms: Any, make_key: Any, make_grant: Any, refuses: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("kmslab.operations.grants.GRANTS_PER_KEY", 2)
        key_id = make_key()
        first = make_grant(key_id, **self.FULL)["GrantId"]
        make_grant(key_id)
        text = "Grants per key quota for this account in this region is 2, current usage is 2."
        with refuses("LimitExceededException", text):
            make_grant(key_id)
        assert make_grant(key_id, **self.FULL)["GrantId"] == first
        kms.revoke_grant(KeyId=key_id, GrantId=first)
        make_grant(key_id)
        assert len(kms.list_grants(KeyId=key_id)["Grants"]) == 2


class TestListGrants:
    def test_members(self, kms: Any, lab: Lab, make_key: Any, make_grant: Any, members: Any) -> None:
        key_id = make_key()
        made = make_grant(key_id, RetiringPrincipal=RETIRING, Name="n", Constraints={"SourceArn": SOURCE})["GrantId"]
        created = lab.clock.now()
        for ref in (key_id, f"{ARN}:key/{key_id}"):
            reply = kms.list_grants(KeyId=ref)
            assert members(reply) == {"Grants", "Truncated"}
            assert reply["Truncated"] is False
            assert reply["Grants"] == [
                {
                    "KeyId": f"{ARN}:key/{key_id}",
                    "GrantId": made,
                    "Name": "n",
                    "CreationDate": created,
                    "GranteePrincipal": GRANTEE,
                    "RetiringPrincipal": RETIRING,
                    "IssuingAccount": ROOT,
                    "Operations": ["Decrypt"],
                    "Constraints": {"SourceArn": SOURCE},
                }
            ]

    def test_members_of_a_grant_for_a_service(self, kms: Any, make_key: Any, make_grant: Any) -> None:
        key_id = make_key()
        make_grant(key_id, **SERVICE, GranteePrincipal=None)
        (entry,) = kms.list_grants(KeyId=key_id)["Grants"]
        assert {name: entry[name] for name in SERVICE} == SERVICE
        assert entry.keys() & {"GranteePrincipal", "RetiringPrincipal"} == set()

    def test_filters(self, kms: Any, make_key: Any, make_grant: Any) -> None:
        key_id = make_key()
        first, second = (make_grant(key_id, GranteePrincipal=each)["GrantId"] for each in (GRANTEE, ROOT))
        assert ids(kms.list_grants(KeyId=key_id, GrantId=second)) == [second]
        assert ids(kms.list_grants(KeyId=key_id, GranteePrincipal=GRANTEE)) == [first]
        assert ids(kms.list_grants(KeyId=key_id, GranteePrincipal=GRANTEE, GrantId=first)) == [first]
        assert ids(kms.list_grants(KeyId=key_id, GranteePrincipal=GRANTEE, GrantId=second)) == []
        assert ids(kms.list_grants(KeyId=key_id, GranteePrincipal=RETIRING)) == []
        assert ids(kms.list_grants(KeyId=key_id, GrantId=UNKNOWN)) == []
        assert ids(kms.list_grants(KeyId=make_key(), GrantId=first)) == []

    @pytest.mark.parametrize(
        ("params", "code", "text"),
        [
            ({"GrantId": "no id"}, "InvalidGrantIdException", ""),
            (
                {"GranteeServicePrincipal": "s3.us-east-1.amazonaws.com"},
                "ValidationException",
                "GranteeServicePrincipal is only usable by callers in a service principal.",
            ),
            (
                {"GranteeServicePrincipal": "s3.us-east-1.amazonaws.com", "GranteePrincipal": GRANTEE},
                "ValidationException",
                "You can specify either GranteePrincipal or GranteeServicePrincipal, but not both.",
            ),
            (
                {"Limit": 101},
                "ValidationException",
                "1 validation error detected: Value '101' at 'limit' failed to satisfy constraint: "
                "Member must have value less than or equal to 100",
            ),
            ({"Marker": "x"}, "InvalidMarkerException", ""),
        ],
        ids=["grant id", "service", "both", "limit", "marker"],
    )
    def test_refused(self, kms: Any, make_key: Any, refuses: Any, params: Any, code: str, text: str) -> None:
        key_id = make_key()
        with refuses(code, text):
            kms.list_grants(KeyId=key_id, **params)

    def test_pages(self, kms: Any, make_key: Any, make_grant: Any, members: Any) -> None:
        key_id = make_key()
        made = [make_grant(key_id)["GrantId"] for _ in range(60)]
        first = kms.list_grants(KeyId=key_id)
        assert members(first) == {"Grants", "Truncated", "NextMarker"}
        assert ids(first) == made[:50]
        assert ids(kms.list_grants(KeyId=key_id, Marker=first["NextMarker"])) == made[50:]
        assert len(ids(kms.list_grants(KeyId=key_id, Limit=100))) == 60
        kms.revoke_grant(KeyId=key_id, GrantId=made[49])
        assert ids(kms.list_grants(KeyId=key_id, Marker=first["NextMarker"])) == made[50:]
        pages = kms.get_paginator("list_grants").paginate(KeyId=key_id, PaginationConfig={"PageSize": 7})
        assert [each for page in pages for each in ids(page)] == made[:49] + made[50:]

    def test_in_every_key_state(self, kms: Any, make_key: Any, make_grant: Any, refuses: Any) -> None:
        key_id = make_key()
        made = make_grant(key_id)
        kms.disable_key(KeyId=key_id)
        with refuses("DisabledException", f"{ARN}:key/{key_id} is disabled."):
            make_grant(key_id)
        kms.schedule_key_deletion(KeyId=key_id)
        with refuses("KMSInvalidStateException", f"{ARN}:key/{key_id} is pending deletion."):
            make_grant(key_id)
        assert ids(kms.list_grants(KeyId=key_id)) == [made["GrantId"]]
        kms.revoke_grant(KeyId=key_id, GrantId=made["GrantId"])
        assert ids(kms.list_grants(KeyId=key_id)) == []

    def test_grants_vanish_with_the_key(self, kms: Any, lab: Lab, make_key: Any, make_grant: Any, refuses: Any) -> None:
        key_id = make_key()
        token = make_grant(key_id, RetiringPrincipal=RETIRING)["GrantToken"]
        kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
        lab.clock.advance(days=8)
        assert kms.list_retirable_grants(RetiringPrincipal=RETIRING)["Grants"] == []
        with refuses("InvalidGrantTokenException"):
            kms.retire_grant(GrantToken=token)


class TestListRetirableGrants:
    def test_across_keys(self, kms: Any, make_key: Any, make_grant: Any, members: Any) -> None:
        keys = [make_key(), make_key()]
        made = [make_grant(key_id, RetiringPrincipal=RETIRING)["GrantId"] for key_id in keys]
        make_grant(keys[0], RetiringPrincipal=ROOT)
        make_grant(keys[0])
        reply = kms.list_retirable_grants(RetiringPrincipal=RETIRING)
        assert members(reply) == {"Grants", "Truncated"}
        assert ids(reply) == made
        assert [entry["KeyId"] for entry in reply["Grants"]] == [f"{ARN}:key/{key_id}" for key_id in keys]
        first = kms.list_retirable_grants(RetiringPrincipal=RETIRING, Limit=1)
        assert members(first) == {"Grants", "Truncated", "NextMarker"}
        second = kms.list_retirable_grants(RetiringPrincipal=RETIRING, Limit=1, Marker=first["NextMarker"])
        assert ids(first) + ids(second) == made

    def test_only_those_of_the_region(self, kms: Any, lab: Lab, make_key: Any, make_grant: Any) -> None:
        make_grant(make_key(), RetiringPrincipal=RETIRING)
        west = lab.client("kms", region_name="us-west-2")
        assert west.list_retirable_grants(RetiringPrincipal=RETIRING)["Grants"] == []

    def test_on_keys_of_another_account(self, kms: Any, lab: Lab, make_key: Any, make_grant: Any) -> None:
        partner = f"arn:aws:iam::{OTHER}:role/Partner"
        made = make_grant(make_key(), RetiringPrincipal=partner)["GrantId"]
        (entry,) = lab.account(OTHER).client("kms").list_retirable_grants(RetiringPrincipal=partner)["Grants"]
        assert (entry["GrantId"], entry["IssuingAccount"]) == (made, ROOT)

    @pytest.mark.parametrize(
        ("params", "code", "text"),
        [
            (
                {},
                "ValidationException",
                "You must specify either RetiringPrincipal or RetiringServicePrincipal, but not both.",
            ),
            (
                {"RetiringPrincipal": ROOT, "RetiringServicePrincipal": "s3.us-east-1.amazonaws.com"},
                "ValidationException",
                "You must specify either RetiringPrincipal or RetiringServicePrincipal, but not both.",
            ),
            (
                {"RetiringServicePrincipal": "s3.us-east-1.amazonaws.com"},
                "ValidationException",
                "RetiringServicePrincipal is only usable by callers in a service principal.",
            ),
            ({"RetiringPrincipal": "bob"}, "InvalidArnException", "ARN does not refer to a valid principal: bob"),
            (
                {"RetiringPrincipal": f"arn:aws:iam::{OTHER}:root"},
                "AccessDeniedException",
                f"User: arn:aws:iam::{ACCOUNT}:user/administrator is not authorized to perform: "
                f"kms:ListRetirableGrants on resource: arn:aws:iam::{OTHER}:root because no resource-based policy "
                "allows the kms:ListRetirableGrants action",
            ),
            (
                {"RetiringPrincipal": ROOT, "Limit": 101},
                "ValidationException",
                "1 validation error detected: Value '101' at 'limit' failed to satisfy constraint: "
                "Member must have value less than or equal to 100",
            ),
            ({"RetiringPrincipal": ROOT, "Marker": "x"}, "InvalidMarkerException", ""),
        ],
        ids=["nobody", "two", "service", "no principal", "another account", "limit", "marker"],
    )
    def test_refused(self, kms: Any, refuses: Any, params: Any, code: str, text: str) -> None:
        with refuses(code, text):
            kms.list_retirable_grants(**params)


class TestRetireGrant:
    def test_by_token_or_by_key_and_id(self, kms: Any, make_key: Any, make_grant: Any, members: Any) -> None:
        key_id = make_key()
        by_token, by_arn, by_id = (make_grant(key_id) for _ in range(3))
        assert members(kms.retire_grant(GrantToken=by_token["GrantToken"])) == set()
        assert ids(kms.list_grants(KeyId=key_id)) == [by_arn["GrantId"], by_id["GrantId"]]
        kms.retire_grant(KeyId=f"{ARN}:key/{key_id}", GrantId=by_arn["GrantId"])
        kms.retire_grant(KeyId=key_id, GrantId=by_id["GrantId"])
        assert ids(kms.list_grants(KeyId=key_id)) == []

    @pytest.mark.parametrize(
        ("params", "code", "text"),
        [
            ({}, "ValidationException", "Either a grant token, or a key ID and a grant ID must be specified."),
            (
                {"GrantId": UNKNOWN},
                "ValidationException",
                "Either a grant token, or a key ID and a grant ID must be specified.",
            ),
            (
                {"KeyId": "$key"},
                "ValidationException",
                "Either a grant token, or a key ID and a grant ID must be specified.",
            ),
            ({"KeyId": "$key", "GrantId": UNKNOWN}, "NotFoundException", f"Grant ID {UNKNOWN} not found"),
            ({"KeyId": "$key", "GrantId": "no id"}, "InvalidGrantIdException", ""),
            (
                {"KeyId": "alias/app", "GrantId": UNKNOWN},
                "InvalidArnException",
                "Key Aliases are not supported for this operation.",
            ),
            ({"GrantToken": "AQpA"}, "InvalidGrantTokenException", ""),
        ],
        ids=["nothing", "no key", "no id", "unknown", "no id at all", "alias", "token"],
    )
    def test_refused(
        self, kms: Any, make_key: Any, make_grant: Any, refuses: Any, params: Any, code: str, text: str
    ) -> None:
        key_id = make_key()
        make_grant(key_id)
        with refuses(code, text):
            kms.retire_grant(**{name: key_id if value == "$key" else value for name, value in params.items()})

    def test_a_token_counts_in_its_region(self, lab: Lab, make_key: Any, make_grant: Any, refuses: Any) -> None:
        token = make_grant(make_key())["GrantToken"]
        with refuses("InvalidGrantTokenException"):
            lab.client("kms", region_name="us-west-2").retire_grant(GrantToken=token)

    @pytest.mark.parametrize("who", ["root", "administrator"])
    def test_the_issuing_account_may(self, lab: Lab, kms: Any, make_key: Any, make_grant: Any, who: str) -> None:
        key_id = make_key()
        token = make_grant(key_id)["GrantToken"]
        lab.client("kms", principal=getattr(lab, who)).retire_grant(GrantToken=token)
        assert ids(kms.list_grants(KeyId=key_id)) == []

    @pytest.mark.parametrize(
        ("operations", "role"),
        [(["Decrypt"], "RetiringPrincipal"), (["Decrypt", "RetireGrant"], "GranteePrincipal")],
        ids=["retiring principal", "grantee with RetireGrant"],
    )
    def test_whom_the_grant_names_may(
        self, lab: Lab, kms: Any, alice: Any, make_key: Any, make_grant: Any, operations: list[str], role: str
    ) -> None:
        key_id = make_key()
        token = make_grant(key_id, Operations=operations, **{role: alice.arn})["GrantToken"]
        lab.client("kms", principal=alice).retire_grant(GrantToken=token)
        assert ids(kms.list_grants(KeyId=key_id)) == []

    @pytest.mark.parametrize("operations", [["Decrypt"], ["Decrypt", "RetireGrant"]], ids=["grantee", "somebody else"])
    def test_others_of_the_account_may_not(
        self, lab: Lab, alice: Any, make_key: Any, make_grant: Any, refuses: Any, operations: list[str]
    ) -> None:
        """The grantee without RetireGrant, and whom the grant does not name at all."""
        key_id = make_key()
        token = make_grant(key_id, Operations=operations, GranteePrincipal=alice.arn)["GrantToken"]
        caller = lab.user("carol") if "RetireGrant" in operations else alice
        text = (
            f"User: {caller.arn} is not authorized to perform: kms:RetireGrant on resource: {ARN}:key/{key_id} "
            "because no identity-based policy allows the kms:RetireGrant action"
        )
        with refuses("AccessDeniedException", text):
            lab.client("kms", principal=caller).retire_grant(GrantToken=token)

    @pytest.mark.parametrize("who", ["user", "account"])
    def test_a_retiring_principal_of_another_account(
        self, lab: Lab, kms: Any, make_key: Any, make_grant: Any, who: str
    ) -> None:
        account = lab.account(OTHER)
        partner = account.user("partner") if who == "user" else account.administrator
        named = partner.arn if who == "user" else f"arn:aws:iam::{OTHER}:root"
        key_id = make_key()
        made = make_grant(key_id, RetiringPrincipal=named)
        client = account.client("kms", principal=partner)
        client.retire_grant(KeyId=f"{ARN}:key/{key_id}", GrantId=made["GrantId"])
        assert ids(kms.list_grants(KeyId=key_id)) == []

    def test_strangers_learn_nothing(self, lab: Lab, make_key: Any, make_grant: Any, refusals_of: Any) -> None:
        key_arn = f"{ARN}:key/{make_key()}"
        made = make_grant(key_arn)
        account = lab.account(OTHER)
        kms, refuses = account.client("kms"), refusals_of(lab, OTHER)
        text = (
            f"User: {account.administrator.arn} is not authorized to perform: kms:RetireGrant on resource: {{}} {VAGUE}"
        )
        with refuses("AccessDeniedException", text.format(key_arn)):
            kms.retire_grant(GrantToken=made["GrantToken"])
        with refuses("AccessDeniedException", text.format(key_arn)):
            kms.retire_grant(KeyId=key_arn, GrantId=made["GrantId"])
        with refuses("AccessDeniedException", text.format(key_arn)):
            kms.retire_grant(KeyId=key_arn, GrantId=UNKNOWN)
        missing = f"{ARN}:key/00000000-0000-4000-8000-000000000000"
        with refuses("AccessDeniedException", text.format(missing)):
            kms.retire_grant(KeyId=missing, GrantId=UNKNOWN)


class TestRevokeGrant:
    def test_by_key_and_id(self, kms: Any, make_key: Any, make_grant: Any, members: Any, refuses: Any) -> None:
        key_id = make_key()
        first, second = make_grant(key_id), make_grant(key_id)
        assert members(kms.revoke_grant(KeyId=key_id, GrantId=first["GrantId"])) == set()
        kms.revoke_grant(KeyId=f"{ARN}:key/{key_id}", GrantId=second["GrantId"])
        assert ids(kms.list_grants(KeyId=key_id)) == []
        with refuses("InvalidGrantTokenException"):
            kms.describe_key(KeyId=key_id, GrantTokens=[first["GrantToken"]])

    def test_refused(self, kms: Any, make_key: Any, make_grant: Any, refuses: Any) -> None:
        key_id, other = make_key(), make_key()
        made = make_grant(key_id)["GrantId"]
        # The code was measured, with an id of 63 digits.
        for missing in (UNKNOWN, UNKNOWN[1:]):
            with refuses("NotFoundException", f"Grant ID {missing} not found"):
                kms.revoke_grant(KeyId=key_id, GrantId=missing)
        with refuses("NotFoundException", f"Grant ID {made} not found"):
            kms.revoke_grant(KeyId=other, GrantId=made)
        with refuses("InvalidGrantIdException"):
            kms.revoke_grant(KeyId=key_id, GrantId="no id")
        with refuses("InvalidArnException", "Key Aliases are not supported for this operation."):
            kms.revoke_grant(KeyId="alias/app", GrantId=made)

    def test_the_grantee_may_not(self, lab: Lab, alice: Any, make_key: Any, make_grant: Any, refuses: Any) -> None:
        key_id = make_key()
        made = make_grant(key_id, GranteePrincipal=alice.arn, RetiringPrincipal=alice.arn)["GrantId"]
        text = (
            f"User: {alice.arn} is not authorized to perform: kms:RevokeGrant on resource: {ARN}:key/{key_id} "
            "because no identity-based policy allows the kms:RevokeGrant action"
        )
        with refuses("AccessDeniedException", text):
            lab.client("kms", principal=alice).revoke_grant(KeyId=key_id, GrantId=made)


class TestDryRun:
    def test_nothing_happens(self, kms: Any, make_key: Any, make_grant: Any, refuses: Any) -> None:
        key_id = make_key()
        made = make_grant(key_id, Name="n")
        with refuses("DryRunOperationException", WOULD):
            make_grant(key_id, DryRun=True)
        with refuses("DryRunOperationException", WOULD):
            make_grant(key_id, Name="n", DryRun=True)
        with refuses("DryRunOperationException", WOULD):
            kms.retire_grant(GrantToken=made["GrantToken"], DryRun=True)
        with refuses("DryRunOperationException", WOULD):
            kms.revoke_grant(KeyId=key_id, GrantId=made["GrantId"], DryRun=True)
        assert ids(kms.list_grants(KeyId=key_id)) == [made["GrantId"]]

    def test_mistakes_are_found(self, lab: Lab, kms: Any, make_key: Any, make_grant: Any, refuses: Any) -> None:
        key_id = make_key()
        with refuses("ValidationException", "Grants must not contain only the CreateGrant operation."):
            make_grant(key_id, Operations=["CreateGrant"], DryRun=True)
        with refuses("NotFoundException", f"Grant ID {UNKNOWN} not found"):
            kms.revoke_grant(KeyId=key_id, GrantId=UNKNOWN, DryRun=True)
        with refuses("InvalidGrantTokenException"):
            kms.retire_grant(GrantToken="AQpA", DryRun=True)

    def test_ids_do_not_depend_on_dry_runs(self) -> None:
        made = []
        for dry_runs in (0, 2):
            with Lab(seed=5) as lab:
                kms = lab.client("kms")
                params = {"GranteePrincipal": GRANTEE, "Operations": ["Decrypt"]}
                params["KeyId"] = kms.create_key()["KeyMetadata"]["KeyId"]
                for _ in range(dry_runs):
                    with pytest.raises(kms.exceptions.DryRunOperationException):
                        kms.create_grant(**params, DryRun=True)
                reply = kms.create_grant(**params)
                made.append((reply["GrantId"], reply["GrantToken"]))
        assert made[0] == made[1]


class TestInTheTrail:
    def test_create_grant(self, lab: Lab, kms: Any, make_key: Any, make_grant: Any) -> None:
        key_id = make_key()
        context = {"Department": "IT", "aws:x": "y"}
        first = make_grant(key_id, Constraints={"EncryptionContextSubset": context}, Name="n")
        event = lab.trail[-1]
        assert event["eventName"] == "CreateGrant"
        assert event["readOnly"] is False
        assert event["requestParameters"] == {
            "constraints": {"encryptionContextSubset": context},
            "granteePrincipal": GRANTEE,
            "keyId": key_id,
            "name": "n",
            "operations": ["Decrypt"],
        }
        assert event["responseElements"] == {"grantId": first["GrantId"], "keyId": f"{ARN}:key/{key_id}"}
        assert event["resources"] == [{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": f"{ARN}:key/{key_id}"}]

    def test_retire_grant(self, lab: Lab, kms: Any, make_key: Any, make_grant: Any) -> None:
        key_id = make_key()
        made = make_grant(key_id)
        for params in (
            {"GrantToken": made["GrantToken"]},
            {"KeyId": f"{ARN}:key/{key_id}", "GrantId": make_grant(key_id)["GrantId"]},
        ):
            grant_id = params.get("GrantId", made["GrantId"])
            kms.retire_grant(**params)
            event = lab.trail[-1]
            assert event["eventName"] == "RetireGrant"
            assert (event["requestParameters"], event["responseElements"]) == (None, None)
            assert event["additionalEventData"] == {"grantId": grant_id}
            assert [entry["ARN"] for entry in event["resources"]] == [f"{ARN}:key/{key_id}"]

    def test_revoke_grant(self, lab: Lab, kms: Any, make_key: Any, make_grant: Any) -> None:
        key_id = make_key()
        made = make_grant(key_id)["GrantId"]
        kms.revoke_grant(KeyId=key_id, GrantId=made)
        event = lab.trail[-1]
        assert event["requestParameters"] == {"grantId": made, "keyId": key_id}
        assert (event["responseElements"], event["readOnly"]) == (None, False)

    def test_no_token_anywhere(self, lab: Lab, kms: Any, make_key: Any, make_grant: Any) -> None:
        key_id = make_key()
        made = make_grant(key_id)
        kms.encrypt(KeyId=key_id, Plaintext=b"x", GrantTokens=[made["GrantToken"]])
        make_grant(key_id, GrantTokens=[made["GrantToken"]])
        listed = kms.list_grants(KeyId=key_id)
        kms.retire_grant(GrantToken=made["GrantToken"])
        assert len(lab.trail) == 6
        for shown in (json.dumps(list(lab.trail), default=str), repr(lab.bill), repr(listed)):
            assert "AQpA" not in shown


def test_a_grant_token_that_belongs_to_no_grant(make_key: Any, make_grant: Any, refuses: Any) -> None:
    key_id = make_key()
    with refuses("InvalidGrantTokenException"):
        make_grant(key_id, GrantTokens=["AQpA"])


def test_operations_of_related_keys_are_their_own(kms: Any, lab: Lab, make_grant: Any) -> None:
    """Source: KMS Developer Guide, "Multi-Region keys": grants are not among the shared properties."""
    key_id = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    made = make_grant(key_id)["GrantId"]
    kms.replicate_key(KeyId=key_id, ReplicaRegion="us-west-2")
    west = lab.client("kms", region_name="us-west-2")
    assert ids(west.list_grants(KeyId=key_id)) == []
    assert ids(kms.list_grants(KeyId=key_id)) == [made]
