"""AWS Support: a key that everybody is locked out of gets its default policy back, and nobody else does."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from kmslab.authz.policy import default_key_policy
from kmslab.clock import SimClock
from kmslab.errors import KmslabError
from kmslab.ids import Ids
from kmslab.keys.key import Key
from kmslab.keys.store import World
from kmslab.principals import Principal, make_administrator, make_root
from kmslab.support import CASE, Support

ACCOUNT = "123456789010"
START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
ROOT = make_root(ACCOUNT, "us-east-1", Ids(1))
ADMINISTRATOR = make_administrator(ACCOUNT, "us-east-1", Ids(1))


def policy_of(principal: str, action: str = "kms:*") -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


NOBODY = policy_of(f"arn:aws:iam::{ACCOUNT}:user/nobody")


class Desk(NamedTuple):
    support: Support
    key: Key
    clock: SimClock


@pytest.fixture
def desk(new_key: Any) -> Desk:
    """Support, and one key that nobody can change."""
    world, clock, key = World(["us-east-1"]), SimClock(START), new_key(policy=NOBODY)
    world.add_key(key)

    def insiders(account_id: str) -> tuple[Principal, ...]:
        assert account_id == ACCOUNT
        return ROOT, ADMINISTRATOR

    return Desk(Support(world, clock, insiders), key, clock)


@pytest.mark.parametrize("named_by", ["arn", "key_id"])
def test_a_key_that_nobody_can_change(desk: Desk, named_by: str) -> None:
    case = desk.support.recover(getattr(desk.key, named_by))
    assert desk.key.policy == default_key_policy(ACCOUNT, "us-east-1")
    assert (case.key_arn, case.opened, case.closed) == (desk.key.arn, START, START + CASE)
    assert desk.clock.now() == START + timedelta(days=3)


def test_what_it_says(desk: Desk) -> None:
    case = desk.support.recover(desk.key.arn)
    assert repr(case) == str(case)
    for words in (desk.key.arn, "default key policy", "3 days", "root user"):
        assert words in str(case)


@pytest.mark.parametrize(
    ("policy", "helper"),
    [
        (policy_of(ROOT.arn), ROOT),
        (policy_of(ADMINISTRATOR.arn), ADMINISTRATOR),
        (policy_of(ADMINISTRATOR.arn, "kms:Put*"), ADMINISTRATOR),
    ],
)
def test_a_key_that_somebody_can_change(desk: Desk, policy: str, helper: Principal) -> None:
    desk.key.policy = policy
    with pytest.raises(KmslabError, match=f"Nobody is locked out: {helper.arn} can still change this key's policy"):
        desk.support.recover(desk.key.arn)
    assert (desk.key.policy, desk.clock.now()) == (policy, START)


def test_conditions_count(desk: Desk) -> None:
    """Somebody whose permission depends on an alias that the key does not have is locked out too."""
    policy = json.loads(policy_of(ROOT.arn))
    policy["Statement"][0]["Condition"] = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/x"}}
    desk.key.policy = json.dumps(policy)
    assert desk.support.recover(desk.key.arn).key_arn == desk.key.arn


def test_who_can_only_use_it_is_locked_out(desk: Desk) -> None:
    desk.key.policy = policy_of(ADMINISTRATOR.arn, "kms:Encrypt")
    assert desk.support.recover(desk.key.arn).key_arn == desk.key.arn


@pytest.mark.parametrize("key", ["", "alias/x", "1234abcd-12ab-34cd-56ef-1234567890ab"])
def test_a_key_that_there_is_not(desk: Desk, key: str) -> None:
    with pytest.raises(KmslabError, match="There is no key"):
        desk.support.recover(key)
    assert desk.clock.now() == START


def test_a_second_case_finds_nothing_to_do(desk: Desk) -> None:
    desk.support.recover(desk.key.arn)
    with pytest.raises(KmslabError, match="Nobody is locked out"):
        desk.support.recover(desk.key.arn)
