"""The grants on one key: found by id, by grantee and by what they say, however many they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from kmslab.keys.sorted_map import SortedMap

if TYPE_CHECKING:
    from kmslab.keys.grant import Grant


class Grants:
    """The grants on one key, oldest first."""

    __slots__ = ("_by_grantee", "_by_id", "_in_order", "_named")

    def __init__(self) -> None:
        """Start empty."""
        self._by_id: dict[str, Grant] = {}
        self._in_order: SortedMap[Grant] = SortedMap()
        self._by_grantee: dict[str, SortedMap[Grant]] = {}
        # What has no name is never the same as another.
        self._named: dict[str, Grant] = {}

    def __len__(self) -> int:
        """How many there are."""
        return len(self._by_id)

    def __iter__(self) -> Iterator[Grant]:
        """They, in the order in which they were created."""
        return iter(self._by_id.values())

    def get(self, grant_id: str) -> Grant | None:
        """The grant with this id, or None."""
        return self._by_id.get(grant_id)

    def same_as(self, grant: Grant) -> Grant | None:
        """The grant that came from the same parameters; None for a grant without a name."""
        return self._named.get(grant.terms) if grant.name else None

    def to(self, grantees: Iterable[str]) -> Iterator[Grant]:
        """The grants to any of these."""
        for grantee in grantees:
            yield from self.after(None, grantee)

    def after(self, position: str | None, grantee: str | None = None) -> Iterator[Grant]:
        """Those that stand after a position in a listing; all of them, or those to one grantee."""
        if grantee is None:
            return self._in_order.after(position)
        return self._by_grantee[grantee].after(position) if grantee in self._by_grantee else iter(())

    def add(self, grant: Grant) -> None:
        """Add a grant. Use `World.add_grant`, which knows whether there is a place for it yet."""
        self._by_id[grant.grant_id] = grant
        self._in_order.add(grant.position, grant)
        if grant.grantee not in self._by_grantee:
            self._by_grantee[grant.grantee] = SortedMap()
        self._by_grantee[grant.grantee].add(grant.position, grant)
        if grant.name:
            self._named[grant.terms] = grant

    def remove(self, grant: Grant) -> None:
        """Take a grant out."""
        del self._by_id[grant.grant_id]
        self._in_order.remove(grant.position)
        of_grantee = self._by_grantee[grant.grantee]
        of_grantee.remove(grant.position)
        if not of_grantee:
            del self._by_grantee[grant.grantee]
        if grant.name:
            del self._named[grant.terms]


#: What keys have that have none: most.
NO_GRANTS = Grants()
