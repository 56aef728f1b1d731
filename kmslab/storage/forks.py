"""A process that forks: what is forked off has a copy of every open Lab, and a file cannot have two keepers.

SQLite forbids to use or even to close a connection in a process that was forked off: it would take the log from under
the one that writes. So nothing of it is touched there, and whoever asks such a copy of a Lab is told.
"""

from __future__ import annotations

import os
import weakref
from contextlib import AbstractContextManager
from typing import Any, Protocol


class Kept(Protocol):
    """A state file that is open."""

    still: AbstractContextManager[Any]

    def abandon(self) -> None:
        """Never touch the file again: another process has it."""
        ...


_kept: weakref.WeakSet[Kept] = weakref.WeakSet()
_entered: list[Kept] = []


def watch(kept: Kept) -> None:
    """Tell `kept` when it is in a process that was forked off."""
    _kept.add(kept)


def forget(kept: Kept) -> None:
    """Tell it nothing any more."""
    _kept.discard(kept)


def immortal(thing: object) -> None:
    """Let nothing that happens to a process, its end included, take `thing` apart."""
    import ctypes

    ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))


def _before() -> None:
    # No other thread may be in the middle of something that the copy would wait for forever.
    for each in list(_kept):
        each.still.__enter__()
        _entered.append(each)


def _after() -> None:
    while _entered:
        _entered.pop().still.__exit__(None, None, None)


def _after_in_child() -> None:
    left = list(_entered)
    _after()
    for each in left:
        each.abandon()
        _kept.discard(each)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_after, after_in_child=_after_in_child)
