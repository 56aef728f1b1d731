"""Group commit: whoever waits first writes for all who wait, and a thread writes what nobody waits for.

A reply waits for its own changes and for those that it shows, never for a call's record alone: those are written with
the next change, or within a second.

While the disk refuses, so does the Lab: a guard at its front door turns away every request before anything is done, so
that memory gets no further from the disk than what was under way when it began. What was under way is tried again by
every request, and every second.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack

from kmslab.call import Call
from kmslab.errors import NotKeptError
from kmslab.storage.collector import Changes, Collector
from kmslab.storage.database import Database
from kmslab.storage.records import SummaryRecord
from kmslab.storage.touched import Marks, Touched

#: How long the record of a call that changed nothing may wait, in seconds.
PATIENCE = 1.0

#: What other services hold has rows of its own, made while moto stands still.
Others = Callable[[Marks, Changes], None]

#: What all calls come to. Called while the world stands still.
Summarise = Callable[[], SummaryRecord]

#: Shows a guard every request before it does anything, until the context ends.
Guarded = Callable[[Callable[[Call], None]], AbstractContextManager[None]]

_log = logging.getLogger("kmslab")


class Keeper:
    """Writes what has changed."""

    def __init__(
        self,
        database: Database,
        touched: Touched,
        collector: Collector,
        still: AbstractContextManager[object],
        others: Others,
        guarded: Guarded,
    ) -> None:
        """Begin to write.

        Args:
            database: Where to.
            touched: What has changed.
            collector: What is written of it.
            still: Keeps the world still while it is entered.
            others: Adds the rows of other services.
            guarded: The front door's.
        """
        self._database = database
        self._touched = touched
        self._collector = collector
        self._still = still
        self._others = others
        self._guarded = guarded
        self._guard = ExitStack()
        # Why no request is answered: the disk refuses; and, for good, that the Lab is closed.
        self._refusal: NotKeptError | None = None
        self._is_over = False
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
            NotKeptError: the file cannot be written. The change stands in the Lab, and is tried again.
        """
        upto = self._touched.waited_for()
        while upto > self._touched.durable:
            # Whoever gets the lock first writes for everybody; the others find it done.
            with self._writing:
                if upto > self._touched.durable:
                    self._try_again()

    def check(self) -> None:
        """Return if what is done now can be kept. Not to be called while the world stands still.

        Raises:
            NotKeptError: the file cannot be written, or the Lab is closed.
        """
        if self._refusal is not None:
            with self._writing:
                self._try_again()

    def _turn_away(self, call: Call) -> None:
        # The door's lock is held: whoever writes now may wait for it, so we must not wait for him.
        if self._writing.acquire(blocking=False):
            try:
                self._try_again()
            finally:
                self._writing.release()
        elif self._refusal is not None:
            raise self._refusal

    def _try_again(self) -> None:
        """Write, unless that is over."""
        if self._is_over and self._refusal is not None:
            raise self._refusal
        self._commit()

    def _refuse(self, error: NotKeptError) -> None:
        if self._refusal is None:
            self._guard.enter_context(self._guarded(self._turn_away))
        self._refusal = error

    def _accept(self) -> None:
        if self._refusal is not None:
            self._refusal = None
            self._guard.close()

    def end(self, error: NotKeptError) -> None:
        """Answer every request from now on with `error`."""
        self._is_over = True
        self._refuse(error)

    def pause(self) -> None:
        """Return once nobody writes and the world stands still; both stay so until `go_on`."""
        self._writing.acquire()
        self._still.__enter__()

    def go_on(self) -> None:
        """Undo `pause`."""
        self._still.__exit__(None, None, None)
        self._writing.release()

    def abandon(self, error: NotKeptError) -> None:
        """Answer so in a process that was forked off, where no other thread lives and nothing may be written."""
        self._writing = threading.Lock()
        self._over.set()
        self.end(error)

    def look_again(self) -> None:
        """Look at every key once things are quiet: somebody may change one by another way than an operation."""
        self._was_busy = True

    def _commit(self, summarise: Summarise | None = None) -> None:
        """Write everything that has changed so far; at the end, with what all calls come to."""
        with self._still:
            marks, number = self._touched.take()
            # A later row of the same name takes the place of one that was left.
            self._left |= self._collector.rows(marks)
            summary = None if summarise is None else summarise()
        self._collector.add_calls(self._left, marks.calls)
        if summary is not None:
            self._collector.add_summary(self._left, summary)
        self._others(marks, self._left)
        if self._left:
            try:
                self._database.write(self._left)
            except NotKeptError as error:
                self._refuse(error)
                raise
            self._left = {}
        self._accept()
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
            except NotKeptError:
                # Whoever asks for something is told, and it is tried again in a second.
                continue
            except Exception:
                _log.exception("writing the state file: this is a bug of kmslab")

    def _work(self) -> None:
        self._commit()
        if self._was_busy:
            self._was_busy, self._wants_sweep = False, True
        elif self._wants_sweep:
            self._wants_sweep = False
            self._sweep()
            self._commit()

    def close(self, summarise: Summarise) -> None:
        """Write everything, and stop.

        Args:
            summarise: Says what all calls come to.

        Raises:
            NotKeptError: the file cannot be written.
        """
        if self._is_over:
            return
        self._over.set()
        self._writer.join()
        with self._writing:
            try:
                self._sweep()
                self._commit(summarise)
            finally:
                self.end(NotKeptError(f"This Lab is closed; open {self._database.path} again."))
