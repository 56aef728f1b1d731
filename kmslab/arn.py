"""Names of things: partitions, ARNs, key ids, alias names, and the four ways to refer to a KMS key.

Owns how a name is written and read. Does not know whether anything of that name exists.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from kmslab.errors import NotFoundException

ALIAS_PREFIX = "alias/"
#: Only AWS services create aliases with this prefix. Source: API Reference, CreateAlias.
RESERVED_ALIAS_PREFIX = "alias/aws/"

# A single-Region key has a UUID, a multi-Region key has "mrk-" and 32 hex digits.
# Source: KMS Developer Guide, "Key identifiers (KeyId)".
_KEY_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32}", re.IGNORECASE)
_ACCOUNT = re.compile(r"[0-9]{12}")
# Longest prefix first. Source: botocore's partitions.json (regionRegex of each partition).
_PARTITIONS = (
    ("us-gov-", "aws-us-gov"),
    ("us-isob-", "aws-iso-b"),
    ("us-isof-", "aws-iso-f"),
    ("eu-isoe-", "aws-iso-e"),
    ("us-iso-", "aws-iso"),
    ("eusc-", "aws-eusc"),
    ("cn-", "aws-cn"),
)


# Bounded, because callers may write any Region into an ARN.
@lru_cache(maxsize=256)
def partition_of(region: str) -> str:
    """The partition a Region belongs to, such as `aws` or `aws-cn`."""
    return next((partition for prefix, partition in _PARTITIONS if region.startswith(prefix)), "aws")


def partitions() -> tuple[str, ...]:
    """The partitions of AWS."""
    return ("aws", *(partition for _, partition in _PARTITIONS))


def is_account_id(text: str) -> bool:
    """Whether `text` is twelve digits."""
    return bool(_ACCOUNT.fullmatch(text))


def key_arn(region: str, account_id: str, key_id: str) -> str:
    """The ARN of a KMS key."""
    return f"arn:{partition_of(region)}:kms:{region}:{account_id}:key/{key_id}"


def alias_arn(region: str, account_id: str, alias_name: str) -> str:
    """The ARN of an alias; `alias_name` keeps its `alias/`."""
    return f"arn:{partition_of(region)}:kms:{region}:{account_id}:{alias_name}"


def names_an_alias(text: str) -> bool:
    """Whether `text` is written as an alias name or an alias ARN, well or not."""
    return text.startswith(ALIAS_PREFIX) or (text.startswith("arn:") and f":{ALIAS_PREFIX}" in text)


class RefForm(Enum):
    """The four ways in which a caller may refer to a KMS key. Source: KMS Developer Guide, "Key identifiers"."""

    KEY_ID = "key id"
    KEY_ARN = "key ARN"
    ALIAS_NAME = "alias name"
    ALIAS_ARN = "alias ARN"


class KeyRef(NamedTuple):
    """What a caller wrote for a KMS key, read but not looked up.

    Attributes:
        text: The caller's own words.
        form: Which of the four forms they have.
        name: The key id, or the alias name with its `alias/`.
        region: The Region an ARN names; None for the other two forms.
        account_id: The account an ARN names; None for the other two forms.
        is_alias: Whether the caller wrote an alias name or an alias ARN.
    """

    text: str
    form: RefForm
    name: str
    region: str | None = None
    account_id: str | None = None
    is_alias: bool = False


# Bounded, because callers may write anything.
@lru_cache(maxsize=1024)
def parse_key_ref(text: str) -> KeyRef:
    """Read a reference to a KMS key.

    Raises:
        NotFoundException: `text` has none of the four forms. Some operations do not declare InvalidArnException.
    """
    if text.startswith(ALIAS_PREFIX):
        return KeyRef(text, RefForm.ALIAS_NAME, text, is_alias=True)
    if not text.startswith("arn:"):
        if not _KEY_ID.fullmatch(text):
            raise NotFoundException.invalid_key_id(text)
        return KeyRef(text, RefForm.KEY_ID, text)
    parts = text.split(":", 5)
    if len(parts) != 6 or parts[2] != "kms" or not is_account_id(parts[4]) or parts[1] != partition_of(parts[3]):
        raise NotFoundException.invalid_arn(text)
    region, account_id, resource = parts[3], parts[4], parts[5]
    if resource.startswith(ALIAS_PREFIX):
        return KeyRef(text, RefForm.ALIAS_ARN, resource, region, account_id, is_alias=True)
    if not resource.startswith("key/"):
        raise NotFoundException.invalid_arn(text)
    key_id = resource.removeprefix("key/")
    if not _KEY_ID.fullmatch(key_id):
        raise NotFoundException.invalid_key_id_in_arn(key_id)
    return KeyRef(text, RefForm.KEY_ARN, key_id, region, account_id)
