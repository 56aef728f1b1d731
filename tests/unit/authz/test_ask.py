"""Asking: what a decision gets to know of the request, the key and the caller, and only when a condition asks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from kmslab.authz.ask import Answered, Asker
from kmslab.authz.hearing import Caller
from kmslab.keys.grant import Grant
from kmslab.keys.key import Key
from kmslab.keys.related import RelatedKeys
from kmslab.principals import Credentials, Identity, NamedPolicy, Principal, PrincipalType

ACCOUNT = "123456789010"
ALICE = Identity(PrincipalType.IAM_USER, ACCOUNT, "alice", f"arn:aws:iam::{ACCOUNT}:user/alice", "AIDA", "AKIA")


def allowing(**condition: Any) -> str:
    statement = {"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Condition": condition}
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


@pytest.fixture
def ask(new_key: Any) -> Any:
    """An Asker for alice, whose IAM policy allows everything under a condition."""

    def make(key: Key, params: Mapping[str, Any] | None = None, via: str = "", **condition: Any) -> Asker:
        principal = Principal(ALICE, Credentials("AKIA", "secret"), (NamedPolicy("p", allowing(**condition)),))
        caller = Caller(principal, key.created + timedelta(days=7.5), params=params or {})
        return Asker(caller, key.region, lambda _: ("alias/a",), "192.0.2.7", "boto3", via)

    return make


@pytest.fixture
def key(new_key: Any) -> Key:
    """A key whose policy leaves everything to IAM."""
    statement = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "kms:*", "Resource": "*"}
    made: Key = new_key(policy=json.dumps({"Statement": statement}), tags={"Project": "Alpha"})
    return made


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("aws:SourceIp", "192.0.2.7"),
        ("aws:UserAgent", "boto3"),
        ("aws:RequestedRegion", "us-east-1"),
        ("aws:PrincipalArn", ALICE.arn),
        ("aws:CurrentTime", "2026-01-12T21:00:00Z"),
        ("aws:ResourceTag/Project", "Alpha"),
        ("kms:ResourceAliases", "alias/a"),
        ("kms:RequestAlias", "alias/b"),
        ("kms:KeySpec", "SYMMETRIC_DEFAULT"),
        ("kms:EncryptionContext:a", "1"),
        ("kms:ReEncryptOnSameKey", "true"),
    ],
)
def test_on_a_key(ask: Any, key: Key, name: str, value: str) -> None:
    asker = ask(key, {"SourceEncryptionContext": {"a": "1"}}, StringEquals={name: value})
    assert asker.on_key("kms:ReEncryptFrom", key, requested="alias/b", same_key=True).allowed
    asker = ask(key, {"SourceEncryptionContext": {"a": "1"}}, StringNotEquals={name: value})
    assert not asker.on_key("kms:ReEncryptFrom", key, requested="alias/b", same_key=True).allowed


def test_days_since_the_last_use(ask: Any, key: Key) -> None:
    asker = ask(key, NumericEquals={"kms:TrailingDaysWithoutKeyUsage": 7})
    assert asker.on_key("kms:DisableKey", key).allowed
    assert asker.on_key("kms:ScheduleKeyDeletion", key).allowed
    assert not asker.on_key("kms:EnableKey", key).allowed


def test_through_a_service(ask: Any, key: Key) -> None:
    via = "s3.us-east-1.amazonaws.com"
    condition = {"StringEquals": {"kms:ViaService": via}, "Bool": {"aws:ViaAWSService": True}}
    assert ask(key, via=via, **condition).on_key("kms:Decrypt", key).allowed
    assert not ask(key, **condition).on_key("kms:Decrypt", key).allowed
    for_resource = {"Bool": {"kms:GrantIsForAWSResource": True}}
    assert ask(key, via=via, **for_resource).on_key("kms:CreateGrant", key).allowed
    assert not ask(key, **for_resource).on_key("kms:CreateGrant", key).allowed


def test_another_policy_and_another_account(ask: Any, key: Key, new_key: Any) -> None:
    asker = ask(key)
    assert asker.on_key("kms:Decrypt", key).allowed
    assert not asker.on_key("kms:Decrypt", key, policy='{"Statement": []}').allowed
    foreign = new_key(account_id="999988887777", policy=key.policy)
    assert asker.on_key("kms:Decrypt", foreign).allowed
    assert not asker.on_key("kms:Decrypt", foreign, cross_account=False).allowed


def test_on_the_account(ask: Any, key: Key) -> None:
    asker = ask(key, StringEquals={"kms:KeySpec": "RSA_2048", "aws:RequestedRegion": "us-east-1"})
    assert not asker.on_account("kms:CreateKey").allowed
    asker = ask(key, {"KeySpec": "RSA_2048"}, StringEquals={"kms:KeySpec": "RSA_2048"})
    decision = asker.on_account("kms:CreateKey")
    assert (decision.allowed, decision.resource) == (True, "*")
    alias = f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/x"
    assert asker.on_account("kms:CreateKey", alias).resource == alias


def test_what_a_service_calls_for(ask: Any, key: Key) -> None:
    table = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/Orders"
    asker = ask(
        key, StringEquals={"aws:SourceAccount": ACCOUNT}, ArnLike={"aws:SourceArn": "arn:aws:dynamodb:*:*:table/*"}
    )
    assert not asker.on_key("kms:Decrypt", key).allowed
    assert replace(asker, caller=replace(asker.caller, source_arn=table)).on_key("kms:Decrypt", key).allowed


def test_on_a_replica(ask: Any, new_key: Any) -> None:
    """It has the spec of its primary key, not what CreateKey would make by default."""
    primary = new_key("RSA_2048", related=RelatedKeys("us-east-1"))
    asker = ask(primary, StringEquals={"kms:KeySpec": "RSA_2048", "kms:MultiRegionKeyType": "REPLICA"})
    assert asker.on_account("kms:CreateKey", replica_of=primary).allowed
    assert not asker.on_account("kms:CreateKey").allowed
    other = ask(primary, StringEquals={"kms:KeySpec": "SYMMETRIC_DEFAULT"})
    assert not other.on_account("kms:CreateKey", replica_of=primary).allowed


def test_on_a_grant(ask: Any, key: Key) -> None:
    """A policy may ask for the encryption context of the grant that is to be retired."""

    def grant(constraints: Mapping[str, Any]) -> Grant:
        root = f"arn:aws:iam::{ACCOUNT}:root"
        return Grant("0" * 64, key, key.created, root, ("Decrypt",), "", "x", False, None, False, constraints)

    asker = ask(key, StringEquals={"kms:EncryptionContext:a": "1", "aws:ResourceTag/Project": "Alpha"})
    for name in ("EncryptionContextEquals", "EncryptionContextSubset"):
        assert asker.on_grant(grant({name: {"a": "1"}})).allowed
        assert not asker.on_grant(grant({name: {"a": "2"}})).allowed
    assert not asker.on_grant(grant({})).allowed


def test_answers_are_worked_out_when_one_is_asked_for_and_once() -> None:
    worked_out: list[int] = []

    def work_out() -> dict[str, Any]:
        worked_out.append(1)
        return {"kms:a": "1"}

    answered = Answered(work_out)
    assert not worked_out
    assert answered.get("kms:a") == "1"
    assert answered.get("kms:b") is None
    assert (list(answered), len(answered), dict(answered)) == (["kms:a"], 1, {"kms:a": "1"})
    assert len(worked_out) == 1
