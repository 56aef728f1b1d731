"""The encryption context: the pairs that are bound to a ciphertext without being stored in it."""

from __future__ import annotations

from collections.abc import Mapping

EncryptionContext = Mapping[str, str]

_NO_PAIRS = bytes(4)


def serialise(context: EncryptionContext) -> bytes:
    """Write the context so that different contexts give different bytes and order does not matter.

    Layout: number of pairs (4 bytes), then for each pair, in the order of the UTF-8 bytes of its key: length of key
    (4), key, length of value (4), value. Lengths are in bytes, big-endian; text is UTF-8.

    The lengths are what keeps `{"ab": "c"}` and `{"a": "bc"}` apart.
    """
    if not context:
        return _NO_PAIRS
    pairs = sorted((key.encode(), value.encode()) for key, value in context.items())
    parts = [len(pairs).to_bytes(4)]
    for pair in pairs:
        for text in pair:
            parts += (len(text).to_bytes(4), text)
    return b"".join(parts)
