"""Room for the bodies that are held at once: whoever brings a large one waits until there is enough.

Each body has a limit, and so has a client's patience; a hundred clients with a body each would take a hundred times as
much. Room is taken for as much as is announced, before anything is read, in the order of coming: nobody who has some
waits for more.
"""

from __future__ import annotations

import asyncio
from collections import deque


class Room:
    """So many bytes, for the tasks of one event loop."""

    def __init__(self, size: int) -> None:
        """Begin with all of them free."""
        self._free = size
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    async def take(self, count: int) -> None:
        """Wait until so many bytes are free, and take them; no more than there are in all."""
        if not self._waiting and count <= self._free:
            self._free -= count
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((count, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                # Its turn has come in the same moment.
                self.give(count)
            else:
                self._go_on()
            raise

    def give(self, count: int) -> None:
        """Give so many bytes back."""
        if count:
            self._free += count
            self._go_on()

    def _go_on(self) -> None:
        while self._waiting:
            count, turn = self._waiting[0]
            if count > self._free and not turn.cancelled():
                return
            self._waiting.popleft()
            if not turn.cancelled():
                self._free -= count
                turn.set_result(None)
