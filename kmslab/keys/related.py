"""Related multi-Region keys: one primary key and its replicas, in different Regions, with the same key id and material.

Owns who is related to whom and which of them is the primary. Source: KMS Developer Guide, "Multi-Region keys".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kmslab.keys.key import Key


class RelatedKeys:
    """The keys of one multi-Region key, by Region. Each of its keys refers to the same `RelatedKeys`."""

    __slots__ = ("_by_region", "primary_region")

    def __init__(self, primary_region: str) -> None:
        """Start without keys; `join` adds the primary and then the replicas.

        Args:
            primary_region: The Region of the primary key.
        """
        self.primary_region = primary_region
        self._by_region: dict[str, Key] = {}

    def __iter__(self) -> Iterator[Key]:
        """All keys, in the order in which they joined."""
        return iter(self._by_region.values())

    @property
    def primary(self) -> Key:
        """The primary key."""
        return self._by_region[self.primary_region]

    @property
    def replicas(self) -> list[Key]:
        """The replica keys, in the order in which they joined."""
        return [key for key in self if key.region != self.primary_region]

    def in_region(self, region: str) -> Key | None:
        """The key in this Region, or None."""
        return self._by_region.get(region)

    def join(self, key: Key) -> None:
        """Add a key in its Region."""
        self._by_region[key.region] = key

    def leave(self, key: Key) -> None:
        """Take a deleted key out."""
        del self._by_region[key.region]
