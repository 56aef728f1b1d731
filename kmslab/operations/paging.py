"""Pages: Limit and Marker in, Truncated and NextMarker out. Source: API Reference, ListKeys and its siblings."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Sequence
from itertools import dropwhile, islice
from typing import Any, TypeVar

from kmslab.errors import InvalidMarkerException

Item = TypeVar("Item")

#: The items of a listing that stand after a position, in their order; all of them after None.
Listing = Callable[[str | None], Iterable[Item]]


def listing(items: Sequence[Item], position: Callable[[Item], str]) -> Listing[Item]:
    """What is short and at hand, sorted by `position`, as a listing."""

    def after(begin: str | None) -> Iterable[Item]:
        return items if begin is None else dropwhile(lambda item: position(item) <= begin, items)

    return after


def page(
    items: Listing[Item],
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
        items: The listing, sorted by `position`. No more of it is looked at than the page shows, and one more item.
        limit: How many items a page holds at the most.
        marker: What the last page gave as NextMarker, or None for the first page.
        member: The reply member that holds the items.
        position: What the listing is sorted by; no two items share it.
        entry: What the reply shows of an item.

    Raises:
        InvalidMarkerException: the marker does not come from this listing.
    """
    found = list(islice(items(None if marker is None else _read(marker, member)), limit + 1))
    shown = found[:limit]
    reply: dict[str, Any] = {member: [entry(item) for item in shown], "Truncated": len(found) > limit}
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
