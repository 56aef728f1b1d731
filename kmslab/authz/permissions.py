"""Which permission each operation needs, as one table.

Source: KMS Developer Guide, "AWS KMS permissions".
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Permission:
    """One row of the table.

    Attributes:
        actions: The IAM action for each key that the operation names, in that order; one action for all else.
        cross_account: Whether a principal of another account can be allowed to do it.
        on_alias: Whether the action is needed on the alias too.
        on_account: Whether only an IAM policy counts, for resource `*`, even when a key is named.
        also: Actions that are needed as well when a member is given, as (member, action).
    """

    actions: tuple[str, ...]
    cross_account: bool = False
    on_alias: bool = False
    on_account: bool = False
    also: tuple[tuple[str, str], ...] = ()


def _own(action: str) -> Permission:
    return Permission((f"kms:{action}",))


def _account(action: str, *also: tuple[str, str]) -> Permission:
    return Permission((f"kms:{action}",), on_account=True, also=also)


def _shared(*actions: str) -> Permission:
    return Permission(tuple(f"kms:{action}" for action in actions), cross_account=True)


def _alias(action: str) -> Permission:
    return Permission((f"kms:{action}",), on_alias=True)


PERMISSIONS: dict[str, Permission] = {
    "CancelKeyDeletion": _own("CancelKeyDeletion"),
    "CreateAlias": _alias("CreateAlias"),
    "CreateKey": _account("CreateKey", ("Tags", "kms:TagResource")),
    "Decrypt": _shared("Decrypt"),
    "DeleteAlias": _alias("DeleteAlias"),
    "DescribeKey": _shared("DescribeKey"),
    "DisableKey": _own("DisableKey"),
    "EnableKey": _own("EnableKey"),
    "Encrypt": _shared("Encrypt"),
    "GenerateDataKey": _shared("GenerateDataKey"),
    "GenerateDataKeyPair": _shared("GenerateDataKeyPair"),
    "GenerateDataKeyPairWithoutPlaintext": _shared("GenerateDataKeyPairWithoutPlaintext"),
    "GenerateDataKeyWithoutPlaintext": _shared("GenerateDataKeyWithoutPlaintext"),
    "GenerateMac": _shared("GenerateMac"),
    "GenerateRandom": _account("GenerateRandom"),
    "GetKeyPolicy": _own("GetKeyPolicy"),
    "GetPublicKey": _shared("GetPublicKey"),
    "ListAliases": _account("ListAliases"),
    "ListKeyPolicies": _own("ListKeyPolicies"),
    "ListKeys": _account("ListKeys"),
    "ListResourceTags": _own("ListResourceTags"),
    "ReEncrypt": _shared("ReEncryptFrom", "ReEncryptTo"),
    "ScheduleKeyDeletion": _own("ScheduleKeyDeletion"),
    "Sign": _shared("Sign"),
    "TagResource": _own("TagResource"),
    "UntagResource": _own("UntagResource"),
    "UpdateAlias": _alias("UpdateAlias"),
    "UpdateKeyDescription": _own("UpdateKeyDescription"),
    "Verify": _shared("Verify"),
    "VerifyMac": _shared("VerifyMac"),
}
