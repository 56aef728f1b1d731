"""What uvicorn's HTTP protocol leaves open: how long the head of a request may be, and upgrades that nobody offers.

Some clients ask for an upgrade to HTTP/2 in their first request (Java's own; curl --http2), and go on in HTTP/1.1 when
they get none. The parser would drop the body of such a request, and never read the next.

Only `transport.server` imports this, and only when its first client comes: uvicorn takes a while to import.
"""

from __future__ import annotations

import re

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: The largest request line with its headers, in bytes. Simplified: S3 takes 8 KiB of headers.
LARGEST_HEAD = 64 * 2**10

_UPGRADE = re.compile(rb"\r\nupgrade:[^\r\n]*", re.IGNORECASE)


class Protocol(HttpToolsProtocol):
    """One connection."""

    _in_head = True
    _head = 0

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

    def on_headers_complete(self) -> None:
        """Begin to answer; what follows is a body, or the next request."""
        self._in_head, self._head = False, 0
        super().on_headers_complete()
        if self.parser.should_upgrade():
            # Its head came in pieces: the parser stops here, so the connection has to end with the reply.
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        """Expect the next head."""
        self._in_head = True
        super().on_message_complete()
