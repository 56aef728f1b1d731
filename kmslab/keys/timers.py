"""What falls due as time passes, in the order in which it falls due.

Owns the queue. Does not know the clock: it is told the time. Does not know what happens then: `keys.due` does.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from kmslab.keys.key import Key
    from kmslab.keys.key_store import CustomKeyStore

#: How long the background work takes that AWS does after its answer: replicating a key, making it primary, rotating it
#: on demand, connecting a key store. Simplified: AWS takes seconds to minutes; here it is five requests of a standing
#: clock, so that the state between can be seen and a loop that waits for its end does not wait long.
SETTLING_TIME = timedelta(milliseconds=50)


class Due(Enum):
    """The things that happen by themselves."""

    DELETION = auto()
    EXPIRY = auto()
    ROTATION = auto()
    ON_DEMAND_ROTATION = auto()
    TRANSITION = auto()
    CONNECTION = auto()


class Happening(NamedTuple):
    """Something KMS did that its log shows beside the calls.

    Attributes:
        name: The name of CloudTrail's event, such as `DeleteKey`.
        key: The key it was done to.
        details: The members of `serviceEventDetails`; for what was done in the caller's name, its request parameters.
        for_caller: Whether KMS did it in the caller's name, to carry a call on in another Region, and not by itself.
    """

    name: str
    key: Key
    details: Mapping[str, Any] = {}
    for_caller: bool = False


@dataclass(frozen=True, order=True, slots=True)
class Timer:
    """One thing that may happen. Whether it still holds is looked at when it falls due.

    Attributes:
        when: The moment, in UTC.
        serial: Order of registration, which decides between equal moments.
        what: What may happen.
        subject: To which key or custom key store.
        detail: To which part of it, such as a key material's id.
    """

    when: datetime
    serial: int
    what: Due = field(compare=False)
    subject: Key | CustomKeyStore = field(compare=False)
    detail: str = field(compare=False, default="")


class Timers:
    """The queue of one world."""

    def __init__(self) -> None:
        """Start empty."""
        self._heap: list[Timer] = []
        self._serials = count()
        #: Is told of each timer that is added, with True, and of each that falls due, with False, before it happens.
        self.watcher: Callable[[Timer, bool], None] | None = None

    def __iter__(self) -> Iterator[Timer]:
        """What waits, in no particular order."""
        return iter(self._heap)

    def put_back(self, timers: Iterable[Timer]) -> None:
        """Let wait what has waited in an earlier life of this world, under the same serials, and nothing else."""
        self._heap = sorted(timers)
        self._serials = count(1 + max((timer.serial for timer in self._heap), default=-1))

    def add(self, when: datetime, what: Due, subject: Key | CustomKeyStore, detail: str = "") -> None:
        """Have `what` happen to `subject` at `when`, in UTC."""
        timer = Timer(when, next(self._serials), what, subject, detail)
        heapq.heappush(self._heap, timer)
        if self.watcher is not None:
            self.watcher(timer, True)

    def are_due(self, now: datetime) -> bool:
        """Whether anything has fallen due by `now`."""
        return bool(self._heap) and self._heap[0].when <= now

    def pop_due(self, now: datetime) -> Iterator[Timer]:
        """Take out, one by one and earliest first, what has fallen due by `now`; what is added meanwhile counts."""
        while self._heap and self._heap[0].when <= now:
            timer = heapq.heappop(self._heap)
            if self.watcher is not None:
                self.watcher(timer, False)
            yield timer
