"""Reading a key's policy. Every key has exactly one, named `default`."""

from __future__ import annotations

from kmslab.errors import InvalidMarkerException, NotFoundException, ValidationException
from kmslab.keys.key import Key
from kmslab.operations.paging import page
from kmslab.operations.registry import Context, Reply, key_param, operation

DEFAULT = "default"


@operation("GetKeyPolicy", keys=[key_param("KeyId")])
def get_key_policy(ctx: Context, key: Key, *, policy_name: str = DEFAULT) -> Reply:
    """The key policy, as the text that was stored.

    Raises:
        NotFoundException: the key has no policy of that name.
    """
    if policy_name != DEFAULT:
        raise NotFoundException.policy()
    return {"Policy": key.policy, "PolicyName": policy_name}


@operation("ListKeyPolicies", keys=[key_param("KeyId")])
def list_key_policies(ctx: Context, key: Key, *, limit: int = 100, marker: str | None = None) -> Reply:
    """The names of the key's policies.

    Raises:
        ValidationException: a marker is given that does not come from this listing.
    """
    try:
        return page([DEFAULT], limit, marker, member="PolicyNames", position=str, entry=str)
    except InvalidMarkerException:
        # This operation does not declare the error of all other listings.
        raise ValidationException.marker() from None
