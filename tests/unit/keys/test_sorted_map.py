"""A sorted map against a dictionary and `sorted`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmslab.keys import sorted_map
from kmslab.keys.sorted_map import SortedMap

NAMES = st.text("abc", max_size=4)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sorted_map, "_BLOCK", 3)


@given(st.sets(NAMES), st.lists(st.tuples(st.booleans(), NAMES), max_size=60), NAMES)
def test_it_is_a_dictionary_that_is_sorted(at_once: set[str], steps: list[tuple[bool, str]], begin: str) -> None:
    found: SortedMap[str] = SortedMap()
    found.add_all((name, name.upper()) for name in at_once)
    model = {name: name.upper() for name in found.names}
    for is_added, name in steps:
        if is_added and name not in model:
            found.add(name, name.upper())
            model[name] = name.upper()
        elif not is_added and name in model:
            found.remove(name)
            del model[name]
        assert found.get(name) == model.get(name)
        assert (name in found) is (name in model)
    assert found.names == sorted(model)
    assert len(found) == len(model)
    assert sorted(found) == sorted(model.values())
    assert list(found.after(None)) == [model[name] for name in sorted(model)]
    assert list(found.after(begin)) == [model[name] for name in sorted(model) if name > begin]


def test_iterating_gives_the_order_in_which_they_came() -> None:
    found: SortedMap[int] = SortedMap()
    for number, name in enumerate("cab"):
        found.add(name, number)
    assert list(found) == [0, 1, 2]
    assert list(found.after("a")) == [2, 0]
    assert (found["a"], found.get("d", 7)) == (1, 7)


def test_what_is_not_there_cannot_be_taken_out() -> None:
    found: SortedMap[int] = SortedMap()
    found.add("a", 1)
    with pytest.raises(KeyError):
        found.remove("b")
    assert found.names == ["a"]
