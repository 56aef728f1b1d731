"""Grants: what they can be for, when two are the same, how tokens look, and who may retire one."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kmslab.authz.decide import Caller, decide_on_grant
from kmslab.errors import InvalidGrantIdException, ValidationException
from kmslab.ids import Ids
from kmslab.keys.grant import Grant, check_constraints, check_operations, find_grant, grant_operations, new_token
from kmslab.keys.specs import KEY_SPECS
from kmslab.keys.store import World
from kmslab.principals import (
    Credentials,
    Identity,
    Issuer,
    NamedPolicy,
    Principal,
    PrincipalType,
    make_administrator,
    make_root,
)
from kmslab.wire.model import enum

ACCOUNT, OTHER, THIRD = "123456789010", "999988887777", "111122223333"
CREATED = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


@pytest.fixture
def new_grant(new_key: Any) -> Any:
    """Makes a grant on a key of ACCOUNT."""
    key = new_key()

    def make(**changes: Any) -> Grant:
        values: dict[str, Any] = {
            "grant_id": "ab" * 32,
            "key": key,
            "created": CREATED,
            "issuing_account": ACCOUNT,
            "operations": ("Encrypt", "Decrypt"),
            "name": "n",
            "grantee": f"arn:aws:iam::{ACCOUNT}:role/Worker",
            "grantee_is_service": False,
            "retiring": None,
            "retiring_is_service": False,
            "constraints": {},
        }
        return Grant(**(values | changes))

    return make


def user(account_id: str, name: str = "alice") -> Principal:
    arn = f"arn:aws:iam::{account_id}:user/{name}"
    return Principal(Identity(PrincipalType.IAM_USER, account_id, name, arn, "AIDA", "AKIA"), Credentials("AKIA", "s"))


def session_of(issuer: str, account_id: str = ACCOUNT) -> Principal:
    """A session that was made from a role, or from a user that federated."""
    kind, name = issuer.rpartition(":")[2].split("/")
    type_ = PrincipalType.ASSUMED_ROLE if kind == "role" else PrincipalType.FEDERATED_USER
    what = f"assumed-role/{name}/web" if kind == "role" else "federated-user/fay"
    made_from = Issuer("Role" if kind == "role" else "IAMUser", issuer, "A", name)
    arn = f"arn:aws:sts::{account_id}:{what}"
    return Principal(Identity(type_, account_id, "x", arn, "A:x", "ASIA", made_from), Credentials("ASIA", "s"))


ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/Worker"


def root_arn(account_id: str) -> str:
    return f"arn:aws:iam::{account_id}:root"


def test_every_operation_is_possible_on_some_key() -> None:
    possible = [grant_operations(spec, usage) for spec in KEY_SPECS.values() for usage in spec.algorithms]
    assert set().union(*possible) == set(enum("GrantOperation"))
    for each in possible:
        assert {"CreateGrant", "DescribeKey", "RetireGrant"} < each


def test_checks(new_key: Any) -> None:
    symmetric, hmac = new_key(), new_key("HMAC_256")
    check_operations(symmetric, ["CreateGrant", "GenerateDataKey"])
    check_operations(hmac, ["VerifyMac"])
    for key, operations in ((symmetric, []), (symmetric, ["CreateGrant"]), (hmac, ["GetPublicKey"])):
        with pytest.raises(ValidationException):
            check_operations(key, operations)
    check_constraints(hmac, {})
    check_constraints(symmetric, {"EncryptionContextEquals": {}})
    with pytest.raises(ValidationException, match="only supported for symmetric encryption KMS keys"):
        check_constraints(hmac, {"EncryptionContextEquals": {}})


def test_position(new_grant: Any) -> None:
    first = new_grant(grant_id="f" * 64)
    later = new_grant(grant_id="0" * 64, created=CREATED + timedelta(microseconds=1))
    same_time = new_grant(grant_id="0" * 64)
    assert same_time.position < first.position < later.position


def test_the_same_parameters(new_grant: Any) -> None:
    first = new_grant()
    assert first.terms == new_grant(grant_id="0" * 64, created=CREATED + timedelta(1)).terms
    assert first.terms == new_grant(operations=("Decrypt", "Encrypt")).terms
    for change in (
        {"issuing_account": OTHER},
        {"operations": ("Decrypt",)},
        {"name": ""},
        {"grantee": root_arn(ACCOUNT)},
        {"retiring": root_arn(ACCOUNT)},
        {"constraints": {"SourceArn": "x"}},
    ):
        assert first.terms != new_grant(**change).terms, change


def test_finding_one(new_grant: Any) -> None:
    grant = new_grant()
    World().add_grant(grant)
    assert find_grant(grant.key, grant.grant_id) is grant
    assert find_grant(grant.key, "0") is None
    for grant_id in ("", "x", grant.grant_id.upper(), f"{grant.grant_id}\n"):
        with pytest.raises(InvalidGrantIdException):
            find_grant(grant.key, grant_id)


def test_tokens() -> None:
    ids = Ids(1)
    tokens = {new_token(ids, "ab" * 32) for _ in range(3)}
    assert len(tokens) == 3
    for token in tokens:
        assert len(token) == 491
        assert base64.urlsafe_b64decode(token + "=").endswith(bytes.fromhex("ab" * 32))
    assert new_token(Ids(1), "ab" * 32) in tokens


def test_a_grant_keeps_its_tokens_to_itself(new_grant: Any) -> None:
    assert "secret" not in repr(new_grant(tokens=["secret"], key=None))


ROOTS = {account: make_root(account, "us-east-1", Ids(1)) for account in (ACCOUNT, OTHER, THIRD)}
ADMINISTRATORS = {account: make_administrator(account, "us-east-1", Ids(1)) for account in (ACCOUNT, OTHER, THIRD)}
RETIRE = ("Decrypt", "RetireGrant")


class TestWhoMayRetire:
    @pytest.mark.parametrize(
        ("principal", "changes"),
        [
            (ROOTS[ACCOUNT], {}),
            (ADMINISTRATORS[ACCOUNT], {}),
            (user(ACCOUNT), {"retiring": user(ACCOUNT).arn}),
            (user(THIRD), {"retiring": user(THIRD).arn}),
            (user(ACCOUNT), {"grantee": user(ACCOUNT).arn, "operations": RETIRE}),
            (user(THIRD), {"grantee": user(THIRD).arn, "operations": RETIRE}),
            (ROOTS[THIRD], {"retiring": root_arn(THIRD)}),
            (ADMINISTRATORS[THIRD], {"retiring": root_arn(THIRD)}),
            (ADMINISTRATORS[THIRD], {"grantee": root_arn(THIRD), "operations": RETIRE}),
            (session_of(ROLE_ARN), {"retiring": ROLE_ARN}),
            (session_of(ROLE_ARN), {"operations": RETIRE}),
            (session_of(user(ACCOUNT).arn), {"retiring": user(ACCOUNT).arn}),
            (session_of(user(ACCOUNT).arn), {"grantee": user(ACCOUNT).arn, "operations": RETIRE}),
            (ROOTS[OTHER], {"issuing_account": OTHER}),
            (ADMINISTRATORS[OTHER], {"issuing_account": OTHER}),
        ],
        ids=[
            "root of the issuing account",
            "administrator of the issuing account",
            "retiring principal",
            "retiring principal abroad",
            "grantee with RetireGrant",
            "grantee abroad with RetireGrant",
            "root of the retiring account",
            "administrator of the retiring account",
            "administrator of the account that is grantee",
            "session of the retiring role",
            "session of the grantee with RetireGrant",
            "federated by the retiring user",
            "federated by the grantee with RetireGrant",
            "root of an issuing account abroad",
            "administrator of an issuing account abroad",
        ],
    )
    def test_may(self, new_grant: Any, principal: Principal, changes: dict[str, Any]) -> None:
        grant = new_grant(**changes)
        decision = decide_on_grant(Caller(principal, CREATED), grant)
        assert decision.allowed, decision
        assert (decision.action, decision.resource) == ("kms:RetireGrant", grant.key.arn)
        assert decision.reason

    NO_IAM = "because no identity-based policy allows the kms:RetireGrant action"
    NO_KEY = "because no resource-based policy allows the kms:RetireGrant action"
    VAGUE = (
        "because the resource does not exist in this Region, no resource-based policies allow access, "
        "or a resource-based policy explicitly denies access"
    )

    @pytest.mark.parametrize(
        ("principal", "changes", "reason"),
        [
            (user(ACCOUNT), {}, NO_IAM),
            (user(ACCOUNT), {"retiring": user(ACCOUNT, "bob").arn}, NO_IAM),
            (user(ACCOUNT), {"grantee": user(ACCOUNT).arn}, NO_IAM),
            (session_of(user(ACCOUNT, "bob").arn), {"retiring": user(ACCOUNT).arn}, NO_IAM),
            (user(THIRD), {"retiring": root_arn(THIRD)}, NO_IAM),
            (ADMINISTRATORS[ACCOUNT], {"issuing_account": OTHER}, NO_KEY),
            (ADMINISTRATORS[THIRD], {}, VAGUE),
            (ROOTS[THIRD], {"grantee": root_arn(THIRD)}, VAGUE),
            (ADMINISTRATORS[THIRD], {"retiring": user(THIRD).arn}, VAGUE),
            (ADMINISTRATORS[THIRD], {"retiring": "s3.us-east-1.amazonaws.com", "retiring_is_service": True}, VAGUE),
        ],
        ids=[
            "user of the issuing account",
            "another user than the retiring one",
            "grantee without RetireGrant",
            "federated by another user",
            "user of the retiring account",
            "the key's account, of a grant issued abroad",
            "another account",
            "grantee abroad without RetireGrant",
            "the account of the retiring user",
            "a service retires it",
        ],
    )
    def test_may_not(self, new_grant: Any, principal: Principal, changes: dict[str, Any], reason: str) -> None:
        decision = decide_on_grant(Caller(principal, CREATED), new_grant(**changes))
        assert not decision.allowed
        assert decision.reason == reason
        assert decision.considered

    @pytest.mark.parametrize(
        ("principal", "reason"),
        [
            (user(ACCOUNT), "with an explicit deny in a resource-based policy"),
            (user(THIRD), VAGUE),
        ],
        ids=["in the key's account", "in another account"],
    )
    def test_a_denial_of_the_key_policy(self, new_grant: Any, principal: Principal, reason: str) -> None:
        """Another account does not learn of it."""
        grant = new_grant(retiring=principal.arn)
        assert decide_on_grant(Caller(principal, CREATED), grant).allowed
        before = grant.key.policy
        denied = {"Effect": "Deny", "Principal": "*", "Action": "kms:RetireGrant", "Resource": "*"}
        grant.key.policy = json.dumps({"Version": "2012-10-17", "Statement": [denied]})
        decision = decide_on_grant(Caller(principal, CREATED), grant)
        assert (decision.allowed, decision.reason) == (False, reason)
        grant.key.policy = before

    @pytest.mark.parametrize("account_id", [ACCOUNT, THIRD])
    def test_a_denial_of_ones_own_is_told_everywhere(self, new_grant: Any, account_id: str) -> None:
        denied = {"Effect": "Deny", "Action": "kms:RetireGrant", "Resource": "*"}
        text = json.dumps({"Version": "2012-10-17", "Statement": [denied]})
        alice = replace(user(account_id), policies=(NamedPolicy("identity policy d", text),))
        decision = decide_on_grant(Caller(alice, CREATED), new_grant(retiring=alice.arn))
        assert (decision.allowed, decision.reason) == (False, "with an explicit deny in an identity-based policy")
