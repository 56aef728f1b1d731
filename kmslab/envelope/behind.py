"""Writing by a second thread, a little behind the first: the disk takes one room full of pieces while the next fills.

The kernel's work in a write needs no Python, and takes as long as reading and encrypting together. Several pieces go
into a room, because each time that one thread waits for the other costs as much as encrypting a few kilobytes, and much
more where others want the processor. Memory is bounded by the rooms: whoever makes pieces waits for a room when the
disk is slower.
"""

from __future__ import annotations

from io import BufferedIOBase
from queue import SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Self

#: At most: one that is being filled, one that is being written, two that even out the pace.
ROOMS = 4

#: Pieces that a room holds; the first room holds one, because most data has no more.
PIECES = 4


class WritingBehind:
    """Writes pieces in the order in which they were given, and all of them when the `with` block ends without an error.

    An error of the sink is raised by a later call or at the end of the block. After that, and after an error within the
    block, nothing more is written, and in any case no thread is at work any more when the block was left.
    """

    def __init__(self, sink: BufferedIOBase, size: int) -> None:
        """Begin with nothing.

        Args:
            sink: Takes what the pieces make together. It must not be used by others within the block.
            size: Bytes of the largest piece.
        """
        self._sink = sink
        self._size = size
        self._room = memoryview(b"")
        self._held = 0
        self._rooms = 0
        self._free: SimpleQueue[memoryview] = SimpleQueue()
        self._full: SimpleQueue[tuple[memoryview, int] | None] = SimpleQueue()
        self._thread: Thread | None = None
        self._failure: BaseException | None = None

    def place(self) -> memoryview:
        """Where the next piece can be put, as long as the largest. Waits while all rooms are full.

        Raises:
            Exception: what the sink raised.
        """
        if not self._room:
            self._room = self._another_room()
        return self._room[self._held : self._held + self._size]

    def write(self, size: int) -> None:
        """Write, now or soon, the first `size` bytes of the place, which is not to be touched any more."""
        self._held += size
        if self._held + self._size > len(self._room):
            self._hand_over()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, _: object, error: BaseException | None, __: TracebackType | None) -> None:
        """Write what is left, or let it be after an error."""
        self._failure = self._failure or error
        self._full.put((self._room, self._held))
        self._full.put(None)
        if self._thread is None:
            self._work()
        elif self._thread.is_alive():
            self._thread.join()
        if error is None and self._failure is not None:
            raise self._failure

    def _another_room(self) -> memoryview:
        if self._rooms < ROOMS:
            self._rooms += 1
            return memoryview(bytearray(self._size * (1 if self._rooms == 1 else PIECES)))
        room = self._free.get()
        if self._failure is not None:
            raise self._failure
        return room

    def _hand_over(self) -> None:
        self._full.put((self._room, self._held))
        self._room, self._held = memoryview(b""), 0
        if self._thread is None and self._rooms == ROOMS:
            # Not earlier: what fits into the rooms is written sooner than a thread begins. A daemon, so that a process
            # that is interrupted twice ends all the same.
            self._thread = Thread(target=self._work, name="kmslab-envelope", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while (filled := self._full.get()) is not None:
            room, held = filled
            if self._failure is None:
                try:
                    self._sink.write(room[:held])
                except BaseException as failure:
                    self._failure = failure
            # Even after a failure: somebody may be waiting for it, and shall be told.
            self._free.put(room)
