"""Writing by a second thread, a few pieces behind the first: the disk takes one while the next is encrypted.

The kernel's work in a write needs no Python, and takes as long as reading and encrypting together. Memory is bounded by
the rooms: whoever makes pieces waits for a room when the disk is slower.
"""

from __future__ import annotations

from io import BufferedIOBase
from queue import SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Self

#: Pieces that are under way at most: one being made, one being written, two that even out the pace.
ROOMS = 4


class WritingBehind:
    """Writes pieces in the order in which they were given, and all of them when the `with` block ends without an error.

    An error of the sink is raised by the next call or at the end of the block. After that, and after an error within
    the block, no further piece is written, and in any case no thread is at work any more when the block was left.
    """

    def __init__(self, sink: BufferedIOBase, size: int) -> None:
        """Begin with nothing.

        Args:
            sink: Takes the pieces. It must not be used by others within the block.
            size: Bytes of the largest piece.
        """
        self._sink = sink
        self._size = size
        self._rooms = 0
        self._free: SimpleQueue[memoryview] = SimpleQueue()
        self._full: SimpleQueue[tuple[memoryview, int] | None] = SimpleQueue()
        self._thread: Thread | None = None
        self._failure: BaseException | None = None

    def room(self) -> memoryview:
        """Room for the next piece; an older one may be in it. Waits while all rooms are full."""
        if self._rooms < ROOMS:
            self._rooms += 1
            room = memoryview(bytearray(self._size))
        else:
            room = self._free.get()
        if self._failure is not None:
            raise self._failure
        return room

    def write(self, room: memoryview, size: int) -> None:
        """Write, now or soon, the first `size` bytes of what `room` gave; it is not to be touched again."""
        self._full.put((room, size))
        if self._thread is None and self._rooms == ROOMS:
            # Not earlier: what fits into the rooms is written sooner than a thread begins. A daemon, so that a process
            # that is interrupted twice ends all the same.
            self._thread = Thread(target=self._work, name="kmslab-envelope", daemon=True)
            self._thread.start()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, _: object, error: BaseException | None, __: TracebackType | None) -> None:
        """Write what is left, or let it be after an error."""
        self._failure = self._failure or error
        self._full.put(None)
        if self._thread is None:
            self._work()
        elif self._thread.is_alive():
            self._thread.join()
        if error is None and self._failure is not None:
            raise self._failure

    def _work(self) -> None:
        while (piece := self._full.get()) is not None:
            room, size = piece
            if self._failure is None:
                try:
                    self._sink.write(room[:size])
                except BaseException as failure:
                    self._failure = failure
            # Even after a failure: somebody may be waiting for it, and shall be told.
            self._free.put(room)
