"""Secrets Manager in front of moto: each version of a secret is sealed under a data key that KMS makes for the caller.

moto holds what is sealed; whoever reads a secret has to be allowed to use its KMS key.

Source: Secrets Manager User Guide, "Secret encryption and decryption in AWS Secrets Manager".
Simplified: nobody of the secret's own account is asked whether they may use Secrets Manager itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from kmslab.clock import SimClock
from kmslab.cloud import held_secrets as held
from kmslab.cloud.held_secrets import HeldSecrets, Secret
from kmslab.cloud.json_calls import (
    Members,
    check,
    list_of,
    members_of,
    new_reply,
    operation_of,
    raise_refusal,
    reply_of,
    text_of,
    with_reply,
)
from kmslab.cloud.moto_bridge import MotoBridge
from kmslab.cloud.secret_changes import SecretChanges
from kmslab.cloud.secret_readers import check_reader
from kmslab.cloud.secret_replicas import replicate_all
from kmslab.cloud.secret_versions import STORED_AS, SecretVersions, Value
from kmslab.cloud.terms import Asker, Kms
from kmslab.errors import AwsError
from kmslab.ids import Ids
from kmslab.wire.refusals import RefusedError

_DAY = 86_400

#: How long a secret can be restored, in days, when nobody says otherwise. Source: API Reference, DeleteSecret.
_RECOVERY_WINDOW = 30

_Answer = Callable[[AWSPreparedRequest, Members, Asker], AWSResponse]


class SecretsManagerFront:
    """Answers for Secrets Manager."""

    def __init__(self, bridge: MotoBridge, kms: Kms, clock: SimClock, ids: Ids | None = None) -> None:
        """Stand in front of `bridge`; `kms` is called in the caller's name."""
        self._bridge = bridge
        self._versions = SecretVersions(kms, ids or Ids())
        changes = SecretChanges(bridge, self._versions, ids or Ids())
        self._answers: dict[str, _Answer] = {
            "BatchGetSecretValue": self._read_many,
            "CreateSecret": changes.create,
            "DeleteSecret": self._delete,
            "DescribeSecret": self._describe,
            "GetSecretValue": self._read,
            "PutSecretValue": changes.put,
            "ReplicateSecretToRegions": self._replicate,
            "RotateSecret": changes.rotate,
            "UpdateSecret": changes.update,
            "UpdateSecretVersionStage": self._move_label,
        }

    def answer(self, request: AWSPreparedRequest, asker: Asker) -> AWSResponse:
        """Answer a request.

        Raises:
            RefusedError: Secrets Manager refuses, or KMS does.
        """
        self._held(asker).forget(asker.now)
        operation, members = operation_of(request), members_of(request)
        check("secretsmanager", operation, members)
        answer = self._answers.get(operation, self._pass_on)
        return answer(request, members, asker)

    def _held(self, asker: Asker, account_id: str = "") -> HeldSecrets:
        return HeldSecrets(self._bridge, account_id or asker.principal.account_id, asker.region)

    def _pass_on(self, request: AWSPreparedRequest, _: Members, __: Asker) -> AWSResponse:
        response = self._bridge.answer(request, "secretsmanager")
        raise_refusal(response)
        return response

    def _read(self, request: AWSPreparedRequest, members: Members, asker: Asker) -> AWSResponse:
        version_id, stage = text_of(members, "VersionId"), text_of(members, "VersionStage")
        return new_reply(request, self._value(text_of(members, "SecretId") or "", asker, version_id, stage))

    def _value(
        self, secret_id: str, asker: Asker, version_id: str | None = None, stage: str | None = None
    ) -> Mapping[str, Any]:
        owner = _owner(secret_id, asker)
        there = self._held(asker, owner)
        if owner != asker.principal.account_id:
            check_reader(there.find(secret_id), secret_id, "secretsmanager:GetSecretValue", asker)
        _, shown = there.lookup(secret_id, version_id, stage)
        return self._opened(shown, asker)

    def _opened(self, shown: Mapping[str, Any], asker: Asker) -> Mapping[str, Any]:
        opened = dict(shown)
        for member in STORED_AS:
            if shown.get(member) is not None:
                opened[member] = Value(member, self._versions.open(shown[member], asker)).shown()
        return opened

    def _read_many(self, request: AWSPreparedRequest, members: Members, asker: Asker) -> AWSResponse:
        listed: list[Any] = list_of(members, "SecretIdList")
        reply: dict[str, Any] = {}
        if not listed or list_of(members, "Filters"):
            response = self._pass_on(request, members, asker)
            reply = reply_of(response)
            # By name, and not by what moto shows: a replica has values of its own.
            listed = [each["ARN"] for each in reply["SecretValues"]]
        values, errors = [], []
        for secret_id in listed:
            try:
                values.append(self._value(str(secret_id), asker))
            except (AwsError, RefusedError) as error:
                errors.append({"SecretId": secret_id, "ErrorCode": error.code, "Message": error.message})
        return new_reply(request, reply | {"SecretValues": values, "Errors": errors})

    def _describe(self, request: AWSPreparedRequest, members: Members, asker: Asker) -> AWSResponse:
        secret_id = text_of(members, "SecretId") or ""
        owner = _owner(secret_id, asker)
        secret: Any = self._held(asker, owner).find(secret_id)
        if owner != asker.principal.account_id:
            check_reader(secret, secret_id, "secretsmanager:DescribeSecret", asker)
            return new_reply(request, secret.to_dict())
        return self._pass_on(request, members, asker)

    def _replicate(self, request: AWSPreparedRequest, members: Members, asker: Asker) -> AWSResponse:
        secret_id, there = text_of(members, "SecretId") or "", self._held(asker)
        secret: Any = there.primary(secret_id)
        response = self._pass_on(request, members, asker)
        replicate_all(self._versions, there, secret, list_of(members, "AddReplicaRegions"), asker)
        statuses = [each.config for each in secret.replicas]
        return with_reply(response, {"ARN": secret.arn, "ReplicationStatus": statuses})

    def _delete(self, request: AWSPreparedRequest, members: Members, asker: Asker) -> AWSResponse:
        secret_id, there = text_of(members, "SecretId") or "", self._held(asker)
        forced = members.get("ForceDeleteWithoutRecovery") is True
        if not forced:
            there.primary(secret_id)
        response = self._pass_on(request, members, asker)
        days = 0 if forced else members.get("RecoveryWindowInDays") or _RECOVERY_WINDOW
        when = asker.now.timestamp() + days * _DAY

        def mark(secret: Secret) -> None:
            secret.deleted_date = when

        if not forced:
            there.change(secret_id, mark)
        return with_reply(response, reply_of(response) | {"DeletionDate": when})

    def _move_label(self, request: AWSPreparedRequest, members: Members, asker: Asker) -> AWSResponse:
        secret_id, there = text_of(members, "SecretId") or "", self._held(asker)
        there.primary(secret_id)
        held.check_not_replica(there.find(secret_id))
        response = self._pass_on(request, members, asker)
        there.change(secret_id, held.set_current_version)
        return response


def _owner(secret_id: str, asker: Asker) -> str:
    """The account that a secret belongs to: the one in its ARN, or the caller's."""
    parts = secret_id.split(":")
    return parts[4] if parts[0] == "arn" and len(parts) > 6 else asker.principal.account_id
