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


def test_in_order_and_each_once(new_key: Any) -> None:
    timers = Timers()
    keys = {number: new_key() for number in (9, 7, 8)}
    for number, key in keys.items():
        timers.add(day(number), Due.DELETION, key)
    assert list(timers.pop_due(day(6))) == []
    assert [timer.subject for timer in timers.pop_due(day(8))] == [keys[7], keys[8]]
    assert [(timer.when, timer.what) for timer in timers.pop_due(day(99))] == [(day(9), Due.DELETION)]
    assert list(timers.pop_due(day(99))) == []


def test_due_at_the_very_moment(new_key: Any) -> None:
    timers = Timers()
    key = new_key()
    timers.add(day(7), Due.EXPIRY, key, "a detail")
    assert list(timers.pop_due(day(7) - timedelta(microseconds=1))) == []
    assert [(timer.subject, timer.detail) for timer in timers.pop_due(day(7))] == [(key, "a detail")]


def test_equal_moments_keep_the_order_of_registration(new_key: Any) -> None:
    timers = Timers()
    keys = [new_key() for _ in range(5)]
    for key in keys:
        timers.add(day(7), Due.DELETION, key)
    assert [timer.subject for timer in timers.pop_due(day(7))] == keys


def test_what_is_added_while_others_fall_due_counts(new_key: Any) -> None:
    """A rotation puts the next one into the queue, and ten years may pass in one step."""
    timers = Timers()
    key = new_key()
    timers.add(day(1), Due.ROTATION, key)
    seen = []
    for timer in timers.pop_due(day(5)):
        seen.append(timer.when)
        timers.add(timer.when + timedelta(days=1), Due.ROTATION, key)
    assert seen == [day(1), day(2), day(3), day(4), day(5)]


@given(st.lists(st.integers(7, 30), max_size=20), st.lists(st.integers(0, 40), max_size=6))
def test_nothing_is_lost_and_nothing_comes_twice(days: list[int], looks: list[int]) -> None:
    timers = Timers()
    for number in days:
        # The subject does not matter to the queue.
        timers.add(day(number), Due.DELETION, None)  # type: ignore[arg-type]
    seen = [timer.when for look in [*sorted(looks), 99] for timer in timers.pop_due(day(look))]
    assert seen == sorted(day(number) for number in days)
