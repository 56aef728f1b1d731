"""The trail: every call of an account, oldest first, as CloudTrail events made when somebody looks."""

from __future__ import annotations

import threading
from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import overload

from kmslab.call import Call
from kmslab.tables import Table
from kmslab.trail.events import EventRecord, record

TITLE = "CloudTrail events, newest last"


class Recorder:
    """Keeps the calls of a Lab."""

    def __init__(self) -> None:
        """Start with an empty trail."""
        #: Whether calls are kept.
        self.keeps = True
        #: How many of the newest are kept; None for all. The bill counts all the same.
        self.most: int | None = None
        self._calls: list[Call] = []
        # Those of an earlier life of the Lab, until somebody looks: most who open a Lab do not look back.
        self._earlier: tuple[datetime, Callable[[], list[Call]]] | None = None
        self._reading = threading.Lock()

    def put_back(self, last: datetime, read: Callable[[], list[Call]]) -> None:
        """Have kept the calls that `read` gives, in the order of their times, the last of them at `last`."""
        self._earlier = last, read

    def _all(self) -> list[Call]:
        with self._reading:
            if self._earlier is not None:
                self._calls[:0] = self._earlier[1]()
                self._earlier = None
        return self._calls

    def __call__(self, call: Call) -> None:
        """Keep one call, where its time belongs: one that took long may be told after one that came later."""
        if not self.keeps:
            return
        if self._calls and call.time < self._calls[-1].time:
            insort(self._calls, call, key=lambda each: each.time)
        else:
            self._calls.append(call)
        if self.most is not None and len(self._calls) > self.most + self.most // 8:
            # Not one by one, and a new list: somebody may be reading the old one.
            self._calls = self._calls[-self.most :]

    def find(self, request_id: str) -> Call | None:
        """The call with this request id, or None."""
        # What KMS did by itself has none.
        return self._last(lambda call: call.request_id == request_id != "")

    def find_quoted(self, text: str) -> Call | None:
        """The last call by another service whose error `text` quotes, or None: services pass KMS's words on."""
        return self._last(lambda call: bool(call.invoked_by and call.error_message) and call.error_message in text)

    def _last(self, is_it: Callable[[Call], bool]) -> Call | None:
        # What is asked about has mostly just happened.
        found = next(filter(is_it, reversed(self._calls)), None)
        return found or (None if self._earlier is None else next(filter(is_it, reversed(self._all())), None))

    def trail(self, account_id: str) -> Trail:
        """The trail of one account, as it is now."""
        return Trail([call for call in self._all() if call.account_id == account_id])

    def between(self, account_id: str, since: datetime, until: datetime) -> Trail:
        """The trail of one account from one moment on and up to another, which is not part of it."""
        calls = self._calls if self._earlier is None or self._earlier[0] < since else self._all()
        first = bisect_left(calls, since, key=lambda each: each.time)
        last = bisect_left(calls, until, lo=first, key=lambda each: each.time)
        return Trail([call for call in calls[first:last] if call.account_id == account_id])


class Trail(Sequence[EventRecord]):
    """CloudTrail events, newest last. A notebook shows them as a table; each is the whole record, a dictionary."""

    def __init__(self, calls: Sequence[Call], title: str = TITLE) -> None:
        """Keep the calls; records are made on access. `title` is what the table is called."""
        self._calls = calls
        self._title = title

    @property
    def calls(self) -> Sequence[Call]:
        """What the events are made from, with what an event leaves out: sizes and decisions."""
        return self._calls

    def events(self, name: str | None = None, principal: str | None = None, key: str | None = None) -> Trail:
        """Only the events that fit.

        Args:
            name: The event's name, such as `Decrypt`.
            principal: A user name or a principal's ARN.
            key: A key id or key ARN.
        """
        tests: list[Callable[[Call], bool]] = []
        if name is not None:
            tests.append(lambda call: call.operation == name)
        if principal is not None:
            tests.append(
                lambda call: call.principal is not None and principal in (call.principal.name, call.principal.arn)
            )
        if key is not None:
            tests.append(lambda call: any(used.arn == key or used.arn.endswith(f"/{key}") for used in call.keys))
        return Trail([call for call in self._calls if all(test(call) for test in tests)], self._title)

    @overload
    def __getitem__(self, index: int) -> EventRecord: ...
    @overload
    def __getitem__(self, index: slice) -> Trail: ...
    def __getitem__(self, index: int | slice) -> EventRecord | Trail:
        """One event, or a shorter trail."""
        if isinstance(index, slice):
            return Trail(self._calls[index], self._title)
        return record(self._calls[index])

    def __iter__(self) -> Iterator[EventRecord]:
        """The events, oldest first."""
        return map(record, self._calls)

    def __len__(self) -> int:
        """How many events there are."""
        return len(self._calls)

    def table(self) -> Table:
        """When, what, who, where, on which key, and with which result."""
        rows = [
            (
                f"{call.time:%Y-%m-%d %H:%M:%S}",
                call.operation,
                "AWS Internal" if call.principal is None else call.principal.name,
                call.region,
                ", ".join(used.arn.rpartition("/")[2] for used in call.keys),
                call.error_code or "ok",
            )
            for call in self._calls
        ]
        return Table(self._title, ("Time (UTC)", "Event", "Who", "Region", "Key", "Result"), rows)

    def __repr__(self) -> str:
        """The trail as a plain text table."""
        return self.table().text()

    def _repr_html_(self) -> str:
        return self.table().html()
