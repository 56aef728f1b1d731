"""The short way over HTTP: a request that came in one piece and is answered quickly is answered where it is read.

For what takes a tenth of a millisecond, uvicorn's way (a cycle, a task, an event, a timer, two writes) would take half
as long again. So uvicorn is not told of such a request. What the endpoint does not answer at once (`Endpoint.at_once`)
goes uvicorn's way, as do requests in several pieces, and those that have to wait for the one before them.
"""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from kmslab.transport.endpoint import Endpoint, line
from kmslab.wire.http import REPLY_HEADERS

#: The headers that are the same in every reply of KMS, as they go over the wire.
_SAME = b"".join(line(*pair) for pair in REPLY_HEADERS.items())


class AtOnce(HttpToolsProtocol):
    """One connection.

    Attributes:
        answered_at_once: How many requests have gone the short way.
    """

    answered_at_once = 0
    # The body so far of a request of which uvicorn has not been told.
    _held: bytes | None = None
    _the_long_way = False

    def data_received(self, data: bytes) -> None:
        """Read on; what has not come to its end has to be waited for."""
        super().data_received(data)
        if self._held is not None:
            self._tell_uvicorn()

    def on_message_begin(self) -> None:
        """Begin a request; what uvicorn makes of it is made when it is told."""
        self.url, self.headers, self.expect_100_continue = b"", [], False

    def on_headers_complete(self) -> None:
        """Wait for the body, which may be in the same piece."""
        if not self._the_long_way and self._may_be_short():
            self._held = b""
            return
        read = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.headers, self.expect_100_continue = read
        self.scope["headers"] = self.headers
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        if self._held is None:
            super().on_body(body)
        else:
            self._held += body

    def on_message_complete(self) -> None:
        """Answer, if that takes no waiting."""
        if self._held is not None:
            if self._answer(self._held):
                return
            self._tell_uvicorn()
        super().on_message_complete()

    def _may_be_short(self) -> bool:
        is_free = (self.cycle is None or self.cycle.response_complete) and not self.pipeline
        parser = self.parser
        return (
            is_free
            and self.url == b"/"
            and not self.expect_100_continue
            and not self.flow.write_paused
            and parser.get_method() == b"POST"
            and parser.get_http_version() == "1.1"
            and not parser.should_upgrade()
        )

    def _tell_uvicorn(self) -> None:
        body, self._held = self._held, None
        self._the_long_way = True
        self.on_headers_complete()
        self._the_long_way = False
        if body:
            self.on_body(body)

    def _answer(self, body: bytes) -> bool:
        """Whether it could be answered at once."""
        endpoint, transport = self.app, self.transport
        if not isinstance(endpoint, Endpoint) or transport.is_closing():
            return False
        reply = endpoint.at_once(self.headers, body, self.client)
        if reply is None:
            return False
        self._held = None
        self.answered_at_once += 1
        self.server_state.total_requests += 1
        is_usual = reply.common_headers is REPLY_HEADERS
        lines = [STATUS_LINE[reply.status], _SAME if is_usual else b""]
        lines += [line(*pair) for pair in (reply.own_headers if is_usual else reply.headers).items()]
        lines += [b"%b: %b\r\n" % pair for pair in self.server_state.default_headers]
        keep_alive = self.parser.should_keep_alive()
        if not keep_alive:
            lines.append(b"connection: close\r\n")
        lines += (b"Content-Length: %d\r\n\r\n" % len(reply.body), reply.body)
        # Written after the other requests at hand have been read: to wake a client takes longer than to answer it.
        self.loop.call_soon(self._write, b"".join(lines), keep_alive)
        return True

    def _write(self, reply: bytes, keep_alive: bool) -> None:
        if self.transport.is_closing():
            return
        self.transport.write(reply)
        if not keep_alive:
            self.transport.close()
