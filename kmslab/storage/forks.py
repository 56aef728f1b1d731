"""A process that forks: what is forked off has a copy of every open Lab, and a file cannot have two keepers.

SQLite forbids to use or even to close a connection in a process that was forked off: it would take the log from under
the one that writes. So nothing of it is touched there, and whoever asks such a copy of a Lab is told.
"""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class Kept(Protocol):
    """A state file that is open."""

    def pause(self) -> None:
        """Return once no other thread is in the middle of something, and let none begin."""
        ...

    def go_on(self) -> None:
        """Undo `pause`."""
        ...

    def abandon(self) -> None:
        """Never touch the file again: another process has it."""
        ...


_kept: weakref.WeakSet[Kept] = weakref.WeakSet()
_paused: list[Kept] = []


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
    # What another thread holds at that moment, a lock of SQLite's own included, the copy would wait for for ever.
    for each in list(_kept):
        each.pause()
        _paused.append(each)


def _after() -> None:
    while _paused:
        _paused.pop().go_on()


def _after_in_child() -> None:
    left = list(_paused)
    _after()
    for each in left:
        each.abandon()
        _kept.discard(each)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_after, after_in_child=_after_in_child)
