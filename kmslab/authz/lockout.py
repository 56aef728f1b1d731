"""A policy that somebody wants a key to have: taken, laid out as KMS does, or refused.

The lockout safety check is part of it: a key policy is only stored if its author could replace it again.

Simplified: a statement with a condition neither allows nor denies in that check, nor does one that allows by
NotPrincipal or NotResource. So a policy that lets its author in only under a condition is always refused.

Source: KMS Developer Guide, "Creating a key policy"; API Reference, PutKeyPolicy, BypassPolicyLockoutSafetyCheck.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from kmslab import arn
from kmslab.authz.policy import named_principals, read_key_policy, texts, write_key_policy
from kmslab.errors import LimitExceededException, MalformedPolicyDocumentException
from kmslab.keys.key import Key
from kmslab.principals import Principal, PrincipalType

#: 32 KB, where the model allows 131,072 characters. Source: API Reference, CreateKey, Policy.
LARGEST_POLICY = 32_768

_ACTION = "kms:PutKeyPolicy"


def check_policy(principal: Principal, key: Key, *, bypass_lockout_check: bool) -> None:
    """Refuse the policy that a new key has if it is no policy or locks its author out, and lay it out as KMS does.

    Raises:
        InvalidArnException: it names an ARN that is no principal's.
        LimitExceededException: it is longer than 32 KB.
        MalformedPolicyDocumentException: it is no policy, or `principal` could not replace it.
    """
    key.policy = accepted_policy(principal, key, key.policy, bypass_lockout_check=bypass_lockout_check)


def accepted_policy(principal: Principal, key: Key, policy: str, *, bypass_lockout_check: bool) -> str:
    """A policy as KMS stores it for `key`.

    Raises:
        InvalidArnException: it names an ARN that is no principal's.
        LimitExceededException: it is longer than 32 KB.
        MalformedPolicyDocumentException: it is no policy, or `principal` could not replace it.
    """
    # As its author wrote it; in the layout of KMS it may become longer.
    if len(policy.encode()) > LARGEST_POLICY:
        raise LimitExceededException.policy(LARGEST_POLICY)
    document = read_key_policy(policy, arn.partition_of(key.region))
    if not bypass_lockout_check and not _could_replace(principal, document["Statement"], key):
        raise MalformedPolicyDocumentException.lockout()
    return write_key_policy(document)


def _could_replace(principal: Principal, statements: list[Mapping[str, Any]], key: Key) -> bool:
    account = {key.account_id, f"arn:{arn.partition_of(key.region)}:iam::{key.account_id}:root"}
    # A policy for the account lets in those whom IAM lets in. Source: public reports.
    relies_on_iam = principal.type is PrincipalType.ROOT or principal.is_administrator
    allowed = False
    for each in statements:
        if each.get("Condition") or not _covers(each):
            continue
        named = set(named_principals(each.get("Principal")))
        if each["Effect"] == "Deny":
            excepted = set(named_principals(each.get("NotPrincipal")))
            if named & {principal.arn, "*", *account} or ("NotPrincipal" in each and principal.arn not in excepted):
                return False
        elif named & {principal.arn, "*"} or (relies_on_iam and named & account):
            allowed = True
    return allowed


def _covers(statement: Mapping[str, Any]) -> bool:
    """Whether a statement is about replacing the policy of this key."""
    if "*" not in texts(statement.get("Resource", "")):
        return False
    if "Action" in statement:
        return any(map(_matches, texts(statement["Action"])))
    return not any(map(_matches, texts(statement["NotAction"])))


def _matches(pattern: str) -> bool:
    # A policy's * and ? are those of file names; brackets are not. Upper and lower case are the same in actions.
    return fnmatchcase(_ACTION.lower(), pattern.lower().replace("[", "[[]"))
