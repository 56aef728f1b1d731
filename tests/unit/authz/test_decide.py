"""The decision: who may, who may not, and why."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kmslab.authz.decide import decide_on_account, decide_on_key, deny_unknown
from kmslab.authz.policy import default_key_policy, is_default_policy
from kmslab.ids import Ids
from kmslab.principals import Credentials, Identity, Principal, PrincipalType, make_administrator, make_root

ACCOUNT, OTHER = "123456789010", "999988887777"
VAGUE = (
    "because the resource does not exist in this Region, no resource-based policies allow access, "
    "or a resource-based policy explicitly denies access"
)
ROOT, ADMINISTRATOR = (make(ACCOUNT, "us-east-1", Ids(1)) for make in (make_root, make_administrator))


def user(account_id: str = ACCOUNT, policy_arns: tuple[str, ...] = ()) -> Principal:
    identity = Identity(
        PrincipalType.IAM_USER, account_id, "alice", f"arn:aws:iam::{account_id}:user/alice", "AIDA", "AKIA"
    )
    return Principal(identity, Credentials("AKIA", "secret"), policy_arns)


@pytest.fixture
def key(new_key: Any) -> Any:
    return new_key(policy=default_key_policy(ACCOUNT, "us-east-1"))


class TestOnKeys:
    @pytest.mark.parametrize("principal", [ROOT, ADMINISTRATOR], ids=["root", "administrator"])
    def test_allowed(self, key: Any, principal: Principal) -> None:
        decision = decide_on_key(principal, "kms:Encrypt", key)
        assert decision.allowed
        assert (decision.action, decision.resource) == ("kms:Encrypt", key.arn)
        assert decision.considered

    def test_a_user_without_policies(self, key: Any) -> None:
        decision = decide_on_key(user(), "kms:Encrypt", key)
        assert not decision.allowed
        assert decision.reason == "because no identity-based policy allows the kms:Encrypt action"

    @pytest.mark.parametrize(
        "policy_arn",
        [
            "arn:aws:iam::aws:policy/ReadOnlyAccess",
            f"arn:aws:iam::{ACCOUNT}:policy/AdministratorAccess",
            "arn:aws:iam::aws:policy/job-function/AdministratorAccess",
        ],
    )
    def test_a_policy_that_is_not_administrator_access(self, key: Any, policy_arn: str) -> None:
        """A customer managed policy may bear the same name and say anything."""
        assert not decide_on_key(user(policy_arns=(policy_arn,)), "kms:Encrypt", key).allowed

    @pytest.mark.parametrize("make", [make_root, make_administrator])
    def test_another_account_learns_nothing(self, key: Any, make: Any) -> None:
        decision = decide_on_key(make(OTHER, "us-east-1", Ids(1)), "kms:Encrypt", key)
        assert not decision.allowed
        assert decision.reason == VAGUE

    def test_a_key_policy_that_does_not_name_the_account(self, key: Any) -> None:
        key.policy = '{"Version":"2012-10-17","Statement":[]}'
        for principal in (ROOT, ADMINISTRATOR, user()):
            decision = decide_on_key(principal, "kms:Encrypt", key)
            assert not decision.allowed
            assert decision.reason == "because no resource-based policy allows the kms:Encrypt action"


class TestOnAccounts:
    def test_allowed(self) -> None:
        for principal in (ROOT, ADMINISTRATOR):
            decision = decide_on_account(principal, "kms:CreateKey", "*")
            assert (decision.allowed, decision.resource) == (True, "*")

    def test_denied(self) -> None:
        decision = decide_on_account(user(), "kms:CreateKey", "*")
        assert not decision.allowed
        assert decision.reason == "because no identity-based policy allows the kms:CreateKey action"

    def test_unknown_keys(self) -> None:
        decision = deny_unknown(ROOT, "kms:Decrypt", "*")
        assert (decision.allowed, decision.action, decision.reason) == (False, "kms:Decrypt", VAGUE)

    @pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1"])
    def test_administrators_of_other_partitions(self, new_key: Any, region: str) -> None:
        administrator = make_administrator(ACCOUNT, region, Ids(1))
        assert decide_on_account(administrator, "kms:CreateKey", "*").allowed
        key = new_key(region=region, policy=default_key_policy(ACCOUNT, region))
        assert decide_on_key(administrator, "kms:Encrypt", key).allowed


class TestDefaultPolicy:
    def variant(self, **changes: Any) -> str:
        statement = json.loads(default_key_policy(ACCOUNT, "us-east-1"))["Statement"][0] | changes
        kept = {name: value for name, value in statement.items() if value is not None}
        return json.dumps({"Version": "2012-10-17", "Statement": [kept]})

    def test_layout_id_and_sid_do_not_matter(self) -> None:
        assert is_default_policy(default_key_policy(ACCOUNT, "us-east-1"), ACCOUNT, "us-east-1")
        assert is_default_policy(self.variant(), ACCOUNT, "us-east-1")
        assert is_default_policy(self.variant(Sid="other"), ACCOUNT, "us-east-1")
        assert is_default_policy(self.variant(Sid=None), ACCOUNT, "us-east-1")

    @pytest.mark.parametrize(
        "changes",
        [
            {"Effect": "Deny"},
            {"Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"}},
            {"Principal": "*"},
            {"Action": "kms:Encrypt"},
            {"Condition": {"Bool": {"aws:SecureTransport": "true"}}},
            {"Resource": "arn:aws:kms:us-east-1:123456789010:key/x"},
        ],
        ids=["deny", "another account", "anybody", "one action", "a condition", "one resource"],
    )
    def test_what_says_something_else(self, changes: dict[str, Any]) -> None:
        assert not is_default_policy(self.variant(**changes), ACCOUNT, "us-east-1")

    @pytest.mark.parametrize(
        "policy",
        [
            "{}",
            "[]",
            "1",
            '"x"',
            "null",
            '{"Statement":{}}',
            '{"Statement":"x"}',
            '{"Statement":[1]}',
            '{"Statement":[]}',
        ],
    )
    def test_what_is_hardly_a_policy(self, policy: str) -> None:
        assert not is_default_policy(policy, ACCOUNT, "us-east-1")

    def test_a_second_statement(self) -> None:
        document = json.loads(self.variant())
        document["Statement"] *= 2
        assert not is_default_policy(json.dumps(document), ACCOUNT, "us-east-1")
