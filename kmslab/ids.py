"""New ids: key ids, key material ids, request and event ids. Random, or the same every time for a seeded Lab.

Ids are not secrets. Secrets never come from here: they come from the operating system, seeded Lab or not.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from operator import itemgetter

# The bits of a UUID that version and variant leave free, and what these two are. Source: RFC 9562, section 5.4.
_FREE = ~(0xF << 76 | 0xC << 60)
_VERSION_4 = 0x4 << 76 | 0x8 << 60
_GROUPS = itemgetter(slice(0, 8), slice(8, 12), slice(12, 16), slice(16, 20), slice(20, 32))


class Ids:
    """A source of ids. Each kind has a stream of its own: one more request does not change the next key's id."""

    def __init__(self, seed: int | None = None) -> None:
        """Start the streams; without a seed from the operating system's randomness."""
        self._seed: int | str | None = seed
        self._streams: dict[str, random.Random] = {}
        self._planned: dict[str, str] = {}

    def begin_life(self, number: int) -> None:
        """Begin all streams anew, with other ids than in any other life of the same seed.

        Args:
            number: How often a kept Lab was opened before.
        """
        if self._seed is not None:
            self._seed = f"{self._seed}/life {number}"
        self._streams.clear()

    def uuid(self, kind: str) -> str:
        """A random UUID (version 4) from the stream of `kind`."""
        planned = self._planned.pop(kind, None)
        if planned is not None:
            return planned
        stream = self._streams.get(kind) or self._stream(kind)
        # uuid.uuid4 has no seed, and uuid.UUID takes several times as long.
        digits = f"{stream.getrandbits(128) & _FREE | _VERSION_4:032x}"
        return "-".join(_GROUPS(digits))

    def hex(self, kind: str, digits: int) -> str:
        """`digits` random hexadecimal digits from the stream of `kind`."""
        planned = self._planned.pop(kind, None)
        if planned is not None:
            return planned[-digits:]
        return f"{self._stream(kind).getrandbits(4 * digits):0{digits}x}"

    def letters(self, kind: str, count: int) -> str:
        """`count` random characters of the base 32 alphabet, as in access key ids, from the stream of `kind`."""
        return "".join(self._stream(kind).choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=count))

    @contextmanager
    def planned(self, kind: str, value: str) -> Iterator[None]:
        """Within the block, the next id of `kind` is `value`; for `hex`, its last digits. The stream is not drawn from.

        Whoever makes ids of that kind meanwhile gets it; a plan that nobody has taken is given up at the end.
        """
        self._planned[kind] = value
        try:
            yield
        finally:
            self._planned.pop(kind, None)

    def _stream(self, kind: str) -> random.Random:
        stream = self._streams.get(kind)
        if stream is None:
            stream = random.Random() if self._seed is None else random.Random(f"{self._seed}/{kind}")  # noqa: S311
            self._streams[kind] = stream
        return stream
