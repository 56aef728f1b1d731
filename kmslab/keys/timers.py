"""What falls due as time passes, in the order in which it falls due.

Owns the queue. Does not know the clock: it is told the time.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from itertools import count

from kmslab.keys.key import Key


class Due(Enum):
    """The things that happen to a key by themselves; the value is the name of CloudTrail's service event."""

    DELETION = "DeleteKey"


@dataclass(frozen=True, order=True, slots=True)
class Timer:
    """One thing that will happen to one key.

    Attributes:
        when: The moment, in UTC.
        serial: Order of registration, which decides between equal moments.
        what: What will happen.
        key: To which key.
    """

    when: datetime
    serial: int
    what: Due = field(compare=False)
    key: Key = field(compare=False)

    @property
    def is_current(self) -> bool:
        """Whether it still holds: a cancelled or moved deletion leaves its old timer behind."""
        return self.key.deletion_date == self.when


class Timers:
    """The queue of one world."""

    def __init__(self) -> None:
        """Start empty."""
        self._heap: list[Timer] = []
        self._serials = count()

    def add(self, when: datetime, what: Due, key: Key) -> None:
        """Have `what` happen to `key` at `when`, in UTC."""
        heapq.heappush(self._heap, Timer(when, next(self._serials), what, key))

    def pop_due(self, now: datetime) -> Iterator[Timer]:
        """Take out, one by one and earliest first, what has fallen due by `now`."""
        while self._heap and self._heap[0].when <= now:
            timer = heapq.heappop(self._heap)
            if timer.is_current:
                yield timer
