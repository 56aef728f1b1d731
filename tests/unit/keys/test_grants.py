"""The grants on one key: each way to find them says the same, after any of them has gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kmslab.authz.decide import decide_on_key
from kmslab.authz.hearing import Caller
from kmslab.ids import Ids
from kmslab.keys.grant import Grant
from kmslab.keys.grants import NO_GRANTS
from kmslab.keys.key import Key
from kmslab.keys.store import World
from kmslab.principals import Identity, Principal, PrincipalType, make_administrator

NOW = datetime(2026, 1, 5, tzinfo=UTC)
LEFT = "not for the caller and this call, or not needed"
ADMINISTRATOR = make_administrator("111122223333", "us-east-1", Ids(1))


def somebody(number: int) -> Principal:
    name = f"user{number}"
    arn = f"arn:aws:iam::{ADMINISTRATOR.account_id}:user/{name}"
    identity = Identity(PrincipalType.IAM_USER, ADMINISTRATOR.account_id, name, arn, f"AIDA{number}", f"AKIA{number}")
    return Principal(identity, ADMINISTRATOR.credentials)


def grant(key: Key, number: int, grantee: Principal, **more: Any) -> Grant:
    return Grant(
        grant_id=f"{number:064x}",
        key=key,
        created=NOW - timedelta(days=1) + timedelta(seconds=number),
        issuing_account=key.account_id,
        operations=more.pop("operations", ("Decrypt",)),
        name=more.pop("name", ""),
        grantee=grantee.arn,
        grantee_is_service=False,
        retiring=more.pop("retiring", None),
        retiring_is_service=False,
        constraints=more.pop("constraints", {}),
        **more,
    )


@pytest.fixture
def key(new_key: Any) -> Key:
    made: Key = new_key(account_id=ADMINISTRATOR.account_id)
    return made


def test_a_key_without_grants_has_none_of_its_own(key: Key, new_key: Any) -> None:
    assert key.grants is NO_GRANTS
    World().add_grant(grant(key, 1, somebody(1)))
    assert (len(key.grants), len(NO_GRANTS), len(new_key().grants)) == (1, 0, 0)


def test_each_way_to_find_one(key: Key) -> None:
    world = World()
    made = [grant(key, number, somebody(number % 3), name=f"n{number}", retiring="r") for number in range(9)]
    for each in reversed(made):
        world.add_grant(each)
    for gone in (made[4], made[1], made[7]):
        world.forget_grant(gone)
        made.remove(gone)
        assert key.grants.get(gone.grant_id) is None
        assert key.grants.same_as(gone) is None
    assert list(key.grants.after(None)) == made
    assert list(key.grants.after(made[2].position)) == made[3:]
    mine = [each for each in made if each.grantee == somebody(0).arn]
    assert list(key.grants.after(None, somebody(0).arn)) == mine
    assert list(key.grants.to(somebody(0).arn).that_may_allow("Decrypt", {})) == mine
    assert list(key.grants.after(None, somebody(1).arn)) == []
    assert list(world.retirable(key.region, "r", made[2].position)) == made[3:]
    assert list(world.retirable("eu-west-1", "r", None)) == []
    assert key.grants.same_as(replace(made[0], grant_id="", created=NOW)) is made[0]
    for each in made:
        world.forget_grant(each)
    assert list(world.retirable(key.region, "r", None)) == list(key.grants) == []


def test_without_a_name_none_is_the_same(key: Key) -> None:
    first = grant(key, 1, somebody(1))
    World().add_grant(first)
    assert key.grants.same_as(replace(first, grant_id="")) is None


def considered(key: Key, who: Principal, action: str = "kms:Decrypt") -> tuple[bool, list[str]]:
    decision = decide_on_key(Caller(who, NOW), action, key)
    return decision.allowed, [each.because for each in decision.considered if each.policy.startswith("grant")]


def test_of_a_few_grants_each_is_quoted(key: Key) -> None:
    world = World()
    for number in range(20):
        world.add_grant(grant(key, number, somebody(number)))
    allowed, quoted = considered(key, somebody(7))
    assert allowed
    assert len(quoted) == 20


def test_of_many_grants_those_to_the_caller_decide(key: Key) -> None:
    world = World()
    for number in range(500):
        world.add_grant(grant(key, number, somebody(number)))
    assert considered(key, somebody(499)) == (True, ["it allows Decrypt", LEFT])
    assert considered(key, somebody(500)) == (False, [LEFT])
    assert considered(key, somebody(7), "kms:Encrypt")[0] is False


def test_the_last_of_many_to_one_caller_counts_and_few_are_quoted(key: Key) -> None:
    world = World()
    for number in range(300):
        world.add_grant(grant(key, number, somebody(1), constraints={"EncryptionContextEquals": {"n": str(number)}}))
    world.add_grant(grant(key, 300, somebody(1)))
    allowed, quoted = considered(key, somebody(1))
    assert allowed
    assert quoted == ["it allows Decrypt", LEFT]


@pytest.mark.parametrize("kind", ["EncryptionContextEquals", "EncryptionContextSubset"])
def test_of_many_to_one_caller_the_one_for_the_encryption_context_is_found(key: Key, kind: str) -> None:
    world = World()
    made = [grant(key, n, somebody(1), constraints={kind: {"n": str(n), "z": "z"}}) for n in range(300)]
    for each in made:
        world.add_grant(each)

    def decide(context: dict[str, str]) -> tuple[bool, list[str]]:
        caller = Caller(somebody(1), NOW, params={"EncryptionContext": context})
        decision = decide_on_key(caller, "kms:Decrypt", key)
        return decision.allowed, [each.statement for each in decision.considered if each.policy.startswith("grant")]

    assert decide({"z": "z", "n": "250"}) == (True, [made[250].grant_id[:12], "299 more"])
    assert decide({"n": "250"}) == (False, [made[250].grant_id[:12], "299 more"])
    allowed, quoted = decide({"n": "300", "z": "z"})
    assert not allowed
    assert len(quoted) == 21, "some of the caller's, to see what they are for"
    world.forget_grant(made[250])
    assert not decide({"z": "z", "n": "250"})[0]
    for each in made:
        if each is not made[250]:
            world.forget_grant(each)
    assert len(key.grants) == 0


def test_of_many_each_decides_as_it_would_among_few(key: Key, new_key: Any) -> None:
    """A few grants that count in other ways, alone and among hundreds to the same grantee that say nothing here."""
    cases: list[dict[str, Any]] = [
        {"operations": ("DescribeKey",), "constraints": {"EncryptionContextEquals": {"a": "b"}}},
        {"operations": ("Decrypt", "Encrypt")},
        {"operations": ("Encrypt",), "constraints": {"EncryptionContextSubset": {"n": "1"}}},
        {"constraints": {"EncryptionContextSubset": {"n": "1", "m": "2"}}},
        {"constraints": {"SourceArn": "arn:aws:s3:::b"}},
        {"operations": ("CreateGrant", "Decrypt")},
    ]
    actions = ["kms:Decrypt", "kms:Encrypt", "kms:DescribeKey", "kms:CreateGrant"]
    contexts: list[dict[str, str]] = [{}, {"n": "1"}, {"n": "1", "m": "2"}, {"m": "2"}]
    allowed = 0
    for case in cases:
        alone, among = new_key(account_id=key.account_id), new_key(account_id=key.account_id)
        world = World()
        world.add_grant(grant(alone, 1, somebody(1), **case))
        for number in range(100):
            world.add_grant(grant(among, number + 2, somebody(1), operations=("Sign",)))
        world.add_grant(grant(among, 1, somebody(1), **case))
        for action in actions:
            for context in contexts:
                caller = Caller(somebody(1), NOW, params={"EncryptionContext": context, "Operations": ["Decrypt"]})
                answers = [decide_on_key(caller, action, each) for each in (alone, among)]
                assert answers[0].allowed is answers[1].allowed, (case, action, context)
                allowed += answers[0].allowed
    assert allowed > 10
