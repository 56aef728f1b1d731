"""A policy that somebody wants a key to have: laid out, or refused because its author could not replace it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from kmslab.authz.ask import Asker
from kmslab.authz.hearing import Caller
from kmslab.authz.lockout import LARGEST_POLICY, accepted_policy, check_policy
from kmslab.authz.policy import default_key_policy
from kmslab.errors import LimitExceededException, MalformedPolicyDocumentException
from kmslab.ids import Ids
from kmslab.keys.key import Key
from kmslab.principals import Principal, make_administrator, make_root

ACCOUNT = "123456789010"
ROOT = make_root(ACCOUNT, "us-east-1", Ids(1))
ADMINISTRATOR = make_administrator(ACCOUNT, "us-east-1", Ids(1))
LOCKOUT = "The new key policy will not allow you to update the key policy in the future."


def policy_of(principal: str, action: str = "kms:*", effect: str = "Allow") -> str:
    statement = {"Effect": effect, "Principal": {"AWS": principal}, "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def asker(principal: Principal, key: Key) -> Asker:
    return Asker(Caller(principal, key.created), key.region, lambda _: ())


@pytest.mark.parametrize(
    ("principal", "policy", "accepted"),
    [
        (ADMINISTRATOR, default_key_policy(ACCOUNT, "us-east-1"), True),
        (ADMINISTRATOR, policy_of(ADMINISTRATOR.arn, "kms:PutKeyPolicy"), True),
        (ADMINISTRATOR, policy_of(ADMINISTRATOR.arn, "kms:Decrypt"), False),
        (ADMINISTRATOR, policy_of(f"arn:aws:iam::{ACCOUNT}:user/alice"), False),
        (ROOT, policy_of(ADMINISTRATOR.arn), False),
        (ROOT, policy_of(ROOT.arn), True),
        (ROOT, policy_of(ROOT.arn, effect="Deny"), False),
    ],
)
def test_the_author_has_to_be_able_to_replace_it(
    new_key: Any, principal: Principal, policy: str, accepted: bool
) -> None:
    key = new_key(policy=policy_of(ROOT.arn))
    before = key.policy
    if accepted:
        stored = accepted_policy(asker(principal, key), key, policy, bypass_lockout_check=False)
        assert json.loads(stored) == json.loads(policy)
    else:
        with pytest.raises(MalformedPolicyDocumentException, match=LOCKOUT):
            accepted_policy(asker(principal, key), key, policy, bypass_lockout_check=False)
    assert accepted_policy(asker(principal, key), key, policy, bypass_lockout_check=True)
    assert key.policy == before


def test_a_new_key_has_its_policy_laid_out(new_key: Any) -> None:
    key = new_key(policy=policy_of(ROOT.arn))
    check_policy(asker(ROOT, key), key, bypass_lockout_check=False)
    assert key.policy.startswith('{\n  "Version" : "2012-10-17",')


def test_what_is_too_long_or_no_policy(new_key: Any) -> None:
    key = new_key()
    with pytest.raises(LimitExceededException):
        accepted_policy(asker(ROOT, key), key, "{" + " " * LARGEST_POLICY + "}", bypass_lockout_check=True)
    with pytest.raises(MalformedPolicyDocumentException):
        accepted_policy(asker(ROOT, key), key, "{}", bypass_lockout_check=True)


@pytest.mark.parametrize("element", ["Principal", "NotPrincipal"])
def test_whom_it_names_has_to_exist(new_key: Any, element: str) -> None:
    key, alice = new_key(policy=policy_of(ROOT.arn)), f"arn:aws:iam::{ACCOUNT}:user/alice"
    statement = {"Effect": "Deny", element: {"AWS": [ROOT.arn, alice]}, "Action": "kms:Sign", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    asked = replace(asker(ROOT, key), exists=lambda arn: arn != alice)
    with pytest.raises(MalformedPolicyDocumentException, match="one or more invalid principals"):
        accepted_policy(asked, key, policy, bypass_lockout_check=True)
    assert accepted_policy(asker(ROOT, key), key, policy, bypass_lockout_check=True)
