"""Key policies, as a client sees them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

ACCOUNT = "123456789010"
ARN = f"arn:aws:kms:us-east-1:{ACCOUNT}"

# What AWS gives a key that is created without a policy, in the layout in which GetKeyPolicy returned it in recordings.
DEFAULT = """{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "arn:aws:iam::123456789010:root"
    },
    "Action" : "kms:*",
    "Resource" : "*"
  } ]
}"""

ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ADMINISTRATOR = f"arn:aws:iam::{ACCOUNT}:user/administrator"
LOCKOUT = "The new key policy will not allow you to update the key policy in the future."
NOBODY = "Policy contains a statement with no principal."
WRONG_PRINCIPAL = "Policy contains a statement with one or more invalid principals."
WRONG_ARN = "An ARN in the specified key policy is invalid."
WRONG_KEYS = (
    "These condition keys are not permitted in a key policy: aws:ResourceTag, kms:ResourceTag, kms:ResourceAliases"
)
OF_THE_ACCOUNT = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"}


def policy_of(*statements: Any, **members: Any) -> str:
    """The text of a policy."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **members})


def changed(**changes: Any) -> dict[str, Any]:
    """The statement of the default key policy, with other elements; None takes one away."""
    return {name: value for name, value in (OF_THE_ACCOUNT | changes).items() if value is not None}


def stored(lab: Any, key_id: str) -> str:
    """The key's policy, whoever may read it."""
    return str(lab.world.store(ACCOUNT, "us-east-1").key(key_id).policy)


def test_the_default_policy(kms: Any, make_key: Any, members: Any) -> None:
    key_id = make_key()
    for ref in (key_id, f"{ARN}:key/{key_id}"):
        reply = kms.get_key_policy(KeyId=ref)
        assert members(reply) == {"Policy", "PolicyName"}
        assert reply["PolicyName"] == "default"
        assert reply["Policy"] == DEFAULT
    assert kms.get_key_policy(KeyId=key_id, PolicyName="default")["Policy"] == DEFAULT


@pytest.mark.parametrize(
    ("region", "partition"), [("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn"), ("eu-west-3", "aws")]
)
def test_the_default_policy_names_the_partition(lab: Any, region: str, partition: str) -> None:
    kms = lab.client("kms", region_name=region)
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    policy = json.loads(kms.get_key_policy(KeyId=key_id)["Policy"])
    assert policy["Statement"][0]["Principal"] == {"AWS": f"arn:{partition}:iam::{ACCOUNT}:root"}


def test_list_key_policies(kms: Any, make_key: Any, members: Any) -> None:
    key_id = make_key()
    for ref in (key_id, f"{ARN}:key/{key_id}"):
        reply = kms.list_key_policies(KeyId=ref)
        assert members(reply) == {"PolicyNames", "Truncated"}
        assert (reply["PolicyNames"], reply["Truncated"]) == (["default"], False)
    assert kms.list_key_policies(KeyId=key_id, Limit=1)["PolicyNames"] == ["default"]
    pages = kms.get_paginator("list_key_policies").paginate(KeyId=key_id)
    assert [page["PolicyNames"] for page in pages] == [["default"]]


