"""S3's sealed contents: segments, ranges, parts, layers."""

from __future__ import annotations

import os
from itertools import pairwise

import pytest

from kmslab.cloud.s3.content import SEGMENT_SIZE, OpenedView, Sealed, Segment, View, join, seal
from kmslab.crypto import AuthenticationError

KEY, OTHER = bytes(range(32)), bytes(32)
SIZES = [0, 1, SEGMENT_SIZE - 1, SEGMENT_SIZE, SEGMENT_SIZE + 1, 2 * SEGMENT_SIZE + 7]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("keys", [(KEY,), (KEY, OTHER)], ids=["one layer", "two layers"])
def test_there_and_back(size: int, keys: tuple[bytes, ...]) -> None:
    content = os.urandom(size)
    sealed = seal(content, keys)
    assert sealed.read(keys) == content
    segments = max(1, -(-size // SEGMENT_SIZE))
    assert len(sealed.at_rest) == size + segments * 28 * len(keys)


def test_any_range_reads_as_it_would_in_the_clear() -> None:
    content = os.urandom(2 * SEGMENT_SIZE + 7)
    sealed = seal(content, (KEY,))
    borders = [0, 1, SEGMENT_SIZE - 1, SEGMENT_SIZE, SEGMENT_SIZE + 1, 2 * SEGMENT_SIZE, len(content), len(content) + 9]
    for start in borders:
        for stop in borders:
            if start <= stop:
                assert sealed.read((KEY,), start, stop) == content[start:stop], (start, stop)


def test_parts_are_joined_without_their_key() -> None:
    parts = [os.urandom(size) for size in (SEGMENT_SIZE + 3, 5, 2 * SEGMENT_SIZE)]
    joined = join([seal(part, (KEY,), number) for number, part in enumerate(parts, 1)])
    content = b"".join(parts)
    assert joined.read((KEY,)) == content
    borders = [0, SEGMENT_SIZE + 3, SEGMENT_SIZE + 8, len(content)]
    for start, stop in pairwise(borders):
        assert joined.read((KEY,), max(start - 2, 0), stop + 2) == content[max(start - 2, 0) : stop + 2]


def test_nothing_of_the_content_is_at_rest() -> None:
    content = b"top secret " * 200_000
    assert b"top secret" not in seal(content, (KEY,)).at_rest
    assert seal(content, (KEY,)).at_rest != seal(content, (KEY,)).at_rest


def test_segments_are_bound_to_their_places_and_keys() -> None:
    sealed = seal(os.urandom(2 * SEGMENT_SIZE), (KEY,))
    first, second = sealed.segments
    exchanged = Sealed((Segment(first.place, second.data), Segment(second.place, first.data)), 1)
    damaged = Sealed((Segment(first.place, first.data[:-1] + bytes([first.data[-1] ^ 1])), second), 1)
    for bad, keys in ((exchanged, (KEY,)), (damaged, (KEY,)), (sealed, (OTHER,))):
        with pytest.raises(AuthenticationError):
            bad.read(keys)
    assert len(damaged.read((KEY,), SEGMENT_SIZE)) == SEGMENT_SIZE


def test_a_view_stands_for_bytes() -> None:
    content = os.urandom(SEGMENT_SIZE + 100)
    sealed = seal(content, (KEY,))
    view = View(sealed, 0, len(content))
    assert (len(view), len(view[10:30]), len(view[len(content) :])) == (len(content), 20, 0)
    assert view[SEGMENT_SIZE - 5 : SEGMENT_SIZE + 5][2:9].read((KEY,)) == content[SEGMENT_SIZE - 3 : SEGMENT_SIZE + 4]
    assert OpenedView(sealed, len(content), (KEY,))[7:11] == content[7:11]
