"""Ten denials, and what `lab.explain` says about each: who, what, why, and on which element each statement failed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError

from kmslab import Lab, Principal
from kmslab.errors import KmslabError

OTHER_ACCOUNT = "999988887777"
ALLOW_ALL = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}


def policy_of(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(**more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "kms:*", "Resource": "*", **more}


class Scene:
    """A Lab with one key."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.kms = lab.client("kms")
        self.key: str = self.kms.create_key()["KeyMetadata"]["Arn"]

    def add(self, *statements: dict[str, Any], keep: bool = True) -> None:
        """Add statements to the key policy, or replace all of it."""
        document = json.loads(self.kms.get_key_policy(KeyId=self.key)["Policy"])
        document["Statement"] = [*(document["Statement"] if keep else []), *statements]
        self.kms.put_key_policy(KeyId=self.key, Policy=json.dumps(document), BypassPolicyLockoutSafetyCheck=True)

    def encrypt(self, principal: Principal, **more: Any) -> None:
        account = self.lab.account(principal.account_id)
        account.client("kms", principal=principal).encrypt(KeyId=self.key, Plaintext=b"x", **more)


def no_iam_policy(scene: Scene) -> None:
    scene.encrypt(scene.lab.user("alice"))


def an_iam_policy_for_another_key(scene: Scene) -> None:
    another = scene.kms.create_key()["KeyMetadata"]["Arn"]
    scene.encrypt(scene.lab.user("alice", policy_of(allow(Resource=another))))


def a_key_policy_without_the_account(scene: Scene) -> None:
    app = scene.lab.role("app")
    alice = scene.lab.user("alice", policy_of(ALLOW_ALL))
    scene.add(allow(Sid="Only the app", Principal={"AWS": app.role_arn}), keep=False)
    scene.encrypt(alice)


def a_denial_in_the_key_policy(scene: Scene) -> None:
    alice = scene.lab.user("alice", policy_of(ALLOW_ALL))
    denied = {"Effect": "Deny", "Principal": {"AWS": alice.arn}, "Action": "kms:Encrypt", "Resource": "*"}
    scene.add({"Sid": "Not alice", **denied})
    scene.encrypt(alice)


def a_denial_in_iam(scene: Scene) -> None:
    denied = {"Sid": "NoKms", "Effect": "Deny", "Action": "kms:*", "Resource": "*"}
    alice = scene.lab.user("alice", policy_of(ALLOW_ALL, denied))
    scene.encrypt(alice)


def the_wrong_encryption_context(scene: Scene) -> None:
    condition = {"StringEquals": {"kms:EncryptionContext:tenant": "blue"}}
    scene.encrypt(scene.lab.user("alice", policy_of(allow(Condition=condition))), EncryptionContext={"tenant": "red"})


def a_grant_with_a_constraint(scene: Scene) -> None:
    app = scene.lab.role("app")
    scene.kms.create_grant(
        KeyId=scene.key,
        Name="nightly",
        GranteePrincipal=app.role_arn,
        Operations=["Encrypt"],
        Constraints={"EncryptionContextSubset": {"tenant": "blue"}},
    )
    scene.encrypt(app, EncryptionContext={"tenant": "red"})


def a_boundary(scene: Scene) -> None:
    alice = scene.lab.user("alice", policy_of(ALLOW_ALL))
    iam = scene.lab.client("iam")
    boundary = json.dumps(policy_of(allow(Action="s3:*")))
    made = iam.create_policy(PolicyName="only-s3", PolicyDocument=boundary)["Policy"]
    iam.put_user_permissions_boundary(UserName="alice", PermissionsBoundary=made["Arn"])
    scene.encrypt(alice)


def a_session_policy(scene: Scene) -> None:
    scene.encrypt(scene.lab.role("app", policy_of(ALLOW_ALL), session_policy=policy_of(allow(Action="kms:Decrypt"))))


def another_account(scene: Scene) -> None:
    scene.encrypt(scene.lab.account(OTHER_ACCOUNT).user("bob", policy_of(ALLOW_ALL)))


def a_service_control_policy(scene: Scene) -> None:
    bob = scene.lab.user("bob", policy_of(ALLOW_ALL))
    denied = {"Effect": "Deny", "Action": "kms:Encrypt", "Resource": "*"}
    scene.lab.account(scene.lab.account_id).service_control_policies = [policy_of(ALLOW_ALL, denied)]
    scene.encrypt(bob)


