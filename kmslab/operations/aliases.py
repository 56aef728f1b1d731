"""Aliases: names that applications use, so that the key behind can change."""

from __future__ import annotations

from typing import Any

from kmslab import arn
from kmslab.errors import (
    AlreadyExistsException,
    InvalidAliasNameException,
    LimitExceededException,
    ValidationException,
)
from kmslab.keys.alias import Alias
from kmslab.keys.key import Key
from kmslab.operations.paging import Listing, listing, page
from kmslab.operations.registry import Context, Reply, alias_param, alias_target_param, key_param, operation

#: Source: KMS Developer Guide, "Resource quotas".
ALIASES_PER_KEY = 50
_LARGEST_PAGE = 100


@operation("CreateAlias", keys=[alias_target_param("TargetKeyId")], new_alias="AliasName")
def create_alias(ctx: Context, key: Key, *, alias_name: str) -> Reply:
    """Give a key a name.

    Raises:
        AlreadyExistsException: the name is taken in this account and Region.
        InvalidAliasNameException: the name is empty or reserved for AWS services.
        LimitExceededException: the key has 50 aliases.
        ValidationException: the name does not begin with `alias/`, or has a colon in it.
    """
    if not alias_name.startswith(arn.ALIAS_PREFIX):
        raise ValidationException.alias_without_prefix()
    if alias_name == arn.ALIAS_PREFIX:
        raise InvalidAliasNameException.empty()
    if alias_name.lower().startswith(arn.RESERVED_ALIAS_PREFIX):
        raise InvalidAliasNameException.reserved()
    if ":" in alias_name:
        raise ValidationException.alias_characters(alias_name)
    alias_arn = arn.alias_arn(ctx.store.region, ctx.store.account_id, alias_name)
    if ctx.store.alias(alias_name) is not None:
        raise AlreadyExistsException.alias(alias_arn)
    _require_room(ctx, key)
    ctx.store.add_alias(Alias(alias_name, alias_arn, key.key_id, ctx.now, ctx.now))
    return None


def _require_room(ctx: Context, key: Key) -> None:
    usage = len(ctx.store.alias_names(key))
    if usage >= ALIASES_PER_KEY:
        raise LimitExceededException.aliases(ALIASES_PER_KEY, usage)


@operation("UpdateAlias", keys=[alias_param("AliasName"), alias_target_param("TargetKeyId")])
def update_alias(ctx: Context, alias: Alias, key: Key) -> Reply:
    """Let a name stand for another key of the same kind.

    Raises:
        LimitExceededException: the new key has 50 aliases.
        ValidationException: the new key is of another kind, or for something else, than the present one.
    """
    present = ctx.store.key(alias.target_key_id)
    if present is not None and present.usage is not key.usage:
        raise ValidationException.alias_usage(alias.name, present.usage, key.usage)
    if present is not None and present.spec.family.kind != key.spec.family.kind:
        raise ValidationException.alias_kind(alias.name, present.spec.family.kind, key.spec.family.kind)
    if present is not key:
        _require_room(ctx, key)
    ctx.store.retarget_alias(alias, key)
    alias.updated = ctx.now
    return None


@operation("DeleteAlias", keys=[alias_param("AliasName")])
def delete_alias(ctx: Context, alias: Alias) -> Reply:
    """Forget a name; its key stays."""
    ctx.store.remove_alias(alias)
    return None


@operation("ListAliases", keys=[key_param("KeyId", optional=True)])
def list_aliases(ctx: Context, key: Key | None, *, limit: int = 50, marker: str | None = None) -> Reply:
    """The aliases of this account and Region, or of one key.

    Raises:
        InvalidMarkerException: the marker does not come from this listing.
        ValidationException: a page of more than 100 is asked for.
    """
    if limit > _LARGEST_PAGE:
        raise ValidationException.too_large("limit", limit, _LARGEST_PAGE)

    store = ctx.store
    aliases: Listing[Alias] = store.aliases.after
    if key is not None:
        aliases = listing([store.aliases[name] for name in store.alias_names(key)], _position)

    def entry(alias: Alias) -> dict[str, Any]:
        return {
            "AliasName": alias.name,
            "AliasArn": alias.arn,
            "TargetKeyId": alias.target_key_id,
            "CreationDate": alias.created,
            "LastUpdatedDate": alias.updated,
        }

    return page(aliases, limit, marker, member="Aliases", position=_position, entry=entry)


def _position(alias: Alias) -> str:
    return alias.name
