"""Who calls."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from kmslab.errors import ExpiredTokenException, UnrecognizedClientException
from kmslab.ids import Ids
from kmslab.principals import (
    ADMINISTRATOR_ACCESS,
    Credentials,
    Directory,
    Identity,
    Issuer,
    Principal,
    PrincipalType,
    make_administrator,
    make_root,
)

ACCOUNT = "123456789010"
PARTITIONS = ["aws", "aws-cn", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-us-gov"]
#: What policies may call the account, in whichever partition.
ACCOUNT_NAMES = {
    ACCOUNT,
    *(f"arn:{partition}:iam::{ACCOUNT}:root" for partition in PARTITIONS),
}
NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def session(expires: datetime | None = None) -> Principal:
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/app/night"
    issuer = Issuer("Role", f"arn:aws:iam::{ACCOUNT}:role/path/app", "AROAAPP", "app")
    identity = Identity(
        PrincipalType.ASSUMED_ROLE, ACCOUNT, "app/night", arn, "AROAAPP:night", "ASIA", issuer=issuer, since=NOW
    )
    return Principal(identity, Credentials("ASIA", "secret", "token", expires))


def test_root() -> None:
    root = make_root(ACCOUNT, "us-east-1", Ids(1))
    assert root.type is PrincipalType.ROOT
    assert root.arn == f"arn:aws:iam::{ACCOUNT}:root"
    assert (root.name, root.account_id, root.identity.principal_id) == ("root", ACCOUNT, ACCOUNT)
    assert root.policies == ()
    # The root user answers to whatever a policy calls the account.
    assert root.names == root.account_names == ACCOUNT_NAMES


@pytest.mark.parametrize(("region", "partition"), [("eu-west-1", "aws"), ("cn-north-1", "aws-cn")])
def test_administrator(region: str, partition: str) -> None:
    administrator = make_administrator(ACCOUNT, region, Ids(1))
    assert administrator.type is PrincipalType.IAM_USER
    assert administrator.arn == f"arn:{partition}:iam::{ACCOUNT}:user/administrator"
    assert re.fullmatch(r"AIDA[A-Z2-7]{17}", administrator.identity.principal_id)
    assert administrator.policies == (ADMINISTRATOR_ACCESS,)
    assert administrator.names == {administrator.arn}
    assert administrator.account_names == ACCOUNT_NAMES


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


def test_a_session_of_a_role() -> None:
    app = session()
    assert app.role_arn == app.issuer_arn == f"arn:aws:iam::{ACCOUNT}:role/path/app"
    assert app.names == {f"arn:aws:sts::{ACCOUNT}:assumed-role/app/night"}
    for nobodys in (make_root(ACCOUNT, "us-east-1", Ids(1)), make_administrator(ACCOUNT, "us-east-1", Ids(1))):
        assert (nobodys.role_arn, nobodys.issuer_arn) == (None, None)
    assert "token" not in repr(app.credentials), "a session token is a secret"


def test_a_federated_user_has_no_role() -> None:
    issuer = Issuer("IAMUser", f"arn:aws:iam::{ACCOUNT}:user/broker", "AIDABROKER", "broker")
    arn = f"arn:aws:sts::{ACCOUNT}:federated-user/bob"
    identity = Identity(PrincipalType.FEDERATED_USER, ACCOUNT, "bob", arn, f"{ACCOUNT}:bob", "ASIA", issuer=issuer)
    bob = Principal(identity, Credentials("ASIA", "secret"))
    assert (bob.role_arn, bob.issuer_arn) == (None, f"arn:aws:iam::{ACCOUNT}:user/broker")
    assert bob.names == {arn}, "the user that federated is somebody else"


def test_a_service_has_no_account() -> None:
    identity = Identity(PrincipalType.SERVICE, "", "s3.amazonaws.com", "s3.amazonaws.com", "", "")
    assert Principal(identity, Credentials("", "")).account_names == frozenset()


@pytest.mark.parametrize("token", [None, "", "Token", "token\u00e9"])
def test_a_session_needs_its_token(token: str | None) -> None:
    directory = Directory()
    directory.add(session())
    with pytest.raises(UnrecognizedClientException, match=r"^The security token included in the request is invalid\.$"):
        directory.identify("ASIA", token, NOW)


def test_a_session_ends() -> None:
    directory = Directory()
    directory.add(session(expires=NOW + timedelta(hours=1)))
    assert directory.identify("ASIA", "token", NOW + timedelta(minutes=59)).name == "app/night"
    with pytest.raises(ExpiredTokenException, match=r"^The security token included in the request is expired$"):
        directory.identify("ASIA", "token", NOW + timedelta(hours=1))
    with pytest.raises(UnrecognizedClientException):
        directory.identify("ASIA", "guessed", NOW + timedelta(hours=1))


def test_a_lasting_key_takes_no_token() -> None:
    directory = Directory()
    root = make_root(ACCOUNT, "us-east-1", Ids(1))
    directory.add(root)
    key_id = root.credentials.access_key_id
    assert directory.identify(key_id, None, NOW) is root
    assert directory.identify(key_id, "", NOW) is root
    for access_key_id, token in ((key_id, "token"), ("AKIAUNKNOWN", None)):
        with pytest.raises(UnrecognizedClientException):
            directory.identify(access_key_id, token, NOW)


def test_who_exists() -> None:
    directory = Directory()
    directory.add(make_root(ACCOUNT, "us-east-1", Ids(1)))
    directory.add(make_administrator(ACCOUNT, "us-east-1", Ids(1)))
    directory.add_register(lambda arn: arn.endswith("user/alice"))
    directory.add_register(lambda arn: arn.endswith("user/bob"))
    users = [f"arn:aws:iam::{ACCOUNT}:user/{name}" for name in ("administrator", "alice", "bob", "carol")]
    names = [ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", "111122223333", *users]
    assert [name for name in names if not directory.exists(name)] == ["111122223333", users[-1]]
