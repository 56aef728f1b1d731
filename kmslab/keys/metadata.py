"""KeyMetadata: what DescribeKey and CreateKey show of a key, in AWS's member names and order."""

from __future__ import annotations

from typing import Any

from kmslab.keys.key import Key
from kmslab.keys.specs import Family, KeyUsage
from kmslab.keys.states import KeyState

#: The member that lists a key's algorithms, by its usage.
ALGORITHM_MEMBERS: dict[KeyUsage, str] = {
    KeyUsage.ENCRYPT_DECRYPT: "EncryptionAlgorithms",
    KeyUsage.SIGN_VERIFY: "SigningAlgorithms",
    KeyUsage.GENERATE_VERIFY_MAC: "MacAlgorithms",
}


def key_metadata(key: Key) -> dict[str, Any]:
    """The members that AWS shows for this key; those that do not apply are absent."""
    shown: dict[str, Any] = {
        "AWSAccountId": key.account_id,
        "KeyId": key.key_id,
        "Arn": key.arn,
        "CreationDate": key.created,
        "Enabled": key.state is KeyState.ENABLED,
        "Description": key.description,
        "KeyUsage": key.usage.value,
        "KeyState": key.state.value,
    }
    if key.deletion_date is not None:
        shown["DeletionDate"] = key.deletion_date
    shown |= {
        "Origin": "AWS_KMS",
        "KeyManager": "CUSTOMER",
        # The old name of KeySpec. AWS returns both.
        "CustomerMasterKeySpec": key.spec.name,
        "KeySpec": key.spec.name,
        ALGORITHM_MEMBERS[key.usage]: list(key.algorithms),
        "MultiRegion": key.multi_region,
    }
    if key.multi_region:
        shown["MultiRegionConfiguration"] = {
            "MultiRegionKeyType": "PRIMARY",
            "PrimaryKey": {"Arn": key.arn, "Region": key.region},
            "ReplicaKeys": [],
        }
    if key.spec.family is Family.SYMMETRIC:
        shown["CurrentKeyMaterialId"] = key.current.material_id
    return shown
