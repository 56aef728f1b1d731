"""Keys from their creation to their end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from kmslab.authz.lockout import check_policy
from kmslab.authz.policy import default_key_policy
from kmslab.errors import (
    UnsupportedOperationException,
    ValidationException,
)
from kmslab.keys import material, rotation
from kmslab.keys.imports import is_importable
from kmslab.keys.key import Key
from kmslab.keys.metadata import key_metadata
from kmslab.keys.related import RelatedKeys
from kmslab.keys.ring import KeyRing
from kmslab.keys.specs import KEY_SPECS, SYMMETRIC_DEFAULT, KeyOrigin, KeySpec, KeyUsage
from kmslab.keys.tagging import with_tags
from kmslab.keys.timers import Due
from kmslab.operations.paging import listing, page
from kmslab.operations.placement import place
from kmslab.operations.registry import Context, Reply, key_param, operation

# The model says 1 to 365; the service takes 7 to 30. Source: API Reference, ScheduleKeyDeletion.
_SHORTEST_WINDOW, _LONGEST_WINDOW = 7, 30


@operation("CreateKey", asks=True)
def create_key(
    ctx: Context,
    *,
    policy: str | None = None,
    description: str = "",
    key_usage: str | None = None,
    customer_master_key_spec: str | None = None,
    key_spec: str | None = None,
    origin: str = "AWS_KMS",
    custom_key_store_id: str | None = None,
    bypass_policy_lockout_safety_check: bool = False,
    tags: Sequence[Mapping[str, str]] = (),
    multi_region: bool = False,
    xks_key_id: str | None = None,
) -> Reply:
    """Create a customer managed key, enabled and with fresh key material; of origin EXTERNAL, without any.

    Raises:
        CloudHsmClusterInvalidConfigurationException: the key store's cluster has fewer than two HSMs.
        CustomKeyStoreInvalidStateException: the key store is not connected, or what is behind it does not answer.
        CustomKeyStoreNotFoundException: there is no such key store.
        LimitExceededException: the policy is longer than 32 KB.
        MalformedPolicyDocumentException: the policy is no policy, or would lock the caller out.
        TagException: a tag cannot be stored.
        UnsupportedOperationException: the key spec is not offered here, or the key store is of the wrong type.
        ValidationException: the spec is given twice, the usage is missing or does not go with the spec, or the origin
            does not go with the other members.
        XksKeyAlreadyInUseException: another key of the key store has the external key.
        XksKeyInvalidConfigurationException: the external key is not what KMS needs.
        XksKeyNotFoundException: there is no such external key.
    """
    spec = _spec(key_spec, customer_master_key_spec, origin)
    usage = _usage(key_usage, spec)
    key_store = place(ctx, spec, origin, custom_key_store_id, xks_key_id, multi_region=multi_region)
    tag_values = with_tags({}, tags)
    imported = origin == KeyOrigin.EXTERNAL
    key = Key(
        key_id=f"mrk-{ctx.ids.hex('key', 32)}" if multi_region else ctx.ids.uuid("key"),
        account_id=ctx.store.account_id,
        region=ctx.store.region,
        spec=spec,
        usage=usage,
        created=ctx.now,
        description=description,
        policy=policy or default_key_policy(ctx.store.account_id, ctx.store.region),
        ring=KeyRing() if imported else KeyRing.of(material.generate(spec, ctx.ids.hex("key material", 64))),
        origin=KeyOrigin(origin),
        related=RelatedKeys(ctx.store.region) if multi_region else None,
        key_store=key_store,
        xks_key_id=xks_key_id,
        tags=tag_values,
    )
    if policy is not None:
        check_policy(ctx.ask, key, bypass_lockout_check=bypass_policy_lockout_safety_check)
    if key_store is not None:
        key_store.adopt(key)
    ctx.world.add_key(key)
    ctx.created = key
    return {"KeyMetadata": key_metadata(key)}


def _spec(key_spec: str | None, customer_master_key_spec: str | None, origin: str) -> KeySpec:
    if key_spec is not None and customer_master_key_spec is not None:
        raise ValidationException.two_specs()
    name = key_spec or customer_master_key_spec or SYMMETRIC_DEFAULT
    spec = KEY_SPECS.get(name)
    if spec is None:
        raise UnsupportedOperationException.key_spec(name)
    if origin == KeyOrigin.EXTERNAL and not is_importable(spec):
        raise ValidationException.spec_and_origin(name, origin)
    return spec


def _usage(key_usage: str | None, spec: KeySpec) -> KeyUsage:
    if key_usage is None:
        # Only symmetric encryption keys have a default. Source: API Reference, CreateKey.
        if spec.name != SYMMETRIC_DEFAULT:
            raise ValidationException.key_usage_required()
        return KeyUsage.ENCRYPT_DECRYPT
    if key_usage not in spec.algorithms:
        raise ValidationException.usage_and_spec(key_usage, spec.name)
    return KeyUsage(key_usage)


@operation("DescribeKey", keys=[key_param("KeyId", aliases=True)])
def describe_key(ctx: Context, key: Key) -> Reply:
    """What there is to know about a key, except its policy, tags and aliases."""
    return {"KeyMetadata": key_metadata(key)}


@operation("ListKeys")
def list_keys(
    ctx: Context, *, limit: int = 100, marker: str | None = None, resource_owners: Sequence[str] = ("SELF",)
) -> Reply:
    """The ids and ARNs of the keys of this account and Region.

    Raises:
        InvalidMarkerException: the marker does not come from this listing.
    """
    # Simplified: no key of another account is shared with this one, so OTHER_ACCOUNTS_VIA_RAM alone lists nothing.
    keys = ctx.store.keys.after if "SELF" in resource_owners else listing([], _position)

    def entry(key: Key) -> dict[str, Any]:
        return {"KeyId": key.key_id, "KeyArn": key.arn}

    return page(keys, limit, marker, member="Keys", position=_position, entry=entry)


def _position(key: Key) -> str:
    return key.key_id


@operation("EnableKey", keys=[key_param("KeyId")])
def enable_key(ctx: Context, key: Key) -> Reply:
    """Allow the key's use again. A rotation that fell due meanwhile is made up for."""
    key.enable()
    rotation.resume(ctx.world, key, ctx.now)
    return None


