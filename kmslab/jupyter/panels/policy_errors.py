"""AWS's answers to a policy or a call, and what they mean: AWS is short about key policies that it does not take."""

from __future__ import annotations

import json

from kmslab.errors import AwsError, InvalidArnException, LimitExceededException, MalformedPolicyDocumentException
from kmslab.jupyter.panels.panel import told as said_of

#: What AWS's answer to a policy means, by a part of its text; the first that fits.
_MEANINGS = (
    ("no principal", "Each statement of a key policy says for whom it is: give it a Principal."),
    ("invalid principals", "A Principal is the whole ARN of a user, a role or an account, or *. Parts of ARNs with * "
     "are not taken."),
    ("Missing required field", 'Each statement has an Action and a Resource. Resource "*" means this key.'),
    ("condition keys are not permitted", "Those belong into IAM policies: a key policy is about one key only."),
    ("update the key policy", "The lockout safety check: who stores a key policy has to be able to change it again."),
    ("", "It is JSON, but no key policy. Look at the names of the elements (Version, Id, Statement; Sid, Effect, "
     "Principal, Action, Resource, Condition), at the Effect (Allow or Deny), and at the condition operators."),
)  # fmt: skip
_OF_ARN = "One of the ARNs is no principal's. Users, roles and accounts are principals; groups are not."
_OF_LENGTH = "A key policy has at most 32 KB."


def told(error: Exception, policy: str | None = None) -> tuple[str, ...]:
    """An error in AWS's words, and for one of a key policy what it means.

    Args:
        error: What was raised.
        policy: The text that was to be the policy, for the place of a mistake in its JSON.
    """
    if not isinstance(error, AwsError):
        return said_of(error)
    return f"KMS would not store this policy. {_said(error)}", _meaning(error, policy)


def of_lockout() -> tuple[str, ...]:
    """What the administrator would be told who stores a policy that nobody like them could change."""
    error = MalformedPolicyDocumentException.lockout()
    return f"The administrator could not store this policy. {_said(error)}", _meaning(error, None)


def _said(error: AwsError) -> str:
    return f"{error.code}: {error.message}" if error.message else f"{error.code}, without a message"


def _meaning(error: AwsError, policy: str | None) -> str:
    if isinstance(error, InvalidArnException):
        return _OF_ARN
    if isinstance(error, LimitExceededException):
        return _OF_LENGTH
    if policy is not None:
        try:
            json.loads(policy)
        except json.JSONDecodeError as broken:
            return f"This is no JSON: {broken.msg}, in line {broken.lineno}, column {broken.colno}."
    return next(meaning for part, meaning in _MEANINGS if part in error.message)