class TestPutKeyPolicy:
    def test_by_key_id_and_by_arn(self, kms: Any, make_key: Any, members: Any) -> None:
        key_id = make_key()
        for ref in (key_id, f"{ARN}:key/{key_id}"):
            reply = kms.put_key_policy(KeyId=ref, Policy=policy_of(OF_THE_ACCOUNT, Id=ref))
            assert members(reply) == set()
            assert json.loads(kms.get_key_policy(KeyId=key_id)["Policy"])["Id"] == ref
        kms.put_key_policy(KeyId=key_id, PolicyName="default", Policy=policy_of(OF_THE_ACCOUNT, Id="named"))
        assert json.loads(kms.get_key_policy(KeyId=key_id)["Policy"])["Id"] == "named"
        assert kms.list_key_policies(KeyId=key_id)["PolicyNames"] == ["default"]

    def test_the_layout_is_that_of_kms(self, kms: Any, make_key: Any, lab: Any) -> None:
        """Recorded: elements in an order of their own, lists on one line, whatever the author wrote."""
        key_id = make_key()
        without_action = {name: value for name, value in OF_THE_ACCOUNT.items() if name != "Action"}
        jumbled = {
            "Statement": [
                {
                    "Resource": "*",
                    "Condition": {"StringEquals": {"kms:CallerAccount": [ACCOUNT, "x"]}, "Bool": {"aws:x": True}},
                    "Action": ["kms:Encrypt", "kms:Decrypt"],
                    "Principal": "*",
                    "Effect": "Allow",
                    "Sid": 'äöü \\ "',
                },
                {**without_action, "NotAction": "kms:Delete*"},
            ],
            "Version": "2012-10-17",
        }
        kms.put_key_policy(KeyId=key_id, Policy=json.dumps(jumbled), BypassPolicyLockoutSafetyCheck=True)
        assert stored(lab, key_id) == (
            """{
  "Version" : "2012-10-17",
  "Statement" : [ {
    "Sid" : "äöü \\\\ \\"",
    "Effect" : "Allow",
    "Principal" : "*",
    "Action" : [ "kms:Encrypt", "kms:Decrypt" ],
    "Resource" : "*",
    "Condition" : {
      "StringEquals" : {
        "kms:CallerAccount" : [ "123456789010", "x" ]
      },
      "Bool" : {
        "aws:x" : true
      }
    }
  }, {
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "arn:aws:iam::123456789010:root"
    },
    "NotAction" : "kms:Delete*",
    "Resource" : "*"
  } ]
}"""
        )

    def test_the_default_policy_put_back(self, kms: Any, make_key: Any) -> None:
        key_id = make_key()
        kms.put_key_policy(KeyId=key_id, Policy=json.dumps(json.loads(DEFAULT), sort_keys=True))
        assert kms.get_key_policy(KeyId=key_id)["Policy"] == DEFAULT
        kms.encrypt(KeyId=key_id, Plaintext=b"still allowed")

    def test_a_replica_has_a_policy_of_its_own(self, lab: Any, kms: Any, refuses: Any) -> None:
        key_id = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
        with refuses("MalformedPolicyDocumentException", LOCKOUT):
            kms.replicate_key(KeyId=key_id, ReplicaRegion="us-west-2", Policy=policy_of(changed(Action="kms:Encrypt")))
        reply = kms.replicate_key(
            KeyId=key_id, ReplicaRegion="us-west-2", Policy=json.dumps(json.loads(DEFAULT), indent=1)
        )
        assert reply["ReplicaPolicy"] == DEFAULT

    def test_in_every_key_state(self, kms: Any, make_key: Any) -> None:
        key_id = make_key()
        kms.schedule_key_deletion(KeyId=key_id)
        kms.put_key_policy(KeyId=key_id, Policy=policy_of(OF_THE_ACCOUNT, Id="late"))
        assert json.loads(kms.get_key_policy(KeyId=key_id)["Policy"])["Id"] == "late"

    def test_the_trail_has_the_whole_policy(self, kms: Any, make_key: Any, lab: Any) -> None:
        key_id = make_key()
        policy = policy_of(OF_THE_ACCOUNT, Id="as I wrote it")
        kms.put_key_policy(KeyId=key_id, Policy=policy, BypassPolicyLockoutSafetyCheck=True)
        event = lab.trail[-1]
        assert (event["eventName"], event["readOnly"], event["responseElements"]) == ("PutKeyPolicy", False, None)
        assert event["requestParameters"] == {
            "bypassPolicyLockoutSafetyCheck": True,
            "keyId": key_id,
            "policy": policy,
        }
        assert [entry["ARN"] for entry in event["resources"]] == [f"{ARN}:key/{key_id}"]

    @pytest.mark.parametrize(
        ("params", "code", "text"),
        [
            (
                {"PolicyName": "AWS_RAM"},
                "ValidationException",
                "The AWS_RAM policy can only be managed by the RAM service",
            ),
            ({"PolicyName": "other"}, "NotFoundException", "No such policy exists"),
            ({"KeyId": "alias/app"}, "InvalidArnException", "Key Aliases are not supported for this operation."),
            (
                {"Policy": policy_of(OF_THE_ACCOUNT) + " " * 32_768},
                "LimitExceededException",
                "The key policy must not be larger than 32768 bytes.",
            ),
        ],
        ids=["AWS_RAM", "another name", "alias", "too long"],
    )
    def test_refused(self, kms: Any, make_key: Any, refuses: Any, params: Any, code: str, text: str) -> None:
        key_id = make_key()
        with refuses(code, text):
            kms.put_key_policy(**{"KeyId": key_id, "Policy": policy_of(OF_THE_ACCOUNT), **params})

    def test_the_limit_is_in_bytes(self, kms: Any, make_key: Any, refuses: Any) -> None:
        key_id = make_key()
        room = 32_768 - len(policy_of(OF_THE_ACCOUNT, Id="").encode())
        kms.put_key_policy(KeyId=key_id, Policy=policy_of(OF_THE_ACCOUNT, Id="x" * room))
        longest = json.dumps(json.loads(policy_of(OF_THE_ACCOUNT, Id="x" * (room - 1) + "ä")), ensure_ascii=False)
        assert len(longest) == 32_768
        with refuses("LimitExceededException", "The key policy must not be larger than 32768 bytes."):
            kms.put_key_policy(KeyId=key_id, Policy=longest)

    def test_only_an_administrator_may(self, kms: Any, lab: Any, alice: Any, make_key: Any, refuses: Any) -> None:
        key_id = make_key()
        text = (
            f"User: {alice.arn} is not authorized to perform: kms:PutKeyPolicy on resource: {ARN}:key/{key_id} "
            "because no identity-based policy allows the kms:PutKeyPolicy action"
        )
        # AWS_RAM makes no difference: leave comes first. Source: API Reference, PutKeyPolicy, PolicyName.
        for name in ("default", "AWS_RAM"):
            with refuses("AccessDeniedException", text):
                lab.client("kms", principal=alice).put_key_policy(
                    KeyId=key_id, PolicyName=name, Policy=policy_of(OF_THE_ACCOUNT)
                )


