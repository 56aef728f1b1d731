"""Keys that are there and that nobody has asked for yet: a Lab in a file may hold a hundred thousand of them.

A key sleeps as the bytes of its row, and is made of them when it is first looked at, wherever that is. Who looks never
sees one that sleeps.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

from kmslab.keys.key import Key
from kmslab.keys.sorted_map import SortedMap

# The front door looks with its lock held; a notebook's inventory does not, and there must be one key of each.
_waking = threading.Lock()


class Sleeper:
    """One key that sleeps, and later the way to it."""

    __slots__ = ("_key", "_make", "_row")

    def __init__(self, make: Callable[[bytes], Key], row: bytes) -> None:
        """Let `make` make the key of `row` when it is looked at."""
        self._make = make
        self._row = row
        self._key: Key | None = None

    def wake(self) -> Key:
        """The key."""
        if self._key is None:
            with _waking:
                if self._key is None:
                    self._key = self._make(self._row)
                    self._row = b""
        return self._key


class SleepingKeys(SortedMap[Key]):
    """Keys by id, some of which may sleep."""

    __slots__ = ()

    _items: dict[str, Any]

    def __getitem__(self, name: str) -> Key:
        """The key with this id."""
        item = self._items[name]
        if isinstance(item, Sleeper):
            item = self._items[name] = item.wake()
        found: Key = item
        return found

    def get(self, name: str, default: Any = None) -> Any:
        """The key with this id, or the default."""
        return self[name] if name in self._items else default

    def __iter__(self) -> Iterator[Key]:
        """The keys, in the order in which they were created."""
        return map(self.__getitem__, list(self._items))

    @property
    def at_hand(self) -> list[Key]:
        """Those that do not sleep."""
        return [item for item in list(self._items.values()) if not isinstance(item, Sleeper)]
