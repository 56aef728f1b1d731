"""Replicas of secrets: each Region has values of its own, sealed under a key of that Region.

Source: Secrets Manager User Guide, "Replicate AWS Secrets Manager secrets across Regions" and "Secret encryption and
decryption" (the value is decrypted in the primary Region and encrypted with the KMS key in the replica Region).
Simplified: replication is over when the reply goes out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from moto.secretsmanager.models import ReplicaSecret

from kmslab.cloud.held_secrets import HeldSecrets, Secret, sealed_value, values_of_replica
from kmslab.cloud.secret_versions import DEFAULT_KEY, SecretVersions, Value
from kmslab.cloud.terms import Asker
from kmslab.wire.refusals import RefusedError


def replicate_all(
    versions: SecretVersions, held: HeldSecrets, secret: Secret, wanted: Iterable[Mapping[str, Any]], asker: Asker
) -> None:
    """Seal what a secret holds for its new replicas; one for which KMS refuses has failed, and says why.

    Args:
        versions: Seals and opens.
        held: Where the secret is.
        secret: The secret, which moto has given its replicas.
        wanted: The `AddReplicaRegions` of the request.
        asker: Who asks.
    """
    keys = {each["Region"]: each.get("KmsKeyId") or DEFAULT_KEY for each in wanted}
    new = [each for each in secret.replicas if each.region in keys and each.has_replica]
    for replica in new:
        replica.config["KmsKeyId"] = keys[replica.region]
    for version_id, version in secret.versions.items():
        sealed = sealed_value(version)
        if sealed is not None and version["version_stages"]:
            member, text = sealed
            try:
                value = Value(member, versions.open(text, asker))
            except RefusedError as error:
                for replica in new:
                    _fail(held, replica, error)
                return
            _seal(versions, held, new, version_id, value, asker)


def replicate(
    versions: SecretVersions, held: HeldSecrets, secret: Secret, version_id: str, value: Value, asker: Asker
) -> None:
    """Seal a new version of a secret for all of its replicas."""
    _seal(versions, held, secret.replicas, version_id, value, asker)


def _seal(
    versions: SecretVersions,
    held: HeldSecrets,
    replicas: Iterable[ReplicaSecret],
    version_id: str,
    value: Value,
    asker: Asker,
) -> None:
    for replica in replicas:
        own = values_of_replica(replica)
        if not replica.has_replica or own is None:
            continue
        key = replica.config["KmsKeyId"] or DEFAULT_KEY
        try:
            own[version_id] = versions.seal(key, value, replica.arn, version_id, asker, replica.region)
        except RefusedError as error:
            _fail(held, replica, error)


def _fail(held: HeldSecrets, replica: ReplicaSecret, error: RefusedError) -> None:
    """Simplified: AWS keeps a replica that has failed for as long as the primary secret; it cannot be read either."""
    message = f"Replication failed: {error.message}"
    replica.status, replica.message = "Failed", message
    replica.config |= {"Status": "Failed", "StatusMessage": message}
    if not values_of_replica(replica):
        replica.has_replica = False
        held.drop_replica(replica)
