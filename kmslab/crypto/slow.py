"""What takes long: making RSA keys and using private ones, a millisecond to seconds at a time.

Whoever holds a lock while the rest of the world waits says so with `while_holding`; a primitive under `gives_way` then
lets go of it for as long as it computes. That is safe exactly here, because a primitive has got all it needs and
touches nothing but its own arguments. The library computes without Python's own lock, so others really go on.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, Protocol, TypeVar

Given = ParamSpec("Given")
Result = TypeVar("Result")


class Lock(Protocol):
    """A lock that somebody holds."""

    def acquire(self) -> bool:
        """Wait for it."""
        ...

    def release(self) -> None:
        """Let go of it."""
        ...


_held: ContextVar[Lock | None] = ContextVar("held", default=None)


class while_holding:  # noqa: N801 - used as a statement
    """Within the block, slow primitives of this thread let go of `lock`, which it has acquired once.

    A class and not a generator, because every request passes here.
    """

    __slots__ = ("_lock", "_token")

    def __init__(self, lock: Lock) -> None:
        """Say which lock it is."""
        self._lock = lock

    def __enter__(self) -> None:
        """From here on."""
        self._token = _held.set(self._lock)

    def __exit__(self, *_: object) -> None:
        """Until here."""
        _held.reset(self._token)


def gives_way(primitive: Callable[Given, Result]) -> Callable[Given, Result]:
    """Mark a slow primitive: no lock of `while_holding` is held while it runs."""

    @wraps(primitive)
    def run(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        lock = _held.get()
        if lock is None:
            return primitive(*args, **kwargs)
        lock.release()
        try:
            return primitive(*args, **kwargs)
        finally:
            lock.acquire()

    return run
