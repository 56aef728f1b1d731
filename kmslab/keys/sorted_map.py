"""A dictionary that is listed by name, from any name on, at the same cost however much it holds."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from itertools import islice
from operator import itemgetter
from typing import Generic, TypeVar, overload

Item = TypeVar("Item")
Other = TypeVar("Other")

#: Names stand in blocks that are between one and twice as long as this, so that one more moves few others.
_BLOCK = 256

_first = itemgetter(0)


class SortedMap(Generic[Item]):
    """Items by name. Iterating gives the items in the order in which they were added; `after` in that of the names."""

    __slots__ = ("_blocks", "_items")

    def __init__(self) -> None:
        """Start empty."""
        self._items: dict[str, Item] = {}
        self._blocks: list[list[str]] = []

    def __len__(self) -> int:
        """How many items there are."""
        return len(self._items)

    def __iter__(self) -> Iterator[Item]:
        """The items, in the order in which they were added."""
        return iter(self._items.values())

    def __contains__(self, name: object) -> bool:
        """Whether there is an item of this name."""
        return name in self._items

    def __getitem__(self, name: str) -> Item:
        """The item of this name."""
        return self._items[name]

    @overload
    def get(self, name: str) -> Item | None: ...
    @overload
    def get(self, name: str, default: Other) -> Item | Other: ...
    def get(self, name: str, default: Other | None = None) -> Item | Other | None:
        """The item of this name, or the default."""
        return self._items.get(name, default)

    @property
    def at_hand(self) -> list[Item]:
        """The items that can be had without making them first: here all of them."""
        return list(self._items.values())

    @property
    def names(self) -> list[str]:
        """All names, sorted."""
        return [name for block in self._blocks for name in block]

    def after(self, name: str | None) -> Iterator[Item]:
        """The items whose names come after this one, whether or not there is one of this name; all after None."""
        item, blocks = self.__getitem__, self._blocks
        place, start = (0, 0) if name is None or not blocks else self._following(name)
        for block in islice(blocks, place, None):
            yield from map(item, map(block.__getitem__, range(start, len(block))))
            start = 0

    def _following(self, name: str) -> tuple[int, int]:
        """In which block the names after this one begin, and where in it."""
        place = self._place(name)
        return place, bisect_right(self._blocks[place], name)

    def add(self, name: str, item: Item) -> None:
        """Add an item under a new name."""
        self._items[name] = item
        if not self._blocks:
            self._blocks.append([name])
            return
        place = self._place(name)
        block = self._blocks[place]
        insort(block, name)
        if len(block) > 2 * _BLOCK:
            self._blocks[place : place + 1] = [block[:_BLOCK], block[_BLOCK:]]

    def add_all(self, items: Iterable[tuple[str, Item]]) -> None:
        """Add many items under new names, quicker than one by one."""
        self._items.update(items)
        names = sorted(self._items)
        self._blocks = [names[start : start + _BLOCK] for start in range(0, len(names), _BLOCK)]

    def remove(self, name: str) -> None:
        """Take an item out."""
        del self._items[name]
        place = self._place(name)
        block = self._blocks[place]
        del block[bisect_left(block, name)]
        if not block:
            del self._blocks[place]

    def _place(self, name: str) -> int:
        """Which block a name belongs to."""
        return max(0, bisect_right(self._blocks, name, key=_first) - 1)
