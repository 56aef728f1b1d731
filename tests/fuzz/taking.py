"""What a target makes of the fuzzer's bytes, and what it says when it has found something.

The bytes steer: each choice takes some, and when they have run out every choice is the first. So a shorter input is a
simpler case, and an input means the same with atheris and without.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

Item = TypeVar("Item")

#: How long one request, message or file may take, in seconds of processor time.
PATIENCE = 1.0


class FoundError(AssertionError):
    """Something that must not be."""


class Taking:
    """The fuzzer's bytes, taken from the front."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def is_over(self) -> bool:
        return self._at >= len(self._data)

    def bytes(self, count: int) -> bytes:
        """The next bytes, fewer at the end."""
        taken = self._data[self._at : self._at + count]
        self._at += count
        return taken

    def rest(self) -> bytes:
        return self.bytes(len(self._data))

    def number(self, size: int = 1) -> int:
        return int.from_bytes(self.bytes(size))

    def below(self, limit: int) -> int:
        """A number from 0 on; 0 when there are no bytes left."""
        return self.number(1 if limit <= 256 else 2 if limit <= 65536 else 3) % limit

    def one(self, of: Sequence[Item]) -> Item:
        return of[self.below(len(of))]

    def chance(self, in_256: int) -> bool:
        """False when there are no bytes left."""
        return not self.is_over and self.number() < in_256

    def text(self, most: int = 40) -> str:
        return self.bytes(self.below(most + 1)).decode("utf-8", "replace")


def edited(base: bytes, take: Taking, most: int = 16) -> bytes:
    """`base` with some bytes of it changed, as the fuzzer wishes; with no wishes, `base` itself."""
    data = bytearray(base)
    for _ in range(most):
        if take.is_over:
            break
        how, at = take.below(6), take.below(len(data) + 1)
        if how == 0:
            data[at : at + 1] = take.bytes(1)
        elif how == 1 and at < len(data):
            data[at] ^= 1 << take.below(8)
        elif how == 2:
            data[at:at] = take.bytes(take.below(9))
        elif how == 3:
            del data[at : at + 1 + take.below(64)]
        elif how == 4:
            came = take.below(len(data) + 1)
            data[at:at] = data[came : came + take.below(64)]
        else:
            data[at : at + 4] = take.bytes(4)
    return bytes(data)


@contextmanager
def in_time(what: Any, patience: float = PATIENCE) -> Iterator[None]:
    """What is within the block has to be done within a second of processor time, unless said otherwise."""
    started = time.process_time()
    yield
    took = time.process_time() - started
    if took > patience:
        raise FoundError(f"{what!s:.200}: took {took:.1f} s of processor time")


def claim(holds: bool, sentence: str) -> None:
    """Something that has to hold."""
    if not holds:
        raise FoundError(sentence)
