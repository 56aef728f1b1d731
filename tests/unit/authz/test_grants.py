"""What a grant says about a request: grantee, operations, constraints, child grants, and how new it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kmslab.authz.grants import Request, consider
from kmslab.call import Finding, Reach
from kmslab.ids import Ids
from kmslab.keys.grant import Grant
from kmslab.principals import Credentials, Identity, Issuer, Principal, PrincipalType, make_root

ACCOUNT = "123456789010"
CREATED = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/App"
SESSION = Principal(
    Identity(
        PrincipalType.ASSUMED_ROLE,
        ACCOUNT,
        "App/web",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/App/web",
        "AROA:web",
        "ASIA",
        Issuer("Role", ROLE, "AROA", "App"),
    ),
    Credentials("ASIA", "secret"),
)
BROKER = f"arn:aws:iam::{ACCOUNT}:user/broker"
FEDERATED = Principal(
    Identity(
        PrincipalType.FEDERATED_USER,
        ACCOUNT,
        "fay",
        f"arn:aws:sts::{ACCOUNT}:federated-user/fay",
        f"{ACCOUNT}:fay",
        "ASIA",
        Issuer("IAMUser", BROKER, "AIDA", "broker"),
    ),
    Credentials("ASIA", "secret"),
)
TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/Orders"


@pytest.fixture
def ask(new_key: Any) -> Any:
    """Asks a grant to the role App about a request of a session of it."""
    key = new_key()

    def ask(operation: str = "Decrypt", grant: dict[str, Any] | None = None, **changes: Any) -> Finding:
        members: dict[str, Any] = {
            "grant_id": "ab" * 32,
            "key": key,
            "created": CREATED,
            "issuing_account": f"arn:aws:iam::{ACCOUNT}:root",
            "operations": ("Decrypt", "CreateGrant", "DescribeKey", "ReEncryptFrom", "ReEncryptTo", "GetPublicKey"),
            "name": "",
            "grantee": ROLE,
            "grantee_is_service": False,
            "retiring": None,
            "retiring_is_service": False,
            "constraints": {},
            "tokens": ["its token"],
        }
        request: dict[str, Any] = {
            "principal": SESSION,
            "operation": operation,
            "params": {},
            "source_arn": "",
            "tokens": frozenset(),
            "now": CREATED,
            "settling": timedelta(0),
        }
        return consider(Grant(**(members | (grant or {}))), Request(**(request | changes)))

    return ask


def test_the_grantee(ask: Any) -> None:
    root = make_root(ACCOUNT, "us-east-1", Ids(1))
    for grantee, principal, reach in (
        (ROLE, SESSION, Reach.ROLE),
        (SESSION.arn, SESSION, Reach.DIRECT),
        (root.arn, SESSION, Reach.ACCOUNT),
        (root.arn, root, Reach.DIRECT),
        (BROKER, FEDERATED, Reach.ROLE),
        (FEDERATED.arn, FEDERATED, Reach.DIRECT),
        (ROLE, FEDERATED, Reach.NOT),
        (ROLE, root, Reach.NOT),
        (f"{ROLE}2", SESSION, Reach.NOT),
    ):
        finding = ask(grant={"grantee": grantee}, principal=principal)
        assert finding.reach is reach
        assert finding.because == ("it allows Decrypt" if finding.matched else f"its grantee is {grantee}")


def test_names(ask: Any) -> None:
    assert ask()[:3] == ("grant", "abababababab", "Allow")
    assert ask(grant={"name": "nightly"})[:3] == ("grant", "nightly", "Allow")


def test_operations(ask: Any) -> None:
    finding = ask("Encrypt", grant={"operations": ("Decrypt", "DescribeKey")})
    assert (finding.reach, finding.because) == (Reach.NOT, "its operations are Decrypt, DescribeKey")


CONTEXT = {"Department": "IT", "Purpose": "Test"}


@pytest.mark.parametrize(
    ("kind", "constraint", "context", "expected"),
    [
        ("Equals", CONTEXT, CONTEXT, True),
        ("Equals", CONTEXT, dict(reversed(CONTEXT.items())), True),
        ("Equals", CONTEXT, CONTEXT | {"more": "x"}, False),
        ("Equals", CONTEXT, {"Department": "IT"}, False),
        ("Equals", CONTEXT, CONTEXT | {"Department": "it"}, False),
        ("Equals", CONTEXT, None, False),
        ("Equals", {}, CONTEXT, True),
        ("Subset", CONTEXT, CONTEXT, True),
        ("Subset", CONTEXT, CONTEXT | {"more": "x"}, True),
        ("Subset", CONTEXT, {"Department": "IT"}, False),
        ("Subset", CONTEXT, CONTEXT | {"Department": "it"}, False),
        ("Subset", CONTEXT, None, False),
        ("Subset", {}, None, True),
    ],
)
def test_encryption_context(
    ask: Any, kind: str, constraint: dict[str, str], context: dict[str, str] | None, expected: bool
) -> None:
    grant = {"constraints": {f"EncryptionContext{kind}": constraint}}
    for operation, member in (
        ("Decrypt", "EncryptionContext"),
        ("ReEncryptFrom", "SourceEncryptionContext"),
        ("ReEncryptTo", "DestinationEncryptionContext"),
    ):
        finding = ask(operation, grant, params={} if context is None else {member: context})
        assert finding.matched is expected
        said = f"{constraint} exactly" if kind == "Equals" else str(constraint)
        assert expected or finding.because.endswith(f"{said}, and the request has {context or {}}")
    # What has no encryption context cannot be constrained by one.
    for operation in ("DescribeKey", "GetPublicKey"):
        assert ask(operation, grant).matched


def test_source(ask: Any) -> None:
    grant = {"constraints": {"SourceArn": TABLE}}
    assert ask(grant=grant, source_arn=TABLE).matched
    for source in ("", f"{TABLE}2", "no arn"):
        finding = ask(grant=grant, source_arn=source)
        assert (finding.reach, finding.because) == (Reach.NOT, f"its constraint is the source {TABLE}")


EQUALS, SUBSET = {"EncryptionContextEquals": CONTEXT}, {"EncryptionContextSubset": CONTEXT}


@pytest.mark.parametrize(
    ("parent", "child", "expected"),
    [
        ({}, {}, True),
        ({}, EQUALS, True),
        ({}, SUBSET, True),
        (EQUALS, EQUALS, True),
        (EQUALS, SUBSET, False),
        (EQUALS, {}, False),
        (EQUALS, {"EncryptionContextEquals": {"Department": "IT"}}, False),
        (SUBSET, SUBSET, True),
        (SUBSET, EQUALS, True),
        (SUBSET, {"EncryptionContextSubset": CONTEXT | {"more": "x"}}, True),
        (SUBSET, {"EncryptionContextSubset": {"Department": "IT"}}, False),
        (SUBSET, {}, False),
        ({"SourceArn": TABLE}, {"SourceArn": TABLE}, True),
        ({"SourceArn": TABLE}, {"SourceArn": f"{TABLE}2"}, False),
        ({"SourceArn": TABLE}, {}, False),
        (EQUALS | {"SourceArn": TABLE}, EQUALS, False),
        (SUBSET | {"SourceArn": TABLE}, SUBSET, False),
        (SUBSET | {"SourceArn": TABLE}, SUBSET | {"SourceArn": TABLE}, True),
        (EQUALS | {"SourceArn": TABLE}, {"SourceArn": TABLE}, False),
    ],
)
def test_child_grants(ask: Any, parent: dict[str, Any], child: dict[str, Any], expected: bool) -> None:
    """A child is never constrained less. Source: KMS Developer Guide, "Granting CreateGrant permission"."""
    finding = ask(
        "CreateGrant",
        {"constraints": parent},
        params={"Operations": ["Decrypt"], "Constraints": child},
        source_arn=TABLE,
    )
    assert finding.matched is expected
    assert expected or finding.because == "the new grant would be constrained less than this one"


def test_child_grants_allow_no_more(ask: Any) -> None:
    assert ask("CreateGrant", params={"Operations": ["Decrypt", "DescribeKey"]}).matched
    finding = ask("CreateGrant", params={"Operations": ["Decrypt", "Encrypt"]})
    assert (finding.reach, finding.because) == (Reach.NOT, "the new grant would allow more than this one")


def test_new_grants(ask: Any) -> None:
    five = timedelta(minutes=5)
    too_new = ask(settling=five, now=CREATED + five - timedelta(seconds=1))
    assert (too_new.reach, too_new.because) == (Reach.NOT, "it is too new to count without its grant token")
    assert not ask(settling=five, tokens=frozenset({"another token"})).matched
    assert ask(settling=five, tokens=frozenset({"another token", "its token"})).matched
    assert ask(settling=five, now=CREATED + five).matched
    # A token does not widen the grant.
    assert not ask("Encrypt", {"operations": ("Decrypt",)}, tokens=frozenset({"its token"})).matched
