"""The contents of objects under lock: sealed in segments, so that a range is read without the rest.

A segment is one piece of the content, of 1 MiB at most. Each layer of encryption makes of it

    nonce, 12 bytes | ciphertext | tag, 16 bytes

AES-256-GCM with a random nonce. What is authenticated besides is the segment's place: the number of the part that it
belongs to and its own within the part, so that parts are joined without reading them.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, NamedTuple

from kmslab.crypto import aes

#: How much of the content is in one segment, in bytes.
SEGMENT_SIZE = 2**20

#: How much longer a layer of encryption makes a segment.
_OVERHEAD = aes.NONCE_SIZE + aes.TAG_SIZE

#: The keys of an object, the innermost layer's first.
Keys = Sequence[bytes]


class Segment(NamedTuple):
    """A sealed piece.

    Attributes:
        place: Part and segment, as they are authenticated: two numbers of 4 bytes.
        data: The sealed bytes.
    """

    place: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class Sealed:
    """The sealed content of an object, or of one part of an upload.

    Attributes:
        segments: It, in order; at least one.
        layers: How many times over it is encrypted.
    """

    segments: tuple[Segment, ...]
    layers: int

    @property
    def at_rest(self) -> bytes:
        """What lies in the bucket."""
        return b"".join(segment.data for segment in self.segments)

    @property
    def ends(self) -> list[int]:
        """Where each segment ends in the content."""
        return list(accumulate(len(segment.data) - self.layers * _OVERHEAD for segment in self.segments))

    def read(self, keys: Keys, start: int = 0, stop: int | None = None) -> bytes:
        """The content from `start` to before `stop`.

        Raises:
            AuthenticationError: these are not the keys, or the content was changed.
        """
        ends = self.ends
        stop = ends[-1] if stop is None else min(stop, ends[-1])
        first = min(bisect_right(ends, start), len(ends) - 1)
        last = min(bisect_right(ends, max(stop - 1, start)), len(ends) - 1)
        begins = ends[first - 1] if first else 0
        opened = [_unsealed(segment, keys) for segment in self.segments[first : last + 1]]
        if len(opened) == 1:
            return opened[0][start - begins : stop - begins]
        opened[-1] = opened[-1][: stop - ends[last - 1]]
        opened[0] = opened[0][start - begins :]
        return b"".join(opened)


def seal(content: bytes, keys: Keys, part: int = 0) -> Sealed:
    """Seal the content of an object, or of the part of an upload with that number."""
    view = memoryview(content)
    starts = range(0, max(len(content), 1), SEGMENT_SIZE)
    segments = (
        _sealed(part.to_bytes(4) + number.to_bytes(4), view[start : start + SEGMENT_SIZE], keys)
        for number, start in enumerate(starts)
    )
    return Sealed(tuple(segments), len(keys))


def join(parts: Sequence[Sealed]) -> Sealed:
    """The content that these parts make, under the keys that they have; nothing is read."""
    return Sealed(tuple(segment for part in parts for segment in part.segments), parts[0].layers)


def _sealed(place: bytes, content: bytes | memoryview, keys: Keys) -> Segment:
    data = bytes(content)
    for key in keys:
        nonce = os.urandom(aes.NONCE_SIZE)
        data = nonce + aes.seal(key, nonce, data, place)
    return Segment(place, data)


def _unsealed(segment: Segment, keys: Keys) -> bytes:
    data = segment.data
    for key in reversed(keys):
        data = aes.unseal(key, data[: aes.NONCE_SIZE], data[aes.NONCE_SIZE :], segment.place)
    return data


class View:
    """A stretch of a sealed content that stands for the bytes in it, before anybody has the key.

    It has their length and can be sliced, and that is all that is needed to answer a request for a range.
    """

    def __init__(self, sealed: Sealed, start: int, stop: int) -> None:
        """The content from `start` to before `stop`, both within it."""
        self._sealed = sealed
        self._start = start
        self._stop = max(start, stop)

    def __len__(self) -> int:
        return self._stop - self._start

    def __getitem__(self, wanted: slice) -> Any:
        start, stop, _ = wanted.indices(len(self))
        return View(self._sealed, self._start + start, self._start + stop)

    def read(self, keys: Keys) -> bytes:
        """The bytes.

        Raises:
            AuthenticationError: these are not the keys, or the content was changed.
        """
        return self._sealed.read(keys, self._start, self._stop)


class OpenedView(View):
    """A sealed content with its keys: what is sliced from it are bytes."""

    def __init__(self, sealed: Sealed, size: int, keys: Keys) -> None:
        """The whole content, `size` bytes long."""
        super().__init__(sealed, 0, size)
        self._keys = keys

    def __getitem__(self, wanted: slice) -> Any:
        return super().__getitem__(wanted).read(self._keys)