def the_second_permission_of_two(scene: Scene) -> None:
    alice = scene.lab.user("alice", policy_of(allow(Action="kms:ReEncryptFrom")))
    blob = scene.kms.encrypt(KeyId=scene.key, Plaintext=b"x")["CiphertextBlob"]
    scene.lab.client("kms", principal=alice).re_encrypt(CiphertextBlob=blob, DestinationKeyId=scene.key)


def somebody_elses_grant(scene: Scene) -> None:
    app = scene.lab.role("app")
    reply = scene.kms.create_grant(
        KeyId=scene.key, GranteePrincipal=app.role_arn, RetiringPrincipal=app.role_arn, Operations=["Encrypt"]
    )
    alice = scene.lab.user("alice")
    scene.lab.client("kms", principal=alice).retire_grant(KeyId=scene.key, GrantId=reply["GrantId"])


class Expected(NamedTuple):
    """What has to be in the summary, and in one row of the table."""

    reason: str
    row: tuple[str, str, str, str]
    because: str


DENIALS: dict[Callable[[Scene], None], Expected] = {
    no_iam_policy: Expected(
        "no identity-based policy allows the kms:Encrypt action",
        ("key policy", "Enable IAM User Permissions", "Allow", "yes"),
        "it lets the account's IAM policies decide; by itself it admits nobody but root",
    ),
    an_iam_policy_for_another_key: Expected(
        "no identity-based policy allows",
        ("identity policy alice", "statement 1", "Allow", "no"),
        "its Resource arn:aws:kms:us-east-1:",
    ),
    a_key_policy_without_the_account: Expected(
        "no resource-based policy allows",
        ("key policy", "Only the app", "Allow", "no"),
        "role/app is not the caller",
    ),
    a_denial_in_the_key_policy: Expected(
        "explicit deny in a resource-based policy", ("key policy", "Not alice", "Deny", "yes"), "it is for the caller"
    ),
    a_denial_in_iam: Expected(
        "explicit deny in an identity-based policy",
        ("identity policy alice", "NoKms", "Deny", "yes"),
        "it covers this call",
    ),
    the_wrong_encryption_context: Expected(
        "no identity-based policy allows",
        ("identity policy alice", "statement 1", "Allow", "no"),
        "StringEquals kms:EncryptionContext:tenant = blue does not hold, the request says red",
    ),
    a_grant_with_a_constraint: Expected(
        "no identity-based policy allows",
        ("grant", "nightly", "Allow", "no"),
        "an encryption context with {'tenant': 'blue'}, and the request has {'tenant': 'red'}",
    ),
    a_boundary: Expected(
        "no permissions boundary allows",
        ("permissions boundary only-s3", "statement 1", "Allow", "no"),
        "its Action s3:* does not cover kms:Encrypt",
    ),
    a_session_policy: Expected(
        "no session policy allows",
        ("session policy", "statement 1", "Allow", "no"),
        "its Action kms:Decrypt does not cover kms:Encrypt",
    ),
    another_account: Expected(
        "no resource-based policies allow access",
        ("key policy", "Enable IAM User Permissions", "Allow", "no"),
        ":root is not the caller",
    ),
    a_service_control_policy: Expected(
        "explicit deny in a service control policy",
        ("service control policy 1", "statement 2", "Deny", "yes"),
        "it covers this call",
    ),
    the_second_permission_of_two: Expected(
        "no identity-based policy allows the kms:ReEncryptTo action",
        ("identity policy alice", "statement 1", "Allow", "no"),
        "its Action kms:ReEncryptFrom does not cover kms:ReEncryptTo",
    ),
    somebody_elses_grant: Expected(
        "no identity-based policy allows the kms:RetireGrant action", ("grant", "", "Allow", "no"), "retiring principal"
    ),
}


