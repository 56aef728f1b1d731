"""Rotation of key material: by the calendar, on demand, and what there has been of it."""

from __future__ import annotations

from typing import Any

from kmslab.errors import (
    ConflictException,
    KMSInvalidStateException,
    LimitExceededException,
    UnsupportedOperationException,
)
from kmslab.keys import rotation
from kmslab.keys.key import Key
from kmslab.keys.ring import RingEntry
from kmslab.keys.specs import Family, KeyOrigin
from kmslab.keys.states import KeyState
from kmslab.operations.paging import listing, page
from kmslab.operations.registry import Context, Reply, key_param, operation

# Keys in custom key stores know no rotation at all, and imported key material none by the calendar.
_BY_CALENDAR = (KeyOrigin.AWS_KMS,)
_AT_ALL = (KeyOrigin.AWS_KMS, KeyOrigin.EXTERNAL)

_LEAVING = (KeyState.PENDING_DELETION, KeyState.PENDING_REPLICA_DELETION)


@operation("EnableKeyRotation", keys=[key_param("KeyId")], origins=_BY_CALENDAR)
def enable_key_rotation(ctx: Context, key: Key, *, rotation_period_in_days: int = rotation.DEFAULT_PERIOD) -> Reply:
    """Let the key rotate by itself. The period begins now, also for a key that rotates already.

    Raises:
        UnsupportedOperationException: the key is not symmetric, or is a replica.
    """
    _require_symmetric(key)
    _require_primary(key)
    rotation.start(ctx.world, key, rotation_period_in_days, ctx.now)
    return None


@operation("DisableKeyRotation", keys=[key_param("KeyId")], origins=_BY_CALENDAR)
def disable_key_rotation(ctx: Context, key: Key) -> Reply:
    """Let the key rotate by itself no more. Measured: asymmetric and HMAC keys, which never do, are not refused.

    Raises:
        UnsupportedOperationException: the key is a replica.
    """
    _require_primary(key)
    key.rotation.stop()
    return None


@operation("GetKeyRotationStatus", keys=[key_param("KeyId")], origins=_AT_ALL)
def get_key_rotation_status(ctx: Context, key: Key) -> Reply:
    """Whether and when the key rotates by itself, and since when a rotation on demand is under way.

    A replica shows the primary's schedule. While the key is pending deletion it does not rotate; the schedule is kept.
    """
    schedule = key.rotation
    enabled = schedule.enabled and key.state not in _LEAVING
    status: dict[str, Any] = {"KeyId": key.arn, "KeyRotationEnabled": enabled}
    if enabled:
        status |= {"RotationPeriodInDays": schedule.period, "NextRotationDate": schedule.next_date}
    if schedule.on_demand_started is not None:
        status["OnDemandRotationStartDate"] = schedule.on_demand_started
    return status


@operation("RotateKeyOnDemand", keys=[key_param("KeyId")], origins=_AT_ALL)
def rotate_key_on_demand(ctx: Context, key: Key) -> Reply:
    """Begin to rotate the key now; it is complete a moment later. With imported key material, to what waits for it.

    Raises:
        ConflictException: another rotation is under way, or an automatic one begins within 20 minutes.
        KMSInvalidStateException: the key's material is imported, and no new one waits.
        LimitExceededException: the key has had its 25 rotations on demand.
        UnsupportedOperationException: the key is not symmetric, or is a replica.
    """
    _require_symmetric(key)
    _require_primary(key)
    schedule = key.rotation
    if key.origin is KeyOrigin.EXTERNAL and not rotation.is_staged(key):
        raise KMSInvalidStateException.no_material_waits(key.arn)
    if schedule.on_demand_count >= rotation.ON_DEMAND_LIMIT:
        raise LimitExceededException.on_demand_rotations(key.arn)
    if schedule.on_demand_started is not None:
        raise ConflictException.on_demand_rotation()
    if rotation.is_near(schedule, ctx.now):
        raise ConflictException.automatic_rotation()
    rotation.start_on_demand(ctx.world, key, ctx.now)
    return {"KeyId": key.arn}


@operation("ListKeyRotations", keys=[key_param("KeyId")], origins=_AT_ALL)
def list_key_rotations(
    ctx: Context,
    key: Key,
    *,
    include_key_material: str | None = None,
    limit: int = 100,
    marker: str | None = None,
) -> Reply:
    """The rotations that are complete, oldest first; on request also the first key material and the one that waits.

    Raises:
        InvalidMarkerException: the marker does not come from this listing.
        UnsupportedOperationException: IncludeKeyMaterial is given for a key that cannot rotate.
    """
    if include_key_material is not None:
        # Source: API Reference, ListKeyRotations, IncludeKeyMaterial. Simplified: without it, a key that has one
        # material for good has an empty list; AWS does not say.
        _require_symmetric(key)
    everything = include_key_material == "ALL_KEY_MATERIAL"
    # Materials never change places, so a page that begins after the seventh begins there tomorrow too.
    items = [(f"{index:06}", each) for index, each in enumerate(key.ring) if everything or each.rotated is not None]

    def entry(item: tuple[str, RingEntry]) -> dict[str, Any]:
        return _entry(key, item[1])

    return page(listing(items, _position), limit, marker, member="Rotations", position=_position, entry=entry)


def _position(item: tuple[str, RingEntry]) -> str:
    return item[0]


def _entry(key: Key, of: RingEntry) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "KeyId": key.arn,
        "KeyMaterialId": of.material_id,
        "KeyMaterialState": rotation.standing(key, of).value,
    }
    if of.rotated is not None and of.rotation_type is not None:
        shown |= {"RotationDate": of.rotated, "RotationType": of.rotation_type.value}
    if key.origin is not KeyOrigin.EXTERNAL:
        return shown
    if of.description:
        shown["KeyMaterialDescription"] = of.description
    if of.material is None:
        # Simplified: nothing is said about the expiration of what is not here.
        return shown | {"ImportState": "PENDING_IMPORT"}
    shown["ImportState"] = "IMPORTED"
    if of.valid_to is None:
        return shown | {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
    return shown | {"ExpirationModel": "KEY_MATERIAL_EXPIRES", "ValidTo": of.valid_to}


def _require_symmetric(key: Key) -> None:
    # Recorded: no text; and after the key's state, unlike the key usage of other operations.
    if key.spec.family is not Family.SYMMETRIC:
        raise UnsupportedOperationException


def _require_primary(key: Key) -> None:
    # Simplified: AWS's text for this is not published; it is taken over from ReplicateKey.
    if key.is_replica:
        raise UnsupportedOperationException.not_primary(key.arn)
