"""A policy that somebody wants a key to have: taken, laid out as KMS does, or refused.

The lockout safety check is part of it: a key policy is only stored if its author could replace it again.

The default key policy, which KMS writes itself, is not checked: who may create keys may create one with it.

Simplified: whether AWS's check looks at the caller's IAM policies where the key policy only names the account, and at
conditions, is not published. Here it is the decision that the caller's next PutKeyPolicy would meet.

Source: KMS Developer Guide, "Creating a key policy"; API Reference, PutKeyPolicy, BypassPolicyLockoutSafetyCheck.
"""

from __future__ import annotations

from kmslab import arn
from kmslab.authz.ask import Asker
from kmslab.authz.policy import named_principals, read_key_policy, write_key_policy
from kmslab.errors import LimitExceededException, MalformedPolicyDocumentException
from kmslab.keys.key import Key

#: 32 KB, where the model allows 131,072 characters. Source: API Reference, CreateKey, Policy.
LARGEST_POLICY = 32_768

_ACTION = "kms:PutKeyPolicy"


def check_policy(ask: Asker, key: Key, *, bypass_lockout_check: bool) -> None:
    """Refuse the policy that a new key has if it is no policy or locks its author out, and lay it out as KMS does.

    Raises:
        InvalidArnException: it names an ARN that is no principal's.
        LimitExceededException: it is longer than 32 KB.
        MalformedPolicyDocumentException: it is no policy, or the caller could not replace it.
    """
    key.policy = accepted_policy(ask, key, key.policy, bypass_lockout_check=bypass_lockout_check)


def accepted_policy(ask: Asker, key: Key, policy: str, *, bypass_lockout_check: bool) -> str:
    """A policy as KMS stores it for `key`.

    Raises:
        InvalidArnException: it names an ARN that is no principal's.
        LimitExceededException: it is longer than 32 KB.
        MalformedPolicyDocumentException: it is no policy, or the caller could not replace it.
    """
    # As its author wrote it; in the layout of KMS it may become longer.
    if len(policy.encode()) > LARGEST_POLICY:
        raise LimitExceededException.policy(LARGEST_POLICY)
    document = read_key_policy(policy, arn.partition_of(key.region))
    for principal in named_principals(document):
        if principal.startswith("arn:") and not ask.exists(principal):
            raise MalformedPolicyDocumentException.invalid_principals()
    stored = write_key_policy(document)
    if not bypass_lockout_check and not ask.on_key(_ACTION, key, policy=stored).allowed:
        raise MalformedPolicyDocumentException.lockout()
    return stored
