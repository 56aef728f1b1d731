"""KeyMetadata: what DescribeKey and CreateKey show of a key, in AWS's member names and order."""

from __future__ import annotations

from typing import Any

from kmslab.keys.key import Key
from kmslab.keys.specs import Family, KeyOrigin, KeyUsage
from kmslab.keys.states import KeyState

#: The member that lists a key's algorithms, by its usage.
ALGORITHM_MEMBERS: dict[KeyUsage, str] = {
    KeyUsage.ENCRYPT_DECRYPT: "EncryptionAlgorithms",
    KeyUsage.SIGN_VERIFY: "SigningAlgorithms",
    KeyUsage.GENERATE_VERIFY_MAC: "MacAlgorithms",
    KeyUsage.KEY_AGREEMENT: "KeyAgreementAlgorithms",
    KeyUsage.ENCAPSULATE_DECAPSULATE: "EncapsulationAlgorithms",
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
    elif key.deletion_window is not None:
        # Its waiting period begins when its last replica is gone. Source: API Reference, ScheduleKeyDeletion.
        shown["PendingDeletionWindowInDays"] = key.deletion_window
    shown |= {
        "Origin": key.origin.value,
        "KeyManager": key.manager.value,
        # The old name of KeySpec. AWS returns both. Simplified: for the key specs of 2025 and later too.
        "CustomerMasterKeySpec": key.spec.name,
        "KeySpec": key.spec.name,
        ALGORITHM_MEMBERS[key.usage]: list(key.algorithms),
        "MultiRegion": key.multi_region,
    }
    if key.related is not None:
        shown["MultiRegionConfiguration"] = {
            "MultiRegionKeyType": "PRIMARY" if key.is_primary else "REPLICA",
            "PrimaryKey": _named(key.related.primary),
            "ReplicaKeys": [_named(replica) for replica in key.related.replicas],
        }
    return shown | _material(key) | _key_store(key)


def _named(key: Key) -> dict[str, str]:
    return {"Arn": key.arn, "Region": key.region}


def _material(key: Key) -> dict[str, Any]:
    current = key.ring.current
    if current is None:
        return {}
    shown: dict[str, Any] = {}
    # While a replica is being made it does not show its key material. Recorded.
    if key.spec.family is Family.SYMMETRIC and key.key_store is None and key.state is not KeyState.CREATING:
        shown["CurrentKeyMaterialId"] = current.material_id
    if key.origin is KeyOrigin.EXTERNAL and current.material is not None:
        # Whichever of its materials expires first makes the key unusable. Source: the model, KeyMetadata, ValidTo.
        dates = [entry.valid_to for entry in key.ring if entry.state.is_permanent and entry.valid_to is not None]
        shown["ExpirationModel"] = "KEY_MATERIAL_EXPIRES" if dates else "KEY_MATERIAL_DOES_NOT_EXPIRE"
        if dates:
            shown["ValidTo"] = min(dates)
    return shown


def _key_store(key: Key) -> dict[str, Any]:
    return {} if key.key_store is None else key.key_store.metadata(key.xks_key_id)