MISTAKES: dict[str, tuple[str, str, str]] = {
    name: (policy, "MalformedPolicyDocumentException", text)
    for name, (policy, text) in {
        "no JSON": ("allow all", ""),
        "a number that JSON lacks": ('{"Statement": NaN}', ""),
        "no statement": ('{"Version":"2012-10-17"}', ""),
        "an empty list of statements": (policy_of(), ""),
        "a statement of text": (policy_of("x"), ""),
        "an unknown version": (policy_of(OF_THE_ACCOUNT, Version="2026-01-01"), ""),
        "a version that is no text": (policy_of(OF_THE_ACCOUNT, Version=20121017), ""),
        "an id that is no text": (policy_of(OF_THE_ACCOUNT, Id=1), ""),
        "an unknown element": (policy_of(OF_THE_ACCOUNT, Comment="x"), ""),
        "an unknown element of a statement": (policy_of(changed(Comment="x")), ""),
        "a Sid that is no text": (policy_of(changed(Sid=1)), ""),
        "no effect": (policy_of(changed(Effect=None)), ""),
        "an unknown effect": (policy_of(changed(Effect="allow")), ""),
        "no principal": (policy_of(changed(Principal=None)), NOBODY),
        "an empty principal": (policy_of(changed(Principal={})), NOBODY),
        "an empty list of principals": (policy_of(changed(Principal={"AWS": []})), NOBODY),
        "no principal in the second statement": (policy_of(OF_THE_ACCOUNT, changed(Principal=None)), NOBODY),
        "both kinds of principal": (policy_of(changed(NotPrincipal="*")), ""),
        "a list of principals": (policy_of(changed(Principal=[ROOT])), ""),
        "an unknown kind of principal": (policy_of(changed(Principal={"Everyone": "*"})), ""),
        "a principal that is no text": (policy_of(changed(Principal={"AWS": [1]})), ""),
        "a principal without its kind": (policy_of(changed(Principal=ROOT)), WRONG_PRINCIPAL),
        "a user's name": (policy_of(changed(Principal={"AWS": [ROOT, "alice"]})), WRONG_PRINCIPAL),
        "the id of a deleted user": (policy_of(changed(Principal={"AWS": "AIDACKCEVSQ6C2EXAMPLE"})), WRONG_PRINCIPAL),
        "a wildcard in an ARN": (
            policy_of(changed(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/*"})),
            WRONG_PRINCIPAL,
        ),
        "an ARN without service": (policy_of(changed(Principal={"AWS": f"arn:aws::{ACCOUNT}:root"})), WRONG_PRINCIPAL),
        "an ARN of another service": (
            policy_of(changed(Principal={"AWS": f"arn:aws:s3::{ACCOUNT}:root"})),
            WRONG_PRINCIPAL,
        ),
        "what is no service": (policy_of(changed(Principal={"Service": "example.com"})), WRONG_PRINCIPAL),
        "no action": (policy_of(changed(Action=None)), "Missing required field Action"),
        "an empty list of actions": (policy_of(changed(Action=[])), "Missing required field Action"),
        "both kinds of action": (policy_of(changed(NotAction="kms:Decrypt")), ""),
        "an action that is no text": (policy_of(changed(Action=[1])), ""),
        "an action without letters": (policy_of(changed(Action=[""])), ""),
        "no resource": (policy_of(changed(Resource=None)), "Missing required field Resource"),
        "an empty resource": (policy_of(changed(Resource="")), "Missing required field Resource"),
        "a condition that is none": (policy_of(changed(Condition="always")), ""),
        "an unknown operator": (policy_of(changed(Condition={"StringIs": {"aws:x": "y"}})), ""),
        "an unknown set operator": (policy_of(changed(Condition={"ForAll:StringEquals": {"aws:x": "y"}})), ""),
        "NullIfExists": (policy_of(changed(Condition={"NullIfExists": {"aws:x": "true"}})), ""),
        "an operator without keys": (policy_of(changed(Condition={"StringEquals": "x"})), ""),
        "a value that is no value": (policy_of(changed(Condition={"StringEquals": {"aws:x": {}}})), ""),
        "a condition on the key's tags": (
            policy_of(changed(Condition={"StringEquals": {"aws:resourcetag/Team": "blue"}})),
            WRONG_KEYS,
        ),
        "a condition on the key's aliases": (
            policy_of(changed(Condition={"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/*"}})),
            WRONG_KEYS,
        ),
    }.items()
} | {
    f"an ARN of {name}": (policy_of(changed(Principal={"AWS": arn})), "InvalidArnException", WRONG_ARN)
    for name, arn in {
        "a group": f"arn:aws:iam::{ACCOUNT}:group/admins",
        "no account": "arn:aws:iam:::root",
        "another partition": f"arn:aws-cn:iam::{ACCOUNT}:root",
        "a session without name": f"arn:aws:sts::{ACCOUNT}:assumed-role/Worker",
    }.items()
}


def make_those_named(lab: Any, policy: str) -> None:
    """Make the users and roles of the Lab's account that a policy names: nobody else can be named."""
    for kind, name in set(re.findall(rf"arn:aws:(?:iam|sts)::{ACCOUNT}:(user|role|assumed-role)/(\w+)", policy)):
        if kind != "user":
            lab.role(name)
        elif name != "administrator":
            lab.user(name)


class TestPrincipalsThatDoNotExist:
    """Source: public reports, and KMS Developer Guide: principals must exist when a key policy is stored."""

    @pytest.mark.parametrize(
        "principal",
        [
            f"arn:aws:iam::{ACCOUNT}:user/ghost",
            f"arn:aws:iam::{ACCOUNT}:role/ghost",
            f"arn:aws:sts::{ACCOUNT}:assumed-role/ghost/session",
            "arn:aws:iam::999988887777:user/ghost",
        ],
    )
    @pytest.mark.parametrize("element", ["Principal", "NotPrincipal"])
    def test_they_cannot_be_named(self, kms: Any, make_key: Any, refuses: Any, principal: str, element: str) -> None:
        key_id = make_key()
        statement = {"Effect": "Deny", element: {"AWS": [ROOT, principal]}, "Action": "kms:Sign", "Resource": "*"}
        policy = policy_of(OF_THE_ACCOUNT, statement)
        text = "Policy contains a statement with one or more invalid principals."
        with refuses("MalformedPolicyDocumentException", text):
            kms.put_key_policy(KeyId=key_id, Policy=policy)
        with refuses("MalformedPolicyDocumentException", text):
            kms.create_key(Policy=policy, BypassPolicyLockoutSafetyCheck=True)

    def test_they_can_once_they_exist_and_stay_when_they_go(self, lab: Any, kms: Any, make_key: Any) -> None:
        key_id, alice = make_key(), lab.user("alice")
        allowed = {"Effect": "Allow", "Principal": {"AWS": alice.arn}, "Action": "kms:Encrypt", "Resource": "*"}
        kms.put_key_policy(KeyId=key_id, Policy=policy_of(OF_THE_ACCOUNT, allowed))
        iam = lab.client("iam")
        iam.delete_access_key(UserName="alice", AccessKeyId=alice.credentials.access_key_id)
        iam.delete_user(UserName="alice")
        assert alice.arn in stored(lab, key_id)

    def test_an_account_opens_on_first_use(self, kms: Any, make_key: Any) -> None:
        key_id = make_key()
        kms.put_key_policy(
            KeyId=key_id, Policy=policy_of(OF_THE_ACCOUNT, changed(Principal={"AWS": "arn:aws:iam::999988887777:root"}))
        )


class TestMistakes:
    @pytest.mark.parametrize(("policy", "code", "text"), MISTAKES.values(), ids=MISTAKES)
    def test_bypassing_the_lockout_check_changes_nothing(
        self, kms: Any, make_key: Any, refuses: Any, policy: str, code: str, text: str
    ) -> None:
        key_id = make_key()
        for bypass in (False, True):
            with refuses(code, text):
                kms.put_key_policy(KeyId=key_id, Policy=policy, BypassPolicyLockoutSafetyCheck=bypass)
        with refuses(code, text):
            kms.create_key(Policy=policy, BypassPolicyLockoutSafetyCheck=True)

    @pytest.mark.parametrize(
        "changes",
        [
            {"Principal": {"AWS": ACCOUNT}},
            {"Principal": {"AWS": [ROOT, "999988887777", f"arn:aws:sts::{ACCOUNT}:assumed-role/Worker/session"]}},
            {"Principal": {"AWS": "*", "Service": ["s3.amazonaws.com", "logs.us-east-1.amazonaws.com"]}},
            {"Principal": {"AWS": ROOT, "Federated": "cognito-identity.amazonaws.com"}},
            {"Action": ["s3:GetObject", "kms:Foo", "kms:*"]},
            {"Resource": ["*", f"{ARN}:key/x"]},
            {"Sid": "Spaces are fine"},
            {"Condition": {}},
        ],
        ids=[
            "account id",
            "several principals",
            "services",
            "federated",
            "actions of others",
            "resources of others",
            "Sid",
            "no condition",
        ],
    )
    def test_what_is_none(self, kms: Any, lab: Any, make_key: Any, changes: dict[str, Any]) -> None:
        key_id = make_key()
        policy = policy_of(changed(**changes))
        make_those_named(lab, policy)
        kms.put_key_policy(KeyId=key_id, Policy=policy)
        assert json.loads(stored(lab, key_id)) == json.loads(policy)

    @pytest.mark.parametrize(
        "operator",
        [
            "StringEquals",
            "StringNotLike",
            "StringEqualsIgnoreCase",
            "StringLikeIfExists",
            "ForAllValues:StringEquals",
            "ForAnyValue:StringLikeIfExists",
            "NumericLessThanEquals",
            "DateGreaterThan",
            "Bool",
            "BinaryEquals",
            "IpAddress",
            "NotIpAddress",
            "ArnLike",
            "ArnNotEquals",
            "Null",
        ],
    )
    def test_condition_operators(self, kms: Any, lab: Any, make_key: Any, operator: str) -> None:
        key_id = make_key()
        policy = policy_of(OF_THE_ACCOUNT, changed(Condition={operator: {"aws:x": ["y", 1, 2.5, True]}}))
        kms.put_key_policy(KeyId=key_id, Policy=policy)
        assert json.loads(stored(lab, key_id)) == json.loads(policy)

    @pytest.mark.parametrize("version", ["2008-10-17", "2012-10-17", None])
    def test_versions(self, kms: Any, lab: Any, make_key: Any, version: str | None) -> None:
        key_id = make_key()
        document = {"Version": version, "Statement": OF_THE_ACCOUNT}
        policy = json.dumps({name: value for name, value in document.items() if value})
        kms.put_key_policy(KeyId=key_id, Policy=policy)
        assert json.loads(stored(lab, key_id)) == {**json.loads(policy), "Statement": [OF_THE_ACCOUNT]}


DENIED = changed(Effect="Deny", Principal="*", Action="kms:PutKeyPolicy")


class TestTheLockoutCheck:
    @pytest.mark.parametrize(
        "statements",
        [
            [OF_THE_ACCOUNT, changed(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:user/x"}, Action="kms:Encrypt")],
            [changed(Principal={"AWS": ADMINISTRATOR}, Action="kms:PutKeyPolicy")],
            [changed(Principal="*", Action=["kms:Encrypt", "kms:put*"])],
            [changed(Principal={"AWS": "*"}, Action="kms:PutKeyPolic?")],
            [changed(Action=None, NotAction="kms:ScheduleKeyDeletion")],
            [OF_THE_ACCOUNT, changed(Effect="Deny", Action="kms:ScheduleKeyDeletion")],
            [OF_THE_ACCOUNT, DENIED | {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/x"}}],
            [OF_THE_ACCOUNT, DENIED | {"Resource": f"{ARN}:key/x"}],
            [OF_THE_ACCOUNT, DENIED | {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}],
            [OF_THE_ACCOUNT, changed(Effect="Deny", Principal=None, NotPrincipal={"AWS": [ROOT, ADMINISTRATOR]})],
            [changed(Principal=None, NotPrincipal={"AWS": f"arn:aws:iam::{ACCOUNT}:user/x"})],
            [changed(Resource=None, NotResource=f"{ARN}:key/x")],
        ],
        ids=[
            "the account, and more",
            "the caller",
            "everybody",
            "a wildcard",
            "all but one action",
            "another action denied",
            "another user denied",
            "another key denied",
            "denied under a condition",
            "all others denied",
            "everybody but one",
            "all other resources",
        ],
    )
    def test_passes(self, kms: Any, lab: Any, make_key: Any, statements: list[Any]) -> None:
        key_id = make_key()
        policy = policy_of(*statements)
        make_those_named(lab, policy)
        kms.put_key_policy(KeyId=key_id, Policy=policy)
        assert json.loads(stored(lab, key_id))["Statement"] == statements

    @pytest.mark.parametrize(
        "statements",
        [
            [changed(Action="kms:Encrypt")],
            [changed(Action=None, NotAction="kms:Put*")],
            [changed(Action="kms:[A-Z]*")],
            [changed(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:user/x"})],
            [changed(Principal={"AWS": "arn:aws:iam::999988887777:root"})],
            [changed(Principal={"Service": "s3.amazonaws.com"})],
            [changed(Resource=f"{ARN}:key/x")],
            [changed(Condition={"StringEquals": {"kms:CallerAccount": "999988887777"}})],
            [OF_THE_ACCOUNT, DENIED],
            [DENIED | {"Principal": {"AWS": ROOT}}, OF_THE_ACCOUNT],
            [OF_THE_ACCOUNT, DENIED | {"Principal": {"AWS": ADMINISTRATOR}}],
            [OF_THE_ACCOUNT, changed(Effect="Deny", Principal=None, NotPrincipal={"AWS": ROOT})],
            [changed(Effect="Deny")],
        ],
        ids=[
            "another action",
            "all other actions",
            "brackets",
            "another user",
            "another account",
            "a service",
            "another resource",
            "under a condition",
            "everybody denied",
            "the account denied",
            "the caller denied",
            "all but the account denied",
            "nothing allowed",
        ],
    )
    def test_refuses(self, kms: Any, lab: Any, make_key: Any, refuses: Any, statements: list[Any]) -> None:
        key_id = make_key()
        policy = policy_of(*statements)
        make_those_named(lab, policy)
        with refuses("MalformedPolicyDocumentException", LOCKOUT):
            kms.put_key_policy(KeyId=key_id, Policy=policy)
        with refuses("MalformedPolicyDocumentException", LOCKOUT):
            kms.create_key(Policy=policy)
        kms.put_key_policy(KeyId=key_id, Policy=policy, BypassPolicyLockoutSafetyCheck=True)
        assert json.loads(stored(lab, key_id))["Statement"] == statements

    def test_the_root_user(self, lab: Any, make_key: Any, refuses: Any) -> None:
        kms = lab.client("kms", principal=lab.root)
        key_id = make_key()
        kms.put_key_policy(KeyId=key_id, Policy=policy_of(OF_THE_ACCOUNT, Id="by root"))
        assert json.loads(stored(lab, key_id))["Id"] == "by root"
        with refuses("MalformedPolicyDocumentException", LOCKOUT):
            kms.put_key_policy(KeyId=key_id, Policy=policy_of(changed(Principal={"AWS": ADMINISTRATOR})))
