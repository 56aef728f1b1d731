"""Pages: together they are the list, whatever the limit, and whatever happens in between."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmslab.errors import InvalidMarkerException
from kmslab.operations.paging import listing, page

NAMES = st.lists(st.text(min_size=1, max_size=5), max_size=30, unique=True).map(sorted)


def pages_of(items: list[str], limit: int, marker: str | None = None) -> dict[str, Any]:
    return page(listing(items, str), limit, marker, member="Keys", position=str, entry=str.upper)


@given(NAMES, st.integers(1, 40))
def test_together_they_are_the_list(items: list[str], limit: int) -> None:
    found: list[str] = []
    marker = None
    for _ in range(len(items) + 1):
        reply = pages_of(items, limit, marker)
        assert len(reply["Keys"]) <= limit
        found += reply["Keys"]
        assert ("NextMarker" in reply) is reply["Truncated"]
        if not reply["Truncated"]:
            break
        assert len(reply["Keys"]) == limit, "only the last page is short"
        marker = reply["NextMarker"]
        assert 1 <= len(marker) <= 1024
        assert marker.isascii()
    assert found == [item.upper() for item in items]


@given(NAMES, NAMES, st.integers(1, 10))
def test_what_stays_is_listed_once_whatever_comes_and_goes(before: list[str], after: list[str], limit: int) -> None:
    reply = pages_of(before, limit)
    found = list(reply["Keys"])
    while reply["Truncated"]:
        reply = pages_of(after, limit, reply["NextMarker"])
        found += reply["Keys"]
    if len(before) > limit:
        for item in set(before) & set(after):
            assert found.count(item.upper()) >= 1
    assert len(found) <= len(before) + len(after)


def test_exactly_full() -> None:
    assert pages_of(["a", "b"], 2) == {"Keys": ["A", "B"], "Truncated": False}
    assert pages_of([], 2) == {"Keys": [], "Truncated": False}


def test_a_marker_behind_the_end() -> None:
    marker = pages_of(["a", "z"], 1)["NextMarker"]
    assert pages_of(["0"], 1, marker) == {"Keys": [], "Truncated": False}


@given(st.text(max_size=30))
def test_noise_is_no_marker(marker: str) -> None:
    with pytest.raises(InvalidMarkerException) as caught:
        pages_of(["a"], 1, marker)
    assert caught.value.message == ""


@pytest.mark.parametrize(
    "content",
    [b"", b"Keys", b"Aliases\na", b"keys\na", b"\xff\xfe"],
    ids=["nothing", "no position", "another listing", "other letters", "no text"],
)
def test_what_looks_like_a_marker(content: bytes) -> None:
    marker = base64.urlsafe_b64encode(content).decode()
    if content == b"Keys":
        # A position before every other; harmless, and nothing AWS would have said.
        assert pages_of(["a"], 1, marker)["Keys"] == ["A"]
        return
    with pytest.raises(InvalidMarkerException):
        pages_of(["a"], 1, marker)
