"""Time in a Lab: the only clock kmslab reads.

Owns the simulated time and the moments at which it moves. Does not know what falls due when it moves: whoever cares
subscribes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from kmslab.errors import KmslabError

#: How long one request takes in a standing Lab. About what a KMS call takes in its own Region, and it keeps the events
#: of a notebook in order without reading the wall clock.
REQUEST_TIME = timedelta(milliseconds=10)

#: Simplified: a Lab's calendar ends here. Python's ends with the year 9999, and what is due later has to fit in.
END = datetime(9000, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """What the simulation needs from a clock."""

    def now(self) -> datetime:
        """The simulated time, in UTC."""
        ...

    def tick(self) -> datetime:
        """The time at which the next request is handled, in UTC."""
        ...


class SimClock:
    """A clock that stands still, or flows with real time, and that anybody may push forwards.

    A standing clock moves by `REQUEST_TIME` with each request, so a notebook shows the same dates every time it is run.
    A flowing clock moves with real time, from where it was last set.
    """

    def __init__(self, start: datetime, *, flowing: bool = False) -> None:
        """Set the clock.

        Args:
            start: The first simulated moment; a time without a zone is read as UTC.
            flowing: Whether real time passes here too.
        """
        self._flowing = flowing
        self.set(start)
        self._listeners: list[Callable[[datetime], None]] = []

    def set(self, when: datetime) -> None:
        """Begin at a moment, also an earlier one. Nothing falls due, and nobody is told.

        Args:
            when: The moment; without a zone it is read as UTC.
        """
        # One assignment: whoever reads the clock meanwhile must not see a new moment with an old beginning.
        self._from = _in_utc(when), time.monotonic()
        self._lead = self._from[0] - datetime.now(UTC)

    def resume(self, lead: timedelta, reached: datetime) -> None:
        """Flow on as though the clock had flowed meanwhile, at least from where it has been.

        Args:
            lead: How far it was ahead of this machine's clock.
            reached: A moment that it had reached. The machine's clock may have been put back since; the Lab's goes on.
        """
        self.set(max(datetime.now(UTC) + lead, reached))

    @property
    def reached(self) -> datetime:
        """Where the clock was last set or noted, or where a standing one stands."""
        return self._from[0]

    def note(self) -> None:
        """Let `reached` be where the clock is now."""
        base, since = self._from
        now = time.monotonic()
        self._from = (base + timedelta(seconds=now - since) if self._flowing else base), now

    @property
    def lead(self) -> timedelta | None:
        """How far a flowing clock was ahead of this machine's when it was last set; None for a clock that stands."""
        return self._lead if self._flowing else None

    def now(self) -> datetime:
        """The simulated time, in UTC."""
        base, since = self._from
        if self._flowing:
            return base + timedelta(seconds=time.monotonic() - since)
        return base

    def tick(self) -> datetime:
        """Let one request's time pass and return the time at which that request is handled, in UTC."""
        base, since = self._from
        if self._flowing:
            return base + timedelta(seconds=time.monotonic() - since)
        base += REQUEST_TIME
        self._from = base, since
        return base

    def advance(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0, weeks: float = 0
    ) -> datetime:
        """Let time pass. What falls due on the way happens, in the order in which it falls due.

        Returns:
            The new simulated time, in UTC.

        Raises:
            KmslabError: the sum is negative; the Lab's time only goes forwards. Or it is past the Lab's calendar.
        """
        try:
            step = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds, weeks=weeks)
            when = self.now() + step
        except OverflowError:
            raise self._too_far() from None
        if step < timedelta(0):
            raise self._backwards()
        return self._set(when)

    def travel_to(self, when: datetime) -> datetime:
        """Go to a moment in the future. What falls due on the way happens, in the order in which it falls due.

        Args:
            when: The moment; without a zone it is read as UTC.

        Returns:
            The new simulated time, in UTC.

        Raises:
            KmslabError: `when` lies in the past; the Lab's time only goes forwards. Or it is past the Lab's calendar.
        """
        try:
            when = _in_utc(when)
        except OverflowError:
            raise self._too_far() from None
        if when < self.now():
            raise self._backwards()
        return self._set(when)

    def _backwards(self) -> KmslabError:
        return KmslabError(f"The Lab's clock stands at {self.now():%Y-%m-%d %H:%M:%S} UTC and only goes forwards.")

    def _too_far(self) -> KmslabError:
        return KmslabError(f"The Lab's calendar ends with the year {END.year - 1}; go to an earlier moment.")

    def _set(self, when: datetime) -> datetime:
        if when >= END:
            raise self._too_far()
        self.set(when)
        for listener in self._listeners:
            listener(when)
        return when

    def subscribe(self, listener: Callable[[datetime], None]) -> None:
        """Call `listener` with the new time whenever somebody moves the clock."""
        self._listeners.append(listener)

    def __repr__(self) -> str:
        """The time and how it moves."""
        return f"<SimClock {self.now():%Y-%m-%d %H:%M:%S} UTC, {'flowing' if self._flowing else 'standing'}>"


def _in_utc(when: datetime) -> datetime:
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
