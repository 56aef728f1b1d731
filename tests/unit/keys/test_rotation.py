"""When a key rotates, and when it does not although it was planned."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kmslab.ids import Ids
from kmslab.keys import rotation
from kmslab.keys.due import happen
from kmslab.keys.key import Key
from kmslab.keys.material import KeyMaterial
from kmslab.keys.related import RelatedKeys
from kmslab.keys.ring import KeyRing, MaterialState, RingEntry
from kmslab.keys.rotation import RotationSchedule
from kmslab.keys.specs import KeyOrigin
from kmslab.keys.states import KeyState
from kmslab.keys.store import World

START = datetime(2026, 1, 5, tzinfo=UTC)
A_MOMENT = timedelta(minutes=1)


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

    def pair(self, **values: Any) -> tuple[Key, Key]:
        """A primary in us-east-1 and a replica in eu-west-1."""
        related, schedule = RelatedKeys("us-east-1"), RotationSchedule()
        primary = self.key(key_id="mrk-1", related=related, rotation=schedule, **values)
        ring = primary.ring.copy(with_material=primary.origin is not KeyOrigin.EXTERNAL)
        values |= {"ring": ring}
        return primary, self.key(key_id="mrk-1", region="eu-west-1", related=related, rotation=schedule, **values)

    def pass_time(self, until: datetime) -> list[Key]:
        """The keys that rotated."""
        due = self.world.timers.pop_due(until)
        return [each.key for timer in due for each in happen(self.world, self.ids, timer) if each.name == "RotateKey"]


@pytest.fixture
def stage(new_key: Any) -> Stage:
    return Stage(new_key)


def test_the_old_material_stays_and_the_new_one_is_found(stage: Stage) -> None:
    key = stage.key()
    old = key.current
    rotation.start(stage.world, key, 90, START)
    assert stage.pass_time(day(90) - timedelta(microseconds=1)) == []
    assert stage.pass_time(day(90)) == [key]
    assert key.current.material_id != old.material_id
    assert key.current.raw != old.raw
    assert key.ring.find(old.material_id) is old
    for each in key.ring:
        assert stage.world.find_by_material("us-east-1", each.material_id) is key


def test_a_schedule_that_was_stopped_or_moved(stage: Stage) -> None:
    stopped, moved = stage.key(), stage.key()
    for key in (stopped, moved):
        rotation.start(stage.world, key, 90, START)
    stopped.rotation.stop()
    rotation.start(stage.world, moved, 100, START)
    assert stage.pass_time(day(99)) == []
    assert stage.pass_time(day(100)) == [moved]


def test_a_key_that_is_not_in_use_waits(stage: Stage) -> None:
    key = stage.key(enabled=False)
    rotation.start(stage.world, key, 90, START)
    assert stage.pass_time(day(200)) == []
    assert key.rotation.next_date == day(90)
    key.enable()
    rotation.resume(stage.world, key, day(200))
    assert stage.pass_time(day(200)) == [key]
    assert key.rotation.next_date == day(290)


@pytest.mark.parametrize("period", [None, 300])
def test_nothing_to_catch_up_on(stage: Stage, period: int | None) -> None:
    key = stage.key()
    if period is not None:
        rotation.start(stage.world, key, period, START)
    rotation.resume(stage.world, key, day(200))
    assert stage.pass_time(day(200)) == []


def test_a_key_that_is_updating_rotates(stage: Stage) -> None:
    key = stage.key(transition=KeyState.UPDATING)
    rotation.start(stage.world, key, 90, START)
    assert stage.pass_time(day(90)) == [key]


def test_on_demand(stage: Stage) -> None:
    key = stage.key()
    rotation.start_on_demand(stage.world, key, START)
    assert (key.rotation.on_demand_count, key.rotation.on_demand_started) == (1, START)
    assert stage.pass_time(START + A_MOMENT) == [key]
    assert (key.rotation.on_demand_count, key.rotation.on_demand_started) == (1, None)
    assert key.rotation.next_date is None


def test_a_key_that_is_gone_does_not_rotate(stage: Stage) -> None:
    single, (primary, _) = stage.key(), stage.pair()
    for key in (single, primary):
        rotation.start(stage.world, key, 90, START)
        rotation.start_on_demand(stage.world, key, START)
        stage.world.delete_key(key)
    assert stage.pass_time(day(500)) == []


def test_related_keys_rotate_to_the_same_material(stage: Stage) -> None:
    primary, replica = stage.pair()
    rotation.start(stage.world, primary, 90, START)
    assert stage.pass_time(day(90)) == [primary, replica]
    assert primary.current is replica.current


def test_the_schedule_follows_the_primary(stage: Stage) -> None:
    primary, replica = stage.pair()
    rotation.start(stage.world, primary, 90, START)
    assert primary.related is not None
    primary.related.primary_region = "eu-west-1"
    stage.world.delete_key(primary)
    assert stage.pass_time(day(180)) == [replica, replica]


def test_whether_an_automatic_rotation_is_near() -> None:
    schedule = RotationSchedule()
    assert not rotation.is_near(schedule, START)
    schedule.next_date = START + timedelta(minutes=20)
    assert rotation.is_near(schedule, START)
    assert not rotation.is_near(schedule, START - timedelta(seconds=1))


# --- imported key material ---


def external(stage: Stage) -> tuple[Key, Key]:
    """Related keys with imported material, the replica's imported too."""
    first = KeyMaterial("1" * 64, b"1" * 32)
    primary, replica = stage.pair(origin=KeyOrigin.EXTERNAL, ring=KeyRing.of(first))
    replica.ring.place(first.material_id, first, None)
    return primary, replica


def test_waiting_material_stands_as_the_last_of_the_related_keys(stage: Stage) -> None:
    primary, replica = external(stage)
    assert not rotation.is_staged(primary)
    second = KeyMaterial("2" * 64, b"2" * 32)
    entry = RingEntry(second.material_id, second, MaterialState.PENDING_ROTATION)
    primary.ring.add(entry)
    assert rotation.standing(primary, entry) is MaterialState.PENDING_MULTI_REGION_IMPORT_AND_ROTATION
    replica.ring.add(RingEntry(second.material_id, None, MaterialState.PENDING_ROTATION))
    assert rotation.standing(primary, entry) is MaterialState.PENDING_MULTI_REGION_IMPORT_AND_ROTATION
    rotation.start_on_demand(stage.world, primary, START)
    assert stage.pass_time(START + A_MOMENT) == []
    replica.ring.place(second.material_id, second, None)
    assert rotation.standing(primary, entry) is MaterialState.PENDING_ROTATION
    assert rotation.is_staged(primary)
    rotation.start_on_demand(stage.world, primary, START + A_MOMENT)
    assert stage.pass_time(day(1)) == [primary, replica]
    assert rotation.standing(primary, entry) is MaterialState.CURRENT
    assert replica.current is second


def test_no_material_is_made_up_for_what_was_deleted(stage: Stage) -> None:
    primary, _ = external(stage)
    rotation.start_on_demand(stage.world, primary, START)
    assert stage.pass_time(START + A_MOMENT) == []
    assert len(primary.ring) == 1
