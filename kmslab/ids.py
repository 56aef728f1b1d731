"""New ids: key ids, key material ids, request and event ids. Random, or the same every time for a seeded Lab.

Ids are not secrets. Secrets never come from here: they come from the operating system, seeded Lab or not.
"""

from __future__ import annotations

import random


class Ids:
    """A source of ids. Each kind has a stream of its own: one more request does not change the next key's id."""

    def __init__(self, seed: int | None = None) -> None:
        """Start the streams; without a seed from the operating system's randomness."""
        self._seed = seed
        self._streams: dict[str, random.Random] = {}

    def uuid(self, kind: str) -> str:
        """A random UUID (version 4) from the stream of `kind`."""
        # uuid.uuid4 has no seed, and uuid.UUID takes several times as long.
        digits = f"{self._stream(kind).getrandbits(128):032x}"
        variant = "89ab"[int(digits[16], 16) & 3]
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"

    def hex(self, kind: str, digits: int) -> str:
        """`digits` random hexadecimal digits from the stream of `kind`."""
        return f"{self._stream(kind).getrandbits(4 * digits):0{digits}x}"

    def letters(self, kind: str, count: int) -> str:
        """`count` random characters of the base 32 alphabet, as in access key ids, from the stream of `kind`."""
        return "".join(self._stream(kind).choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=count))

    def _stream(self, kind: str) -> random.Random:
        stream = self._streams.get(kind)
        if stream is None:
            stream = random.Random() if self._seed is None else random.Random(f"{self._seed}/{kind}")  # noqa: S311
            self._streams[kind] = stream
        return stream
