"""Secrets read through Parameter Store, which asks Secrets Manager, which asks KMS.

Source: Systems Manager User Guide, "Referencing AWS Secrets Manager secrets from Parameter Store parameters".
Simplified: GetParameter only, and not GetParameters.
"""

from __future__ import annotations

import json
from typing import Any

from kmslab.cloud.held_secrets import HeldSecrets
from kmslab.cloud.moto_bridge import MotoBridge
from kmslab.cloud.secret_versions import SecretVersions
from kmslab.cloud.terms import Asker
from kmslab.wire.refusals import RefusedError

#: The path of secrets among the parameters.
SECRETS = "/aws/reference/secretsmanager/"


def shown_secret(bridge: MotoBridge, versions: SecretVersions, name: str, asker: Asker) -> dict[str, Any]:
    """A secret as a parameter.

    Args:
        bridge: Where the secret is.
        versions: Opens it.
        name: Its name as a parameter, with a version id or a label behind a colon if the caller wants that version.
        asker: Who reads it.

    Raises:
        RefusedError: there is no such secret, or KMS refuses.
    """
    secret_id, _, version = name.removeprefix(SECRETS).partition(":")
    there = HeldSecrets(bridge, asker.principal.account_id, asker.region)
    held = there.find(secret_id)
    if held is None:
        raise RefusedError(
            "ParameterNotFound",
            f"An error occurred (ParameterNotFound) when referencing Secrets Manager: Secret {name} not found.",
        )
    known = version in held.versions
    _, shown = there.lookup(secret_id, version if known else None, None if known else version or None)
    # A parameter is text. Source: User Guide, "Restrictions".
    value = versions.open(str(shown["SecretString"]), asker).decode() if "SecretString" in shown else ""
    source = {each: shown[each] for each in ("ARN", "Name", "VersionId", "VersionStages", "CreatedDate")}
    return {
        "Name": name.partition(":")[0],
        "Type": "SecureString",
        "Value": value,
        "Version": 0,
        "SourceResult": json.dumps(source),
        "LastModifiedDate": shown["CreatedDate"],
        "ARN": shown["ARN"],
        "DataType": "text",
    }
