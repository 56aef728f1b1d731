"""What takes long: making RSA keys and using private ones, a millisecond to seconds at a time.

Whoever holds a lock while the rest of the world waits says so with `while_holding`; a primitive under `gives_way` then
lets go of it for as long as it computes. That is safe exactly here, because a primitive has got all it needs and
touches nothing but its own arguments. The library computes without Python's own lock, so others really go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
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


@contextmanager
def while_holding(lock: Lock) -> Iterator[None]:
    """Within the block, slow primitives of this thread let go of `lock`, which it has acquired once."""
    token = _held.set(lock)
    try:
        yield
    finally:
        _held.reset(token)


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
