"""Multi-Region keys: replicas in other Regions, and which of the related keys is the primary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kmslab import arn
from kmslab.authz.lockout import check_policy
from kmslab.authz.policy import default_key_policy
from kmslab.errors import (
    AlreadyExistsException,
    NotFoundException,
    UnsupportedOperationException,
)
from kmslab.keys.key import Key
from kmslab.keys.metadata import key_metadata
from kmslab.keys.related import RelatedKeys
from kmslab.keys.ring import KeyRing
from kmslab.keys.specs import KeyOrigin
from kmslab.keys.states import KeyState
from kmslab.keys.tagging import with_tags
from kmslab.keys.timers import SETTLING_TIME, Due, Happening
from kmslab.operations.registry import Context, Reply, key_param, operation, related_param


@operation("ReplicateKey", keys=[key_param("KeyId")], asks=True)
def replicate_key(
    ctx: Context,
    key: Key,
    *,
    replica_region: str,
    policy: str | None = None,
    bypass_policy_lockout_safety_check: bool = False,
    description: str = "",
    tags: Sequence[Mapping[str, str]] = (),
) -> Reply:
    """Make a replica of a multi-Region primary key in another Region: same key id, same key material.

    Policy, description, tags, aliases and grants are the replica's own.

    Raises:
        AlreadyExistsException: there is a related key in that Region already.
        InvalidArnException: the policy names an ARN that is no principal's.
        LimitExceededException: the policy is longer than 32 KB.
        MalformedPolicyDocumentException: the policy is no policy, or would lock the caller out.
        TagException: a tag cannot be stored.
        UnsupportedOperationException: the key is no multi-Region primary key, or cannot have a replica in that Region.
    """
    related = _require_primary(key)
    _check_region(ctx, key, replica_region)
    replica = Key(
        key_id=key.key_id,
        account_id=key.account_id,
        region=replica_region,
        spec=key.spec,
        usage=key.usage,
        created=ctx.now,
        description=description,
        policy=policy or default_key_policy(key.account_id, replica_region),
        ring=_ring_of_replica(key),
        origin=key.origin,
        related=None,
        rotation=key.rotation,
        transition=KeyState.CREATING,
        tags=with_tags({}, tags),
    )
    if policy is not None:
        check_policy(ctx.ask, replica, bypass_lockout_check=bypass_policy_lockout_safety_check)
    replica.related = related
    related.join(replica)
    ctx.world.add_key(replica)
    ctx.world.timers.add(ctx.now + SETTLING_TIME, Due.TRANSITION, replica)
    # The primary's material is copied, and the making of the replica is logged in its own Region. Source: KMS Developer
    # Guide, CloudTrail samples. Simplified: the second event is laid out like the second one of UpdatePrimaryRegion.
    ctx.happenings.append(Happening("SynchronizeMultiRegionKey", key, {"keyId": key.key_id}))
    ctx.happenings.append(Happening("CreateKey", replica, _creation(replica), for_caller=True))
    reply: dict[str, Any] = {"ReplicaKeyMetadata": key_metadata(replica), "ReplicaPolicy": replica.policy}
    if replica.tags:
        reply["ReplicaTags"] = [{"TagKey": name, "TagValue": value} for name, value in replica.tags.items()]
    return reply


def _creation(replica: Key) -> dict[str, Any]:
    return {
        "Description": replica.description,
        "KeySpec": replica.spec.name,
        "KeyUsage": replica.usage.value,
        "MultiRegion": True,
        "Origin": replica.origin.value,
        "Policy": replica.policy,
    }


def _require_primary(key: Key) -> RelatedKeys:
    if key.related is None:
        raise UnsupportedOperationException.not_multi_region(key.arn)
    if not key.is_primary:
        raise UnsupportedOperationException.not_primary(key.arn)
    return key.related


def _check_region(ctx: Context, key: Key, region: str) -> None:
    if region == key.region:
        raise UnsupportedOperationException.replica_beside_primary(region)
    if arn.partition_of(region) != arn.partition_of(key.region):
        raise UnsupportedOperationException.replica_in_other_partition()
    if region not in ctx.world.regions:
        raise UnsupportedOperationException.replica_region(region)
    if key.related is not None and key.related.in_region(region) is not None:
        raise AlreadyExistsException.key(arn.key_arn(region, key.account_id, key.key_id))


def _ring_of_replica(key: Key) -> KeyRing:
    # Imported key material does not travel: it is imported into each related key, the same everywhere.
    return key.ring.copy(with_material=key.origin is not KeyOrigin.EXTERNAL)


@operation("UpdatePrimaryRegion", keys=[key_param("KeyId"), related_param("PrimaryRegion")])
def update_primary_region(ctx: Context, key: Key, successor: Key | None, *, primary_region: str) -> Reply:
    """Make a replica the primary key, and the primary key a replica.

    Raises:
        NotFoundException: there is no related key in that Region.
        UnsupportedOperationException: the key is no multi-Region primary key, or it is the primary of that Region.
    """
    related = _require_primary(key)
    if successor is None:
        raise NotFoundException.key(arn.key_arn(primary_region, key.account_id, key.key_id))
    if successor is key:
        raise UnsupportedOperationException.already_primary(key.arn)
    related.primary_region = successor.region
    for each in (key, successor):
        each.transition = KeyState.UPDATING
        ctx.world.timers.add(ctx.now + SETTLING_TIME, Due.TRANSITION, each)
    params = {"KeyId": successor.arn, "PrimaryRegion": successor.region}
    ctx.happenings.append(Happening("UpdatePrimaryRegion", successor, params, for_caller=True))
    return None
