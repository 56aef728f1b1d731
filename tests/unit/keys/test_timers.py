"""What falls due, in the order in which it falls due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kmslab.keys.timers import Due, Timers

START = datetime(2026, 1, 5, tzinfo=UTC)


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def leaving(new_key: Any, when: datetime) -> Any:
    key = new_key()
    key.schedule_deletion(when)
    return key


def test_in_order_and_each_once(new_key: Any) -> None:
    timers = Timers()
    keys = {number: leaving(new_key, day(number)) for number in (9, 7, 8)}
    for number, key in keys.items():
        timers.add(day(number), Due.DELETION, key)
    assert list(timers.pop_due(day(6))) == []
    assert [timer.key for timer in timers.pop_due(day(8))] == [keys[7], keys[8]]
    assert [(timer.when, timer.what) for timer in timers.pop_due(day(99))] == [(day(9), Due.DELETION)]
    assert list(timers.pop_due(day(99))) == []


def test_due_at_the_very_moment(new_key: Any) -> None:
    timers = Timers()
    key = leaving(new_key, day(7))
    timers.add(day(7), Due.DELETION, key)
    assert list(timers.pop_due(day(7) - timedelta(microseconds=1))) == []
    assert [timer.key for timer in timers.pop_due(day(7))] == [key]


def test_equal_moments_keep_the_order_of_registration(new_key: Any) -> None:
    timers = Timers()
    keys = [leaving(new_key, day(7)) for _ in range(5)]
    for key in keys:
        timers.add(day(7), Due.DELETION, key)
    assert [timer.key for timer in timers.pop_due(day(7))] == keys


def test_what_was_cancelled_or_moved_does_not_happen(new_key: Any) -> None:
    timers = Timers()
    cancelled, moved = leaving(new_key, day(7)), leaving(new_key, day(7))
    for key in (cancelled, moved):
        timers.add(day(7), Due.DELETION, key)
    cancelled.cancel_deletion()
    moved.cancel_deletion()
    moved.schedule_deletion(day(9))
    timers.add(day(9), Due.DELETION, moved)
    assert list(timers.pop_due(day(8))) == []
    assert [timer.key for timer in timers.pop_due(day(9))] == [moved]


def test_one_that_is_cancelled_by_an_earlier_one(new_key: Any) -> None:
    """Timers come out one by one, so what an earlier one does counts for a later one."""
    timers = Timers()
    first, second = leaving(new_key, day(7)), leaving(new_key, day(8))
    timers.add(day(7), Due.DELETION, first)
    timers.add(day(8), Due.DELETION, second)
    seen = []
    for timer in timers.pop_due(day(9)):
        seen.append(timer.key)
        second.cancel_deletion()
    assert seen == [first]


@given(st.lists(st.integers(7, 30), max_size=20), st.lists(st.integers(0, 40), max_size=6))
def test_nothing_is_lost_and_nothing_comes_twice(days: list[int], looks: list[int]) -> None:
    class Leaving:
        def __init__(self, when: datetime) -> None:
            self.deletion_date = when

    timers: Any = Timers()
    for number in days:
        timers.add(day(number), Due.DELETION, Leaving(day(number)))
    popped = [timer.when for look in sorted(looks) for timer in timers.pop_due(day(look))]
    assert popped == [day(number) for number in sorted(days) if number <= max(looks, default=-1)]
    assert len(popped) + len(list(timers.pop_due(day(99)))) == len(days)


def test_the_name_is_cloud_trails() -> None:
    assert Due.DELETION.value == "DeleteKey"
