"""A call as seen from outside."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kmslab.call import Call, Decision, EventType, UsedKey


def make() -> Call:
    return Call(
        event_type=EventType.API_CALL,
        operation="ListKeys",
        time=datetime(2026, 1, 5, tzinfo=UTC),
        account_id="123456789010",
        region="us-east-1",
        principal=None,
        request_id="r",
        event_id="e",
    )


def test_nothing_can_be_changed_afterwards() -> None:
    call, decision = make(), Decision(True, "kms:Encrypt", "*", "because")
    used = UsedKey("arn", "123456789010", "RSA_2048")
    for each, name in ((call, "operation"), (decision, "allowed"), (used, "spec")):
        with pytest.raises(AttributeError):
            setattr(each, name, "other")
    assert (call.operation, decision.allowed, used.spec) == ("ListKeys", True, "RSA_2048")


def test_what_is_not_said_is_empty() -> None:
    call = make()
    assert (call.params, call.reply, call.keys, call.decisions, call.notes) == ({}, {}, (), (), {})
    assert (call.error_code, call.error_message, call.alias_arn) == (None, "", None)


def test_event_types_are_cloud_trails() -> None:
    assert {kind.value for kind in EventType} == {"AwsApiCall", "AwsServiceEvent"}
