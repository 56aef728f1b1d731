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
        resource: The member that names the resource, where only an IAM policy counts and it is not `*`.
        by_grant: Whether the grant decides, and not the key policy alone.
        also: Actions that are needed as well when a member is given, as (member, action).
    """

    actions: tuple[str, ...]
    cross_account: bool = False
    on_alias: bool = False
    on_account: bool = False
    resource: str = ""
    by_grant: bool = False
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
    "ConnectCustomKeyStore": _account("ConnectCustomKeyStore"),
    "CreateAlias": _alias("CreateAlias"),
    "CreateCustomKeyStore": _account("CreateCustomKeyStore"),
    "CreateGrant": _shared("CreateGrant"),
    "CreateKey": _account("CreateKey", ("Tags", "kms:TagResource")),
    "Decapsulate": _shared("Decapsulate"),
    "Decrypt": _shared("Decrypt"),
    "DeleteAlias": _alias("DeleteAlias"),
    "DeleteCustomKeyStore": _account("DeleteCustomKeyStore"),
    "DeleteImportedKeyMaterial": _own("DeleteImportedKeyMaterial"),
    "DeriveSharedSecret": _shared("DeriveSharedSecret"),
    "DescribeCustomKeyStores": _account("DescribeCustomKeyStores"),
    "DescribeKey": _shared("DescribeKey"),
    "DisableKey": _own("DisableKey"),
    "DisableKeyRotation": _own("DisableKeyRotation"),
    "DisconnectCustomKeyStore": _account("DisconnectCustomKeyStore"),
    "EnableKey": _own("EnableKey"),
    "EnableKeyRotation": _own("EnableKeyRotation"),
    "Encapsulate": _shared("Encapsulate"),
    "Encrypt": _shared("Encrypt"),
    "GenerateDataKey": _shared("GenerateDataKey"),
    "GenerateDataKeyPair": _shared("GenerateDataKeyPair"),
    "GenerateDataKeyPairWithoutPlaintext": _shared("GenerateDataKeyPairWithoutPlaintext"),
    "GenerateDataKeyWithoutPlaintext": _shared("GenerateDataKeyWithoutPlaintext"),
    "GenerateMac": _shared("GenerateMac"),
    "GenerateRandom": _account("GenerateRandom"),
    "GetKeyLastUsage": _own("GetKeyLastUsage"),
    "GetKeyPolicy": _own("GetKeyPolicy"),
    "GetKeyRotationStatus": _shared("GetKeyRotationStatus"),
    "GetParametersForImport": _own("GetParametersForImport"),
    "GetPublicKey": _shared("GetPublicKey"),
    "ImportKeyMaterial": _own("ImportKeyMaterial"),
    "ListAliases": _account("ListAliases"),
    "ListGrants": _shared("ListGrants"),
    "ListKeyPolicies": _own("ListKeyPolicies"),
    "ListKeyRotations": _own("ListKeyRotations"),
    "ListKeys": _account("ListKeys"),
    "ListResourceTags": _own("ListResourceTags"),
    "ListRetirableGrants": Permission(("kms:ListRetirableGrants",), on_account=True, resource="RetiringPrincipal"),
    "PutKeyPolicy": _own("PutKeyPolicy"),
    "ReEncrypt": _shared("ReEncryptFrom", "ReEncryptTo"),
    "ReplicateKey": Permission(
        ("kms:ReplicateKey",), also=(("ReplicaRegion", "kms:CreateKey"), ("Tags", "kms:TagResource"))
    ),
    "RetireGrant": Permission(("kms:RetireGrant",), cross_account=True, by_grant=True),
    "RevokeGrant": _shared("RevokeGrant"),
    "RotateKeyOnDemand": _own("RotateKeyOnDemand"),
    "ScheduleKeyDeletion": _own("ScheduleKeyDeletion"),
    "Sign": _shared("Sign"),
    "TagResource": _own("TagResource"),
    "UntagResource": _own("UntagResource"),
    "UpdateAlias": _alias("UpdateAlias"),
    "UpdateCustomKeyStore": _account("UpdateCustomKeyStore"),
    "UpdateKeyDescription": _own("UpdateKeyDescription"),
    "UpdatePrimaryRegion": _own("UpdatePrimaryRegion"),
    "Verify": _shared("Verify"),
    "VerifyMac": _shared("VerifyMac"),
}
