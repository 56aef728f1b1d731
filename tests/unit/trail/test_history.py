"""Events of other services: all are found again, in order, however many there are; and the recorder's stretches."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta

from kmslab import Lab
from kmslab.trail.history import Event, History

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


def event(number: int, time: datetime) -> Event:
    """An event with a number."""
    return Event(time, {"eventID": str(number), "awsRegion": "us-east-1"})


def found(history: History, since: datetime, until: datetime) -> list[int]:
    """The numbers of the events in a stretch of time."""
    return [int(each.record["eventID"]) for each in history.between(since, until)]


def filled(count: int) -> History:
    """A history with an event every second."""
    history = History()
    for number in range(count):
        history.add(event(number, START + timedelta(seconds=number)))
    return history


def test_newest_first_across_packs() -> None:
    """What was packed and what was not come as one."""
    history = filled(200)
    assert found(history, START, START + timedelta(hours=1)) == list(range(199, -1, -1))


def test_the_end_is_not_part() -> None:
    """From a moment on, up to another."""
    history = filled(150)
    assert found(history, START + timedelta(seconds=10), START + timedelta(seconds=13)) == [12, 11, 10]


def test_the_order_of_one_moment() -> None:
    """A clock that stands gives many events one time; they keep their order, in a pack too."""
    history = History()
    for number in range(100):
        history.add(event(number, START))
    assert found(history, START, START + timedelta(seconds=1)) == list(range(99, -1, -1))


def test_it_is_kept_whole() -> None:
    """What the state file does with it."""
    history = pickle.loads(pickle.dumps(filled(100)))  # noqa: S301
    assert found(history, START, START + timedelta(hours=1)) == list(range(99, -1, -1))
    history.add(event(100, START + timedelta(seconds=100)))
    assert found(history, START, START + timedelta(hours=1))[0] == 100


def test_a_stretch_of_the_recorder(lab: Lab) -> None:
    """Only one account, from a moment on, up to another."""
    kms, other = lab.client("kms"), lab.account("210987654321").client("kms")
    kms.list_keys()
    since = lab.clock.now()
    kms.create_key()
    other.create_key()
    kms.list_aliases()
    until = lab.clock.now()
    names = [each["eventName"] for each in lab.recorder.between(lab.account_id, since, until)]
    assert names == ["ListKeys", "CreateKey"]
    assert [each["eventName"] for each in lab.recorder.between("210987654321", since, until)] == ["CreateKey"]
