"""The trail: every call of an account, oldest first, as CloudTrail events made when somebody looks."""

from __future__ import annotations

import threading
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from operator import attrgetter
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
        #: How many of each account's newest are kept; None for all. The bill counts all the same.
        self.most: int | None = None
        # By account, in the order of their times.
        self._calls: defaultdict[str, list[Call]] = defaultdict(list)
        # Those of an earlier life of the Lab, until somebody looks: most who open a Lab do not look back.
        self._earlier: tuple[datetime, Callable[[], list[Call]]] | None = None
        self._reading = threading.Lock()

    def put_back(self, last: datetime, read: Callable[[], list[Call]]) -> None:
        """Have kept the calls that `read` gives, in the order of their times, the last of them at `last`."""
        self._earlier = last, read

    def _read_back(self) -> None:
        with self._reading:
            if self._earlier is None:
                return
            earlier: defaultdict[str, list[Call]] = defaultdict(list)
            for call in self._earlier[1]():
                earlier[call.account_id].append(call)
            for account_id, calls in earlier.items():
                self._calls[account_id][:0] = calls
            self._earlier = None

    def __call__(self, call: Call) -> None:
        """Keep one call, where its time belongs: one that took long may be told after one that came later."""
        if not self.keeps:
            return
        calls = self._calls[call.account_id]
        if calls and call.time < calls[-1].time:
            insort(calls, call, key=_time)
        else:
            calls.append(call)
        if self.most is not None and len(calls) > self.most + self.most // 8:
            # Not one by one, and a new list: somebody may be reading the old one.
            self._calls[call.account_id] = calls[-self.most :]

    def find(self, request_id: str) -> Call | None:
        """The call with this request id, or None."""
        # What KMS did by itself has none.
        return self._last(lambda call: call.request_id == request_id != "")

    def find_quoted(self, text: str) -> Call | None:
        """The last call by another service whose error `text` quotes, or None: services pass KMS's words on."""
        return self._last(lambda call: bool(call.invoked_by and call.error_message) and call.error_message in text)

    def _last(self, is_it: Callable[[Call], bool]) -> Call | None:
        # What is asked about has mostly just happened.
        last = self._last_here(is_it)
        if last is None and self._earlier is not None:
            self._read_back()
            last = self._last_here(is_it)
        return last

    def _last_here(self, is_it: Callable[[Call], bool]) -> Call | None:
        found = (next(filter(is_it, reversed(calls)), None) for calls in list(self._calls.values()))
        return max((call for call in found if call is not None), key=_time, default=None)

    def trail(self, account_id: str) -> Trail:
        """The trail of one account, as it is now."""
        self._read_back()
        return Trail(self._calls[account_id].copy())

    def between(self, account_id: str, since: datetime, until: datetime) -> Trail:
        """The trail of one account from one moment on and up to another, which is not part of it."""
        if self._earlier is not None and self._earlier[0] >= since:
            self._read_back()
        calls = self._calls[account_id]
        first = bisect_left(calls, since, key=_time)
        return Trail(calls[first : bisect_left(calls, until, lo=first, key=_time)])


#: What calls are in the order of.
_time = attrgetter("time")


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
        calls = self._calls
        if name is not None:
            calls = [call for call in calls if call.operation == name]
        if principal is not None:
            calls = [
                call
                for call in calls
                if call.principal is not None and principal in (call.principal.name, call.principal.arn)
            ]
        if key is not None:
            ending = f"/{key}"
            calls = [call for call in calls if any(used.arn == key or used.arn.endswith(ending) for used in call.keys)]
        return Trail(calls, self._title)

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
