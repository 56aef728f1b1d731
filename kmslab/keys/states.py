"""The key states, and what each operation answers in each of them, as one table.

Source: KMS Developer Guide, "Key states of AWS KMS keys", table and footnotes. Where the guide allows
DisabledException or KMSInvalidStateException for a key pending deletion, the table has the one that was recorded:
KMSInvalidStateException.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from kmslab.errors import AwsError, DisabledException, KMSInvalidStateException, UnsupportedOperationException


class KeyState(StrEnum):
    """The states of a KMS key."""

    ENABLED = "Enabled"
    DISABLED = "Disabled"
    PENDING_DELETION = "PendingDeletion"
    PENDING_REPLICA_DELETION = "PendingReplicaDeletion"
    PENDING_IMPORT = "PendingImport"
    UNAVAILABLE = "Unavailable"
    CREATING = "Creating"
    UPDATING = "Updating"


def _invalid_state(condition: str) -> Callable[[str], AwsError]:
    return lambda key_arn: KMSInvalidStateException.key_is(key_arn, condition)


#: What the words of the table below mean: an error made from the key's ARN, or None where the operation goes on.
_OUTCOMES: dict[str, Callable[[str], AwsError] | None] = {
    "ok": None,
    "disabled": DisabledException.of,
    "deleting": _invalid_state("pending deletion"),
    "not-deleting": _invalid_state("not pending deletion"),
    "importing": _invalid_state("pending import"),
    "unavailable": _invalid_state("unavailable"),
    "creating": _invalid_state("creating"),
    "updating": _invalid_state("updating"),
    # Keys in a custom key store, the only ones that can be unavailable, do not have this operation at all.
    "unsupported": lambda key_arn: UnsupportedOperationException(),
    # Only a key with imported key material waits for an import.
    "imported": lambda key_arn: UnsupportedOperationException.origin(key_arn, "EXTERNAL"),
}

# Columns: Enabled Disabled PendingDeletion PendingReplicaDeletion PendingImport Unavailable Creating Updating
_ANY_STATE = "ok ok ok ok ok ok ok ok"
_USE = "ok disabled deleting deleting importing unavailable creating ok"
_SWITCH = "ok ok deleting deleting importing ok creating updating"
_CHANGE = "ok ok deleting deleting ok ok ok ok"
_PAIR = "ok disabled deleting deleting importing unsupported creating ok"
_ROTATION = "ok disabled deleting deleting imported unsupported creating ok"

_TABLE: dict[str, str] = {
    "CancelKeyDeletion": "not-deleting not-deleting ok ok not-deleting not-deleting not-deleting not-deleting",
    "CreateAlias": _CHANGE,
    "CreateGrant": "ok disabled deleting deleting importing ok creating ok",
    "Decapsulate": _USE,
    "Decrypt": _USE,
    "DeleteImportedKeyMaterial": "ok ok ok ok ok unsupported creating updating",
    "DeriveSharedSecret": _USE,
    "DescribeKey": _ANY_STATE,
    "DisableKey": _SWITCH,
    "DisableKeyRotation": _ROTATION,
    "EnableKey": _SWITCH,
    "EnableKeyRotation": _ROTATION,
    "Encapsulate": _USE,
    "Encrypt": _USE,
    "GenerateDataKey": _USE,
    "GenerateDataKeyPair": _PAIR,
    "GenerateDataKeyPairWithoutPlaintext": _PAIR,
    "GenerateDataKeyWithoutPlaintext": _USE,
    "GenerateMac": _USE,
    "GetKeyLastUsage": _ANY_STATE,
    "GetKeyPolicy": _ANY_STATE,
    "GetKeyRotationStatus": "ok ok ok ok imported unsupported ok ok",
    "GetParametersForImport": "ok ok deleting deleting ok unsupported creating updating",
    # Works on disabled keys and on keys without material since 2026; earlier tables refuse both.
    "GetPublicKey": "ok ok deleting deleting ok unavailable creating ok",
    "ImportKeyMaterial": "ok ok deleting deleting ok unsupported creating ok",
    "ListAliases": _ANY_STATE,
    "ListGrants": _ANY_STATE,
    "ListKeyPolicies": _ANY_STATE,
    "ListKeyRotations": "ok ok ok ok ok unsupported ok ok",
    "ListResourceTags": _ANY_STATE,
    "PutKeyPolicy": _ANY_STATE,
    "ReEncrypt": _USE,
    "ReplicateKey": "ok disabled deleting deleting importing unsupported creating updating",
    "RetireGrant": _ANY_STATE,
    "RevokeGrant": _ANY_STATE,
    "RotateKeyOnDemand": "ok disabled deleting deleting importing unsupported creating ok",
    "ScheduleKeyDeletion": "ok ok deleting deleting ok ok ok updating",
    "Sign": _USE,
    "TagResource": _CHANGE,
    "UntagResource": _CHANGE,
    # Only the alias's new key is looked at; the one it leaves may be in any state.
    "UpdateAlias": _CHANGE,
    "UpdateKeyDescription": _CHANGE,
    "UpdatePrimaryRegion": _PAIR,
    "Verify": _USE,
    "VerifyMac": _USE,
}

#: What each operation answers in each key state: None where it goes on, otherwise an error made from the key's ARN.
KEY_STATES: dict[str, dict[KeyState, Callable[[str], AwsError] | None]] = {
    operation: {state: _OUTCOMES[word] for state, word in zip(KeyState, row.split(), strict=True)}
    for operation, row in _TABLE.items()
}
