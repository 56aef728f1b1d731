"""The encryption context: different contexts, different bytes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kmslab.keys.context import serialise

TEXT = st.text(alphabet=st.characters(codec="utf-8"), max_size=6)
CONTEXTS = st.dictionaries(TEXT, TEXT, max_size=4)


def test_layout() -> None:
    assert serialise({}) == bytes(4)
    assert serialise({"b": "", "a": "é"}) == (
        b"\0\0\0\2" + b"\0\0\0\1a" + b"\0\0\0\2\xc3\xa9" + b"\0\0\0\1b" + b"\0\0\0\0"
    )


def test_lengths_keep_pairs_apart() -> None:
    assert serialise({"ab": "c"}) != serialise({"a": "bc"})
    assert serialise({"a": "b", "c": "d"}) != serialise({"a": "bcd"})
    assert serialise({"a": ""}) != serialise({})


def test_sorted_by_the_bytes_and_not_by_the_characters() -> None:
    """U+10000 sorts behind U+FFFF in UTF-8, and before it in UTF-16."""
    context = {"\U00010000": "1", "\uffff": "2"}
    assert serialise(context).index("\uffff".encode()) < serialise(context).index("\U00010000".encode())


@given(CONTEXTS)
def test_order_does_not_matter(context: dict[str, str]) -> None:
    assert serialise(dict(reversed(context.items()))) == serialise(context)


@given(CONTEXTS, CONTEXTS)
def test_injective(first: dict[str, str], second: dict[str, str]) -> None:
    assert (serialise(first) == serialise(second)) is (first == second)


@given(st.lists(st.sampled_from("abc"), min_size=2, max_size=6), st.data())
def test_injective_for_contexts_of_the_same_characters(letters: list[str], data: st.DataObject) -> None:
    """The hard case: the same characters in the same order, cut differently into keys and values."""
    text = "".join(letters)

    def cut() -> dict[str, str]:
        places = sorted(data.draw(st.sets(st.integers(1, len(text) - 1), max_size=3)))
        parts = [text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True)]
        parts += [""] * (len(parts) % 2)
        return dict(zip(parts[::2], parts[1::2], strict=True))

    first, second = cut(), cut()
    assert (serialise(first) == serialise(second)) is (first == second)


@given(CONTEXTS)
def test_can_be_read_back(context: dict[str, str]) -> None:
    """Whoever knows the layout gets the context back, so nothing is lost in it."""
    data = serialise(context)
    count, at, texts = int.from_bytes(data[:4]), 4, []
    while at < len(data):
        size = int.from_bytes(data[at : at + 4])
        texts.append(data[at + 4 : at + 4 + size].decode())
        at += 4 + size
    assert len(texts) == 2 * count
    assert dict(zip(texts[::2], texts[1::2], strict=True)) == context
