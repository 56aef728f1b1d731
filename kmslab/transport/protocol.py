"""What uvicorn's HTTP protocol leaves open: how long heads may be, requests in advance, and upgrades nobody offers.

Some clients ask for an upgrade to HTTP/2 in their first request (Java's own; curl --http2), and go on in HTTP/1.1 when
they get none. The parser would drop the body of such a request, and never read the next.

Only `transport.server` imports this, and only when its first client comes: uvicorn takes a while to import.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sized

from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from kmslab.transport.at_once import AtOnce
from kmslab.transport.patience import Stage, Wait

#: The largest request line with its headers, in bytes. Simplified: S3 takes 8 KiB of headers.
LARGEST_HEAD = 64 * 2**10

#: The most requests that may wait for the answers before theirs; one piece of what a client writes can hold more.
MOST_IN_ADVANCE = 1000

_UPGRADE = re.compile(rb"\r\nupgrade:[^\r\n]*", re.IGNORECASE)


class _Flow(FlowControl):
    """Reads no further while requests wait: uvicorn would, with each that it begins to answer, and keep them all."""

    def __init__(self, transport: asyncio.Transport, waiting: Sized) -> None:
        super().__init__(transport)
        self._waiting = waiting

    def resume_reading(self) -> None:
        if not self._waiting:
            super().resume_reading()


class Protocol(AtOnce):
    """One connection."""

    _in_head = True
    _head = 0
    #: What is being answered. uvicorn knows the last request that has come, and would answer others into the void.
    _answered: RequestResponseCycle | None = None

    @property
    def stage(self) -> Stage | None:
        """What it waits for its client to do; None while a request is read or answered."""
        unread = self.transport.get_write_buffer_size()
        if unread:
            return Stage(Wait.READER, unread)
        if self.cycle is not None and not self.cycle.response_complete:
            return None
        if not self._in_head:
            return Stage(Wait.REST, self.cycle)
        return Stage(Wait.HEAD if self._head else Wait.REQUEST, (self.cycle, self.answered_at_once))

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin."""
        super().connection_made(transport)
        self.flow = _Flow(transport, self.pipeline)

    def connection_lost(self, exc: Exception | None) -> None:
        """Give up what is being answered."""
        if self._answered is not None and not self._answered.response_complete:
            self._answered.disconnected = True
            self._answered.message_event.set()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Go on with the request that waits for longest."""
        if self.pipeline:
            self._answered = self.pipeline[-1][0]
        super().on_response_complete()

    def data_received(self, data: bytes) -> None:
        """Read on, unless a head has no end: uvicorn would keep all of it."""
        if self._in_head:
            self._head += len(data)
            head, end, body = data.partition(b"\r\n\r\n")
            if end and _UPGRADE.search(head):
                data = _UPGRADE.sub(b"", head) + end + body
        super().data_received(data)
        if self._in_head and self._head > LARGEST_HEAD and not self.transport.is_closing():
            self.send_400_response("Your request header and total metadata exceed the maximum allowed size.")

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, after what was answered at once before it in the same piece."""
        self.loop.call_soon(self._refuse, msg)

    def _refuse(self, msg: str) -> None:
        if not self.transport.is_closing():
            super().send_400_response(msg)

    def on_headers_complete(self) -> None:
        """Begin to answer; what follows is a body, or the next request."""
        self._in_head, self._head = False, 0
        super().on_headers_complete()
        if not self.pipeline:
            self._answered = self.cycle
        if self.parser.should_upgrade() and self.cycle is not None:
            # Its head came in pieces: the parser stops here, so the connection has to end with the reply.
            self.cycle.keep_alive = False
        if len(self.pipeline) > MOST_IN_ADVANCE:
            raise ValueError("too many requests in advance")

    def on_message_complete(self) -> None:
        """Expect the next head."""
        super().on_message_complete()
        self._in_head = True
