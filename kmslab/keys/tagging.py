"""What may be a tag on a KMS key. Source: KMS Developer Guide, "Tags in AWS KMS"; texts recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kmslab.errors import TagException

MAX_TAGS = 50
RESERVED_PREFIX = "aws:"


def with_tags(present: Mapping[str, str], tags: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The tags a key has after `tags` were added: new tag keys are added, known ones get the new value.

    Args:
        present: Tag values by tag key.
        tags: AWS's `TagKey` and `TagValue` pairs.

    Raises:
        TagException: a tag key occurs twice or is reserved, or the key would have more than 50 tags.
    """
    names = [tag["TagKey"] for tag in tags]
    if len(set(names)) < len(names):
        raise TagException.duplicate()
    refuse_reserved(names)
    merged = {**present, **{tag["TagKey"]: tag["TagValue"] for tag in tags}}
    if len(merged) > MAX_TAGS:
        raise TagException.too_many()
    return merged


def refuse_reserved(names: Sequence[str]) -> None:
    """Refuse tag keys that only AWS may use.

    Raises:
        TagException: a tag key begins with `aws:`, in any letter case.
    """
    if any(name.lower().startswith(RESERVED_PREFIX) for name in names):
        raise TagException.reserved()
