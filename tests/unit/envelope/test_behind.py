"""Pieces are written in their order, by a thread that ends, and never more are under way than the rooms hold."""

from __future__ import annotations

import threading
from io import BufferedIOBase, BytesIO

import pytest

from kmslab.envelope.behind import PIECES, ROOMS, WritingBehind

#: As many pieces as there is room for.
FULL = 1 + (ROOMS - 1) * PIECES


class Sink(BufferedIOBase):
    """Keeps what it gets and who wrote it; waits until it may write, and refuses one write when told to."""

    def __init__(self, refuses: int | None = None, waits: bool = False) -> None:
        self.writes: list[bytes] = []
        self.writers: set[threading.Thread] = set()
        self.may = threading.Event()
        self._refuses = refuses
        if not waits:
            self.may.set()

    def write(self, data) -> int:
        assert self.may.wait(10)
        self.writers.add(threading.current_thread())
        if len(self.writes) == self._refuses:
            raise OSError(28, "No space left on device")
        self.writes.append(bytes(data))
        return len(data)


def give(writer: WritingBehind, *numbers: int) -> None:
    for number in numbers:
        writer.place()[:3] = bytes((number,)) * 3
        writer.write(3)


def expected(count: int) -> bytes:
    return b"".join(bytes((number,)) * 3 for number in range(count))


@pytest.mark.parametrize("count", [0, 1, 2, PIECES, PIECES + 1, PIECES + 2, FULL - 1, FULL, FULL + 1, 200])
def test_pieces_are_written_in_their_order(count: int) -> None:
    sink = Sink()
    with WritingBehind(sink, 3) as writer:
        give(writer, *range(count))
    assert b"".join(sink.writes) == expected(count)
    assert not any(thread.is_alive() for thread in sink.writers - {threading.current_thread()})


def test_what_fits_into_the_rooms_needs_no_thread_and_the_rest_has_one() -> None:
    few, many = Sink(), Sink()
    with WritingBehind(few, 3) as writer:
        give(writer, *range(FULL - 1))
    with WritingBehind(many, 3) as writer:
        give(writer, *range(FULL + 5))
    assert few.writers == {threading.current_thread()}
    assert threading.current_thread() not in many.writers
    assert len(many.writers) == 1


def test_whoever_makes_pieces_waits_for_a_slow_sink() -> None:
    sink = Sink(waits=True)
    made: list[int] = []

    def make() -> None:
        with WritingBehind(sink, 3) as writer:
            for number in range(100):
                give(writer, number)
                made.append(number)

    maker = threading.Thread(target=make)
    maker.start()
    maker.join(0.05)
    assert len(made) <= FULL
    assert sink.writes == []
    sink.may.set()
    maker.join(10)
    assert b"".join(sink.writes) == expected(100)


@pytest.mark.parametrize("at", [0, 1, 20])
def test_an_error_of_the_sink_reaches_whoever_makes_pieces_and_nothing_is_written_after_it(at: int) -> None:
    sink = Sink(refuses=at)
    given: list[int] = []

    def make() -> None:
        with WritingBehind(sink, 3) as writer:
            for number in range(200):
                give(writer, number)
                given.append(number)

    with pytest.raises(OSError, match="No space left"):
        make()
    assert len(given) <= len(b"".join(sink.writes)) // 3 + FULL
    assert expected(200).startswith(b"".join(sink.writes))
    assert len(sink.writes) == at


@pytest.mark.parametrize("count", [1, FULL + 1])
def test_an_error_of_the_sink_at_the_very_end_is_not_lost(count: int) -> None:
    with (
        pytest.raises(OSError, match="No space left"),
        WritingBehind(Sink(refuses=0 if count == 1 else ROOMS), 3) as writer,
    ):
        give(writer, *range(count))


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_after_an_error_in_the_block_no_thread_is_left(error: type[BaseException]) -> None:
    sink = Sink(waits=True)

    def make() -> None:
        with WritingBehind(sink, 3) as writer:
            give(writer, *range(FULL))
            sink.may.set()
            raise error

    with pytest.raises(error):
        make()
    # The room that was being written, and perhaps those that were written before the error was seen.
    assert expected(FULL).startswith(b"".join(sink.writes))
    assert not any(thread.is_alive() for thread in sink.writers)


def test_a_short_piece_takes_no_more_than_it_needs_and_a_room_is_written_at_once() -> None:
    sink = Sink()
    with WritingBehind(sink, 4) as writer:
        for size in (4, 1, 0, 4, 4, 4, 2):
            writer.place()[:size] = b"abcd"[:size]
            writer.write(size)
    assert sink.writes == [b"abcd", b"aabcdabcdabcd", b"ab"]


def test_what_is_still_in_the_rooms_at_an_error_is_not_written() -> None:
    sink = BytesIO()

    def make() -> None:
        with WritingBehind(sink, 3) as writer:
            give(writer, *range(FULL - 1))
            raise ValueError("enough")

    with pytest.raises(ValueError, match="enough"):
        make()
    assert sink.getvalue() == b""
