"""One request and one reply, free of any HTTP library, so that every transport can make them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

#: The headers that KMS sends with every reply. Source: raw recordings.
REPLY_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-cache, no-store, must-revalidate, private",
    "Content-Type": "application/x-amz-json-1.1",
    "Expires": "0",
    "Pragma": "no-cache",
}


#: The headers that KMS looks at, in lower case.
HEADERS_READ = ("authorization", "user-agent", "x-amz-security-token", "x-amz-target")


class Request(Struct, frozen=True, gc=False):
    """What a client sent.

    Attributes:
        headers: Header values under lower-case names; those of `HEADERS_READ` at the least.
        body: The JSON body as bytes.
        host: The host the client called, such as `kms.us-east-1.amazonaws.com`.
        source_ip: Where the request came from; loopback for a client in this process.
    """

    headers: Mapping[str, str]
    body: bytes
    host: str = ""
    source_ip: str = "127.0.0.1"

    def __repr__(self) -> str:
        """What may be shown of it: not the body, nor what it is signed with."""
        target = self.headers.get("x-amz-target", "")
        return f"<Request {target!r} to {self.host!r}, {len(self.body)} bytes>"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Nothing more, to whom wants it in parts."""
        return []


class Reply(Struct, frozen=True, gc=False):
    """What the client gets back.

    Attributes:
        status: The HTTP status.
        own_headers: The headers of this reply.
        body: The body, JSON from KMS.
        common_headers: Those that come with every such reply.
    """

    status: int
    own_headers: Mapping[str, str]
    body: bytes
    common_headers: Mapping[str, str] = {}

    @property
    def headers(self) -> Mapping[str, str]:
        """All of them."""
        return {**self.common_headers, **self.own_headers}

    def __repr__(self) -> str:
        """What may be shown of it: not the body."""
        return f"<Reply {self.status}, {len(self.body)} bytes>"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Nothing more, to whom wants it in parts."""
        return []


class BodyStream(io.BytesIO):
    """A reply body in the form in which botocore reads one from a connection."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        """The whole body, then nothing."""
        while chunk := self.read():
            yield chunk
