"""What the key explorer does to a key: a table of calls, each with what it takes from the panel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from kmslab.keys.inventory import KeyView


@dataclass(frozen=True)
class Given:
    """What stands in the fields of the panel.

    Attributes:
        days: The waiting period before a deletion.
        period: The days between rotations.
        alias: An alias name.
        tag_key: The key of a tag.
        tag_value: Its value.
    """

    days: int
    period: int
    alias: str
    tag_key: str
    tag_value: str


class Action(NamedTuple):
    """A call that changes a key.

    Attributes:
        words: What stands on its button.
        method: The client's method.
        params: The members of the request.
        done: What to say when KMS has answered.
    """

    words: str
    method: str
    params: Callable[[KeyView, Given], Mapping[str, Any]]
    done: Callable[[Given, Mapping[str, Any]], str]


def _key(key: KeyView, given: Given) -> Mapping[str, Any]:
    return {"KeyId": key.arn}


def _says(text: str) -> Callable[[Given, Mapping[str, Any]], str]:
    return lambda given, reply: text


def _deletion(given: Given, reply: Mapping[str, Any]) -> str:
    date = reply.get("DeletionDate")
    when = "when its last replica key is gone" if date is None else f"on {date.astimezone(UTC):%Y-%m-%d}"
    return f"KMS will delete the key {when}. Until then this can be cancelled, and the key cannot be used."


#: By the operation's name. The rows of buttons in the panel follow `ROWS`.
ACTIONS: dict[str, Action] = {
    "EnableKey": Action("Enable", "enable_key", _key, _says("The key is enabled.")),
    "DisableKey": Action(
        "Disable", "disable_key", _key, _says("The key is disabled: nothing can be encrypted or decrypted with it.")
    ),
    "ScheduleKeyDeletion": Action(
        "Schedule key deletion",
        "schedule_key_deletion",
        lambda key, given: {"KeyId": key.arn, "PendingWindowInDays": given.days},
        _deletion,
    ),
    "CancelKeyDeletion": Action(
        "Cancel key deletion",
        "cancel_key_deletion",
        _key,
        _says("The key stays. As after every cancelled deletion, it has to be enabled again."),
    ),
    "EnableKeyRotation": Action(
        "Turn automatic rotation on",
        "enable_key_rotation",
        lambda key, given: {"KeyId": key.arn, "RotationPeriodInDays": given.period},
        lambda given, reply: f"KMS rotates the key every {given.period} days.",
    ),
    "DisableKeyRotation": Action(
        "Turn automatic rotation off", "disable_key_rotation", _key, _says("KMS rotates the key no more by itself.")
    ),
    "RotateKeyOnDemand": Action(
        "Rotate now", "rotate_key_on_demand", _key, _says("KMS has begun to rotate the key; it takes a little.")
    ),
    "CreateAlias": Action(
        "Create alias",
        "create_alias",
        lambda key, given: {"TargetKeyId": key.arn, "AliasName": given.alias},
        lambda given, reply: f"{given.alias} stands for the key.",
    ),
    "DeleteAlias": Action(
        "Delete alias",
        "delete_alias",
        lambda key, given: {"AliasName": given.alias},
        lambda given, reply: f"{given.alias} stands for no key any more. The key stays.",
    ),
    "TagResource": Action(
        "Add tag",
        "tag_resource",
        lambda key, given: {"KeyId": key.arn, "Tags": [{"TagKey": given.tag_key, "TagValue": given.tag_value}]},
        lambda given, reply: f"The key has the tag {given.tag_key}={given.tag_value}.",
    ),
    "UntagResource": Action(
        "Remove tag",
        "untag_resource",
        lambda key, given: {"KeyId": key.arn, "TagKeys": [given.tag_key]},
        lambda given, reply: f"The key has no tag {given.tag_key}.",
    ),
}
