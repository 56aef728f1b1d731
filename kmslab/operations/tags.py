"""Tags on keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kmslab.errors import ValidationException
from kmslab.keys.key import Key
from kmslab.keys.tagging import refuse_reserved, with_tags
from kmslab.operations.paging import listing, page
from kmslab.operations.registry import Context, Reply, key_param, operation

_LARGEST_PAGE = 50


@operation("TagResource", keys=[key_param("KeyId")])
def tag_resource(ctx: Context, key: Key, *, tags: Sequence[Mapping[str, str]]) -> Reply:
    """Add tags, or give those that are there a new value.

    Raises:
        TagException: a tag cannot be stored.
    """
    key.tags = with_tags(key.tags, tags)
    return None


@operation("UntagResource", keys=[key_param("KeyId")])
def untag_resource(ctx: Context, key: Key, *, tag_keys: Sequence[str]) -> Reply:
    """Take tags away. A tag key that the key does not have is no error.

    Raises:
        TagException: a tag key is reserved for AWS.
    """
    refuse_reserved(tag_keys)
    key.tags = {name: value for name, value in key.tags.items() if name not in tag_keys}
    return None


@operation("ListResourceTags", keys=[key_param("KeyId")])
def list_resource_tags(ctx: Context, key: Key, *, limit: int = 50, marker: str | None = None) -> Reply:
    """The key's tags, by tag key.

    Raises:
        InvalidMarkerException: the marker does not come from this listing.
        ValidationException: a page of more than 50 is asked for.
    """
    if limit > _LARGEST_PAGE:
        raise ValidationException.too_large("limit", limit, _LARGEST_PAGE)
    names = sorted(key.tags)
    return page(
        listing(names, str),
        limit,
        marker,
        member="Tags",
        position=str,
        entry=lambda name: {"TagKey": name, "TagValue": key.tags[name]},
    )
