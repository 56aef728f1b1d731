"""The row of segments: no byte of it, and nothing of its order, can change without being noticed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from io import BufferedIOBase, BytesIO

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kmslab.envelope import TamperedError, TruncatedError
from kmslab.envelope.behind import PIECES, ROOMS
from kmslab.envelope.segments import SEGMENT_SIZE, TAG_SIZE, seal, unseal

KEY = bytearray(range(32))
SEALED_SIZE = SEGMENT_SIZE + TAG_SIZE
#: Segments that are read in several stretches, and written by a second thread.
LONG = (ROOMS + 1) * PIECES + 1
#: The first stretch has one segment, the others have as many as a room.
STRETCH = 1 + PIECES
PLAINTEXT = b"".join(bytes((number,)) * SEGMENT_SIZE for number in range(3))


def sealed(plaintext: bytes, key: bytearray = KEY) -> bytes:
    sink = BytesIO()
    seal(key, BytesIO(plaintext), sink, lambda _: None)
    return sink.getvalue()


def opened(data: bytes, sink: BytesIO | None = None) -> bytes:
    sink = BytesIO() if sink is None else sink
    unseal(KEY, BytesIO(data), sink, lambda _: None)
    return sink.getvalue()


def rows(plaintext: bytes = PLAINTEXT, key: bytearray = KEY) -> list[bytes]:
    data = sealed(plaintext, key)
    return [data[start : start + SEALED_SIZE] for start in range(0, len(data), SEALED_SIZE)]


@pytest.mark.parametrize(
    ("size", "segments"),
    [
        (0, 1),
        (1, 1),
        (SEGMENT_SIZE - 1, 1),
        (SEGMENT_SIZE, 1),
        (SEGMENT_SIZE + 1, 2),
        (3 * SEGMENT_SIZE, 3),
        (3 * SEGMENT_SIZE + 1, 4),
        (STRETCH * SEGMENT_SIZE - 1, STRETCH),
        (STRETCH * SEGMENT_SIZE, STRETCH),
        (STRETCH * SEGMENT_SIZE + 1, STRETCH + 1),
        ((STRETCH + PIECES) * SEGMENT_SIZE, STRETCH + PIECES),
        (LONG * SEGMENT_SIZE, LONG),
        (LONG * SEGMENT_SIZE + 1, LONG + 1),
    ],
)
def test_every_size_comes_back(size: int, segments: int) -> None:
    plaintext = bytes(number % 251 for number in range(size))
    advanced: list[int] = []
    sink = BytesIO()
    assert seal(KEY, BytesIO(plaintext), sink, advanced.append) == segments
    assert sum(advanced) == size
    assert len(advanced) == segments
    assert len(sink.getvalue()) == size + segments * TAG_SIZE
    back: list[int] = []
    out = BytesIO()
    assert unseal(KEY, BytesIO(sink.getvalue()), out, back.append) == segments
    assert out.getvalue() == plaintext
    assert sum(back) == len(sink.getvalue())


def test_the_nonce_is_the_number_and_the_mark() -> None:
    first, second = rows(PLAINTEXT[: SEGMENT_SIZE + 5])
    aead = AESGCM(bytes(KEY))
    assert aead.decrypt(bytes(12), first, None) == PLAINTEXT[:SEGMENT_SIZE]
    assert aead.decrypt(bytes(10) + b"\x01\x01", second, None) == PLAINTEXT[SEGMENT_SIZE : SEGMENT_SIZE + 5]


OTHER_KEY = bytearray(range(1, 33))
SPOILED: dict[str, tuple[Callable[[list[bytes]], list[bytes]], type[TamperedError]]] = {
    "first two swapped": (lambda s: [s[1], s[0], s[2]], TamperedError),
    "last two swapped": (lambda s: [s[0], s[2], s[1]], TamperedError),
    "first repeated": (lambda s: [s[0], *s], TamperedError),
    "last repeated": (lambda s: [*s, s[2]], TamperedError),
    "first dropped": (lambda s: s[1:], TamperedError),
    "middle dropped": (lambda s: [s[0], s[2]], TamperedError),
    "last dropped": (lambda s: s[:2], TruncatedError),
    "all but the first dropped": (lambda s: s[:1], TruncatedError),
    "all dropped": (lambda s: [], TruncatedError),
    "a byte appended": (lambda s: [*s, b"\0"], TamperedError),
    "a tag's worth appended": (lambda s: [*s, bytes(16)], TamperedError),
    "another row appended": (lambda s: s + s, TamperedError),
    "an empty row appended": (lambda s: [*s, sealed(b"")], TamperedError),
    "one of another key's": (lambda s: [s[0], rows(key=OTHER_KEY)[1], s[2]], TamperedError),
    "the last of a longer row appended": (lambda s: [*s, rows(PLAINTEXT + b"more")[3]], TamperedError),
    "15 bytes left of the last": (lambda s: [*s[:2], s[2][:15]], TruncatedError),
    "16 bytes left of the last": (lambda s: [*s[:2], s[2][:16]], TamperedError),
    "half of the last": (lambda s: [*s[:2], s[2][: SEALED_SIZE // 2]], TamperedError),
    "the last without its last byte": (lambda s: [*s[:2], s[2][:-1]], TamperedError),
}


@pytest.mark.parametrize(("spoil", "error"), SPOILED.values(), ids=SPOILED.keys())
def test_a_spoiled_row_is_refused(spoil: Callable[[list[bytes]], list[bytes]], error: type[TamperedError]) -> None:
    sink = BytesIO()
    with pytest.raises(TamperedError, match=r"envelope .*; get an? (intact|complete) copy of the file\.$") as caught:
        opened(b"".join(spoil(rows())), sink)
    assert type(caught.value) is error
    assert PLAINTEXT.startswith(sink.getvalue()), "something was handed on that was not verified"
    assert len(sink.getvalue()) < len(PLAINTEXT)


LONG_SPOILED: dict[str, tuple[Callable[[list[bytes]], list[bytes]], type[TamperedError], int]] = {
    "stretches swapped": (
        lambda s: [s[0], *s[STRETCH : STRETCH + PIECES], *s[1:STRETCH], *s[STRETCH + PIECES :]],
        TamperedError,
        1,
    ),
    "segments swapped over a border": (
        lambda s: [*s[: STRETCH - 1], s[STRETCH], s[STRETCH - 1], *s[STRETCH + 1 :]],
        TamperedError,
        STRETCH - 1,
    ),
    "a stretch repeated": (lambda s: s[:STRETCH] + s[1:], TamperedError, STRETCH),
    "a stretch dropped": (lambda s: s[:1] + s[STRETCH:], TamperedError, 1),
    "cut at a border": (lambda s: s[:STRETCH], TruncatedError, STRETCH - 1),
    "cut behind a border": (lambda s: s[: STRETCH + 1], TruncatedError, STRETCH),
    "a byte less at a border": (lambda s: [*s[: STRETCH - 1], s[STRETCH - 1][:-1]], TamperedError, STRETCH - 1),
    "a byte more at the end": (lambda s: [*s, b"\0"], TamperedError, LONG - 1),
    "a row more at the end": (lambda s: s + s, TamperedError, LONG - 1),
    "the last first": (lambda s: [s[-1], *s[:-1]], TamperedError, 0),
}


@pytest.mark.parametrize(("spoil", "error", "good"), LONG_SPOILED.values(), ids=LONG_SPOILED.keys())
def test_a_spoiled_long_row_is_refused_at_the_segment_that_is_wrong(
    spoil: Callable[[list[bytes]], list[bytes]], error: type[TamperedError], good: int
) -> None:
    plaintext = b"".join(bytes((number,)) * SEGMENT_SIZE for number in range(LONG))
    sink = BytesIO()
    with pytest.raises(TamperedError, match=rf"(^Segment|ends after segment) {good}\b") as caught:
        opened(b"".join(spoil(rows(plaintext))), sink)
    assert type(caught.value) is error
    assert plaintext.startswith(sink.getvalue()), "something was handed on that was not verified"
    assert len(sink.getvalue()) <= good * SEGMENT_SIZE
    assert not [thread for thread in threading.enumerate() if thread.name == "kmslab-envelope"]


def test_the_message_names_the_segment() -> None:
    first, second, third = rows()
    with pytest.raises(TamperedError, match=r"^Segment 1 of this envelope was changed, damaged, moved or cut;"):
        opened(first + second[:-1] + bytes((second[-1] ^ 1,)) + third)
    with pytest.raises(TruncatedError, match=r"^This envelope ends after segment 1;"):
        opened(first + second)
    with pytest.raises(TruncatedError, match=r"^This envelope ends within segment 2;"):
        opened(first + second + b"\0")


def test_an_empty_last_segment_is_refused_even_if_it_is_authentic() -> None:
    aead = AESGCM(bytes(KEY))
    first = aead.encrypt(bytes(12), bytes(SEGMENT_SIZE), None)
    empty = aead.encrypt(bytes(10) + b"\x01\x01", b"", None)
    with pytest.raises(TamperedError, match=r"^This envelope ends with an empty segment, which cannot be;"):
        opened(first + empty)


class Dribble(BufferedIOBase):
    """Gives at most 1000 bytes at a time, as a slow source may."""

    def __init__(self, data: bytes) -> None:
        self._data = BytesIO(data)

    def readinto(self, buffer) -> int:
        return self._data.readinto(memoryview(buffer)[:1000])


def test_a_source_that_gives_little_at_a_time_makes_the_same_segments() -> None:
    sink, back = BytesIO(), BytesIO()
    assert seal(KEY, Dribble(PLAINTEXT), sink, lambda _: None) == 3
    assert sink.getvalue() == sealed(PLAINTEXT)
    assert unseal(KEY, Dribble(sink.getvalue()), back, lambda _: None) == 3
    assert back.getvalue() == PLAINTEXT
