"""An alias: a name for a KMS key, kept beside the key and not in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True)
class Alias:
    """A name in one account and Region.

    Attributes:
        name: The name with its `alias/`.
        arn: Its ARN.
        target_key_id: The id of the key it stands for.
        created: When it was created, in UTC.
        updated: When it was last pointed at a key, in UTC.
    """

    name: str
    arn: str
    target_key_id: str
    created: datetime
    updated: datetime
