"""Who may assume a role."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kmslab.cloud.identity import Role
from kmslab.cloud.trust import may_assume
from kmslab.principals import Credentials, Identity, Issuer, NamedPolicy, Principal, PrincipalType

HOME, AWAY = "123456789010", "999988887777"
ALICE = f"arn:aws:iam::{HOME}:user/alice"
ROLE = f"arn:aws:iam::{HOME}:role/app"
FIRST = f"arn:aws:iam::{HOME}:role/first"
SESSION = f"arn:aws:sts::{HOME}:assumed-role/first/night"

Statement = dict[str, Any]


def says(effect: str, action: str = "sts:AssumeRole", **more: Any) -> Statement:
    return {"Effect": effect, "Action": action, **more}


def text(*statements: Statement) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def policies(*statements: Statement) -> tuple[NamedPolicy, ...]:
    listed = [{"Resource": "*", **each} for each in statements]
    return (NamedPolicy("a policy", text(*listed)),) if listed else ()


MAY = policies(says("Allow"))
MAY_NOT = policies(says("Deny"))
SOMETHING_ELSE = policies(says("Allow", "kms:*"))


def role(*statements: Statement, account_id: str = HOME) -> Role:
    arn = f"arn:aws:iam::{account_id}:role/app"
    return Role(account_id, "app", arn, "AROAAPP", text(*statements), 3600)


def trusts(name: str, effect: str = "Allow", **more: Any) -> Statement:
    return says(effect, Principal={"AWS": name}, **more)


def alice(own: tuple[NamedPolicy, ...] = (), **more: Any) -> Principal:
    identity = Identity(PrincipalType.IAM_USER, HOME, "alice", ALICE, "AIDAALICE", "AKIA")
    return Principal(identity, Credentials("AKIA", "secret"), own, **more)


def night(own: tuple[NamedPolicy, ...] = (), **more: Any) -> Principal:
    issuer = Issuer("Role", FIRST, "AROAFIRST", "first")
    identity = Identity(PrincipalType.ASSUMED_ROLE, HOME, "first/night", SESSION, "AROAFIRST:night", "ASIA", issuer)
    return Principal(identity, Credentials("ASIA", "secret", "token"), own, **more)


@pytest.mark.parametrize(
    ("caller", "statements", "expected"),
    [
        pytest.param(alice(), [trusts(ALICE)], True, id="named"),
        pytest.param(alice(), [trusts("*")], True, id="everybody"),
        pytest.param(alice(), [trusts(HOME)], False, id="account alone"),
        pytest.param(alice(MAY), [trusts(HOME)], True, id="account and IAM"),
        pytest.param(alice(SOMETHING_ELSE), [trusts(HOME)], False, id="account and another permission"),
        pytest.param(alice(MAY), [trusts(AWAY)], False, id="another account"),
        pytest.param(alice(MAY), [], False, id="nobody"),
        pytest.param(alice(MAY_NOT), [trusts(ALICE)], False, id="denied by IAM"),
        pytest.param(alice(MAY), [trusts(ALICE), trusts(HOME, "Deny")], False, id="denied by the trust policy"),
        pytest.param(alice(MAY), [trusts(FIRST, "Deny"), trusts(HOME)], True, id="somebody else is denied"),
        pytest.param(alice(boundary=SOMETHING_ELSE[0]), [trusts(ALICE)], True, id="named, beyond the boundary"),
        pytest.param(alice(MAY, boundary=SOMETHING_ELSE[0]), [trusts(HOME)], False, id="beyond the boundary"),
        pytest.param(alice(MAY, boundary=MAY[0]), [trusts(HOME)], True, id="within the boundary"),
        pytest.param(alice(boundary=MAY_NOT[0]), [trusts(ALICE)], False, id="denied by the boundary"),
        pytest.param(night(), [trusts(SESSION)], True, id="session named"),
        pytest.param(night(), [trusts(FIRST)], True, id="role named"),
        pytest.param(night(MAY), [trusts(HOME)], True, id="role with a permission"),
        pytest.param(night(session_policies=SOMETHING_ELSE), [trusts(FIRST)], False, id="role named, session narrowed"),
        pytest.param(night(session_policies=SOMETHING_ELSE), [trusts(SESSION)], True, id="session named, narrowed"),
        pytest.param(night(session_policies=MAY), [trusts(FIRST)], True, id="session narrowed to it"),
    ],
)
def test_within_an_account(caller: Principal, statements: list[Statement], expected: bool) -> None:
    assert may_assume(caller, "sts:AssumeRole", role(*statements), {}) is expected


@pytest.mark.parametrize(
    ("own", "statements", "expected"),
    [
        pytest.param((), [trusts(ALICE)], False, id="only theirs"),
        pytest.param(MAY, [], False, id="only ours"),
        pytest.param(MAY, [trusts(ALICE)], True, id="both, named"),
        pytest.param(MAY, [trusts(HOME)], True, id="both, account"),
        pytest.param(MAY, [trusts(AWAY)], False, id="their own account only"),
    ],
)
def test_across_accounts(own: tuple[NamedPolicy, ...], statements: list[Statement], expected: bool) -> None:
    assert may_assume(alice(own), "sts:AssumeRole", role(*statements, account_id=AWAY), {}) is expected


@pytest.mark.parametrize(
    ("ceiling", "expected"), [((), True), (MAY, True), (SOMETHING_ELSE, False), (MAY + MAY_NOT, False)]
)
def test_the_organisation(ceiling: tuple[NamedPolicy, ...], expected: bool) -> None:
    assert may_assume(alice(MAY), "sts:AssumeRole", role(trusts(ALICE)), {}, ceiling) is expected


def test_conditions_and_variables() -> None:
    wanted = role(trusts("*", Condition={"StringEquals": {"sts:ExternalId": "${aws:username}"}}))
    assert may_assume(alice(), "sts:AssumeRole", wanted, {"sts:externalid": "alice", "aws:username": "alice"})
    assert not may_assume(alice(), "sts:AssumeRole", wanted, {"sts:externalid": "bob", "aws:username": "alice"})
    assert not may_assume(alice(), "sts:AssumeRole", wanted, {"aws:username": "alice"})


def test_each_action_is_asked_for_by_itself() -> None:
    assert not may_assume(alice(), "sts:TagSession", role(trusts(ALICE)), {})
    assert may_assume(alice(), "sts:TagSession", role(trusts(ALICE, Action="sts:*")), {})


def test_a_trust_policy_with_one_statement_and_no_list() -> None:
    single = Role(HOME, "app", ROLE, "AROAAPP", json.dumps({"Statement": trusts(ALICE)}), 3600)
    assert may_assume(alice(), "sts:AssumeRole", single, {})


def test_an_identity_policy_names_the_role() -> None:
    for resource, expected in ((ROLE, True), (f"arn:aws:iam::{HOME}:role/*", True), (FIRST, False)):
        own = policies(says("Allow", Resource=resource))
        assert may_assume(alice(own), "sts:AssumeRole", role(trusts(HOME)), {}) is expected
