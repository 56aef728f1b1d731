"""The grants on one key: found by id, by grantee and by what they say, however many they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import chain

from kmslab.keys.grant import WITHOUT_CONTEXT, Grant
from kmslab.keys.sorted_map import SortedMap

#: So many grants are looked at one by one, and quoted in decisions; of more, only those that may count.
FEW = 20

#: An operation, with one pair of the encryption context that a grant insists on for it.
_Use = tuple[str, tuple[str, str] | None]


class GrantsTo:
    """The grants on one key to one grantee: there may be one for each of its thousands of volumes."""

    __slots__ = ("_by_use", "in_order")

    def __init__(self) -> None:
        """Start empty."""
        #: By their position in a listing.
        self.in_order: SortedMap[Grant] = SortedMap()
        # Only kept once there are more than a few.
        self._by_use: defaultdict[_Use, dict[str, Grant]] | None = None

    def add(self, grant: Grant) -> None:
        """Add a grant."""
        self.in_order.add(grant.position, grant)
        if self._by_use is not None:
            self._index(self._by_use, grant)
        elif len(self.in_order) > FEW:
            self._by_use = defaultdict(dict)
            for each in self.in_order:
                self._index(self._by_use, each)

    def _index(self, by_use: defaultdict[_Use, dict[str, Grant]], grant: Grant) -> None:
        for use in _uses(grant):
            by_use[use][grant.grant_id] = grant

    def remove(self, grant: Grant) -> None:
        """Take a grant out."""
        self.in_order.remove(grant.position)
        if self._by_use is None:
            return
        for use in _uses(grant):
            del self._by_use[use][grant.grant_id]
            if not self._by_use[use]:
                del self._by_use[use]

    def that_may_allow(self, operation: str, context: Mapping[str, str]) -> Iterator[Grant]:
        """Those that are about an operation, and insist on nothing that the encryption context does not have."""
        if self._by_use is None:
            return self.in_order.after(None)
        pairs: Iterator[tuple[str, str] | None] = chain([None], context.items())
        found = (self._by_use.get((operation, pair)) for pair in pairs)
        return chain.from_iterable(each.values() for each in found if each is not None)


def _uses(grant: Grant) -> Iterator[_Use]:
    constraints = grant.constraints
    context = constraints.get("EncryptionContextEquals") or constraints.get("EncryptionContextSubset") or {}
    pair = min(context.items(), default=None)
    for operation in grant.operations:
        yield operation, None if operation in WITHOUT_CONTEXT else pair


class Grants:
    """The grants on one key, oldest first."""

    __slots__ = ("_by_grantee", "_by_id", "_in_order", "_named")

    def __init__(self) -> None:
        """Start empty."""
        self._by_id: dict[str, Grant] = {}
        self._in_order: SortedMap[Grant] = SortedMap()
        self._by_grantee: dict[str, GrantsTo] = {}
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

    def to(self, grantee: str) -> GrantsTo:
        """The grants to one grantee."""
        return self._by_grantee.get(grantee, NONE)

    def after(self, position: str | None, grantee: str | None = None) -> Iterator[Grant]:
        """Those that stand after a position in a listing; all of them, or those to one grantee."""
        if grantee is None:
            return self._in_order.after(position)
        return self.to(grantee).in_order.after(position)

    def add(self, grant: Grant) -> None:
        """Add a grant. Use `World.add_grant`, which knows whether there is a place for it yet."""
        self._by_id[grant.grant_id] = grant
        self._in_order.add(grant.position, grant)
        if grant.grantee not in self._by_grantee:
            self._by_grantee[grant.grantee] = GrantsTo()
        self._by_grantee[grant.grantee].add(grant)
        if grant.name:
            self._named[grant.terms] = grant

    def remove(self, grant: Grant) -> None:
        """Take a grant out."""
        del self._by_id[grant.grant_id]
        self._in_order.remove(grant.position)
        of_grantee = self._by_grantee[grant.grantee]
        of_grantee.remove(grant)
        if not of_grantee.in_order:
            del self._by_grantee[grant.grantee]
        if grant.name:
            del self._named[grant.terms]


#: What a grantee has that has none.
NONE = GrantsTo()

#: What keys have that have none: most.
NO_GRANTS = Grants()
