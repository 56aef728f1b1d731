"""Key policies as documents: reading them, and the one that KMS writes itself. Does not decide what they allow."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from kmslab import arn
from kmslab.errors import LimitExceededException, MalformedPolicyDocumentException

#: 32 KB, where the model allows 131,072 characters. Source: API Reference, CreateKey, Policy.
LARGEST_POLICY = 32_768


def read_key_policy(text: str) -> dict[str, Any]:
    """Read a key policy that somebody wants to store.

    Raises:
        LimitExceededException: it is longer than 32,768 bytes.
        MalformedPolicyDocumentException: it is no policy, or has a statement for nobody.
    """
    if len(text.encode()) > LARGEST_POLICY:
        raise LimitExceededException.policy(LARGEST_POLICY)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise MalformedPolicyDocumentException from None
    statements = document.get("Statement") if isinstance(document, dict) else None
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list) or not statements or not all(isinstance(each, dict) for each in statements):
        raise MalformedPolicyDocumentException
    if any(not (each.get("Principal") or each.get("NotPrincipal")) for each in statements):
        raise MalformedPolicyDocumentException.no_principal()
    return {**document, "Statement": statements}


def default_key_policy(account_id: str, region: str) -> str:
    """The key policy KMS gives a key that is created without one: one statement, and a long reach.

    Returns:
        The policy's text, laid out as GetKeyPolicy returns it.

    Source: KMS Developer Guide, "Default key policy"; layout as in recorded answers.
    """
    return f"""{{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {{
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {{
      "AWS" : "arn:{arn.partition_of(region)}:iam::{account_id}:root"
    }},
    "Action" : "kms:*",
    "Resource" : "*"
  }} ]
}}"""


@lru_cache(maxsize=1024)
def is_default_policy(policy: str, account_id: str, region: str) -> bool:
    """Whether a policy says what the default key policy says; its Id, its Sid and its layout do not matter."""
    try:
        return _gist(policy) == _gist(default_key_policy(account_id, region))
    except (LimitExceededException, MalformedPolicyDocumentException):
        return False


def _gist(policy: str) -> dict[str, Any]:
    document = read_key_policy(policy)
    statements = [{name: value for name, value in each.items() if name != "Sid"} for each in document["Statement"]]
    return {**document, "Id": None, "Statement": statements}
