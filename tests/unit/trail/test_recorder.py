"""The trail: kept, filtered, shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kmslab.call import Call, EventType, UsedKey
from kmslab.principals import Identity, PrincipalType
from kmslab.trail.recorder import Recorder, Trail

ACCOUNT, OTHER = "123456789010", "999988887777"
START = datetime(2026, 1, 5, 9, tzinfo=UTC)


def identity(name: str) -> Identity:
    return Identity(PrincipalType.IAM_USER, ACCOUNT, name, f"arn:aws:iam::{ACCOUNT}:user/{name}", "AIDA", "AKIA")


def call(number: int, operation: str, who: str | None, key: str | None, account: str = ACCOUNT) -> Call:
    arn = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{key}"
    values: dict[str, Any] = {
        "event_type": EventType.API_CALL if who else EventType.SERVICE_EVENT,
        "operation": operation,
        "time": START + timedelta(seconds=number),
        "account_id": account,
        "region": "us-east-1",
        "principal": identity(who) if who else None,
        "request_id": f"request {number}",
        "event_id": f"event {number}",
        "keys": (UsedKey(arn, ACCOUNT, "SYMMETRIC_DEFAULT"),) if key else (),
        "error_code": "DisabledException" if operation == "Sign" else None,
    }
    return Call(**values)


@pytest.fixture
def trail() -> Trail:
    recorder = Recorder()
    for number, what in enumerate(
        [
            ("Encrypt", "alice", "one", ACCOUNT),
            ("Decrypt", "bob", "one", ACCOUNT),
            ("Encrypt", "eve", "one", OTHER),
            ("Sign", "alice", "two", ACCOUNT),
            ("ListKeys", "alice", None, ACCOUNT),
            ("DeleteKey", None, "two", ACCOUNT),
        ]
    ):
        recorder(call(number, what[0], what[1], what[2], what[3]))
    assert len(recorder.trail(OTHER)) == 1
    return recorder.trail(ACCOUNT)


def names(trail: Trail) -> list[str]:
    return [event["eventName"] for event in trail]


def test_newest_last_and_of_one_account(trail: Trail) -> None:
    assert names(trail) == ["Encrypt", "Decrypt", "Sign", "ListKeys", "DeleteKey"]
    assert len(trail) == len(trail.calls) == 5
    assert trail[-1]["eventName"] == "DeleteKey"
    assert trail[0]["eventID"] == "event 0"


def test_slices_are_trails(trail: Trail) -> None:
    assert isinstance(trail[1:3], Trail)
    assert names(trail[1:3]) == ["Decrypt", "Sign"]
    with pytest.raises(IndexError):
        trail[5]


def test_a_trail_is_a_value(trail: Trail) -> None:
    recorder = Recorder()
    before = recorder.trail(ACCOUNT)
    recorder(call(0, "Encrypt", "alice", "one"))
    assert (len(before), len(recorder.trail(ACCOUNT))) == (0, 1)


def test_filters(trail: Trail) -> None:
    assert names(trail.events()) == names(trail)
    assert names(trail.events("Encrypt")) == ["Encrypt"]
    assert names(trail.events(principal="alice")) == ["Encrypt", "Sign", "ListKeys"]
    assert names(trail.events(principal=f"arn:aws:iam::{ACCOUNT}:user/bob")) == ["Decrypt"]
    assert names(trail.events(key="one")) == ["Encrypt", "Decrypt"]
    assert names(trail.events(key=f"arn:aws:kms:us-east-1:{ACCOUNT}:key/two")) == ["Sign", "DeleteKey"]
    assert names(trail.events("Sign", principal="alice", key="two")) == ["Sign"]
    assert names(trail.events("Sign", principal="bob")) == []
    assert names(trail.events(key="ne")) == [], "a part of a key id is none"


def test_as_a_table(trail: Trail) -> None:
    lines = repr(trail).splitlines()
    assert lines[0] == "CloudTrail events, newest last"
    assert [line.split() for line in lines[3:]] == [
        ["2026-01-05", "09:00:00", "Encrypt", "alice", "us-east-1", "one", "ok"],
        ["2026-01-05", "09:00:01", "Decrypt", "bob", "us-east-1", "one", "ok"],
        ["2026-01-05", "09:00:03", "Sign", "alice", "us-east-1", "two", "DisabledException"],
        ["2026-01-05", "09:00:04", "ListKeys", "alice", "us-east-1", "ok"],
        ["2026-01-05", "09:00:05", "DeleteKey", "AWS", "Internal", "us-east-1", "two", "ok"],
    ]
    assert trail._repr_html_().count("<tr>") == 6


def test_only_the_newest_are_kept() -> None:
    recorder = Recorder()
    recorder.most = 80
    for number in range(1000):
        recorder(call(number, "Encrypt", "alice", "one"))
    kept = [each.time for each in recorder.trail(ACCOUNT).calls]
    assert 80 <= len(kept) <= 90
    assert kept == [START + timedelta(seconds=number) for number in range(1000 - len(kept), 1000)]
