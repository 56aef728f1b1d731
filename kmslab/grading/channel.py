"""Messages between two processes over a pair of pipes: each has its length in front.

A thread reads and a thread writes, so that a KeyboardInterrupt in the seat's main thread never leaves half a message.
"""

from __future__ import annotations

import queue
import struct
import threading
from typing import IO

_LENGTH = struct.Struct(">I")
#: A learner may encrypt some megabytes; more than this is no message of ours.
LONGEST = 64 * 1024 * 1024
_WAITING = 16


class Channel:
    """One end."""

    def __init__(self, reads: IO[bytes], writes: IO[bytes]) -> None:
        """Begin to read and write; both files belong to the channel from now on."""
        self._reads, self._writes = reads, writes
        self._in: queue.Queue[bytes | None] = queue.Queue(_WAITING)
        self._out: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        for work in (self._read, self._write):
            threading.Thread(target=work, daemon=True).start()

    def send(self, message: bytes) -> None:
        """Send one message; nothing happens if the other end is gone."""
        self._out.put(message)

    def receive(self, seconds: float | None = None) -> bytes | None:
        """The next message, or None when the other end is gone.

        Raises:
            TimeoutError: none came in time.
        """
        try:
            message = self._in.get(timeout=seconds)
        except queue.Empty:
            raise TimeoutError from None
        if message is None:
            # For whoever asks again.
            self._in.put(None)
        return message

    def _read(self) -> None:
        try:
            while len(head := self._reads.read(_LENGTH.size)) == _LENGTH.size:
                size = _LENGTH.unpack(head)[0]
                if size > LONGEST or len(body := self._reads.read(size)) < size:
                    break
                self._in.put(body)
        except (OSError, ValueError):
            pass
        self._in.put(None)

    def _write(self) -> None:
        try:
            while (message := self._out.get()) is not None:
                self._writes.write(_LENGTH.pack(len(message)) + message)
                self._writes.flush()
        except (OSError, ValueError):
            return
