"""Who calls."""

from __future__ import annotations

import re

import pytest

from kmslab.ids import Ids
from kmslab.principals import Directory, Principal, PrincipalType, make_administrator, make_root

ACCOUNT = "123456789010"


def test_root() -> None:
    root = make_root(ACCOUNT, "us-east-1", Ids(1))
    assert root.type is PrincipalType.ROOT
    assert root.arn == f"arn:aws:iam::{ACCOUNT}:root"
    assert (root.name, root.account_id, root.identity.principal_id) == ("root", ACCOUNT, ACCOUNT)
    assert root.policy_arns == ()
    assert not root.is_administrator


@pytest.mark.parametrize(("region", "partition"), [("eu-west-1", "aws"), ("cn-north-1", "aws-cn")])
def test_administrator(region: str, partition: str) -> None:
    administrator = make_administrator(ACCOUNT, region, Ids(1))
    assert administrator.type is PrincipalType.IAM_USER
    assert administrator.arn == f"arn:{partition}:iam::{ACCOUNT}:user/administrator"
    assert re.fullmatch(r"AIDA[A-Z2-7]{17}", administrator.identity.principal_id)
    assert administrator.is_administrator
    assert administrator.policy_arns == (f"arn:{partition}:iam::aws:policy/AdministratorAccess",)


def test_access_keys_are_seeded_and_secrets_are_not() -> None:
    first, second = (make_administrator(ACCOUNT, "us-east-1", Ids(1)) for _ in range(2))
    assert re.fullmatch(r"AKIA[A-Z2-7]{16}", first.credentials.access_key_id)
    assert first.credentials.access_key_id == second.credentials.access_key_id
    assert first.credentials.secret_access_key != second.credentials.secret_access_key
    assert len(first.credentials.secret_access_key) == 40


def test_the_secret_is_never_shown() -> None:
    principal = make_root(ACCOUNT, "us-east-1", Ids(1))
    assert principal.credentials.secret_access_key not in repr(principal)
    assert principal.credentials.access_key_id in repr(principal)
    assert principal.identity.access_key_id == principal.credentials.access_key_id
    assert not any("secret" in name for name in principal.identity.__slots__), "an identity holds nothing secret"


def test_the_directory_asks_its_own_first_and_then_its_sources() -> None:
    directory = Directory()
    root, administrator = make_root(ACCOUNT, "us-east-1", Ids(1)), make_administrator(ACCOUNT, "us-east-1", Ids(1))
    asked: list[str] = []

    def source(access_key_id: str) -> Principal | None:
        asked.append(access_key_id)
        return administrator if access_key_id == administrator.credentials.access_key_id else None

    directory.add(root)
    directory.add_source(lambda access_key_id: None)
    directory.add_source(source)
    assert directory.find(root.credentials.access_key_id) is root
    assert asked == []
    assert directory.find(administrator.credentials.access_key_id) is administrator
    assert directory.find("AKIAUNKNOWN") is None


def test_handing_over() -> None:
    directory = Directory()
    root = make_root(ACCOUNT, "us-east-1", Ids(1))
    directory.add(root)
    directory.hand_over(root)
    assert directory.find(root.credentials.access_key_id) is None
    directory.hand_over(root)
