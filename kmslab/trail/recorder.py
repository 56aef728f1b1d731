"""The trail: every call of an account, oldest first, as CloudTrail events made when somebody looks."""

from __future__ import annotations

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
        self._calls: list[Call] = []

    def __call__(self, call: Call) -> None:
        """Keep one call, where its time belongs: one that took long may be told after one that came later."""
        if not self.keeps:
            return
        if self._calls and call.time < self._calls[-1].time:
            insort(self._calls, call, key=lambda each: each.time)
        else:
            self._calls.append(call)

    def find(self, request_id: str) -> Call | None:
        """The call with this request id, or None."""
        # What KMS did by itself has none.
        return next((call for call in reversed(self._calls) if call.request_id == request_id != ""), None)

    def find_quoted(self, text: str) -> Call | None:
        """The last call by another service whose error `text` quotes, or None: services pass KMS's words on."""
        found = (call for call in reversed(self._calls) if call.invoked_by and call.error_message)
        return next((call for call in found if call.error_message in text), None)

    def trail(self, account_id: str) -> Trail:
        """The trail of one account, as it is now."""
        return Trail([call for call in self._calls if call.account_id == account_id])

    def between(self, account_id: str, since: datetime, until: datetime) -> Trail:
        """The trail of one account from one moment on and up to another, which is not part of it."""
        calls = self._calls
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
