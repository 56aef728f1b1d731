"""The only clock: standing, flowing, pushed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from kmslab.clock import END, REQUEST_TIME, SimClock
from kmslab.errors import KmslabError

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def test_a_standing_clock_moves_with_requests_only() -> None:
    clock = SimClock(START)
    assert clock.now() == clock.now() == START
    assert clock.tick() == START + REQUEST_TIME
    assert clock.tick() == clock.now() == START + 2 * REQUEST_TIME
    assert timedelta(milliseconds=10) == REQUEST_TIME


def test_a_flowing_clock_moves_by_itself() -> None:
    clock = SimClock(START, flowing=True)
    first = clock.now()
    assert START <= first <= clock.tick() <= clock.now()
    assert clock.now() - START < timedelta(minutes=5), "a tick adds nothing of its own"
    clock.advance(days=10)
    assert timedelta(days=10) <= clock.now() - START < timedelta(days=10, minutes=5)


def test_advance_adds_up() -> None:
    clock = SimClock(START)
    assert clock.advance(weeks=1, days=2, hours=3, minutes=4, seconds=5.5) == clock.now()
    assert clock.now() == START + timedelta(days=9, hours=3, minutes=4, seconds=5.5)
    assert clock.advance() == clock.now()


def test_travel_to_reads_zones() -> None:
    clock = SimClock(datetime(2026, 1, 5, 9, 0))
    assert clock.now() == START
    assert clock.travel_to(datetime(2026, 1, 6, 9, 0)) == START + timedelta(days=1)
    berlin = timezone(timedelta(hours=1))
    assert clock.travel_to(datetime(2026, 1, 6, 11, 0, tzinfo=berlin)) == START + timedelta(days=1, hours=1)
    assert clock.now().tzinfo is UTC


def test_never_backwards() -> None:
    clock = SimClock(START)
    heard: list[datetime] = []
    clock.subscribe(heard.append)
    for step in (lambda: clock.advance(days=-1), lambda: clock.travel_to(START - timedelta(microseconds=1))):
        with pytest.raises(KmslabError, match="only goes forwards"):
            step()
    assert clock.now() == START
    assert heard == []


def test_listeners_hear_of_every_push_in_order() -> None:
    clock = SimClock(START)
    heard: list[tuple[str, datetime]] = []
    clock.subscribe(lambda when: heard.append(("first", when)))
    clock.subscribe(lambda when: heard.append(("second", when)))
    clock.tick()
    assert heard == [], "the front door settles before each request itself"
    when = clock.advance(days=1)
    assert heard == [("first", when), ("second", when)]


def test_repr() -> None:
    assert repr(SimClock(START)) == "<SimClock 2026-01-05 09:00:00 UTC, standing>"
    assert repr(SimClock(START, flowing=True)).endswith("UTC, flowing>")


def test_the_calendar_has_an_end() -> None:
    clock = SimClock(START)
    berlin = timezone(timedelta(hours=-1))
    for step in (
        lambda: clock.advance(days=10**7),
        lambda: clock.advance(weeks=10**12),
        lambda: clock.travel_to(END),
        lambda: clock.travel_to(datetime.max),
        lambda: clock.travel_to(datetime.max.replace(tzinfo=berlin)),
    ):
        with pytest.raises(KmslabError, match="calendar ends with the year 8999"):
            step()
    assert clock.now() == START
    clock.travel_to(END - timedelta(days=1))
    assert clock.tick() > START
