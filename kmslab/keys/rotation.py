"""Rotation: when the key material of a symmetric key is replaced, and what happens then.

Owns the schedule and the replacing. Does not know the clock, only the queue of what falls due, and does not decide who
may rotate. Related multi-Region keys share one schedule, and the primary's rotation is everybody's.

Source: KMS Developer Guide, "Rotate AWS KMS keys"; API Reference, EnableKeyRotation, RotateKeyOnDemand.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from kmslab.ids import Ids
from kmslab.keys import material
from kmslab.keys.ring import MaterialState, RingEntry, RotationType
from kmslab.keys.specs import KeyOrigin
from kmslab.keys.timers import SETTLING_TIME, Due, Happening

if TYPE_CHECKING:
    from kmslab.keys.key import Key
    from kmslab.keys.store import World

#: Days between automatic rotations when the caller does not say.
DEFAULT_PERIOD = 365

#: How many rotations on demand a key can have in its life. Source: API Reference, RotateKeyOnDemand.
ON_DEMAND_LIMIT = 25

_CONFLICT = timedelta(minutes=20)


@dataclass(slots=True)
class RotationSchedule:
    """When a key rotates.

    Attributes:
        enabled: Whether it rotates by itself.
        period: Days between automatic rotations.
        next_date: When it rotates next, in UTC; in the past while a disabled key's rotation is overdue; None when it
            does not rotate by itself.
        on_demand_count: How many rotations on demand it has had, of the 25 of its life.
        on_demand_started: Since when a rotation on demand is under way, in UTC, or None.
    """

    enabled: bool = False
    period: int = DEFAULT_PERIOD
    next_date: datetime | None = None
    on_demand_count: int = 0
    on_demand_started: datetime | None = None

    def stop(self) -> None:
        """Rotate no more by itself."""
        self.enabled, self.next_date = False, None


def start(world: World, key: Key, period: int, now: datetime) -> None:
    """Let a key rotate by itself, `period` days from now for the first time."""
    schedule = key.rotation
    schedule.enabled, schedule.period, schedule.next_date = True, period, now + timedelta(days=period)
    world.timers.add(schedule.next_date, Due.ROTATION, key)


def resume(world: World, key: Key, now: datetime) -> None:
    """Catch up on a rotation that fell due while the key was disabled or pending deletion.

    Source: API Reference, GetKeyRotationStatus: a re-enabled key whose rotation is overdue is rotated immediately.
    """
    if key.rotation.next_date is not None and key.rotation.next_date <= now:
        world.timers.add(now, Due.ROTATION, key)


def is_near(schedule: RotationSchedule, now: datetime) -> bool:
    """Whether an automatic rotation begins within the next 20 minutes. Source: the model, ConflictException."""
    return schedule.next_date is not None and schedule.next_date - now <= _CONFLICT


def standing(key: Key, entry: RingEntry) -> MaterialState:
    """How a key material stands among related keys: one that waits cannot become current while a related key lacks it.

    Simplified: if a replica loses it again, or a new replica has not got it yet, it waits for that replica too; AWS
    does not say. Source: the model, RotationsListEntry, KeyMaterialState.
    """
    if entry.state.is_permanent:
        return entry.state
    found = [each.ring.entry(entry.material_id) for each in key.related or (key,)]
    if all(each is not None and each.material is not None for each in found):
        return MaterialState.PENDING_ROTATION
    return MaterialState.PENDING_MULTI_REGION_IMPORT_AND_ROTATION


def is_staged(key: Key) -> bool:
    """Whether imported key material is ready to become current, in every related key."""
    waiting = key.ring.waiting
    return waiting is not None and standing(key, waiting) is MaterialState.PENDING_ROTATION


def start_on_demand(world: World, key: Key, now: datetime) -> None:
    """Begin a rotation on demand; it is complete a moment later. It changes nothing about the automatic schedule."""
    key.rotation.on_demand_count += 1
    key.rotation.on_demand_started = now
    world.timers.add(now + SETTLING_TIME, Due.ON_DEMAND_ROTATION, key)


def rotate_as_scheduled(world: World, ids: Ids, key: Key, when: datetime) -> Iterable[Happening]:
    """What happens when an automatic rotation falls due; nothing if it no longer is, or if the key is not in use."""
    leader = _leader(world, key)
    if leader is None or not leader.is_in_use:
        return
    schedule = leader.rotation
    if schedule.next_date is None or schedule.next_date > when:
        return
    schedule.next_date = when + timedelta(days=schedule.period)
    world.timers.add(schedule.next_date, Due.ROTATION, leader)
    yield from _rotate(world, leader, _new_material(ids, leader), when, RotationType.AUTOMATIC)


def rotate_on_demand(world: World, ids: Ids, key: Key, when: datetime) -> Iterable[Happening]:
    """What happens when a rotation on demand is complete: nothing, if its imported material was deleted meanwhile."""
    leader = _leader(world, key)
    if leader is None:
        return
    leader.rotation.on_demand_started = None
    if leader.origin is not KeyOrigin.EXTERNAL:
        yield from _rotate(world, leader, _new_material(ids, leader), when, RotationType.ON_DEMAND)
    elif leader.ring.waiting is not None and is_staged(leader):
        yield from _rotate(world, leader, leader.ring.waiting, when, RotationType.ON_DEMAND)


def _leader(world: World, key: Key) -> Key | None:
    # The key itself, or the primary of its related keys, who may have changed; None once there is none.
    leader = key if key.related is None else key.related.in_region(key.related.primary_region)
    return leader if leader is not None and world.holds(leader) else None


def _new_material(ids: Ids, key: Key) -> RingEntry:
    made = material.generate(key.spec, ids.hex("key material", 64))
    return RingEntry(made.material_id, made, MaterialState.PENDING_ROTATION)


def _rotate(
    world: World, leader: Key, entry: RingEntry, when: datetime, rotation_type: RotationType
) -> Iterable[Happening]:
    for key in leader.related or (leader,):
        previous = key.ring.current
        if key.ring.entry(entry.material_id) is None:
            key.ring.add(RingEntry(entry.material_id, entry.material, MaterialState.PENDING_ROTATION))
        key.ring.rotate_to(entry.material_id, when, rotation_type)
        world.learn_material(key, entry.material_id)
        details = {
            "rotationType": rotation_type.value,
            "keyOrigin": key.origin.value,
            "previousKeyMaterialId": "" if previous is None else previous.material_id,
            "currentKeyMaterialId": entry.material_id,
            "keyId": key.key_id,
        }
        # Simplified: every related key shows the rotation in its own Region, and is charged for it.
        yield Happening("RotateKey", key, details)
