"""The secrets in moto's tables: looked up, and put right where moto's own doing differs from AWS's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.secretsmanager.models import FakeSecret, ReplicaSecret, secretsmanager_backends

from kmslab.cloud.moto_bridge import MotoBridge
from kmslab.cloud.secret_versions import STORED_AS
from kmslab.wire.refusals import RefusedError

#: Where a replica keeps the values that are sealed for it, by version id.
_OWN_VALUES = "kmslab_values"

#: moto's objects: a secret, or its replica in another Region.
Secret = Any


class HeldSecrets:
    """What moto holds of one account in one Region."""

    def __init__(self, bridge: MotoBridge, account_id: str, region: str) -> None:
        """Look at what `bridge` holds."""
        self._bridge = bridge
        self._account_id = account_id
        self._region = region

    def find(self, secret_id: str) -> Secret | None:
        """A secret by its name, ARN, or ARN without the suffix; None when there is none."""
        with self._bridge.looking_at(secretsmanager_backends) as accounts:
            own = accounts.get(self._account_id, {})
            backend = dict.get(own, self._region)
            secret = None if backend is None else backend.secrets.get(secret_id)
            _link(secret, own)
            return secret

    def primary(self, secret_id: str) -> Secret | None:
        """A secret that can be changed and is not marked for deletion; None when there is none or it is a replica.

        Raises:
            RefusedError: it is marked for deletion.
        """
        held = self.find(secret_id)
        if held is None or isinstance(held, ReplicaSecret):
            return None
        check_not_deleted(held)
        return held

    def lookup(self, secret_id: str, version_id: str | None, stage: str | None) -> tuple[Secret, dict[str, Any]]:
        """A secret and what moto answers for one of its versions, the value still sealed.

        Raises:
            RefusedError: there is no such secret, version or value.
        """
        check_not_deleted(self.find(secret_id))
        if not version_id and not stage:
            stage = "AWSCURRENT"
        with self._bridge.in_place(quietly=True):
            backend: Any = secretsmanager_backends[self._account_id][self._region]
            try:
                # None and the empty string are not the same to moto.
                shown = backend.get_secret_value(secret_id, version_id or None, stage or None)
            except JsonRESTError as error:
                raise RefusedError(str(error.error_type), str(error.message)) from None
            secret: Any = backend.secrets.get(secret_id)
        own = values_of_replica(secret)
        if own is not None:
            version = shown["VersionId"]
            if version not in own:
                raise RefusedError(
                    "ResourceNotFoundException",
                    f"Secrets Manager can't find the specified secret value for VersionId: {version}",
                )
            shown |= {name: own[version] for name in STORED_AS if name in shown}
        return secret, shown

    def change(self, secret_id: str, change: Callable[[Any], None]) -> Secret:
        """Change a secret that is there."""
        with self._bridge.looking_at(secretsmanager_backends) as accounts:
            secret = accounts[self._account_id][self._region].secrets.get(secret_id)
            change(secret)
        return secret

    def forget(self, now: datetime) -> None:
        """Let go of the secrets whose recovery window is over."""
        with self._bridge.looking_at(secretsmanager_backends) as accounts:
            backend = dict.get(accounts.get(self._account_id, {}), self._region)
            if backend is None:
                return
            for name, secret in list(dict.items(backend.secrets)):
                deleted = getattr(secret, "deleted_date", None)
                if deleted is not None and deleted <= now.timestamp():
                    dict.pop(backend.secrets, name)

    def drop_replica(self, replica: ReplicaSecret) -> None:
        """Take a replica out of its Region."""
        with self._bridge.looking_at(secretsmanager_backends) as accounts:
            dict.pop(accounts[self._account_id][replica.region].secrets, replica.arn, None)


def _link(secret: Any, account: Any) -> None:
    """Let a secret and its replicas know one another again: in a state file each Region has its own copy of both."""
    if isinstance(secret, ReplicaSecret):
        home = dict.get(account, secret.source.region)
        secret.source = (home and home.secrets.get(secret.source.arn)) or secret.source
    for number, replica in enumerate(secret.replicas if isinstance(secret, FakeSecret) else ()):
        there = dict.get(account, replica.region)
        other = there and there.secrets.get(replica.arn)
        if isinstance(other, ReplicaSecret):
            other.source, secret.replicas[number] = secret, other
            other.config = replica.config


def check_not_deleted(secret: Secret | None) -> None:
    """Refuse to do anything with a secret that is marked for deletion.

    Raises:
        RefusedError: it is. Source: public reports.
    """
    if secret is not None and secret.is_deleted():
        raise RefusedError(
            "InvalidRequestException",
            "You can't perform this operation on the secret because it was marked for deletion.",
        )


def check_not_replica(secret: Secret | None) -> None:
    """Refuse to change a replica; moto mostly does that itself.

    Raises:
        RefusedError: it is one.
    """
    if isinstance(secret, ReplicaSecret):
        raise RefusedError(
            "InvalidParameterException",
            "Operation not permitted on a replica secret. Call must be made in primary secret's region.",
        )


def sealed_value(version: Mapping[str, Any]) -> tuple[str, str] | None:
    """The member and the sealed value of a version; None when it has none."""
    for member, stored in STORED_AS.items():
        if version.get(stored) is not None:
            return member, str(version[stored])
    return None


def set_sealed_value(version: dict[str, Any], member: str, text: str) -> None:
    """Give a version its sealed value."""
    for stored in STORED_AS.values():
        version.pop(stored, None)
    version[STORED_AS[member]] = text


def values_of_replica(secret: Secret) -> dict[str, str] | None:
    """The values that are sealed for a replica, by version id; None when a secret is none."""
    if not isinstance(secret, ReplicaSecret):
        return None
    values: dict[str, str] = vars(secret).setdefault(_OWN_VALUES, {})
    return values


def set_current_version(secret: FakeSecret) -> None:
    """Let moto use the version that has the label AWSCURRENT; it forgets to when the label is moved."""
    for version_id, version in secret.versions.items():
        if "AWSCURRENT" in version["version_stages"]:
            secret.set_default_version_id(version_id)
