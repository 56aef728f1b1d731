"""How long a client may keep the server waiting: for its next request, its head, the rest of a body, or a reader.

uvicorn only ends connections that are idle after a reply. One that never says anything, says it a byte at a time or
does not read would be kept for ever, and a thousand of them with it. How long a body may take the endpoint knows.

Only `transport.server` imports this, and only when its first client comes: uvicorn takes a while to import.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from enum import Enum
from typing import Any, NamedTuple, Protocol

import uvicorn


class Wait(Enum):
    """What a server can be waiting for."""

    #: The next request, or the first. Longer than clients keep a connection for the next: one that is closed just when
    #: its client uses it again looks like a failure.
    REQUEST = "its next request"
    HEAD = "the end of its head"
    #: What is left of a body that was answered before it had come.
    REST = "the rest of its body"
    #: Its client, to read what is written.
    READER = "a byte of the reply to be read"


#: How long each may take, in seconds.
LIMITS = {Wait.REQUEST: 75.0, Wait.HEAD: 30.0, Wait.REST: 15.0, Wait.READER: 60.0}

#: How often is looked, in seconds.
EVERY = 1


class Stage(NamedTuple):
    """What a connection waits for, and what is another value as soon as it has come."""

    wait: Wait
    mark: object


class Connection(Protocol):
    """What is looked at."""

    transport: Any

    @property
    def stage(self) -> Stage | None:
        """What it waits for; None while the server has work for it."""
        ...


class Patience:
    """Knows how long each connection has been waiting for its client."""

    def __init__(self) -> None:
        """Know of none."""
        self._since: dict[Connection, tuple[Stage, float]] = {}

    def look(self, connections: Iterable[Connection], now: float) -> None:
        """End the connections that wait for too long, at a time in seconds that never goes back."""
        waiting: dict[Connection, tuple[Stage, float]] = {}
        for each in connections:
            stage = each.stage
            if stage is None:
                continue
            before, since = self._since.get(each, (None, now))
            if before != stage:
                since = now
            if now - since > LIMITS[stage.wait]:
                each.transport.abort()
            else:
                waiting[each] = stage, since
        self._since = waiting


class Server(uvicorn.Server):
    """uvicorn, with patience."""

    def __init__(self, config: uvicorn.Config) -> None:
        """Serve as `config` says."""
        super().__init__(config)
        self._patience = Patience()

    async def on_tick(self, counter: int) -> bool:
        """What uvicorn does ten times a second."""
        if counter % (10 * EVERY) == 0:
            connections: Any = list(self.server_state.connections)
            self._patience.look(connections, time.monotonic())
        return await super().on_tick(counter)