@operation("DisableKey", keys=[key_param("KeyId")])
def disable_key(ctx: Context, key: Key) -> Reply:
    """Stop the key's use, for now."""
    key.disable()
    return None


@operation("UpdateKeyDescription", keys=[key_param("KeyId")])
def update_key_description(ctx: Context, key: Key, *, description: str) -> Reply:
    """Replace the key's description."""
    key.description = description
    return None


@operation("ScheduleKeyDeletion", keys=[key_param("KeyId")])
def schedule_key_deletion(ctx: Context, key: Key, *, pending_window_in_days: int = _LONGEST_WINDOW) -> Reply:
    """Stop the key's use now and delete it when the window has passed.

    Raises:
        ValidationException: the window is not 7 to 30 days long.
    """
    if not _SHORTEST_WINDOW <= pending_window_in_days <= _LONGEST_WINDOW:
        raise ValidationException.pending_window()
    reply: dict[str, Any] = {"KeyId": key.arn}
    if key.related is not None and key.is_primary and key.related.replicas:
        # The waiting period begins when the last replica is deleted, so there is no date yet.
        key.schedule_deletion(pending_window_in_days, None)
    else:
        date = ctx.now + timedelta(days=pending_window_in_days)
        key.schedule_deletion(pending_window_in_days, date)
        ctx.world.timers.add(date, Due.DELETION, key)
        reply["DeletionDate"] = date
    return reply | {"KeyState": key.state.value, "PendingWindowInDays": pending_window_in_days}


@operation("CancelKeyDeletion", keys=[key_param("KeyId")])
def cancel_key_deletion(ctx: Context, key: Key) -> Reply:
    """Keep the key; it is then disabled."""
    key.cancel_deletion()
    return {"KeyId": key.arn}


@operation("GetKeyLastUsage", keys=[key_param("KeyId")])
def get_key_last_usage(ctx: Context, key: Key) -> Reply:
    """When a cryptographic operation last succeeded with the key, and which. Related keys each count for themselves.

    Simplified: AWS may be an hour late; here the answer is up to date.
    """
    used: dict[str, Any] = {}
    if key.last_use is not None:
        used = {
            "Operation": key.last_use.operation,
            "Timestamp": key.last_use.time,
            "CloudTrailEventId": key.last_use.event_id,
            "KmsRequestId": key.last_use.request_id,
        }
    # Tracking is as old as the key: every key here is younger than AWS's tracking, which began in April 2026.
    return {
        "KeyId": key.key_id,
        "KeyLastUsage": used,
        "TrackingStartDate": key.created,
        "KeyCreationDate": key.created,
    }
