"""New secrets and new versions of secrets: sealed first, and kept by moto only when KMS has made their data keys."""

from __future__ import annotations

from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from kmslab import arn
from kmslab.cloud import held_secrets as held
from kmslab.cloud.held_secrets import HeldSecrets, Secret
from kmslab.cloud.json_calls import Members, list_of, raise_refusal, reply_of, text_of, with_members, with_reply
from kmslab.cloud.moto_bridge import MotoBridge
from kmslab.cloud.secret_replicas import replicate, replicate_all
from kmslab.cloud.secret_versions import DEFAULT_KEY, STORED_AS, SecretVersions, Value, value_of
from kmslab.cloud.terms import Asker
from kmslab.ids import Ids
from kmslab.wire.refusals import RefusedError

#: What moto gets of a value in a request that it refuses, or that changes nothing.
_NOTHING = "-"

#: The versions whose data keys are encrypted under a secret's new key too. Source: User Guide, "Change the encryption
#: key".
_MOVED = {"AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"}

_SUFFIX_LENGTH = 6


class SecretChanges:
    """Carries out the operations that give a secret a value or a key."""

    def __init__(self, bridge: MotoBridge, versions: SecretVersions, ids: Ids) -> None:
        """Let moto keep what `versions` seals."""
        self._bridge = bridge
        self._versions = versions
        self._ids = ids

    def create(self, request: AWSPreparedRequest, members: Members, asker: Asker) -> AWSResponse:
        """CreateSecret."""
        name, token = text_of(members, "Name") or "", self._token(members)
        value, there = value_of(members), self._held(asker)
        existing = there.find(name)
        if existing is not None:
            return self._create_again(request, members, existing, value, asker)
        regions = list_of(members, "AddReplicaRegions")
        if any(each.get("Region") == asker.region for each in regions):
            raise RefusedError("InvalidParameterException", "Invalid replica region.")
        secret_arn, key = self._new_arn(asker, name), text_of(members, "KmsKeyId")
        if key:
            self._versions.validate(key, secret_arn, asker)
        if value is not None:
            members[value.member] = self._versions.seal(key or DEFAULT_KEY, value, secret_arn, token, asker)
        response = self._forward(request, {**members, "AddReplicaRegions": []})

        def settle(secret: Secret) -> None:
            secret.arn = secret_arn
            secret.created_date = secret.last_changed_date = int(asker.now.timestamp())
            _date(secret, token, asker)

        secret = there.change(name, settle)
        reply = reply_of(response) | {"ARN": secret_arn}
        if regions:
            force = members.get("ForceOverwriteReplicaSecret", False)
            asked = {"SecretId": name, "AddReplicaRegions": regions, "ForceOverwriteReplicaSecret": force}
            raise_refusal(
                self._bridge.answer(with_members(request, asked, "ReplicateSecretToRegions"), "secretsmanager")
            )
            replicate_all(self._versions, there, secret, regions, asker)
            reply["ReplicationStatus"] = [each.config for each in secret.replicas]
        return with_reply(response, reply)

    def put(self, request: AWSPreparedRequest, members: Members, asker: Asker) -> AWSResponse:
        """PutSecretValue."""
        secret_id, token = text_of(members, "SecretId") or "", self._token(members)
        value, there = value_of(members), self._held(asker)
        secret = there.primary(secret_id)
        if secret is None or value is None:
            return self._refused_by_moto(request, members)
        if self._compare(members, secret, value, asker):
            return self._forward(request, members)
        members[value.member] = self._versions.seal(_key(secret), value, secret.arn, token, asker)
        response = self._forward(request, members)
        self._settle(there, secret_id, token, value, asker)
        return response

    def update(self, request: AWSPreparedRequest, members: Members, asker: Asker) -> AWSResponse:
        """UpdateSecret."""
        secret_id, token = text_of(members, "SecretId") or "", self._token(members)
        value, there = value_of(members), self._held(asker)
        secret = there.primary(secret_id)
        if secret is None:
            return self._refused_by_moto(request, members)
        if value is not None and self._compare(members, secret, value, asker):
            return self._forward(request, members)
        moved: dict[str, tuple[str, str]] = {}
        key = text_of(members, "KmsKeyId")
        if key is not None:
            members["KmsKeyId"] = key = key or DEFAULT_KEY
            self._versions.validate(key, secret.arn, asker)
        if value is not None:
            members[value.member] = self._versions.seal(key or _key(secret), value, secret.arn, token, asker)
        if key is not None:
            moved = self._move(secret, key, asker)
        response = self._forward(request, members)
        for version_id, sealed in moved.items():
            held.set_sealed_value(secret.versions[version_id], *sealed)
        if value is not None:
            self._settle(there, secret_id, token, value, asker)
        return response

    def rotate(self, request: AWSPreparedRequest, members: Members, asker: Asker) -> AWSResponse:
        """RotateSecret.

        Simplified: without a Lambda function, which AWS requires, the new version has the value of the old one.
        """
        secret_id, token = text_of(members, "SecretId") or "", self._token(members)
        there = self._held(asker)
        secret = there.primary(secret_id)
        sealed = secret and held.sealed_value(secret.versions.get(secret.default_version_id, {}))
        if secret is None or not sealed:
            return self._forward(request, members)
        if text_of(members, "RotationLambdaARN"):
            try:
                return self._forward(request, members)
            except RefusedError:
                # moto has begun the rotation before it has seen that there is no such function.
                secret.versions.pop(token, None)
                raise
        member, text = sealed
        value = Value(member, self._versions.open(text, asker))
        anew = self._versions.seal(_key(secret), value, secret.arn, token, asker)
        response = self._forward(request, members)
        held.set_sealed_value(secret.versions[token], member, anew)
        secret.last_rotation_date = int(asker.now.timestamp())
        self._settle(there, secret_id, token, value, asker)
        return response

    def _create_again(
        self, request: AWSPreparedRequest, members: Members, secret: Secret, value: Value | None, asker: Asker
    ) -> AWSResponse:
        """The same request once more, or another secret of the same name. Source: public reports."""
        if secret.is_deleted():
            raise RefusedError(
                "InvalidRequestException",
                "You can't create this secret because a secret with this name is already scheduled for deletion.",
            )
        if value is None or not self._compare(members, secret, value, asker):
            name = members["Name"]
            raise RefusedError(
                "ResourceExistsException", f"The operation failed because the secret {name} already exists."
            )
        return self._forward(request, members)

    def _compare(self, members: Members, secret: Secret, value: Value, asker: Asker) -> bool:
        """Whether a request is for a version that is there already; if so, moto sees whether it has the same value.

        Secrets Manager decrypts the one to compare it with the other.
        """
        version = secret.versions.get(members["ClientRequestToken"], {})
        sealed = held.sealed_value(version)
        if sealed is None or "AWSPENDING" in version["version_stages"]:
            return False
        member, text = sealed
        same = value.is_same_as(Value(member, self._versions.open(text, asker)))
        members[value.member] = text if same else _NOTHING
        return True

    def _move(self, secret: Secret, key: str, asker: Asker) -> dict[str, tuple[str, str]]:
        moved = {}
        for version_id, version in secret.versions.items():
            sealed = held.sealed_value(version)
            if sealed is not None and _MOVED & set(version["version_stages"]):
                text = self._versions.move(sealed[1], key, asker)
                if text is not None:
                    moved[version_id] = sealed[0], text
        return moved

    def _settle(self, there: HeldSecrets, secret_id: str, version_id: str, value: Value, asker: Asker) -> None:
        """Give a new version the Lab's time, and the replicas their own of it."""

        def settle(secret: Secret) -> None:
            secret.last_changed_date = int(asker.now.timestamp())
            _date(secret, version_id, asker)

        secret = there.change(secret_id, settle)
        replicate(self._versions, there, secret, version_id, value, asker)

    def _held(self, asker: Asker) -> HeldSecrets:
        return HeldSecrets(self._bridge, asker.principal.account_id, asker.region)

    def _token(self, members: Members) -> str:
        """The id of the new version; clients send one."""
        token = text_of(members, "ClientRequestToken") or self._ids.uuid("secret version")
        members["ClientRequestToken"] = token
        return token

    def _new_arn(self, asker: Asker, name: str) -> str:
        partition, account_id = arn.partition_of(asker.region), asker.principal.account_id
        suffix = self._ids.letters("secret", _SUFFIX_LENGTH)
        return f"arn:{partition}:secretsmanager:{asker.region}:{account_id}:secret:{name}-{suffix}"

    def _refused_by_moto(self, request: AWSPreparedRequest, members: Members) -> AWSResponse:
        """Let moto say why a request cannot be carried out, without showing it the value."""
        return self._forward(request, members | {name: _NOTHING for name in STORED_AS if name in members})

    def _forward(self, request: AWSPreparedRequest, members: Members) -> AWSResponse:
        response = self._bridge.answer(with_members(request, members), "secretsmanager")
        raise_refusal(response)
        return response


def _key(secret: Secret) -> str:
    return secret.kms_key_id or DEFAULT_KEY


def _date(secret: Secret, version_id: str, asker: Asker) -> None:
    version: dict[str, Any] | None = secret.versions.get(version_id)
    if version is not None:
        version["createdate"] = int(asker.now.timestamp())
