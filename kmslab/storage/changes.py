"""What each operation changes, as one table: what the state file writes anew once a call of it has succeeded.

A contract test compares the operations with those that the Lab runs; a random walk over all of them compares the Lab
with itself after it was opened again.
"""

from __future__ import annotations

from enum import Enum


class Change(Enum):
    """What a successful call changes."""

    NOTHING = "nothing"
    #: The keys it resolved or made, whatever is related to them, and their aliases.
    KEYS = "keys"
    #: One grant on the key it resolved.
    GRANT = "grant"
    #: The custom key stores of the caller's account in the Region that is called.
    KEY_STORES = "key stores"


_TABLE: dict[Change, str] = {
    Change.KEYS: (
        "CancelKeyDeletion CreateAlias CreateKey DeleteAlias DeleteImportedKeyMaterial DisableKey DisableKeyRotation "
        "EnableKey EnableKeyRotation ImportKeyMaterial PutKeyPolicy ReplicateKey RotateKeyOnDemand ScheduleKeyDeletion "
        "TagResource UntagResource UpdateAlias UpdateKeyDescription UpdatePrimaryRegion"
    ),
    Change.GRANT: "CreateGrant RetireGrant RevokeGrant",
    Change.KEY_STORES: (
        "ConnectCustomKeyStore CreateCustomKeyStore DeleteCustomKeyStore DisconnectCustomKeyStore UpdateCustomKeyStore"
    ),
    # DescribeKey of a predefined alias makes an AWS managed key; a key that is not known yet is always written.
    # What GetParametersForImport hands out is kept by whoever gets it.
    Change.NOTHING: (
        "Decapsulate Decrypt DeriveSharedSecret DescribeCustomKeyStores DescribeKey Encapsulate Encrypt "
        "GenerateDataKey GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext GenerateDataKeyWithoutPlaintext "
        "GenerateMac GenerateRandom GetKeyLastUsage GetKeyPolicy GetKeyRotationStatus GetParametersForImport "
        "GetPublicKey ListAliases ListGrants ListKeyPolicies ListKeyRotations ListKeys ListResourceTags "
        "ListRetirableGrants ReEncrypt Sign Verify VerifyMac"
    ),
}

#: By operation.
CHANGES: dict[str, Change] = {operation: change for change, row in _TABLE.items() for operation in row.split()}

#: What shows what others have made: its reply waits until all of that is on the disk.
SHOWS_ALL = frozenset({"DescribeCustomKeyStores", "ListAliases", "ListKeys", "ListRetirableGrants"})
