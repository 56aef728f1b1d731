"""What happens when something falls due, as one table. Each effect looks first whether it still holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from kmslab.ids import Ids
from kmslab.keys import imports, rotation
from kmslab.keys.key import Key
from kmslab.keys.key_store import CustomKeyStore
from kmslab.keys.store import World
from kmslab.keys.timers import Due, Happening, Timer


def happen(world: World, ids: Ids, timer: Timer) -> list[Happening]:
    """Let happen what has fallen due.

    Returns:
        What the log shows of it; nothing when it no longer holds.
    """
    return list(_EFFECTS[timer.what](world, ids, timer))


def _delete(world: World, ids: Ids, timer: Timer) -> Iterable[Happening]:
    key = _key(timer)
    # A cancelled or moved deletion leaves its old timer behind.
    if key.deletion_date != timer.when:
        return
    world.delete_key(key)
    yield Happening("DeleteKey", key)
    _begin_waiting_period(world, key, timer.when)


def _begin_waiting_period(world: World, gone: Key, now: datetime) -> None:
    # Source: API Reference, ScheduleKeyDeletion: the primary's waiting period begins when its last replica is deleted.
    if gone.related is None or gone.is_primary or gone.related.replicas:
        return
    primary = gone.related.primary
    if primary.deletion_window is not None:
        date = now + timedelta(days=primary.deletion_window)
        primary.schedule_deletion(primary.deletion_window, date)
        world.timers.add(date, Due.DELETION, primary)


def _end_transition(world: World, ids: Ids, timer: Timer) -> Iterable[Happening]:
    _key(timer).transition = None
    return ()


def _expire(world: World, ids: Ids, timer: Timer) -> Iterable[Happening]:
    return imports.expire(world, _key(timer), timer.detail, timer.when)


def _rotate(world: World, ids: Ids, timer: Timer) -> Iterable[Happening]:
    return rotation.rotate_as_scheduled(world, ids, _key(timer), timer.when)


def _rotate_on_demand(world: World, ids: Ids, timer: Timer) -> Iterable[Happening]:
    return rotation.rotate_on_demand(world, ids, _key(timer), timer.when)


def _settle_connection(world: World, ids: Ids, timer: Timer) -> Iterable[Happening]:
    if not isinstance(timer.subject, CustomKeyStore):
        raise TypeError("this happens to custom key stores only")
    timer.subject.settle(timer.when)
    return ()


def _key(timer: Timer) -> Key:
    if not isinstance(timer.subject, Key):
        raise TypeError("this happens to keys only")
    return timer.subject


_EFFECTS: dict[Due, Callable[[World, Ids, Timer], Iterable[Any]]] = {
    Due.DELETION: _delete,
    Due.EXPIRY: _expire,
    Due.ROTATION: _rotate,
    Due.ON_DEMAND_ROTATION: _rotate_on_demand,
    Due.TRANSITION: _end_transition,
    Due.CONNECTION: _settle_connection,
}
