"""The services besides KMS: their sessions, and what moto holds, in rows of the state file.

What cannot be written or read back is no reason to refuse the rest: it is said in one line at the next start.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from kmslab.storage.collector import Changes, Collector
from kmslab.storage.database import Name, Rows
from kmslab.storage.records import HeldRecord, Kind, written
from kmslab.storage.touched import Marks

if TYPE_CHECKING:
    from kmslab.cloud.services import Services

#: The services that sessions are handed out by.
_STS = "sts"


class Others:
    """Keeps what the services besides KMS hold."""

    def __init__(self, rows: Rows, collector: Collector) -> None:
        """Begin with what a file has of them.

        Args:
            rows: The rows of the file; those of these kinds are let go of once they are read back.
            collector: What is written.
        """
        self._rows = {name: value for name, value in rows.items() if name.kind in _KINDS}
        self._collector = collector
        self._services: Services | None = None
        self._sessions: set[str] = set()
        # Which place has which contents.
        self._contents: defaultdict[str, frozenset[str]] = defaultdict(frozenset)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to be put back."""
        return not self._rows

    def meet(self, services: Services) -> list[str]:
        """Put back what these services held, and keep it from now on.

        Returns:
            What is lost, a sentence each.
        """
        from kmslab.cloud.sessions import Session

        rows, self._rows = self._rows, {}
        lost = self._give(services, rows)
        sessions = [msgspec.msgpack.decode(rows[name], type=Session) for name in rows if name.kind == Kind.SESSION]
        services.sessions.put_back(sessions)
        self._sessions = {session.credentials.access_key_id for session in sessions}
        self._services = services
        return lost

    def _give(self, services: Services, rows: Rows) -> list[str]:
        from kmslab.cloud import moto_state

        records = {
            moto_state.Place(*name.name.split("/")): msgspec.msgpack.decode(rows[name], type=HeldRecord)
            for name in rows
            if name.kind == Kind.HELD
        }
        for place, record in records.items():
            self._contents["/".join(place)] = frozenset(record.contents)
        failures = {place: record.failure for place, record in records.items() if record.failure}
        kept = {place: zlib.decompress(record.pickled) for place, record in records.items() if not record.failure}
        unread = moto_state.give(
            services.bridge, kept, lambda content: zlib.decompress(rows[Name(Kind.CONTENT, content)])
        )
        services.introduced |= {place.account_id for place in kept if place.service == "iam" and place not in unread}
        lost = [
            f"This did not survive, because it cannot be written: {place} ({why})." for place, why in failures.items()
        ]
        for place, why in unread.items():
            by = records[place].moto
            because = (
                "it cannot be read" if by == moto_state.VERSION else f"moto {by} wrote it, not {moto_state.VERSION}"
            )
            lost.append(f"This did not survive, because {because}: {place} ({why}).")
        return lost

    def __call__(self, marks: Marks, changes: Changes) -> None:
        """Add the rows of what was marked."""
        if self._services is None or not marks.services:
            return
        if _STS in marks.services:
            self._add_sessions(self._services, changes)
        self._add_held(self._services, marks.services, changes)

    def _add_sessions(self, services: Services, changes: Changes) -> None:
        sessions = dict(services.sessions.all)
        for access_key_id in sessions.keys() - self._sessions:
            name = Name(Kind.SESSION, access_key_id)
            self._collector.add_bytes(changes, name, written(sessions[access_key_id]))
        self._sessions = set(sessions)

    def _add_held(self, services: Services, marked: set[str], changes: Changes) -> None:
        from kmslab.cloud import moto_state

        for place, taken in moto_state.take(services.bridge, marked):
            record = HeldRecord(
                moto_state.VERSION, zlib.compress(taken.pickled, 1), sorted(taken.contents), taken.failure
            )
            name = "/".join(place)
            for content, value in taken.contents.items():
                row = Name(Kind.CONTENT, content)
                if not self._collector.has(row):
                    self._collector.add_bytes(changes, row, zlib.compress(value, 1))
            gone = self._contents[name] - taken.contents.keys()
            self._contents[name] = frozenset(taken.contents)
            self._collector.add_bytes(changes, Name(Kind.HELD, name), written(record))
            for content in gone - frozenset[str]().union(*self._contents.values()):
                self._collector.add_bytes(changes, Name(Kind.CONTENT, content), None)


_KINDS = frozenset({Kind.SESSION, Kind.HELD, Kind.CONTENT})
