"""The parts of sessions that need no IAM."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from kmslab.cloud.identity import Remembered
from kmslab.cloud.sessions import merged
from kmslab.cloud.terms import seconds
from kmslab.ids import Ids
from kmslab.principals import make_administrator, make_root

ACCOUNT = "123456789010"


def test_answers_are_remembered_until_something_may_have_changed() -> None:
    bridge: Any = SimpleNamespace(version=0)
    asked: list[str] = []

    def ask(name: str) -> str | None:
        asked.append(name)
        return f"{name} {len(asked)}" if name != "nobody" else None

    known = Remembered(bridge, ask)
    assert [known("alice"), known("alice")] == ["alice 1", "alice 1"]
    bridge.version += 1
    assert [known("alice"), known("alice")] == ["alice 2", "alice 2"]
    assert [known("nobody"), known("nobody")] == [None, None]
    assert asked == ["alice", "alice", "nobody", "nobody"]


def test_a_change_while_the_answer_is_looked_for_makes_it_old() -> None:
    bridge: Any = SimpleNamespace(version=0)

    def ask(name: str) -> str | None:
        bridge.version += 1
        return f"{name} {bridge.version}"

    known = Remembered(bridge, ask)
    assert [known("alice"), known("alice")] == ["alice 1", "alice 2"]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, {"Team": "red", "site": "Bern"}),
        ({"team": "blue"}, {"team": "blue", "site": "Bern"}),
        ({"cost": "7"}, {"Team": "red", "site": "Bern", "cost": "7"}),
    ],
)
def test_tags_over_tags(more: dict[str, str], expected: dict[str, str]) -> None:
    assert merged({"Team": "red", "site": "Bern"}, more) == expected


@pytest.mark.parametrize(
    ("wanted", "user", "root"),
    [({}, 43_200, 3600), ({"DurationSeconds": 900}, 900, 900), ({"DurationSeconds": 129_600}, 129_600, 3600)],
)
def test_how_long_a_session_of_a_user_lasts(wanted: dict[str, int], user: int, root: int) -> None:
    assert seconds(make_administrator(ACCOUNT, "us-east-1", Ids(1)), wanted) == user
    assert seconds(make_root(ACCOUNT, "us-east-1", Ids(1)), wanted) == root
