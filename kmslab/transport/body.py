"""The body of a request: how long it may be, how long it may take, and that there is room for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from kmslab.transport import hosts
from kmslab.transport.incoming import Incoming
from kmslab.transport.room import Room
from kmslab.wire.refusals import RefusedError

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

#: The largest body, in bytes, and all that are held at once, but for those that are small: whoever works on one makes
#: copies, and an object that is stored takes eight times its size for a moment. Simplified: S3 takes 5 GiB at once.
LARGEST_OBJECT, LARGEST_REQUEST = 256 * 2**20, 10 * 2**20

#: Up to how many bytes a body is not counted.
_SMALL = 64 * 2**10

#: How long a client may take to send its body, in seconds, or wait for room for it.
PATIENCE = 60

#: The code of a body that did not come in time.
TIMEOUT = "RequestTimeout"


class GoneError(Exception):
    """The client has left before its request was complete."""


def limit_of(head: Incoming) -> int:
    """How long the body of a request may be."""
    length = head.headers.get("content-length", "")
    # Most requests are small, whatever service they are for.
    is_small = length != "" and not is_more(length, LARGEST_REQUEST)
    return LARGEST_REQUEST if is_small or hosts.service_of(head) != "s3" else LARGEST_OBJECT


async def make_room(room: Room, headers: Mapping[str, str], limit: int) -> int:
    """Wait until there is room for a body; how many bytes are to be given back.

    Raises:
        RefusedError: it would be longer than `limit`, or there was no room in time.
    """
    length = headers.get("content-length", "")
    if is_more(length, limit):
        # Before it comes: what still does is read and forgotten, for a while.
        raise _too_large()
    if not is_more(length, _SMALL) and "transfer-encoding" not in headers:
        return 0
    size = int(length or limit)
    try:
        async with asyncio.timeout(PATIENCE):
            await room.take(size)
    except TimeoutError:
        raise RefusedError("SlowDown", "Please reduce your request rate.", 503) from None
    return size


async def read(receive: Receive, limit: int) -> bytes:
    """A whole body.

    Raises:
        RefusedError: it is longer than `limit`, or does not come in time.
        GoneError: its client has left.
    """
    message = await receive()
    if not message.get("more_body") and message["type"] == "http.request":
        body = bytes(message["body"])
        if len(body) > limit:
            raise _too_large()
        return body
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                if message["type"] == "http.disconnect":
                    raise GoneError
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                if size > limit:
                    raise _too_large()
                if not message.get("more_body"):
                    return b"".join(parts)
                message = await receive()
    except TimeoutError:
        text = "Your socket connection to the server was not read from or written to within the timeout period."
        raise RefusedError(TIMEOUT, text) from None


def is_more(length: str, limit: int) -> bool:
    """Whether a Content-Length is a number above a limit."""
    return length.isascii() and length.isdigit() and (len(length) > 20 or int(length) > limit)


def _too_large() -> RefusedError:
    return RefusedError("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", 413)
