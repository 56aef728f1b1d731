"""Who calls: IAM users and their policies, sessions of STS, other accounts, and how the trail names them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from kmslab import Lab, Principal
from kmslab.errors import KmslabError
from kmslab.principals import Credentials, PrincipalType
from kmslab.transport.botocore_hook import make_session

ACCOUNT = "123456789010"
OTHER = "999988887777"
ADMINISTRATOR = f"arn:aws:iam::{ACCOUNT}:user/administrator"
ACCESS_ROLE = f"arn:aws:iam::{OTHER}:role/OrganizationAccountAccessRole"

Document = dict[str, Any]


def document(*statements: Document) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: str | list[str], resource: str = "*", **more: Any) -> Document:
    return document({"Effect": "Allow", "Action": action, "Resource": resource, **more})


def trusting(*arns: str, **more: Any) -> Document:
    return document({"Effect": "Allow", "Principal": {"AWS": list(arns)}, "Action": "sts:AssumeRole", **more})


LIST = allow("kms:ListKeys")


@contextmanager
def refused(code: str, message: str, status: int = 403) -> Iterator[None]:
    """One call that fails with exactly this."""
    with pytest.raises(ClientError) as caught:
        yield
    assert (caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]) == (code, message)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def not_allowed(caller: str, role: str, action: str = "sts:AssumeRole") -> Any:
    return refused("AccessDenied", f"User: {caller} is not authorized to perform: {action} on resource: {role}")


@pytest.fixture
def iam(lab: Lab) -> Any:
    return lab.client("iam")


@pytest.fixture
def sts(lab: Lab) -> Any:
    return lab.client("sts")


@pytest.fixture
def as_anyone(lab: Lab) -> Callable[..., Any]:
    """A client that signs with credentials as STS hands them out."""

    def make(service: str, credentials: Document, **changes: str | None) -> Any:
        shown = {**credentials, **changes}
        keys = Credentials(shown["AccessKeyId"], shown["SecretAccessKey"], shown["SessionToken"])
        return make_session(keys, "us-east-1", lab._hook).client(service)

    return make


@pytest.fixture
def role(iam: Any) -> str:
    """The ARN of a role that whoever has the permission in the account may assume."""
    made = iam.create_role(RoleName="app", AssumeRolePolicyDocument=json.dumps(trusting(ACCOUNT)))
    iam.put_role_policy(RoleName="app", PolicyName="list", PolicyDocument=json.dumps(LIST))
    return str(made["Role"]["Arn"])


def policies_of(lab: Lab, principal: Principal) -> dict[str, Document]:
    found = lab.directory.find(principal.credentials.access_key_id)
    assert found is not None
    return {policy.name: json.loads(policy.text) for policy in found.policies}


class TestUsers:
    def test_all_kinds_of_policies_are_read(self, lab: Lab, iam: Any, alice: Principal) -> None:
        assert policies_of(lab, alice) == {}
        iam.put_user_policy(UserName="alice", PolicyName="inline", PolicyDocument=json.dumps(LIST))
        own = iam.create_policy(PolicyName="own", PolicyDocument=json.dumps(allow("kms:Encrypt")))["Policy"]["Arn"]
        iam.attach_user_policy(UserName="alice", PolicyArn=own)
        iam.create_group(GroupName="staff")
        iam.add_user_to_group(GroupName="staff", UserName="alice")
        iam.put_group_policy(GroupName="staff", PolicyName="shared", PolicyDocument=json.dumps(allow("kms:Sign")))
        iam.attach_group_policy(GroupName="staff", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        found = policies_of(lab, alice)
        assert list(found) == [
            "identity policy inline",
            "identity policy own",
            "policy shared of group staff",
            "policy AdministratorAccess of group staff",
        ]
        assert found["identity policy own"] == allow("kms:Encrypt")
        assert found["policy AdministratorAccess of group staff"]["Statement"][0]["Action"] == "*"

    def test_the_default_version_counts(self, lab: Lab, iam: Any, alice: Principal) -> None:
        arn = iam.create_policy(PolicyName="own", PolicyDocument=json.dumps(LIST))["Policy"]["Arn"]
        iam.attach_user_policy(UserName="alice", PolicyArn=arn)
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(allow("kms:Sign")), SetAsDefault=False)
        assert policies_of(lab, alice) == {"identity policy own": LIST}
        iam.set_default_policy_version(PolicyArn=arn, VersionId="v2")
        assert policies_of(lab, alice) == {"identity policy own": allow("kms:Sign")}

    def test_what_is_taken_away_is_gone_at_once(self, lab: Lab, iam: Any) -> None:
        alice = lab.user("alice", policy=LIST)
        kms = lab.client("kms", principal=alice)
        assert kms.list_keys()["Keys"] == []
        iam.delete_user_policy(UserName="alice", PolicyName="alice")
        with pytest.raises(ClientError, match="no identity-based policy allows the kms:ListKeys action"):
            kms.list_keys()

    def test_the_administrator(self, lab: Lab, iam: Any) -> None:
        iam.list_users()
        assert list(policies_of(lab, lab.administrator)) == ["identity policy AdministratorAccess"]

    def test_tags(self, lab: Lab, iam: Any, alice: Principal) -> None:
        iam.tag_user(UserName="alice", Tags=[{"Key": "Team", "Value": "red"}])
        found = lab.directory.find(alice.credentials.access_key_id)
        assert found is not None
        assert found.tags == {"Team": "red"}

    def test_ids_look_as_in_aws_and_are_seeded(self, lab: Lab, iam: Any) -> None:
        shown = iam.create_user(UserName="carol")["User"]["UserId"]
        assert re.fullmatch(r"AIDA[A-Z2-7]{17}", shown)
        assert iam.get_user(UserName="carol")["User"]["UserId"] == shown
        assert lab.user("carol").identity.principal_id == shown
        with Lab(seed=1) as again:
            assert again.client("iam").create_user(UserName="carol")["User"]["UserId"] == shown

    def test_a_boundary_is_kept_and_shown(self, lab: Lab, iam: Any, alice: Principal) -> None:
        arn = iam.create_policy(PolicyName="limit", PolicyDocument=json.dumps(LIST))["Policy"]["Arn"]
        shown = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}
        iam.put_user_permissions_boundary(UserName="alice", PermissionsBoundary=arn)
        found = lab.directory.find(alice.credentials.access_key_id)
        assert found is not None
        assert found.boundary is not None
        assert (found.boundary.name, json.loads(found.boundary.text)) == ("permissions boundary limit", LIST)
        assert iam.get_user(UserName="alice")["User"]["PermissionsBoundary"] == shown
        iam.delete_user_permissions_boundary(UserName="alice")
        assert "PermissionsBoundary" not in iam.get_user(UserName="alice")["User"]
        assert lab.user("alice").boundary is None
        made = iam.create_user(UserName="bob", PermissionsBoundary=arn)["User"]
        assert made["PermissionsBoundary"] == shown
        assert lab.user("bob").boundary == found.boundary

    def test_a_boundary_that_is_deleted_lets_nothing_through(self, lab: Lab, iam: Any, alice: Principal) -> None:
        arn = iam.create_policy(PolicyName="limit", PolicyDocument=json.dumps(LIST))["Policy"]["Arn"]
        iam.put_user_permissions_boundary(UserName="alice", PermissionsBoundary=arn)
        iam.delete_policy(PolicyArn=arn)
        boundary = lab.user("alice").boundary
        assert boundary is not None
        assert json.loads(boundary.text)["Statement"] == []

    @pytest.mark.parametrize("operation", ["put_user_permissions_boundary", "create_user"])
    def test_a_boundary_that_is_not_there(self, lab: Lab, iam: Any, alice: Principal, operation: str) -> None:
        arn = f"arn:aws:iam::{ACCOUNT}:policy/none"
        name = "alice" if operation.startswith("put") else "carol"
        with refused("NoSuchEntity", f"Scope ARN: {arn} does not exist or is not attachable.", 404):
            getattr(iam, operation)(UserName=name, PermissionsBoundary=arn)
        assert lab.user("alice").boundary is None
        assert [user["UserName"] for user in iam.list_users()["Users"]] == ["administrator", "alice"]

    def test_a_boundary_of_nobody(self, iam: Any) -> None:
        with refused("NoSuchEntity", "The user with name nobody cannot be found.", 404):
            iam.delete_user_permissions_boundary(UserName="nobody")

    def test_a_member_of_iam_that_is_too_short(self, lab: Lab) -> None:
        iam = lab.client("iam", config=Config(parameter_validation=False))
        with pytest.raises(ClientError, match="2 validation errors detected: Value '' at 'userName'") as caught:
            iam.delete_user_permissions_boundary(UserName="")
        assert caught.value.response["Error"]["Code"] == "ValidationError"

    def test_a_name_that_is_taken_is_iams_business(self, iam: Any, alice: Principal) -> None:
        with pytest.raises(iam.exceptions.EntityAlreadyExistsException):
            iam.create_user(UserName="alice")

    def test_a_deleted_user_is_nobody(self, lab: Lab, iam: Any, alice: Principal) -> None:
        iam.delete_user(UserName="alice")
        assert lab.directory.find(alice.credentials.access_key_id) is None


def way_out(error: Exception) -> str:
    """The call that a refusal names, with the policy that was wanted."""
    (note,) = error.__notes__
    found = re.search(r"boto3\.client.*\.\.\.\)\)", note)
    assert found is not None
    return found.group().replace("...", "policy")


class TestLabUser:
    def test_a_cell_may_run_twice(self, lab: Lab, iam: Any) -> None:
        first, second = (lab.user("alice", policy=LIST) for _ in range(2))
        assert first == second
        assert len(iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]) == 1

    def test_without_a_policy_a_user_is_taken_as_it_is(self, lab: Lab) -> None:
        lab.user("alice", policy=LIST)
        assert list(policies_of(lab, lab.user("alice"))) == ["identity policy alice"]

    @pytest.mark.parametrize("before", [None, allow("kms:Sign")])
    def test_another_policy_is_not_put_silently(self, lab: Lab, iam: Any, before: Document | None) -> None:
        alice = lab.user("alice", policy=before)
        kept = policies_of(lab, alice)
        with pytest.raises(iam.exceptions.EntityAlreadyExistsException) as caught:
            lab.user("alice", policy=LIST)
        assert policies_of(lab, alice) == kept
        exec(way_out(caught.value), {"boto3": lab, "json": json, "policy": LIST})  # noqa: S102
        assert lab.user("alice", policy=LIST).arn == alice.arn
        assert list(policies_of(lab, lab.user("alice"))) == ["identity policy alice"]

    def test_a_user_made_with_iam_gets_an_access_key(self, lab: Lab, iam: Any) -> None:
        iam.create_user(UserName="carol")
        carol = lab.user("carol")
        assert lab.client("sts", principal=carol).get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/carol"

    def test_a_key_that_was_deleted_is_replaced(self, lab: Lab, iam: Any, alice: Principal) -> None:
        iam.delete_access_key(UserName="alice", AccessKeyId=alice.credentials.access_key_id)
        assert lab.user("alice").credentials.access_key_id != alice.credentials.access_key_id

    def test_a_user_that_was_deleted_is_made_again(self, lab: Lab, iam: Any, alice: Principal) -> None:
        iam.delete_user(UserName="alice")
        assert lab.user("alice").identity.principal_id != alice.identity.principal_id

    def test_a_policy_that_iam_refuses_leaves_nobody(self, lab: Lab, iam: Any) -> None:
        broken = document({"Effect": "Perhaps", "Action": "kms:ListKeys", "Resource": "*"})
        for make in (lab.user, lab.role):
            with pytest.raises(ClientError) as caught:
                make("alice", policy=broken)
            assert caught.value.response["Error"]["Code"] == "MalformedPolicyDocument"
        assert iam.list_roles()["Roles"] == []
        assert list(policies_of(lab, lab.user("alice", policy=LIST))) == ["identity policy alice"]


class TestLabRole:
    def test_a_role_is_a_session(self, lab: Lab) -> None:
        app = lab.role("encryption", policy=LIST)
        assert app.type is PrincipalType.ASSUMED_ROLE
        assert app.arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/encryption/administrator"
        assert app.role_arn == f"arn:aws:iam::{ACCOUNT}:role/encryption"
        assert app.name == "encryption/administrator"
        assert lab.client("kms", principal=app).list_keys()["Keys"] == []

    def test_the_default_trust_is_the_account(self, lab: Lab, iam: Any) -> None:
        lab.role("encryption")
        trust = iam.get_role(RoleName="encryption")["Role"]["AssumeRolePolicyDocument"]
        assert trust == document(
            {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
        )

    def test_every_call_is_a_session_of_its_own(self, lab: Lab, iam: Any) -> None:
        first, second = (lab.role("encryption", policy=LIST) for _ in range(2))
        assert first.arn == second.arn
        assert first.credentials != second.credentials
        assert len(iam.list_roles()["Roles"]) == 1
        assert lab.role("encryption", session_name="night").name == "encryption/night"

    @pytest.mark.parametrize("other", [{"policy": LIST}, {"trust": trusting(ADMINISTRATOR)}])
    def test_a_role_that_is_another_one(self, lab: Lab, iam: Any, other: dict[str, Any]) -> None:
        lab.role("encryption", policy=allow("kms:Sign"))
        with pytest.raises(iam.exceptions.EntityAlreadyExistsException) as caught:
            lab.role("encryption", **other)
        (wanted,) = other.values()
        exec(way_out(caught.value), {"boto3": lab, "json": json, "policy": wanted})  # noqa: S102
        assert lab.role("encryption", **other).role_arn == f"arn:aws:iam::{ACCOUNT}:role/encryption"

    def test_a_trust_that_does_not_let_the_administrator_in(self, lab: Lab, alice: Principal) -> None:
        with not_allowed(ADMINISTRATOR, f"arn:aws:iam::{ACCOUNT}:role/encryption"):
            lab.role("encryption", trust=trusting(alice.arn))
        made = lab.client("sts", principal=alice).assume_role(
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/encryption", RoleSessionName="alice"
        )
        assert made["AssumedRoleUser"]["Arn"].endswith("assumed-role/encryption/alice")

    def test_a_session_policy_narrows(self, lab: Lab) -> None:
        app = lab.role("encryption", policy=LIST, session_policy=allow("kms:ListAliases"))
        assert [policy.name for policy in app.session_policies] == ["session policy"]
        with pytest.raises(ClientError, match="because no session policy allows the kms:ListKeys action"):
            lab.client("kms", principal=app).list_keys()

    def test_a_role_of_another_account(self, lab: Lab) -> None:
        app = lab.account(OTHER).role("encryption", policy=LIST)
        assert app.arn == f"arn:aws:sts::{OTHER}:assumed-role/encryption/administrator"


class TestAssumeRole:
    def test_the_reply(self, lab: Lab, sts: Any, iam: Any, role: str) -> None:
        reply = sts.assume_role(RoleArn=role, RoleSessionName="night")
        keys = reply["Credentials"]
        assert set(reply) == {"Credentials", "AssumedRoleUser", "ResponseMetadata"}
        assert re.fullmatch(r"ASIA[A-Z2-7]{16}", keys["AccessKeyId"])
        assert len(keys["SecretAccessKey"]) == 40
        assert keys["SessionToken"].startswith("IQoJb3JpZ2luX2Vj")
        assert keys["Expiration"] == lab.clock.now().replace(microsecond=0) + timedelta(hours=1)
        role_id = iam.get_role(RoleName="app")["Role"]["RoleId"]
        assert reply["AssumedRoleUser"] == {
            "AssumedRoleId": f"{role_id}:night",
            "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/app/night",
        }

    def test_who_a_session_is(self, sts: Any, role: str, as_anyone: Callable[..., Any]) -> None:
        reply = sts.assume_role(RoleArn=role, RoleSessionName="night")
        identity = as_anyone("sts", reply["Credentials"]).get_caller_identity()
        del identity["ResponseMetadata"]
        assert identity == {
            "UserId": reply["AssumedRoleUser"]["AssumedRoleId"],
            "Account": ACCOUNT,
            "Arn": reply["AssumedRoleUser"]["Arn"],
        }

    def test_the_account_delegates_to_iam(self, lab: Lab, iam: Any, alice: Principal, role: str) -> None:
        sts = lab.client("sts", principal=alice)
        with not_allowed(alice.arn, role):
            sts.assume_role(RoleArn=role, RoleSessionName="night")
        policy = json.dumps(allow("sts:AssumeRole", role))
        iam.put_user_policy(UserName="alice", PolicyName="may", PolicyDocument=policy)
        assert sts.assume_role(RoleArn=role, RoleSessionName="night")["AssumedRoleUser"]["Arn"].endswith("app/night")

    def test_a_role_that_is_not_there_says_the_same(self, sts: Any) -> None:
        for missing in (f"arn:aws:iam::{ACCOUNT}:role/none", "arn:aws:iam::111122223333:role/none", "x" * 20):
            with not_allowed(ADMINISTRATOR, missing):
                sts.assume_role(RoleArn=missing, RoleSessionName="night")

    def test_the_root_user(self, lab: Lab, role: str) -> None:
        with refused("AccessDenied", "Roles may not be assumed by root accounts."):
            lab.client("sts", principal=lab.root).assume_role(RoleArn=role, RoleSessionName="night")

    def test_an_external_id(self, lab: Lab, iam: Any, sts: Any) -> None:
        trust = trusting(ADMINISTRATOR, Condition={"StringEquals": {"sts:ExternalId": "secret"}})
        arn = iam.create_role(RoleName="vendor", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        for given in ({}, {"ExternalId": "guessed"}):
            with not_allowed(ADMINISTRATOR, arn):
                sts.assume_role(RoleArn=arn, RoleSessionName="night", **given)
        assert sts.assume_role(RoleArn=arn, RoleSessionName="night", ExternalId="secret")["Credentials"]

    def test_a_device(self, lab: Lab, iam: Any, sts: Any) -> None:
        trust = trusting(ADMINISTRATOR, Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
        arn = iam.create_role(RoleName="careful", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        serial = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]["SerialNumber"]
        with not_allowed(ADMINISTRATOR, arn):
            sts.assume_role(RoleArn=arn, RoleSessionName="night")
        code = {"RoleArn": arn, "RoleSessionName": "night", "SerialNumber": serial, "TokenCode": "123456"}
        with pytest.raises(ClientError, match="unable to validate MFA code"):
            sts.assume_role(**code)
        iam.enable_mfa_device(
            UserName="administrator", SerialNumber=serial, AuthenticationCode1="123456", AuthenticationCode2="654321"
        )
        assert sts.assume_role(**code)["Credentials"]

    def test_across_accounts_both_sides_must_allow(self, lab: Lab, alice: Principal, iam: Any) -> None:
        theirs = lab.account(OTHER).client("iam")
        trust = json.dumps(trusting(alice.arn))
        arn = theirs.create_role(RoleName="shared", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        sts = lab.client("sts", principal=alice)
        with not_allowed(alice.arn, arn):
            sts.assume_role(RoleArn=arn, RoleSessionName="night")
        iam.put_user_policy(UserName="alice", PolicyName="may", PolicyDocument=json.dumps(allow("sts:AssumeRole")))
        made = sts.assume_role(RoleArn=arn, RoleSessionName="night")
        assert made["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{OTHER}:assumed-role/shared/night"
        theirs.update_assume_role_policy(RoleName="shared", PolicyDocument=json.dumps(trusting("111122223333")))
        with not_allowed(alice.arn, arn):
            sts.assume_role(RoleArn=arn, RoleSessionName="night")

    def test_what_the_organisation_forbids(self, lab: Lab, sts: Any, role: str) -> None:
        lab.account(ACCOUNT).service_control_policies = [allow("kms:*")]
        with not_allowed(ADMINISTRATOR, role):
            sts.assume_role(RoleArn=role, RoleSessionName="night")

    def test_tags(self, lab: Lab, iam: Any, sts: Any, as_anyone: Callable[..., Any]) -> None:
        trust = trusting(ACCOUNT)
        trust["Statement"][0]["Action"] = ["sts:AssumeRole", "sts:TagSession"]
        tags = [{"Key": "Team", "Value": "blue"}, {"Key": "site", "Value": "Bern"}]
        for name in ("first", "second"):
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust), Tags=tags)
            policy = json.dumps(allow(["sts:AssumeRole", "sts:TagSession"]))
            iam.put_role_policy(RoleName=name, PolicyName="on", PolicyDocument=policy)
        first = sts.assume_role(
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/first",
            RoleSessionName="night",
            Tags=[{"Key": "team", "Value": "red"}, {"Key": "Cost", "Value": "7"}],
            TransitiveTagKeys=["Cost"],
        )
        assert first["PackedPolicySize"] > 0
        principal = lab.directory.find(first["Credentials"]["AccessKeyId"])
        assert principal is not None
        assert principal.tags == {"site": "Bern", "team": "red", "Cost": "7"}
        chained = as_anyone("sts", first["Credentials"]).assume_role(
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/second", RoleSessionName="later"
        )
        principal = lab.directory.find(chained["Credentials"]["AccessKeyId"])
        assert principal is not None
        assert principal.tags == {"Team": "blue", "site": "Bern", "Cost": "7"}

    def test_tags_need_a_permission_of_their_own(self, sts: Any, role: str) -> None:
        with not_allowed(ADMINISTRATOR, role, "sts:TagSession"):
            sts.assume_role(RoleArn=role, RoleSessionName="night", Tags=[{"Key": "Team", "Value": "red"}])

    def test_how_long(self, lab: Lab, iam: Any, sts: Any, role: str, as_anyone: Callable[..., Any]) -> None:
        too_long = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        with refused("ValidationError", too_long, 400):
            sts.assume_role(RoleArn=role, RoleSessionName="night", DurationSeconds=7200)
        iam.update_role(RoleName="app", MaxSessionDuration=7200)
        keys = sts.assume_role(RoleArn=role, RoleSessionName="night", DurationSeconds=7200)["Credentials"]
        assert keys["Expiration"] == lab.clock.now().replace(microsecond=0) + timedelta(hours=2)
        iam.put_role_policy(RoleName="app", PolicyName="on", PolicyDocument=json.dumps(allow("sts:*")))
        chained = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
        with refused("ValidationError", chained, 400):
            as_anyone("sts", keys).assume_role(RoleArn=role, RoleSessionName="later", DurationSeconds=7200)

    def test_members_that_break_a_constraint(self, lab: Lab, role: str) -> None:
        sts = lab.client("sts", config=Config(parameter_validation=False))
        said = (
            "2 validation errors detected: Value 'a b' at 'roleSessionName' failed to satisfy constraint: Member must "
            r"satisfy regular expression pattern: [\w+=,.@-]*; Value '60' at 'durationSeconds' failed to satisfy "
            "constraint: Member must have value greater than or equal to 900"
        )
        with refused("ValidationError", said, 400):
            sts.assume_role(RoleArn=role, RoleSessionName="a b", DurationSeconds=60)

    @pytest.mark.parametrize(
        ("policy", "message"),
        [
            ("{", "This policy contains invalid Json"),
            ("[]", "Syntax errors in policy."),
            ("{}", "Syntax errors in policy."),
            (json.dumps(trusting("*")), "Syntax errors in policy."),
        ],
    )
    def test_session_policies_that_are_none(self, sts: Any, role: str, policy: str, message: str) -> None:
        with refused("MalformedPolicyDocument", message, 400):
            sts.assume_role(RoleArn=role, RoleSessionName="night", Policy=policy)

    def test_managed_session_policies(self, lab: Lab, sts: Any, role: str) -> None:
        arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
        reply = sts.assume_role(RoleArn=role, RoleSessionName="night", PolicyArns=[{"arn": arn}])
        principal = lab.directory.find(reply["Credentials"]["AccessKeyId"])
        assert principal is not None
        assert [policy.name for policy in principal.session_policies] == ["session policy ReadOnlyAccess"]
        missing = f"arn:aws:iam::{ACCOUNT}:policy/none"
        with refused("ValidationError", f"The policy {missing} does not exist.", 400):
            sts.assume_role(RoleArn=role, RoleSessionName="night", PolicyArns=[{"arn": missing}])

    def test_what_the_lab_does_not_do(self, sts: Any, role: str) -> None:
        with pytest.raises(KmslabError, match="takes no SourceIdentity"):
            sts.assume_role(RoleArn=role, RoleSessionName="night", SourceIdentity="alice")
        with pytest.raises(KmslabError, match="does not run STS's DecodeAuthorizationMessage"):
            sts.decode_authorization_message(EncodedMessage="x")

    def test_an_action_that_sts_does_not_have(self, lab: Lab, sts: Any) -> None:
        def misspell(params: dict[str, Any], **_: Any) -> None:
            params["body"]["Action"] = "AssumeRoll"

        sts.meta.events.register("before-call.sts.GetCallerIdentity", misspell)
        with refused("InvalidAction", "Could not find operation AssumeRoll for version 2011-06-15", 400):
            sts.get_caller_identity()

    def test_a_session_follows_its_role(self, lab: Lab, iam: Any) -> None:
        app = lab.role("encryption")
        kms = lab.client("kms", principal=app)
        with pytest.raises(ClientError, match="because no identity-based policy allows the kms:ListKeys action"):
            kms.list_keys()
        iam.put_role_policy(RoleName="encryption", PolicyName="now", PolicyDocument=json.dumps(LIST))
        assert kms.list_keys()["Keys"] == []
        iam.delete_role_policy(RoleName="encryption", PolicyName="now")
        iam.delete_role(RoleName="encryption")
        iam.create_role(RoleName="encryption", AssumeRolePolicyDocument=json.dumps(trusting(ACCOUNT)))
        # Another role of the same name is not the one that it is a session of.
        with refused("UnrecognizedClientException", "The security token included in the request is invalid.", 400):
            kms.list_keys()


class TestTokens:
    @pytest.mark.parametrize("token", [None, "somebody else's"])
    def test_without_its_token_a_key_is_nobodys(
        self, sts: Any, role: str, as_anyone: Callable[..., Any], token: str | None
    ) -> None:
        keys = sts.assume_role(RoleArn=role, RoleSessionName="night")["Credentials"]
        assert as_anyone("kms", keys).list_keys()["Keys"] == []
        said = "The security token included in the request is invalid."
        with refused("UnrecognizedClientException", said, 400):
            as_anyone("kms", keys, SessionToken=token).list_keys()
        for service, operation in (("sts", "get_caller_identity"), ("iam", "list_users")):
            with refused("InvalidClientTokenId", said):
                getattr(as_anyone(service, keys, SessionToken=token), operation)()

    def test_a_users_key_comes_without_a_token(self, alice: Principal, as_anyone: Callable[..., Any]) -> None:
        keys = {"AccessKeyId": alice.credentials.access_key_id, "SecretAccessKey": "x", "SessionToken": "x"}
        with refused("InvalidClientTokenId", "The security token included in the request is invalid."):
            as_anyone("sts", keys).get_caller_identity()

    def test_a_session_ends_by_the_labs_clock(
        self, lab: Lab, sts: Any, role: str, as_anyone: Callable[..., Any]
    ) -> None:
        keys = sts.assume_role(RoleArn=role, RoleSessionName="night", DurationSeconds=900)["Credentials"]
        lab.clock.travel_to(keys["Expiration"] - timedelta(seconds=1))
        assert as_anyone("kms", keys).list_keys()["Keys"] == []
        lab.clock.travel_to(keys["Expiration"])
        events, requests = len(lab.trail), lab.bill.requests
        with refused("ExpiredTokenException", "The security token included in the request is expired", 400):
            as_anyone("kms", keys).list_keys()
        with refused("ExpiredToken", "The security token included in the request is expired"):
            as_anyone("sts", keys).get_caller_identity()
        assert (len(lab.trail), lab.bill.requests) == (events, requests)

    def test_nobody(self, lab: Lab) -> None:
        stranger = make_session(Credentials("AKIASTRANGER00000000", "x"), "us-east-1", lab._hook)
        with refused("InvalidClientTokenId", "The security token included in the request is invalid."):
            stranger.client("iam").list_users()

    def test_unsigned(self, lab: Lab) -> None:
        from botocore import UNSIGNED

        with refused("MissingAuthenticationToken", "Missing Authentication Token"):
            lab.client("sts", config=Config(signature_version=UNSIGNED)).get_caller_identity()


class TestSessionsOfUsers:
    def test_a_session_of_a_user_is_the_user(self, lab: Lab, as_anyone: Callable[..., Any]) -> None:
        alice = lab.user("alice", policy=LIST)
        keys = lab.client("sts", principal=alice).get_session_token()["Credentials"]
        assert keys["Expiration"] == lab.clock.now().replace(microsecond=0) + timedelta(hours=12)
        assert as_anyone("kms", keys).list_keys()["Keys"] == []
        assert as_anyone("sts", keys).get_caller_identity()["Arn"] == alice.arn
        identity = lab.trail[-1]["userIdentity"]
        assert (identity["type"], identity["userName"]) == ("IAMUser", "alice")
        assert identity["sessionContext"]["attributes"]["mfaAuthenticated"] == "false"

    def test_the_root_users_lasts_an_hour(self, lab: Lab, as_anyone: Callable[..., Any]) -> None:
        keys = lab.client("sts", principal=lab.root).get_session_token(DurationSeconds=7200)["Credentials"]
        assert keys["Expiration"] == lab.clock.now().replace(microsecond=0) + timedelta(hours=1)
        assert as_anyone("sts", keys).get_caller_identity()["Arn"] == lab.root.arn

    @pytest.mark.parametrize("operation", ["GetSessionToken", "GetFederationToken"])
    def test_not_from_a_session(self, lab: Lab, operation: str) -> None:
        sts = lab.client("sts", principal=lab.role("encryption", policy=allow("*")))
        with refused("AccessDenied", f"Cannot call {operation} with session credentials"):
            sts.get_session_token() if operation == "GetSessionToken" else sts.get_federation_token(Name="bob")

    def test_a_federated_user(self, lab: Lab, as_anyone: Callable[..., Any]) -> None:
        broker = lab.user("broker", policy=allow(["sts:GetFederationToken", "kms:ListKeys", "kms:ListAliases"]))
        reply = lab.client("sts", principal=broker).get_federation_token(Name="bob", Policy=json.dumps(LIST))
        arn = f"arn:aws:sts::{ACCOUNT}:federated-user/bob"
        assert reply["FederatedUser"] == {"FederatedUserId": f"{ACCOUNT}:bob", "Arn": arn}
        kms = as_anyone("kms", reply["Credentials"])
        assert kms.list_keys()["Keys"] == []
        with pytest.raises(ClientError, match="because no session policy allows the kms:ListAliases action"):
            kms.list_aliases()
        identity = lab.trail[-1]["userIdentity"]
        assert (identity["type"], identity["arn"], identity["principalId"]) == (
            "FederatedUser",
            arn,
            f"{ACCOUNT}:bob",
        )
        assert "userName" not in identity
        assert identity["sessionContext"]["sessionIssuer"]["userName"] == "broker"
        assert as_anyone("sts", reply["Credentials"]).get_caller_identity()["Arn"] == arn

    def test_a_federated_user_without_a_session_policy_may_do_nothing(
        self, lab: Lab, sts: Any, as_anyone: Callable[..., Any]
    ) -> None:
        keys = sts.get_federation_token(Name="bob")["Credentials"]
        with pytest.raises(ClientError, match="because no session policy allows the kms:ListKeys action"):
            as_anyone("kms", keys).list_keys()

    def test_a_federated_user_assumes_no_role(
        self, lab: Lab, sts: Any, role: str, as_anyone: Callable[..., Any]
    ) -> None:
        keys = sts.get_federation_token(Name="bob", Policy=json.dumps(allow("*")))["Credentials"]
        with not_allowed(f"arn:aws:sts::{ACCOUNT}:federated-user/bob", role):
            as_anyone("sts", keys).assume_role(RoleArn=role, RoleSessionName="night")

    def test_federation_needs_a_permission(self, lab: Lab, alice: Principal) -> None:
        federated = f"arn:aws:sts::{ACCOUNT}:federated-user/bob"
        with not_allowed(alice.arn, federated, "sts:GetFederationToken"):
            lab.client("sts", principal=alice).get_federation_token(Name="bob")

    def test_the_root_user_may_federate(self, lab: Lab, as_anyone: Callable[..., Any]) -> None:
        root = lab.client("sts", principal=lab.root)
        keys = root.get_federation_token(Name="bob", Policy=json.dumps(LIST))["Credentials"]
        assert as_anyone("kms", keys).list_keys()["Keys"] == []

    def test_a_session_of_a_deleted_user_is_nobodys(
        self, lab: Lab, iam: Any, alice: Principal, as_anyone: Callable[..., Any]
    ) -> None:
        keys = lab.client("sts", principal=alice).get_session_token()["Credentials"]
        iam.delete_user(UserName="alice")
        with refused("InvalidClientTokenId", "The security token included in the request is invalid."):
            as_anyone("sts", keys).get_caller_identity()

    def test_the_account_of_an_access_key(self, lab: Lab, sts: Any, alice: Principal) -> None:
        found = sts.get_access_key_info(AccessKeyId=alice.credentials.access_key_id)
        assert found["Account"] == ACCOUNT
        with pytest.raises(ClientError, match="is of no known account"):
            sts.get_access_key_info(AccessKeyId="AKIASTRANGER00000000")


class TestAccounts:
    def test_another_account_is_made_on_first_use(self, lab: Lab, sts: Any, as_anyone: Callable[..., Any]) -> None:
        assert not lab.directory.exists(OTHER)
        reply = sts.assume_role(RoleArn=ACCESS_ROLE, RoleSessionName="opening")
        theirs = as_anyone("kms", reply["Credentials"])
        metadata = theirs.create_key()["KeyMetadata"]
        assert metadata["AWSAccountId"] == OTHER
        assert len(lab.account(OTHER).inventory) == 1
        event = lab.account(OTHER).trail[-1]
        assert event["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"] == ACCESS_ROLE
        assert as_anyone("iam", reply["Credentials"]).list_roles()["Roles"][0]["Arn"] == ACCESS_ROLE

    def test_an_account_that_is_open_has_the_role_too(self, lab: Lab, sts: Any) -> None:
        lab.account(OTHER)
        assert sts.assume_role(RoleArn=ACCESS_ROLE, RoleSessionName="night")["AssumedRoleUser"]
        assert lab.client("iam").list_roles()["Roles"] == [], "the first account has no such role"

    def test_only_the_first_accounts_principals_and_only_those_that_may(self, lab: Lab, alice: Principal) -> None:
        with not_allowed(alice.arn, ACCESS_ROLE):
            lab.client("sts", principal=alice).assume_role(RoleArn=ACCESS_ROLE, RoleSessionName="night")
        third = lab.account("111122223333").administrator
        with not_allowed(third.arn, ACCESS_ROLE):
            lab.client("sts", principal=third).assume_role(RoleArn=ACCESS_ROLE, RoleSessionName="night")
        assert not lab.directory.exists(OTHER), "a denied call opens no account"

    def test_service_control_policies(self, lab: Lab) -> None:
        account = lab.account(OTHER)
        assert account.service_control_policies == ()
        account.service_control_policies = [allow("kms:ListAliases")]
        assert account.service_control_policies == (allow("kms:ListAliases"),)
        with pytest.raises(ClientError, match="because no service control policy allows the kms:ListKeys action"):
            account.client("kms").list_keys()
        account.service_control_policies = []
        assert account.client("kms").list_keys()["Keys"] == []

    @pytest.mark.parametrize(
        ("documents", "words"),
        [
            (["kms:*"], "is a policy document"),
            ([{"Version": "2012-10-17"}], "is a policy document"),
            ([document({"Action": "*", "Resource": "*"})], "has an Effect"),
            ([trusting("*")], "names no Principal"),
            ([document({"Effect": "Deny", "Action": "*"})], "an Action and a Resource"),
        ],
    )
    def test_what_is_no_service_control_policy(self, lab: Lab, documents: list[Any], words: str) -> None:
        account = lab.account(OTHER)
        with pytest.raises(KmslabError, match=words):
            account.service_control_policies = documents
        assert account.service_control_policies == ()


class TestExistence:
    def test_who_exists(self, lab: Lab, alice: Principal, role: str) -> None:
        lab.client("iam").create_user(UserName="carol", Path="/staff/")
        there = [
            ACCOUNT,
            lab.root.arn,
            ADMINISTRATOR,
            alice.arn,
            f"arn:aws:iam::{ACCOUNT}:user/staff/carol",
            role,
            f"arn:aws:sts::{ACCOUNT}:assumed-role/app/anything",
        ]
        assert [each for each in there if not lab.directory.exists(each)] == []

    def test_who_does_not(self, lab: Lab, alice: Principal, role: str) -> None:
        missing = [
            "",
            "nobody",
            OTHER,
            f"arn:aws:iam::{OTHER}:root",
            f"arn:aws:iam::{OTHER}:user/alice",
            f"arn:aws:iam::{ACCOUNT}:user/bob",
            f"arn:aws:iam::{ACCOUNT}:user/staff/alice",
            f"arn:aws:iam::{ACCOUNT}:user/",
            f"arn:aws:iam::{ACCOUNT}:role/alice",
            f"arn:aws:iam::{ACCOUNT}:group/alice",
            f"arn:aws-cn:iam::{ACCOUNT}:user/alice",
            f"arn:aws:sts::{ACCOUNT}:user/alice",
            f"arn:aws:sts::{ACCOUNT}:assumed-role/none/x",
            f"arn:aws:sts::{ACCOUNT}:assumed-role/app",
        ]
        assert [each for each in missing if lab.directory.exists(each)] == []

    def test_without_iam_in_use(self, lab: Lab) -> None:
        assert lab.directory.exists(ADMINISTRATOR)
        assert not lab.directory.exists(f"arn:aws:iam::{ACCOUNT}:user/alice")


def test_the_trail_names_a_session_as_aws_does(lab: Lab) -> None:
    app = lab.role("encryption", policy=LIST)
    lab.client("kms", principal=app).list_keys()
    identity = lab.trail[-1]["userIdentity"]
    assert list(identity) == ["type", "principalId", "arn", "accountId", "accessKeyId", "sessionContext"]
    assert identity["sessionContext"] == {
        "sessionIssuer": {
            "type": "Role",
            "principalId": app.identity.principal_id.partition(":")[0],
            "arn": f"arn:aws:iam::{ACCOUNT}:role/encryption",
            "accountId": ACCOUNT,
            "userName": "encryption",
        },
        "attributes": {"creationDate": "2026-01-05T09:00:00Z", "mfaAuthenticated": "false"},
    }
    assert len(lab.trail.events(principal=app.arn)) == 1


def test_two_labs_do_not_share_sessions(lab: Lab) -> None:
    app = lab.role("encryption", policy=LIST)
    with Lab(seed=1) as other:
        other.client("iam").list_users()
        session = boto3.Session(botocore_session=other.session(app)._session)
        with refused("UnrecognizedClientException", "The security token included in the request is invalid.", 400):
            session.client("kms").list_keys()
