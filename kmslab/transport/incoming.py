"""One HTTP request as it came over the wire, before anybody believes it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import unquote

from msgspec import Struct


class Incoming(Struct, frozen=True, gc=False):
    """A request. Query and headers are not in its repr: a signature or a session token may be in them.

    Attributes:
        method: The HTTP method, upper-case.
        path: The path as it was sent, percent-encoded, without the query.
        query: The query as it was sent, without its question mark.
        headers: Header values under lower-case names; the values of a repeated header are joined with commas.
        body: The whole body.
        source_ip: Where it came from.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    source_ip: str = "127.0.0.1"

    def __repr__(self) -> str:
        """What may be shown of it."""
        return f"<Incoming {self.method} {self.path}, {len(self.body)} bytes>"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Nothing more, to whom wants it in parts."""
        return []

    def parameters(self) -> dict[str, str]:
        """The parameters of the query, decoded; of a repeated one the last."""
        pairs = (parameter.partition("=") for parameter in self.query.split("&") if parameter)
        return {unquote(name): unquote(value) for name, _, value in pairs}


def joined(headers: Collection[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers as `Incoming` has them, from those of an ASGI scope, which are lower-case already."""
    found = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
    if len(found) == len(headers):
        return found
    found.clear()
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        found[name] = f"{found[name]},{value}" if name in found else value
    return found
