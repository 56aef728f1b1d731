"""What has changed since the last commit, as marks: the front door's calls and the timers say it.

A mark is a name, not a record: records are made when they are written, so that ten changes of a key cost one. Marks are
numbered. Whoever has made one waits until everything up to its number is on the disk; so does whoever was answered with
a key that somebody else has just changed, since what it was answered may depend on it: a ciphertext on new key
material, say.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import NamedTuple

from kmslab.arn import key_arn
from kmslab.call import Call
from kmslab.keys.key import Key
from kmslab.keys.store import World
from kmslab.keys.timers import Timer
from kmslab.storage.changes import CHANGES, SHOWS_ALL, Change


class Place(NamedTuple):
    """An account in a Region."""

    account_id: str
    region: str


class Marks:
    """What has been marked."""

    def __init__(self) -> None:
        """Begin without any."""
        #: ARNs of keys.
        self.keys: set[str] = set()
        #: ARN of the key and grant id.
        self.grants: set[tuple[str, str]] = set()
        self.key_stores: set[Place] = set()
        #: By serial; None for one that is gone.
        self.timers: dict[int, Timer | None] = {}
        #: Services that moto or we ourselves answer for, such as `s3`.
        self.services: set[str] = set()
        self.calls: list[Call] = []

    @property
    def is_empty(self) -> bool:
        """Whether nothing has changed; calls do not count."""
        return not (self.keys or self.grants or self.key_stores or self.timers or self.services)


class _Thread(threading.local):
    """What the present thread waits for."""

    upto = 0


class Touched:
    """Collects marks. An observer of the front door, and the watcher of the timers."""

    def __init__(self, world: World) -> None:
        """Begin; all keys that `world` has now are known."""
        self._world = world
        self._marks = Marks()
        self._mutex = threading.Lock()
        self._number = 0
        #: Up to which number everything is on the disk.
        self.durable = 0
        #: Keys that changed a moment ago, by ARN, with the number of the change.
        self._fresh: dict[str, int] = {}
        self._known: set[str] = set()
        for store in world.stores:
            before = key_arn(store.region, store.account_id, "")
            self._known.update([before + key_id for key_id in store.keys.names])
        self._thread = _Thread()

    def __call__(self, call: Call) -> None:
        """Mark what a call has changed. Called while the world stands still."""
        self._marks.calls.append(call)
        change = CHANGES[call.operation] if call.is_request else Change.KEYS
        if call.error_code is not None:
            change = Change.NOTHING
        if change is Change.KEYS:
            self._mark_keys(used.arn for used in call.keys)
        elif change is Change.GRANT:
            self._mark_grant(call)
        elif change is Change.KEY_STORES:
            with self._mutex:
                self._marks.key_stores.add(Place(call.account_id, call.region))
                self._next()
        else:
            self._look_at(call)

    def _look_at(self, call: Call) -> None:
        waits = self._number if call.operation in SHOWS_ALL else 0
        for used in call.keys:
            if used.arn not in self._known:
                self._mark_keys([used.arn])
            elif used.arn in self._fresh:
                waits = max(waits, self._fresh[used.arn])
        if waits > self.durable:
            self._thread.upto = max(self._thread.upto, waits)

    def _mark_keys(self, arns: Iterable[str]) -> None:
        with self._mutex:
            for arn in arns:
                key = find_key(self._world, arn)
                self._mark(arn)
                # Related keys share their schedule, and their materials come and go together.
                for each in (key.related or ()) if key is not None else ():
                    self._mark(each.arn)

    def _mark(self, arn: str) -> None:
        self._marks.keys.add(arn)
        self._known.add(arn)
        self._fresh[arn] = self._next()

    def _next(self) -> int:
        self._number += 1
        self._thread.upto = self._number
        return self._number

    def _mark_grant(self, call: Call) -> None:
        # The request names the grant where there is one, the reply a new one, and a note the one that was retired.
        said = (call.params.get("GrantId"), call.reply.get("GrantId"), call.notes.get("grantId"))
        grant_ids = [str(each) for each in said if each is not None]
        with self._mutex:
            for used in call.keys:
                self._marks.grants.update((used.arn, grant_id) for grant_id in grant_ids)
                self._fresh[used.arn] = self._next()

    def watch(self, timer: Timer, is_new: bool) -> None:
        """Mark a timer; and what it is about to happen to, with everything related as it is before."""
        with self._mutex:
            self._marks.timers[timer.serial] = timer if is_new else None
            number = self._next()
            if is_new:
                return
            subject = timer.subject
            if not isinstance(subject, Key):
                self._marks.key_stores.add(Place(subject.account_id, subject.region))
                return
            for each in (subject, *(subject.related or ())):
                self._marks.keys.add(each.arn)
                self._fresh[each.arn] = number

    def mark_service(self, service: str) -> None:
        """Mark what is held for a service other than KMS."""
        with self._mutex:
            self._marks.services.add(service)
            self._next()

    def waited_for(self) -> int:
        """Up to which number the present thread has to wait; nothing more, until it marks or sees something again."""
        upto, self._thread.upto = self._thread.upto, 0
        return upto if upto > self.durable else 0

    def take(self) -> tuple[Marks, int]:
        """All marks, and the number of the last. Called while the world stands still."""
        with self._mutex:
            marks, self._marks = self._marks, Marks()
            if self._fresh:
                self._fresh = {arn: number for arn, number in self._fresh.items() if number > self.durable}
            return marks, self._number


def find_key(world: World, arn: str) -> Key | None:
    """The key with this ARN, or None."""
    region, account_id, resource = arn.split(":", 5)[3:]
    store = world.find_store(account_id, region)
    return None if store is None else store.key(resource.partition("/")[2])
