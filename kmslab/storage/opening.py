"""A Lab on disk: opened, kept, closed. `Lab.open` is made of this."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from kmslab.billing.meter import Meter
from kmslab.errors import KmslabError, NotKeptError
from kmslab.principals import Credentials
from kmslab.service.front_door import FrontDoor
from kmslab.storage import forks, surroundings
from kmslab.storage.collector import Collector
from kmslab.storage.database import Database, Name, Rows
from kmslab.storage.garbage import collecting_later
from kmslab.storage.keeper import Keeper
from kmslab.storage.others import Others
from kmslab.storage.past import Past
from kmslab.storage.records import NOT_UNDERSTOOD, Kind, SettingsRecord
from kmslab.storage.touched import Touched
from kmslab.trail.recorder import Recorder

if TYPE_CHECKING:
    from kmslab.cloud.services import Services

#: The arguments of a Lab that are the file's once it is made.
_SETTINGS = tuple(name for name in SettingsRecord.__struct_fields__ if name != "openings")


class Ground(surroundings.Ground, Protocol):
    """The Lab, as far as it is kept."""

    region: str
    meter: Meter
    recorder: Recorder


class StateFile:
    """The file of one Lab.

    Attributes:
        arguments: What to make the Lab with: of a new file what was asked for, otherwise what the file says.
        lost: What did not survive, a sentence each.
    """

    @collecting_later()
    def __init__(self, path: str | os.PathLike[str], wanted: Mapping[str, Any]) -> None:
        """Open the file, or make it where there is none.

        Args:
            path: The file.
            wanted: The arguments of a new Lab; of an old one only `access_key` counts.

        Raises:
            KmslabError: it is no state file, damaged, too new, sealed with another key, or in use.
        """
        self._database = Database(Path(path), os.environ)
        self._rows: Rows = self._database.rows
        self._access_key: tuple[str, str] | None = wanted.get("access_key")
        self.lost: list[str] = []
        kept = self._rows.get(Name(Kind.SETTINGS, ""))
        self._is_new = kept is None
        if kept is None:
            self.arguments: dict[str, Any] = dict(wanted)
        else:
            try:
                with self._understanding():
                    self._settings = msgspec.msgpack.decode(kept, type=SettingsRecord)
            except KmslabError:
                self._database.close()
                raise
            self._settings.openings += 1
            self.arguments = {name: getattr(self._settings, name) for name in _SETTINGS}
        self._keeper: Keeper | None = None
        self._services: Services | None = None

    @collecting_later()
    def attach(
        self,
        ground: Ground,
        door: FrontDoor,
        still: AbstractContextManager[object],
        start_services: Callable[[], Services],
    ) -> None:
        """Fill a new Lab with what is in the file, and keep it from now on.

        Args:
            ground: The Lab, just made with `arguments`.
            door: Its front door.
            still: Keeps the world still while it is entered: the door's lock.
            start_services: Starts the services besides KMS, which calls `meet`.

        Raises:
            KmslabError: the file is damaged, or cannot be written.
        """
        if self._is_new:
            self._settings, past = self._new_settings(ground), Past({})
        else:
            past = self._put_back(ground)
        self._summarise = lambda: past.summarise(ground)
        touched = self._touched = Touched(ground.world)
        collector = Collector(ground.world, lambda: surroundings.documents(ground, self._settings), self._rows)
        self._others = Others(self._rows, collector)
        keeper = self._keeper = Keeper(self._database, touched, collector, still, self._others, door.guarded)
        self._clock = ground.clock
        self.pause, self.go_on = keeper.pause, keeper.go_on
        forks.watch(self)
        ground.world.timers.watcher = touched.watch
        door.observe(touched)
        door.observe(past.note)
        door.before_reply(keeper.wait)
        ground.clock.subscribe(lambda when: keeper.look_again())
        # The number of this opening is on the disk before anything gets an id of it.
        touched.mark_service("")
        keeper.wait()
        if not self._others.is_empty:
            start_services()
        self._give_access_key(ground)
        self._rows = self._database.rows = {}
        # What has fallen due while the Lab was closed happens now.
        door.settle(ground.clock.now())

    def _new_settings(self, ground: Ground) -> SettingsRecord:
        given = {name: self.arguments[name] for name in _SETTINGS if name in self.arguments}
        home = next(iter(ground.accounts)).account_id
        return msgspec.convert({"account_id": home, "region": ground.region} | given, SettingsRecord)

    def _put_back(self, ground: Ground) -> Past:
        with self._understanding():
            past = Past(self._rows)
            surroundings.put_back(ground, self._rows, self._settings, past.last_uses)
            last = past.put_back(ground)
        if last is not None and ground.clock.now() < last:
            # The machine's clock was put back while the Lab was open, and the Lab came to a sudden end.
            ground.clock.set(last)
        return past

    @contextmanager
    def _understanding(self) -> Iterator[None]:
        try:
            yield
        except NOT_UNDERSTOOD as error:
            path = self._database.path
            raise KmslabError(f"{path} was written by another kmslab and cannot be read ({error!r}).") from None

    def _give_access_key(self, ground: Ground) -> None:
        account = next(iter(ground.accounts))
        known = account.administrator.credentials
        if self._access_key is None:
            return
        wanted = Credentials(*self._access_key)
        if wanted.is_same_as(known):
            return
        surroundings.give_access_key(account, ground.directory, wanted)
        if self._services is not None:
            # Somebody may have deleted it, through IAM; then the new one is the Lab's own.
            with suppress(LookupError):
                self._services.replace_access_key(account.account_id, known.access_key_id, wanted)
                ground.directory.hand_over(account.administrator)

    def meet(self, services: Services) -> None:
        """Put back what the services besides KMS held, and keep it. Called when they are started."""
        self._services = services
        self.lost += self._others.meet(services)
        services.watcher = self._touched.mark_service
        if self._keeper is not None:
            services.ready, services.barrier = self._keeper.check, self._keeper.wait

    def abandon(self) -> None:
        """Never touch the file again: this is a process that was forked off, and the one that opened it keeps it."""
        self._database.abandon()
        if self._keeper is not None:
            self._keeper.abandon(
                NotKeptError("This Lab belongs to the process that opened it; reach it from here by its endpoint().")
            )

    def close(self) -> None:
        """Write what is left to write, and let go of the file.

        Raises:
            NotKeptError: the file cannot be written.
        """
        forks.forget(self)
        try:
            if self._keeper is not None:
                # Where it stands goes into the file: the machine's clock may be put back until the next time.
                self.pause()
                try:
                    self._clock.note()
                finally:
                    self.go_on()
                self._keeper.close(self._summarise)
        finally:
            self._keeper = None
            self._database.close()
