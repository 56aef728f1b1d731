"""The decision: may this principal do this to this key?

Simplified: two identities may act, and only under the default key policy: the account's root user, whom that policy
names, and an IAM user with AdministratorAccess, because that policy makes IAM policies count. Everybody else may not,
whatever their IAM policy says, and a key whose policy is another one admits nobody. The answer is always on the
strict side: nothing is allowed here that AWS would deny.

Source: KMS Developer Guide, "Default key policy" and "Determining access to AWS KMS keys".
"""

from __future__ import annotations

from kmslab.authz.policy import is_default_policy
from kmslab.call import Decision
from kmslab.keys.key import Key
from kmslab.principals import Principal, PrincipalType

#: What a caller of another account learns: not even whether the key exists.
_FOREIGN = (
    "because the resource does not exist in this Region, no resource-based policies allow access, "
    "or a resource-based policy explicitly denies access"
)


def decide_on_key(principal: Principal, action: str, key: Key) -> Decision:
    """May `principal` do `action` to `key`?"""
    looked: list[str] = []

    def answer(allowed: bool, reason: str) -> Decision:
        return Decision(allowed, action, key.arn, reason, tuple(looked))

    if principal.account_id != key.account_id:
        looked.append(f"{principal.arn} belongs to another account than the key.")
        return answer(False, _FOREIGN)
    if not is_default_policy(key.policy, key.account_id, key.region):
        looked.append("The key policy is not the default one; it admits nobody here.")
        return answer(False, f"because no resource-based policy allows the {action} action")
    looked.append(f"The key policy allows the account {key.account_id}: its IAM policies count.")
    if principal.type is PrincipalType.ROOT:
        return answer(True, "the key policy names the account, and the root user is the account")
    return _by_identity(principal, action, key.arn, looked)


def decide_on_account(principal: Principal, action: str, resource: str) -> Decision:
    """May `principal` do `action` to something of its own account that has no policy of its own?

    Args:
        principal: Who asks.
        action: Such as `kms:CreateKey`.
        resource: An alias ARN, or `*`.
    """
    if principal.type is PrincipalType.ROOT:
        return Decision(True, action, resource, "the root user needs no IAM policy in its own account")
    return _by_identity(principal, action, resource, [])


def deny_unknown(principal: Principal, action: str, resource: str) -> Decision:
    """The denial for a key that cannot be found where the caller may not even learn that."""
    return Decision(False, action, resource, _FOREIGN, ("There is no such key in this Region.",))


def _by_identity(principal: Principal, action: str, resource: str, looked: list[str]) -> Decision:
    allowed = principal.is_administrator
    has = "has" if allowed else "does not have"
    looked.append(f"{principal.arn} {has} the AdministratorAccess policy, which allows {action}.")
    reason = "AdministratorAccess" if allowed else f"because no identity-based policy allows the {action} action"
    return Decision(allowed, action, resource, reason, tuple(looked))
