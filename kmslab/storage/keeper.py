"""Group commit: whoever waits first writes for all who wait, and a thread writes what nobody waits for.

A reply waits for its own changes and for those that it shows, never for a call's record alone: those are written with
the next change, or within a second.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

from kmslab.errors import KmslabError
from kmslab.storage.collector import Changes, Collector
from kmslab.storage.database import Database
from kmslab.storage.touched import Marks, Touched

#: How long the record of a call that changed nothing may wait, in seconds.
PATIENCE = 1.0

#: What other services hold has rows of its own, made while moto stands still.
Others = Callable[[Marks, Changes], None]


class Keeper:
    """Writes what has changed."""

    def __init__(
        self,
        database: Database,
        touched: Touched,
        collector: Collector,
        still: AbstractContextManager[object],
        others: Others,
    ) -> None:
        """Begin to write.

        Args:
            database: Where to.
            touched: What has changed.
            collector: What is written of it.
            still: Keeps the world still while it is entered.
            others: Adds the rows of other services.
        """
        self._database = database
        self._touched = touched
        self._collector = collector
        self._still = still
        self._others = others
        self._writing = threading.Lock()
        # Made, and not written because the disk refused: they come before all others.
        self._left: Changes = {}
        self._was_busy = self._wants_sweep = False
        self._over = threading.Event()
        self._writer = threading.Thread(target=self._write_now_and_then, name="kmslab state file", daemon=True)
        self._writer.start()

    def wait(self) -> None:
        """Return once what the present thread has changed or seen is on the disk.

        Raises:
            KmslabError: the file cannot be written. The change stands in the Lab, and is tried again.
        """
        upto = self._touched.waited_for()
        while upto > self._touched.durable:
            # Whoever gets the lock first writes for everybody; the others find it done.
            with self._writing:
                if upto > self._touched.durable:
                    self._commit()

    def look_again(self) -> None:
        """Look at every key once things are quiet: somebody may change one by another way than an operation."""
        self._was_busy = True

    def _commit(self) -> None:
        """Write everything that has changed so far."""
        with self._still:
            marks, number = self._touched.take()
            changes = self._collector.rows(marks)
        self._others(marks, changes)
        self._collector.add_calls(changes, marks.calls)
        # A later row of the same name takes the place of one that was left.
        self._left |= changes
        if self._left:
            self._database.write(self._left)
            self._left = {}
        self._touched.durable = number
        self._was_busy |= not marks.is_empty

    def _sweep(self) -> None:
        for marks in self._collector.everything():
            with self._still:
                self._left |= self._collector.rows(marks)

    def _write_now_and_then(self) -> None:
        while not self._over.wait(PATIENCE):
            try:
                with self._writing:
                    self._work()
            except KmslabError:
                # Whoever waits for the disk is told; what nobody waits for is tried again in a second.
                continue

    def _work(self) -> None:
        self._commit()
        if self._was_busy:
            self._was_busy, self._wants_sweep = False, True
        elif self._wants_sweep:
            self._wants_sweep = False
            self._sweep()
            self._commit()

    def close(self) -> None:
        """Write everything, and stop.

        Raises:
            KmslabError: the file cannot be written.
        """
        self._over.set()
        self._writer.join()
        with self._writing:
            self._sweep()
            self._commit()
