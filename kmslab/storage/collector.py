"""From marks to rows: what is written of everything that has changed.

Remembers of each row what was written last, as a hash, so that what is as it was is not written again.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from kmslab.call import Call
from kmslab.keys.store import World
from kmslab.storage import taking
from kmslab.storage.database import Name, Rows
from kmslab.storage.records import GrantRecord, KeyStoreRecord, Kind, SummaryRecord, written
from kmslab.storage.touched import Marks, Place, find_key

#: What is to be written, and what is to be taken out.
Changes = dict[Name, bytes | None]

#: Records that are few and small, with the names of their rows: compared at every commit.
Documents = Callable[[], Iterator[tuple[Name, Any]]]

#: How many calls go into one row.
_CALLS = 256

#: How many keys are looked at while the world stands still.
_PORTION = 50

#: Deflate's quickest level: calls shrink to a tenth and more.
_LEVEL = 1


class Collector:
    """Makes rows."""

    def __init__(self, world: World, documents: Documents, rows: Rows) -> None:
        """Begin with what the file holds.

        Args:
            world: Where keys are.
            documents: Everything that no mark tells of.
            rows: The rows of the file.
        """
        self._world = world
        self._documents = documents
        # Python's hash is keyed and has 64 bits: that a change would not be seen by it is not going to happen.
        self._hashes = {name: hash(value) for name, value in rows.items()}
        self._document_names = {name for name in rows if name.kind in _DOCUMENTS}
        self._key_stores: defaultdict[Place, set[str]] = defaultdict(set)
        for store in world.stores:
            if store.key_stores:
                self._key_stores[Place(store.account_id, store.region)] = set(store.key_stores)
        self._grants: defaultdict[str, set[str]] = defaultdict(set)
        for name in rows:
            if name.kind == Kind.GRANT:
                arn, _, grant_id = name.name.rpartition("/")
                self._grants[arn].add(grant_id)
        #: The number of the next batch of calls.
        self.next_batch = 1 + max((int(name.name) for name in rows if name.kind == Kind.CALLS), default=0)

    def rows(self, marks: Marks) -> Changes:
        """What is to be written of what was marked. Called while the world stands still."""
        changes: Changes = {}
        self._add_documents(changes)
        for place in marks.key_stores:
            self._add_key_stores(changes, place)
        for arn in marks.keys:
            self._add_key(changes, arn)
        for arn, grant_id in marks.grants:
            self._add_grant(changes, arn, grant_id)
        for serial, timer in marks.timers.items():
            record = None if timer is None else taking.timer_record(timer)
            self._add(changes, Name(Kind.TIMER, str(serial)), record)
        return changes

    def _add(self, changes: Changes, name: Name, record: Any) -> None:
        self.add_bytes(changes, name, None if record is None else written(record))

    def add_bytes(self, changes: Changes, name: Name, value: bytes | None) -> None:
        """Let a row be written, or be taken out, if that changes it."""
        found = None if value is None else hash(value)
        if self._hashes.get(name) == found:
            return
        if found is None:
            del self._hashes[name]
        else:
            self._hashes[name] = found
        changes[name] = value

    def has(self, name: Name) -> bool:
        """Whether there is such a row."""
        return name in self._hashes

    def _add_documents(self, changes: Changes) -> None:
        present = set()
        for name, record in self._documents():
            present.add(name)
            self._add(changes, name, record)
        for name in self._document_names - present:
            self._add(changes, name, None)
        self._document_names = present

    def _add_key(self, changes: Changes, arn: str) -> None:
        key = find_key(self._world, arn)
        if key is None:
            self._add(changes, Name(Kind.KEY, arn), None)
        else:
            store = self._world.store(key.account_id, key.region)
            self._add(changes, Name(Kind.KEY, arn), taking.key_record(key, store))
        # All of a deleted key's grants go; one of a key is marked by itself.
        for grant_id in self._grants.pop(arn, set()) if key is None else ():
            self._add(changes, _grant_name(arn, grant_id), None)

    def _add_grant(self, changes: Changes, arn: str, grant_id: str) -> None:
        key = find_key(self._world, arn)
        grant = None if key is None else key.grants.get(grant_id)
        record: GrantRecord | None = None
        if grant is None:
            self._grants[arn].discard(grant_id)
        else:
            self._grants[arn].add(grant_id)
            record = taking.grant_record(grant)
        self._add(changes, _grant_name(arn, grant_id), record)

    def _add_key_stores(self, changes: Changes, place: Place) -> None:
        store = self._world.find_store(*place)
        present = {} if store is None else store.key_stores
        for key_store_id in self._key_stores[place] | set(present):
            found = present.get(key_store_id)
            record: KeyStoreRecord | None = None if found is None else taking.key_store_record(found)
            self._add(changes, Name(Kind.KEY_STORE, f"{place.account_id}/{place.region}/{key_store_id}"), record)
        self._key_stores[place] = set(present)

    def everything(self) -> Iterator[Marks]:
        """Marks of all that can be compared, in portions that do not keep others waiting for long."""
        for store in list(self._world.stores):
            # A key that sleeps is as it was written.
            arns = [key.arn for key in store.keys.at_hand]
            for start in range(0, len(arns) or 1, _PORTION):
                marks = Marks()
                marks.key_stores.add(Place(store.account_id, store.region))
                marks.keys.update(arns[start : start + _PORTION])
                yield marks

    def add_calls(self, changes: Changes, calls: Sequence[Call]) -> None:
        """Let calls be written, some hundreds a row."""
        for start in range(0, len(calls), _CALLS):
            name = Name(Kind.CALLS, f"{self.next_batch:012}")
            self.next_batch += 1
            changes[name] = zlib.compress(written(calls[start : start + _CALLS]), _LEVEL)

    def add_summary(self, changes: Changes, summary: SummaryRecord) -> None:
        """Let be written what all calls come to, up to the last one that `add_calls` was given."""
        summary.next_batch = self.next_batch
        self._add(changes, Name(Kind.SUMMARY, ""), summary)


#: The kinds of the documents.
_DOCUMENTS = frozenset({Kind.SETTINGS, Kind.CLOCK, Kind.TOKENS, Kind.ACCOUNT, Kind.CLUSTER, Kind.MANAGER})


def _grant_name(arn: str, grant_id: str) -> Name:
    return Name(Kind.GRANT, f"{arn}/{grant_id}")
