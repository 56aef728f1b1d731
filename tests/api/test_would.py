"""lab.would: the decision about a call that nobody makes is the one that the call itself meets, and nothing happens."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab import Lab, Principal
from kmslab.errors import AwsError, InvalidArnException, KmslabError, LimitExceededException
from kmslab.errors import MalformedPolicyDocumentException as Malformed


def policy_of(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*", **each} for each in statements]}


def really(lab: Lab, principal: Principal, key: str, **context: str) -> bool:
    try:
        lab.client("kms", principal=principal).encrypt(KeyId=key, Plaintext=b"x", EncryptionContext=context)
    except ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDeniedException"  # noqa: PT017
        return False
    return True


@pytest.mark.parametrize("action", ["kms:Encrypt", "Encrypt"])
def test_the_answer_and_why(lab: Lab, make_key: Any, alice: Principal, action: str) -> None:
    key = make_key()
    advice = lab.would(alice, action, key)
    assert not advice.allowed
    assert advice.summary == (
        f"{alice.arn} would be denied kms:Encrypt: because no identity-based policy allows the kms:Encrypt action."
    )
    assert advice.decision.action == "kms:Encrypt"
    assert advice.table().rows[0][1] == "key policy"
    assert repr(advice).startswith(advice.summary)
    assert advice.table().caption in advice._repr_html_()
    assert lab.would(lab.administrator, action, key).summary.startswith(f"{lab.administrator.arn} would be allowed")


def test_it_is_what_the_call_meets(lab: Lab, kms: Any, make_key: Any, alice: Principal, bob: Principal) -> None:
    key = make_key(Policy=json.dumps(policy_of(
        {"Principal": {"AWS": lab.account_id}, "Action": "kms:*"},
        {"Principal": {"AWS": alice.arn}, "Action": "kms:Encrypt",
         "Condition": {"StringEquals": {"kms:EncryptionContext:tenant": "blue"}}},
        {"Effect": "Deny", "Principal": {"AWS": bob.arn}, "Action": "kms:Encrypt",
         "Condition": {"StringEquals": {"kms:EncryptionContext:tenant": "blue"}}},
    )))  # fmt: skip
    role = lab.role("app")
    kms.create_grant(KeyId=key, GranteePrincipal=role.role_arn, Operations=["Encrypt"])
    stranger = lab.account("999988887777").administrator
    expected = {"blue": [True, False, True, False], "red": [False, True, True, False]}
    for tenant, answers in expected.items():
        context = {"tenant": tenant}
        arn = lab.inventory.get(key).arn  # type: ignore[union-attr]
        people = (alice, bob, role, stranger)
        assert [lab.would(who, "Encrypt", arn, encryption_context=context).allowed for who in people] == answers
        assert [really(lab, who, arn, **context) for who in people] == answers


def test_nothing_happens(lab: Lab, make_key: Any, alice: Principal) -> None:
    key = make_key()
    before = (len(lab.trail), lab.bill.requests, lab.clock.now())
    for_alice = json.dumps(policy_of({"Principal": {"AWS": alice.arn}, "Action": "kms:*"}))
    assert lab.would(alice, "ScheduleKeyDeletion", key, policy=for_alice).allowed
    assert (len(lab.trail), lab.bill.requests, lab.clock.now()) == before
    assert not lab.would(alice, "ScheduleKeyDeletion", key).allowed
    assert lab.inventory.get(key).state == "Enabled"  # type: ignore[union-attr]


def test_policies_that_changed_since(lab: Lab, make_key: Any, alice: Principal) -> None:
    key = make_key()
    text = json.dumps(policy_of({"Action": "kms:Encrypt"}))
    lab.client("iam").put_user_policy(UserName="alice", PolicyName="use", PolicyDocument=text)
    assert lab.would(alice, "Encrypt", key).allowed
    lab.account(lab.account_id).service_control_policies = [policy_of({"Action": "s3:*"})]
    assert not lab.would(alice, "Encrypt", key).allowed


@pytest.mark.parametrize(
    ("action", "context_of"), [("kms:ReEncryptFrom", "red"), ("kms:ReEncryptTo", "red"), ("kms:Decrypt", "red")]
)
def test_each_action_has_its_encryption_context(
    lab: Lab, make_key: Any, alice: Principal, action: str, context_of: str
) -> None:
    condition = {"StringEquals": {"kms:EncryptionContext:tenant": "blue"}}
    only_blue = json.dumps(policy_of({"Principal": {"AWS": alice.arn}, "Action": "kms:*", "Condition": condition}))
    key = make_key()
    assert lab.would(alice, action, key, policy=only_blue, encryption_context={"tenant": "blue"}).allowed
    assert not lab.would(alice, action, key, policy=only_blue, encryption_context={"tenant": context_of}).allowed


def test_other_members_of_the_request(lab: Lab, make_key: Any, alice: Principal) -> None:
    condition = {"NumericGreaterThanEquals": {"kms:ScheduleKeyDeletionPendingWindowInDays": "14"}}
    patient = json.dumps(policy_of({"Principal": {"AWS": alice.arn}, "Action": "kms:*", "Condition": condition}))
    key = make_key()
    answers = [
        lab.would(alice, "ScheduleKeyDeletion", key, policy=patient, params={"PendingWindowInDays": days}).allowed
        for days in (7, 14)
    ]
    assert answers == [False, True]


@pytest.mark.parametrize(
    ("policy", "error"),
    [
        ("no JSON", Malformed),
        (json.dumps(policy_of({"Action": "kms:*"})), Malformed),
        (" " * 33_000 + "{}", LimitExceededException),
        (json.dumps(policy_of({"Principal": {"AWS": "arn:aws:iam::123456789010:group/x"}, "Action": "*"})),
         InvalidArnException),
    ],
    ids=["no JSON", "nobody", "long", "group"],
)  # fmt: skip
def test_a_policy_that_kms_would_not_take(
    lab: Lab, kms: Any, make_key: Any, policy: str, error: type[AwsError]
) -> None:
    """The error is the one that PutKeyPolicy answers with."""
    key = make_key()
    with pytest.raises(error) as told:
        lab.would(lab.administrator, "Encrypt", key, policy=policy)
    with pytest.raises(ClientError) as answered:
        kms.put_key_policy(KeyId=key, Policy=policy)
    assert answered.value.response["Error"]["Code"] == told.value.code
    assert answered.value.response["Error"].get("Message", "") == told.value.message


@pytest.mark.parametrize("action", ["CreateKey", "kms:ListKeys", "RetireGrant", "kms:ReEncrypt", "s3:GetObject", ""])
def test_an_action_that_no_key_has(lab: Lab, make_key: Any, action: str) -> None:
    with pytest.raises(KmslabError, match="is no permission for a key"):
        lab.would(lab.administrator, action, make_key())


def test_a_key_that_there_is_not(lab: Lab) -> None:
    with pytest.raises(KmslabError, match="There is no key 'alias/x' in this Lab"):
        lab.would(lab.administrator, "Encrypt", "alias/x")


def test_the_accounts_that_were_opened(lab: Lab) -> None:
    assert [account.account_id for account in lab.accounts] == [lab.account_id]
    partner = lab.account("999988887777")
    assert lab.accounts[1:] == (partner,)


def test_somebody_who_is_gone(lab: Lab, make_key: Any) -> None:
    role = lab.role("app")
    lab.client("iam").delete_role(RoleName="app")
    with pytest.raises(KmslabError, match="assumed-role/app/administrator cannot call"):
        lab.would(role, "Encrypt", make_key())
