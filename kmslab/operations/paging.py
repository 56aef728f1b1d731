"""Pages: Limit and Marker in, Truncated and NextMarker out. Source: API Reference, ListKeys and its siblings."""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from kmslab.errors import InvalidMarkerException

Item = TypeVar("Item")


def page(
    items: Sequence[Item],
    limit: int,
    marker: str | None,
    *,
    member: str,
    position: Callable[[Item], str],
    entry: Callable[[Item], Any],
) -> dict[str, Any]:
    """One page of a listing.

    The marker says after which position the next page begins. It is opaque to the caller, and it stays good when items
    come and go between two pages.

    Args:
        items: The whole listing, sorted by `position`.
        limit: How many items a page holds at the most.
        marker: What the last page gave as NextMarker, or None for the first page.
        member: The reply member that holds the items.
        position: What the listing is sorted by; no two items share it.
        entry: What the reply shows of an item.

    Raises:
        InvalidMarkerException: the marker does not come from this listing.
    """
    start = 0 if marker is None else bisect_right(items, _read(marker, member), key=position)
    shown = items[start : start + limit]
    reply: dict[str, Any] = {member: [entry(item) for item in shown], "Truncated": start + limit < len(items)}
    if reply["Truncated"]:
        reply["NextMarker"] = _write(position(shown[-1]), member)
    return reply


def _write(position: str, member: str) -> str:
    return base64.urlsafe_b64encode(f"{member}\n{position}".encode()).decode("ascii")


def _read(marker: str, member: str) -> str:
    try:
        listing, _, position = base64.b64decode(marker, altchars=b"-_", validate=True).decode().partition("\n")
    except (binascii.Error, ValueError):
        raise InvalidMarkerException from None
    if listing != member:
        raise InvalidMarkerException
    return position
