"""A key's policy. Every key has exactly one, named `default`."""

from __future__ import annotations

from kmslab.authz.lockout import accepted_policy
from kmslab.errors import InvalidMarkerException, NotFoundException, ValidationException
from kmslab.keys.key import Key
from kmslab.operations.paging import listing, page
from kmslab.operations.registry import Context, Reply, key_param, operation

DEFAULT = "default"

# The policy that AWS Resource Access Manager writes for a key that is shared. No key of the Lab is.
_RAM = "AWS_RAM"


@operation("GetKeyPolicy", keys=[key_param("KeyId")])
def get_key_policy(ctx: Context, key: Key, *, policy_name: str = DEFAULT) -> Reply:
    """The key policy, in the layout in which KMS keeps it.

    Raises:
        NotFoundException: the key has no policy of that name.
    """
    if policy_name != DEFAULT:
        raise NotFoundException.policy()
    return {"Policy": key.policy, "PolicyName": policy_name}


@operation("PutKeyPolicy", keys=[key_param("KeyId")], asks=True)
def put_key_policy(
    ctx: Context,
    key: Key,
    *,
    policy: str,
    policy_name: str = DEFAULT,
    bypass_policy_lockout_safety_check: bool = False,
) -> Reply:
    """Replace the key policy.

    Raises:
        InvalidArnException: the policy names an ARN that is no principal's.
        LimitExceededException: the policy is longer than 32 KB.
        MalformedPolicyDocumentException: the policy is no policy, or would lock the caller out.
        NotFoundException: a key has no policy of that name.
        ValidationException: the policy is the one that only AWS RAM writes.
    """
    if policy_name == _RAM:
        raise ValidationException.ram_policy()
    if policy_name != DEFAULT:
        # Simplified: AWS's answer is not published; it is the one to reading such a policy.
        raise NotFoundException.policy()
    key.policy = accepted_policy(ctx.ask, key, policy, bypass_lockout_check=bypass_policy_lockout_safety_check)
    return None


@operation("ListKeyPolicies", keys=[key_param("KeyId")])
def list_key_policies(ctx: Context, key: Key, *, limit: int = 100, marker: str | None = None) -> Reply:
    """The names of the key's policies.

    Raises:
        ValidationException: a marker is given that does not come from this listing.
    """
    try:
        return page(listing([DEFAULT], str), limit, marker, member="PolicyNames", position=str, entry=str)
    except InvalidMarkerException:
        # This operation does not declare the error of all other listings.
        raise ValidationException.marker() from None