@pytest.mark.parametrize(("deny", "expected"), DENIALS.items(), ids=[deny.__name__ for deny in DENIALS])
def test_denials(lab: Lab, deny: Callable[[Scene], None], expected: Expected) -> None:
    scene = Scene(lab)
    with pytest.raises(ClientError) as caught:
        deny(scene)
    error = caught.value.response["Error"]
    assert error["Code"] == "AccessDeniedException"
    explanation = lab.explain(caught.value)
    last = explanation.decisions[-1]
    assert not last.allowed
    assert expected.reason in explanation.summary
    assert last.action in explanation.summary
    assert explanation.call.principal is not None
    assert explanation.call.principal.arn in explanation.summary
    rows = [tuple(map(str, row)) for row in explanation.table().rows]
    policy, statement, effect, matches = expected.row
    assert any(
        row[0] == last.action
        and row[1].startswith(policy)
        and statement in row[2]
        and row[3:5] == (effect, matches)
        and expected.because in row[5]
        for row in rows
    ), rows
    for text in (repr(explanation), explanation._repr_html_()):
        assert last.action in text
        assert expected.because.partition("'")[0] in text


def test_who_has_no_iam_policy_is_told_so(lab: Lab) -> None:
    with pytest.raises(ClientError) as caught:
        no_iam_policy(Scene(lab))
    rows = [tuple(map(str, row)) for row in lab.explain(caught.value).table().rows]
    assert ("kms:Encrypt", "identity-based policies", "(none)", "", "no", "the caller has no IAM policy") in rows


def test_what_another_account_would_not_be_shown_is_marked(lab: Lab) -> None:
    """And only there: a denial within the account reads as AWS says it."""
    for deny, told in ((another_account, True), (no_iam_policy, False)):
        with pytest.raises(ClientError) as caught:
            deny(Scene(lab))
        last = lab.explain(caught.value).summary.splitlines()[-1]
        assert (last == "AWS would not show a caller of another account what follows.") is told, last


def test_what_was_allowed_before(lab: Lab) -> None:
    """Of two permissions the first was there; both are shown."""
    with pytest.raises(ClientError) as caught:
        the_second_permission_of_two(Scene(lab))
    first, second = lab.explain(caught.value).decisions
    assert (first.action, first.allowed) == ("kms:ReEncryptFrom", True)
    assert (second.action, second.allowed) == ("kms:ReEncryptTo", False)


def test_a_call_that_failed_for_another_reason(lab: Lab) -> None:
    kms = lab.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.disable_key(KeyId=key)
    with pytest.raises(ClientError) as disabled:
        kms.encrypt(KeyId=key, Plaintext=b"x")
    (decision,) = lab.explain(disabled.value).decisions
    assert decision.allowed
    with pytest.raises(ClientError) as unknown:
        kms.describe_key(KeyId="1234abcd-12ab-34cd-56ef-1234567890ab")
    assert lab.explain(unknown.value).decisions == ()
    assert "NotFoundException" in lab.explain(unknown.value).summary


def test_what_kms_said_to_another_service(lab: Lab) -> None:
    key = lab.client("kms").create_key()["KeyMetadata"]["Arn"]
    reader = lab.user("reader")
    s3, ssm = lab.client("s3"), lab.client("ssm")
    s3.create_bucket(Bucket="reports")
    s3.put_object(Bucket="reports", Key="r", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    ssm.put_parameter(Name="password", Value="x", Type="SecureString", KeyId=key)
    with pytest.raises(ClientError) as of_s3:
        lab.client("s3", principal=reader).get_object(Bucket="reports", Key="r")
    with pytest.raises(ClientError) as of_ssm:
        lab.client("ssm", principal=reader).get_parameter(Name="password", WithDecryption=True)
    for caught in (of_s3, of_ssm):
        (decision,) = lab.explain(caught.value).decisions
        assert (decision.allowed, decision.action, decision.resource) == (False, "kms:Decrypt", key)
        assert decision.reason == "because no identity-based policy allows the kms:Decrypt action"


def test_errors_of_others(lab: Lab) -> None:
    with pytest.raises(ClientError) as of_iam:
        lab.client("iam").get_user(UserName="nobody")
    with Lab(seed=1) as another, pytest.raises(ClientError) as of_another:
        another.client("kms").describe_key(KeyId="alias/x")
    for caught in (of_iam, of_another):
        with pytest.raises(
            KmslabError, match=r"explain\(\) takes the ClientError that a KMS client of this Lab raised"
        ):
            lab.explain(caught.value)
    # A rotation, say, has no request id; what is no error at all is none of its either.
    lab.client("kms").describe_key(KeyId="alias/aws/s3")
    lab.clock.advance(days=366)
    assert lab.trail[-1]["eventName"] == "RotateKey"
    for nothing in (ClientError({}, "Encrypt"), None):
        with pytest.raises(KmslabError):
            lab.explain(nothing)
