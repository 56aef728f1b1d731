"""The decision: who allows, who narrows, who denies, and what is said about it.

One table for keys, read as: this key policy, these other policies, that reason.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from kmslab.authz.decide import Caller, decide_on_account, decide_on_grant, decide_on_key, deny_unknown
from kmslab.call import Decision, Reach
from kmslab.ids import Ids
from kmslab.keys.grant import Grant
from kmslab.keys.key import Key
from kmslab.keys.store import World
from kmslab.principals import (
    ADMINISTRATOR_ACCESS,
    Credentials,
    Identity,
    Issuer,
    NamedPolicy,
    Principal,
    PrincipalType,
    make_root,
)

HERE, ABROAD = "123456789010", "999988887777"
NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

FOREIGN = (
    "because the resource does not exist in this Region, no resource-based policies allow access, "
    "or a resource-based policy explicitly denies access"
)
NO_IAM = "because no identity-based policy allows the kms:Decrypt action"
NO_KEY = "because no resource-based policy allows the kms:Decrypt action"
NO_BOUNDARY = "because no permissions boundary allows the kms:Decrypt action"
NO_SESSION = "because no session policy allows the kms:Decrypt action"
NO_SCP = "because no service control policy allows the kms:Decrypt action"
DENIED = "with an explicit deny in "

BY_KEY, BY_GRANT = "the key policy allows it to the caller", "a grant allows it to the caller"
BY_ROLE, BY_ROLE_GRANT = "it is allowed to the caller's role", "a grant allows it to the caller's role"
BY_IAM, BY_BOTH = "the account is let in, and an IAM policy allows it", "both accounts allow it"


def statement(effect: str = "Allow", action: str = "kms:*", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": "*", **more}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def named(name: str, *statements: dict[str, Any]) -> NamedPolicy:
    return NamedPolicy(name, document(*statements))


ALLOW, DENY, OTHER = (
    named("identity policy p", statement()),
    named("identity policy d", statement("Deny")),
    named("identity policy s3", statement(action="s3:*")),
)


def root_arn(account_id: str) -> str:
    return f"arn:aws:iam::{account_id}:root"


def broker_arn(account_id: str = HERE) -> str:
    return f"arn:aws:iam::{account_id}:user/broker"


def make(
    kind: PrincipalType,
    account_id: str = HERE,
    policies: Sequence[NamedPolicy] = (),
    boundary: NamedPolicy | None = None,
    session: Sequence[NamedPolicy] = (),
) -> Principal:
    """A principal; the root user, alice, a session of the role App, fay by the user broker, or S3."""
    if kind is PrincipalType.ROOT:
        return make_root(account_id, "us-east-1", Ids(1))
    arn = {
        PrincipalType.IAM_USER: f"arn:aws:iam::{account_id}:user/alice",
        PrincipalType.ASSUMED_ROLE: f"arn:aws:sts::{account_id}:assumed-role/App/web",
        PrincipalType.FEDERATED_USER: f"arn:aws:sts::{account_id}:federated-user/fay",
        PrincipalType.SERVICE: "s3.amazonaws.com",
    }[kind]
    issuer = {
        PrincipalType.ASSUMED_ROLE: Issuer("Role", f"arn:aws:iam::{account_id}:role/App", "AROA", "App"),
        PrincipalType.FEDERATED_USER: Issuer("IAMUser", broker_arn(account_id), "AIDABROKER", "broker"),
    }.get(kind)
    identity = Identity(kind, account_id, "x", arn, "AIDA", "AKIA", issuer)
    return Principal(identity, Credentials("AKIA", "secret"), tuple(policies), boundary, tuple(session))


USER, SESSION, FEDERATED, SERVICE, ROOT = (
    PrincipalType.IAM_USER,
    PrincipalType.ASSUMED_ROLE,
    PrincipalType.FEDERATED_USER,
    PrincipalType.SERVICE,
    PrincipalType.ROOT,
)

TO_ACCOUNT = statement(Principal={"AWS": root_arn(HERE)})
TO_ABROAD = statement(Principal={"AWS": root_arn(ABROAD)})
TO_ANYBODY = statement(Principal="*")
TO_NOBODY = statement(Principal={"AWS": f"arn:aws:iam::{HERE}:user/nobody"})


def to(principal: Principal) -> dict[str, Any]:
    kind = "Service" if principal.type is SERVICE else "AWS"
    return statement(Principal={kind: principal.arn})


def to_role(account_id: str = HERE) -> dict[str, Any]:
    return statement(Principal={"AWS": f"arn:aws:iam::{account_id}:role/App"})


def to_broker(account_id: str = HERE) -> dict[str, Any]:
    return statement(Principal={"AWS": broker_arn(account_id)})


@pytest.fixture
def decide(new_key: Any) -> Any:
    """Decides on a Decrypt under a key with some statements, and perhaps a grant."""

    def decide(
        principal: Principal,
        *statements: dict[str, Any],
        grantee: str | None = None,
        ceiling: Sequence[NamedPolicy] = (),
        **more: Any,
    ) -> Decision:
        key: Key = new_key(policy=document(*statements))
        if grantee is not None:
            World().add_grant(grant_on(key, grantee=grantee))
        return decide_on_key(Caller(principal, NOW, tuple(ceiling)), "kms:Decrypt", key, **more)

    return decide


def grant_on(key: Key, **changes: Any) -> Grant:
    values: dict[str, Any] = {
        "grant_id": "0" * 64,
        "key": key,
        "created": NOW,
        "issuing_account": root_arn(HERE),
        "operations": ("Decrypt",),
        "name": "",
        "grantee": root_arn(HERE),
        "grantee_is_service": False,
        "retiring": None,
        "retiring_is_service": False,
        "constraints": {},
    }
    return Grant(**(values | changes))


class TestWithinAnAccount:
    @pytest.mark.parametrize(
        ("principal", "statements", "reason"),
        [
            (make(ROOT), [TO_ACCOUNT], BY_KEY),
            (make(ROOT), [TO_NOBODY], NO_KEY),
            (make(USER), [TO_ACCOUNT], NO_IAM),
            (make(USER, policies=[OTHER]), [TO_ACCOUNT], NO_IAM),
            (make(USER, policies=[ALLOW]), [TO_ACCOUNT], BY_IAM),
            (make(USER, policies=[ALLOW]), [TO_NOBODY], NO_KEY),
            (make(USER, policies=[ALLOW]), [TO_ABROAD], NO_KEY),
            (make(USER), [TO_ANYBODY], BY_KEY),
            (make(USER), [to(make(USER))], BY_KEY),
            (make(SESSION), [to(make(SESSION))], BY_KEY),
            (make(SESSION), [to_role()], BY_ROLE),
            (make(FEDERATED), [to(make(FEDERATED))], BY_KEY),
            (make(FEDERATED), [to_broker()], BY_ROLE),
            (make(FEDERATED), [to_role()], NO_KEY),
            (make(SERVICE, ""), [to(make(SERVICE, ""))], BY_KEY),
            (make(SERVICE, ""), [TO_ACCOUNT], NO_KEY),
        ],
    )
    def test_who_is_let_in(
        self, decide: Any, principal: Principal, statements: list[dict[str, Any]], reason: str
    ) -> None:
        decision = decide(principal, *statements)
        assert decision.reason == reason
        assert decision.allowed is (reason in (BY_KEY, BY_ROLE, BY_IAM))

    @pytest.mark.parametrize(
        ("principal", "grantee", "reason"),
        [
            (make(USER), make(USER).arn, BY_GRANT),
            (make(ROOT), root_arn(HERE), BY_GRANT),
            (make(SESSION), make(SESSION).arn, BY_GRANT),
            (make(SESSION), f"arn:aws:iam::{HERE}:role/App", BY_ROLE),
            (make(SESSION, boundary=OTHER), f"arn:aws:iam::{HERE}:role/App", NO_BOUNDARY),
            (make(SESSION, session=[OTHER]), make(SESSION).arn, BY_GRANT),
            (make(FEDERATED), broker_arn(), BY_ROLE),
            (make(FEDERATED, session=[OTHER]), broker_arn(), NO_SESSION),
            (make(USER, policies=[ALLOW]), root_arn(HERE), BY_IAM),
            (make(USER), root_arn(HERE), NO_IAM),
            (make(USER), root_arn(ABROAD), NO_KEY),
            (make(SERVICE, ""), "s3.amazonaws.com", BY_GRANT),
        ],
    )
    def test_grants(self, decide: Any, principal: Principal, grantee: str, reason: str) -> None:
        decision = decide(principal, TO_NOBODY, grantee=grantee)
        assert decision.reason == reason
        assert decision.allowed is (reason in (BY_GRANT, BY_ROLE, BY_IAM))

    @pytest.mark.parametrize(
        ("principal", "statements", "reason"),
        [
            # Source: IAM User Guide, "Permissions boundaries": they do not limit what a key policy gives a user...
            (make(USER, boundary=OTHER), [to(make(USER))], BY_KEY),
            (make(USER, boundary=OTHER), [TO_ANYBODY], BY_KEY),
            (make(SESSION, boundary=OTHER, session=[OTHER]), [to(make(SESSION))], BY_KEY),
            (make(FEDERATED, session=[OTHER]), [to(make(FEDERATED))], BY_KEY),
            # ...but what it gives a role, and what IAM policies allow.
            (make(SESSION, boundary=OTHER), [to_role()], NO_BOUNDARY),
            (make(SESSION, session=[OTHER]), [to_role()], NO_SESSION),
            (make(FEDERATED, session=[OTHER]), [to_broker()], NO_SESSION),
            (make(FEDERATED, session=[ALLOW]), [to_broker()], BY_ROLE),
            (make(SESSION, boundary=ALLOW, session=[ALLOW]), [to_role()], BY_ROLE),
            (make(SESSION, HERE, [ALLOW], session=[OTHER]), [to_role()], NO_SESSION),
            (make(USER, policies=[ALLOW], boundary=OTHER), [TO_ACCOUNT], NO_BOUNDARY),
            (make(USER, policies=[ALLOW], boundary=ALLOW), [TO_ACCOUNT], BY_IAM),
            (make(USER, boundary=OTHER), [TO_ACCOUNT], NO_IAM),
            (make(SESSION, policies=[ALLOW], session=[OTHER]), [TO_ACCOUNT], NO_SESSION),
            (make(SESSION, policies=[ALLOW], session=[OTHER, ALLOW]), [TO_ACCOUNT], BY_IAM),
            (make(SESSION, policies=[ALLOW], boundary=OTHER, session=[OTHER]), [TO_ACCOUNT], NO_BOUNDARY),
            (make(SESSION, policies=[ALLOW], session=[OTHER]), [TO_ACCOUNT, to_role()], NO_SESSION),
        ],
    )
    def test_what_narrows(
        self, decide: Any, principal: Principal, statements: list[dict[str, Any]], reason: str
    ) -> None:
        decision = decide(principal, *statements)
        assert decision.reason == reason
        assert decision.allowed is (reason in (BY_KEY, BY_ROLE, BY_IAM))

    @pytest.mark.parametrize("principal", [make(ROOT), make(USER, policies=[ALLOW]), make(SESSION, policies=[ALLOW])])
    def test_the_organisation(self, decide: Any, principal: Principal) -> None:
        for ceiling, reason in (([ALLOW], None), ([OTHER], NO_SCP), ([OTHER, ALLOW], None)):
            decision = decide(principal, TO_ANYBODY, grantee=principal.arn, ceiling=ceiling)
            assert (decision.reason if not decision.allowed else None) == reason

    def test_denials_come_first(self, decide: Any) -> None:
        """Whichever policy denies, and whatever allows. AWS names one kind of policy; see the note in `decide`."""
        denied = TO_ANYBODY | {"Effect": "Deny"}
        allows = {"grantee": make(SESSION).arn}
        for principal, statements, ceiling, kind in (
            (make(SESSION, HERE, [DENY], DENY, [DENY]), [denied], [DENY], "a service control policy"),
            (make(SESSION, HERE, [DENY], DENY, [DENY]), [denied], [], "a resource-based policy"),
            (make(SESSION, HERE, [DENY], DENY, [DENY]), [], [], "an identity-based policy"),
            (make(SESSION, HERE, [ALLOW], DENY, [DENY]), [], [], "a permissions boundary"),
            (make(SESSION, HERE, [ALLOW], ALLOW, [DENY]), [], [], "a session policy"),
        ):
            decision = decide(principal, TO_ANYBODY, *statements, ceiling=ceiling, **allows)
            assert (decision.allowed, decision.reason) == (False, DENIED + kind)

    def test_a_denial_to_the_account_is_one_to_everybody_in_it(self, decide: Any) -> None:
        denied = TO_ACCOUNT | {"Effect": "Deny"}
        for kind in (ROOT, USER, SESSION, FEDERATED):
            decision = decide(make(kind), TO_ANYBODY, denied)
            assert (decision.allowed, decision.reason) == (False, f"{DENIED}a resource-based policy")

    def test_a_denial_to_who_federated(self, decide: Any) -> None:
        denied = to_broker() | {"Effect": "Deny"}
        decision = decide(make(FEDERATED), TO_ANYBODY, denied)
        assert (decision.allowed, decision.reason) == (False, f"{DENIED}a resource-based policy")
        assert decide(make(USER), TO_ANYBODY, denied).allowed

    def test_an_iam_denial_needs_no_key_policy(self, decide: Any) -> None:
        decision = decide(make(USER, policies=[DENY]), to(make(USER)))
        assert (decision.allowed, decision.reason) == (False, f"{DENIED}an identity-based policy")


class TestAcrossAccounts:
    @pytest.mark.parametrize(
        ("principal", "statements", "grantee", "reason"),
        [
            (make(USER, ABROAD, [ALLOW]), [TO_ACCOUNT], None, FOREIGN),
            (make(USER, ABROAD, [ALLOW]), [TO_ABROAD], None, BY_BOTH),
            (make(USER, ABROAD, [ALLOW]), [to(make(USER, ABROAD))], None, BY_BOTH),
            (make(USER, ABROAD, [ALLOW]), [TO_ANYBODY], None, BY_BOTH),
            (make(USER, ABROAD), [TO_ABROAD], None, NO_IAM),
            (make(USER, ABROAD), [to(make(USER, ABROAD))], None, NO_IAM),
            (make(USER, ABROAD, [ALLOW], OTHER), [to(make(USER, ABROAD))], None, NO_BOUNDARY),
            (make(SESSION, ABROAD, [ALLOW], session=[OTHER]), [TO_ABROAD], None, NO_SESSION),
            (make(SESSION, ABROAD, [ALLOW]), [to_role(ABROAD)], None, BY_BOTH),
            (make(SESSION, ABROAD), [to_role(ABROAD)], None, NO_IAM),
            (make(FEDERATED, ABROAD, [ALLOW]), [to_broker(ABROAD)], None, BY_BOTH),
            (make(FEDERATED, ABROAD), [], broker_arn(ABROAD), BY_ROLE_GRANT),
            (make(ROOT, ABROAD), [TO_ABROAD], None, BY_BOTH),
            (make(ROOT, ABROAD), [TO_ACCOUNT], None, FOREIGN),
            # A grant needs no IAM policy.
            (make(USER, ABROAD), [], make(USER, ABROAD).arn, BY_GRANT),
            (make(SESSION, ABROAD), [], f"arn:aws:iam::{ABROAD}:role/App", BY_ROLE_GRANT),
            (make(SESSION, ABROAD, boundary=OTHER), [], f"arn:aws:iam::{ABROAD}:role/App", NO_BOUNDARY),
            (make(SESSION, ABROAD, [ALLOW], session=[OTHER]), [], f"arn:aws:iam::{ABROAD}:role/App", NO_SESSION),
            (make(USER, ABROAD, [ALLOW]), [], root_arn(ABROAD), BY_BOTH),
            (make(USER, ABROAD), [], root_arn(ABROAD), NO_IAM),
            (make(USER, ABROAD), [], root_arn(HERE), FOREIGN),
        ],
    )
    def test_both_sides(
        self,
        decide: Any,
        principal: Principal,
        statements: list[dict[str, Any]],
        grantee: str | None,
        reason: str,
    ) -> None:
        decision = decide(principal, *statements, grantee=grantee)
        assert decision.reason == reason
        assert decision.allowed is (reason in (BY_BOTH, BY_GRANT, BY_ROLE_GRANT))

    def test_operations_that_stay_at_home(self, decide: Any) -> None:
        caller = make(USER, ABROAD, [ALLOW])
        decision = decide(caller, TO_ABROAD, grantee=caller.arn, cross_account=False)
        assert (decision.allowed, decision.reason) == (False, FOREIGN)
        assert decide(make(USER, policies=[ALLOW]), TO_ACCOUNT, cross_account=False).allowed

    def test_denials(self, decide: Any) -> None:
        """What the key's side denies is not told; what one's own side denies is."""
        denied = TO_ANYBODY | {"Effect": "Deny"}
        for principal, statements, ceiling, reason in (
            (make(USER, ABROAD, [ALLOW]), [TO_ABROAD, denied], [], FOREIGN),
            (make(USER, ABROAD, [ALLOW, DENY]), [TO_ABROAD], [], f"{DENIED}an identity-based policy"),
            (make(USER, ABROAD, [ALLOW]), [TO_ABROAD], [DENY], f"{DENIED}a service control policy"),
            (make(USER, ABROAD, [ALLOW]), [TO_ABROAD], [OTHER], NO_SCP),
            (make(USER, ABROAD, [DENY]), [TO_ACCOUNT], [DENY], FOREIGN),
        ):
            decision = decide(principal, *statements, ceiling=ceiling)
            assert (decision.allowed, decision.reason) == (False, reason)


class TestWhatIsConsidered:
    def test_everything_in_order(self, decide: Any) -> None:
        principal = make(SESSION, policies=[ALLOW, OTHER], boundary=ALLOW, session=[ALLOW])
        decision = decide(principal, TO_ACCOUNT, to_role(), grantee=principal.arn, ceiling=[ALLOW])
        assert [(each.policy, each.matched) for each in decision.considered] == [
            ("identity policy p", True),
            ("key policy", True),
            ("key policy", True),
            ("identity policy p", True),
            ("identity policy s3", False),
            ("identity policy p", True),
            ("identity policy p", True),
            ("grant", True),
        ]
        assert (decision.action, decision.resource[:16]) == ("kms:Decrypt", "arn:aws:kms:us-e")

    @pytest.mark.parametrize(
        ("principal", "told"),
        [
            (make(USER), True),
            (make(SESSION), True),
            (make(FEDERATED), True),
            (make(USER, ABROAD), True),
            (make(USER, policies=[OTHER]), False),
            (make(ROOT), False),
            (make(SERVICE, ""), False),
        ],
    )
    def test_that_there_is_no_iam_policy(self, decide: Any, principal: Principal, told: bool) -> None:
        """Only of who could have one; root and services never do."""
        row = ("identity-based policies", "(none)", "", Reach.NOT, "the caller has no IAM policy")
        for grantee in (None, root_arn(ABROAD)):
            considered = decide(principal, TO_ACCOUNT, grantee=grantee).considered
            assert considered.count(row) == told
        on_account = decide_on_account(Caller(principal, NOW), "kms:CreateKey", "*").considered
        assert on_account.count(row) == told

    def test_another_policy_than_the_one_that_the_key_has(self, decide: Any) -> None:
        caller = make(USER)
        assert not decide(caller, TO_NOBODY).allowed
        assert decide(caller, TO_NOBODY, policy=document(TO_ANYBODY)).allowed

    def test_conditions_are_asked(self, decide: Any) -> None:
        asks = TO_ANYBODY | {"Condition": {"StringEquals": {"kms:CallerAccount": HERE}}}
        assert decide(make(USER), asks, context={"kms:calleraccount": HERE}).allowed
        assert not decide(make(USER), asks).allowed


class TestOnAccounts:
    @pytest.mark.parametrize(
        ("principal", "ceiling", "reason"),
        [
            (make(ROOT), [], "the root user needs no IAM policy in its own account"),
            (make(ROOT), [OTHER], "because no service control policy allows the kms:CreateKey action"),
            (make(ROOT), [ALLOW, DENY], f"{DENIED}a service control policy"),
            (make(USER), [], "because no identity-based policy allows the kms:CreateKey action"),
            (make(USER, policies=[ADMINISTRATOR_ACCESS]), [], "an IAM policy allows it"),
            (make(USER, policies=[ALLOW]), [ALLOW], "an IAM policy allows it"),
            (make(USER, policies=[ALLOW, DENY]), [], f"{DENIED}an identity-based policy"),
            (
                make(USER, policies=[ALLOW], boundary=OTHER),
                [],
                "because no permissions boundary allows the kms:CreateKey action",
            ),
            (
                make(SESSION, policies=[ALLOW], session=[OTHER]),
                [],
                "because no session policy allows the kms:CreateKey action",
            ),
        ],
    )
    def test_reasons(self, principal: Principal, ceiling: list[NamedPolicy], reason: str) -> None:
        decision = decide_on_account(Caller(principal, NOW, tuple(ceiling)), "kms:CreateKey", "*")
        assert (decision.action, decision.resource, decision.reason) == ("kms:CreateKey", "*", reason)
        assert decision.allowed is not reason.startswith(("because", "with"))

    def test_conditions_are_asked(self) -> None:
        asks = named("identity policy c", statement(Condition={"StringEquals": {"kms:KeySpec": "RSA_2048"}}))
        caller = Caller(make(USER, policies=[asks]), NOW)
        assert decide_on_account(caller, "kms:CreateKey", "*", {"kms:keyspec": "RSA_2048"}).allowed
        assert not decide_on_account(caller, "kms:CreateKey", "*", {"kms:keyspec": "HMAC_256"}).allowed


def test_retiring_is_denied_and_narrowed_too(new_key: Any) -> None:
    """Who may retire at all is in tests/unit/keys/test_grant.py."""
    key = new_key(policy=document(TO_NOBODY))
    grant = grant_on(key, retiring=make(USER).arn)
    for principal, ceiling, reason in (
        (make(USER), [], "the grant says so"),
        (make(USER, policies=[DENY]), [], f"{DENIED}an identity-based policy"),
        (make(USER), [OTHER], "because no service control policy allows the kms:RetireGrant action"),
        (
            make(SESSION, policies=[ALLOW], session=[OTHER]),
            [],
            "because no session policy allows the kms:RetireGrant action",
        ),
        (make(SESSION, policies=[ALLOW]), [], "an IAM policy of an account of the grant allows it"),
    ):
        decision = decide_on_grant(Caller(principal, NOW, tuple(ceiling)), grant)
        assert decision.reason == reason
        assert decision.allowed is not reason.startswith(("because", "with"))
    key.policy = document(TO_ANYBODY | {"Effect": "Deny"})
    decision = decide_on_grant(Caller(make(USER), NOW), grant)
    assert (decision.allowed, decision.reason) == (False, f"{DENIED}a resource-based policy")


def test_unknown_keys() -> None:
    assert deny_unknown("kms:Decrypt", "*") == Decision(False, "kms:Decrypt", "*", FOREIGN)
