"""What happens when something falls due, and what does not because it no longer holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kmslab.ids import Ids
from kmslab.keys.due import happen
from kmslab.keys.key import Key
from kmslab.keys.related import RelatedKeys
from kmslab.keys.states import KeyState
from kmslab.keys.store import World
from kmslab.keys.timers import Due, Timer

START = datetime(2026, 1, 5, tzinfo=UTC)


def day(number: int) -> datetime:
    return START + timedelta(days=number)


class Stage:
    """A world whose time passes when told so."""

    def __init__(self, new_key: Any) -> None:
        self.world = World()
        self.ids = Ids(1)
        self.new_key = new_key

    def key(self, **values: Any) -> Key:
        key: Key = self.new_key(**values)
        self.world.add_key(key)
        return key

    def leave(self, key: Key, number: int) -> Key:
        key.schedule_deletion(number, day(number))
        self.world.timers.add(day(number), Due.DELETION, key)
        return key

    def pass_time(self, number: int) -> list[tuple[str, Key]]:
        due = self.world.timers.pop_due(day(number))
        return [(each.name, each.key) for timer in due for each in happen(self.world, self.ids, timer)]


@pytest.fixture
def stage(new_key: Any) -> Stage:
    return Stage(new_key)


def test_a_deletion_happens(stage: Stage) -> None:
    key = stage.leave(stage.key(), 7)
    assert stage.pass_time(6) == []
    assert stage.world.holds(key)
    assert stage.pass_time(7) == [("DeleteKey", key)]
    assert not stage.world.holds(key)


def test_what_was_cancelled_or_moved_does_not_happen(stage: Stage) -> None:
    cancelled, moved = stage.leave(stage.key(), 7), stage.leave(stage.key(), 7)
    cancelled.cancel_deletion()
    moved.cancel_deletion()
    stage.leave(moved, 9)
    assert stage.pass_time(8) == []
    assert stage.pass_time(9) == [("DeleteKey", moved)]
    assert stage.world.holds(cancelled)


def test_a_primary_waits_for_its_replicas_and_then_its_own_period(stage: Stage) -> None:
    related = RelatedKeys("us-east-1")
    primary = stage.key(key_id="mrk-1", related=related)
    replica = stage.key(key_id="mrk-1", region="eu-west-1", related=related)
    primary.schedule_deletion(10, None)
    assert primary.state is KeyState.PENDING_REPLICA_DELETION
    stage.leave(replica, 7)
    assert stage.pass_time(7) == [("DeleteKey", replica)]
    assert (primary.state, primary.deletion_date) == (KeyState.PENDING_DELETION, day(17))
    assert list(related) == [primary]
    assert stage.pass_time(17) == [("DeleteKey", primary)]


def test_a_primary_that_stays_is_not_touched_when_a_replica_goes(stage: Stage) -> None:
    related = RelatedKeys("us-east-1")
    primary = stage.key(key_id="mrk-1", related=related)
    stage.leave(stage.key(key_id="mrk-1", region="eu-west-1", related=related), 7)
    stage.pass_time(7)
    assert (primary.state, primary.deletion_date) == (KeyState.ENABLED, None)


def test_a_transition_ends(stage: Stage) -> None:
    key = stage.key(transition=KeyState.CREATING, enabled=False)
    stage.world.timers.add(day(1), Due.TRANSITION, key)
    assert key.state is KeyState.CREATING
    assert stage.pass_time(1) == []
    assert key.state is KeyState.DISABLED, "what it was switched to before"


def test_what_happens_to_keys_happens_to_nothing_else(stage: Stage) -> None:
    with pytest.raises(TypeError, match="keys only"):
        happen(stage.world, stage.ids, Timer(START, 1, Due.DELETION, None))  # type: ignore[arg-type]
