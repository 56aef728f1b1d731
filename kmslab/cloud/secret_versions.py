"""The values of secrets: sealed for Secrets Manager under a new data key for each version, and opened for each reader.

Source: Secrets Manager User Guide, "Secret encryption and decryption in AWS Secrets Manager".
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from typing import Any, NamedTuple

from kmslab.cloud.json_calls import text_of
from kmslab.cloud.sealed import ABOUT_THE_KEY, Envelope, KeyUser, quoted
from kmslab.cloud.terms import Asker, Kms
from kmslab.errors import AwsError, SerializationException
from kmslab.ids import Ids
from kmslab.wire.refusals import RefusedError

DEFAULT_KEY = "alias/aws/secretsmanager"

#: Instead of a version id: nothing is encrypted, but the caller may use the key.
_VALIDATION = "RequestToValidateKeyAccess"

#: The members that hold a value, and what moto calls them.
STORED_AS = {"SecretString": "secret_string", "SecretBinary": "secret_binary"}


class Value(NamedTuple):
    """The value of a secret.

    Attributes:
        member: `SecretString` or `SecretBinary`.
        plaintext: Its bytes.
    """

    member: str
    plaintext: bytes

    def __repr__(self) -> str:
        """Its kind and its length."""
        return f"<{self.member} of {len(self.plaintext)} bytes>"

    def is_same_as(self, other: Value) -> bool:
        """Whether it is the same value; how long that takes says nothing about how much of it is."""
        return self.member == other.member and hmac.compare_digest(self.plaintext, other.plaintext)

    def shown(self) -> str:
        """The value as a reply has it."""
        binary = self.member == "SecretBinary"
        return base64.b64encode(self.plaintext).decode() if binary else self.plaintext.decode()


def value_of(members: Mapping[str, Any]) -> Value | None:
    """The value in a request; None when there is none.

    Raises:
        RefusedError: there are two.
    """
    given = [(name, content) for name in STORED_AS if (content := text_of(members, name))]
    if len(given) > 1:
        raise RefusedError(
            "InvalidParameterException",
            "You can't specify both a binary secret value and a string secret value in the same secret.",
        )
    if not given:
        return None
    member, content = given[0]
    try:
        return Value(member, base64.b64decode(content) if member == "SecretBinary" else content.encode())
    except ValueError:
        raise SerializationException() from None


class SecretVersions:
    """Seals and opens the values of secrets in their callers' names."""

    def __init__(self, kms: Kms, ids: Ids) -> None:
        """Use `kms`, in the caller's name."""
        self._kms = kms
        self._ids = ids

    def validate(self, key: str, secret_arn: str, asker: Asker, region: str = "") -> None:
        """See whether the caller may use a key that is to protect a secret.

        Raises:
            RefusedError: the key does not exist, cannot be used, or may not be used by the caller.
        """
        context = _context(secret_arn, _VALIDATION)
        user = self._user(asker, region)
        try:
            user.decrypt(user.data_key(key, context).wrapped, context)
        except AwsError as error:
            raise self._cannot_encrypt(error) from None

    def seal(self, key: str, value: Value, secret_arn: str, version_id: str, asker: Asker, region: str = "") -> str:
        """The value of a new version, sealed, as text.

        Raises:
            RefusedError: KMS makes no data key for the caller.
        """
        user = self._user(asker, region)
        try:
            return user.seal(key, value.plaintext, _context(secret_arn, version_id)).text
        except AwsError as error:
            raise self._cannot_encrypt(error) from None

    def open(self, text: str, asker: Asker, region: str = "") -> bytes:
        """The value of a version.

        Raises:
            RefusedError: KMS does not decrypt its data key for the caller.
        """
        envelope = Envelope.read(text)
        if envelope is None:
            # moto makes some secrets itself, for other services of its own.
            return text.encode()
        try:
            return self._user(asker, region).open(envelope)
        except AwsError as error:
            raise self._refused(
                error, "DecryptionFailure", "Secrets Manager can't decrypt the secret value: "
            ) from None

    def move(self, text: str, key: str, asker: Asker) -> str | None:
        """A sealed value whose data key is also encrypted under another key.

        None when the caller may not do that; the version then stays as it is. Source: User Guide, "Change the
        encryption key"; API Reference, UpdateSecret, KmsKeyId.
        """
        envelope = Envelope.read(text)
        if envelope is None:
            return None
        user = self._user(asker, "")
        try:
            data_key = user.decrypt(envelope.wrapped[0], envelope.context)
            return envelope.also_under(user.encrypt(key, data_key, envelope.context)).text
        except AwsError:
            return None

    def _user(self, asker: Asker, region: str) -> KeyUser:
        return KeyUser(self._kms, "secretsmanager", asker.principal, region or asker.region)

    def _cannot_encrypt(self, error: AwsError) -> RefusedError:
        if error.code in ("InvalidArnException", "NotFoundException", "ValidationException"):
            # Source: public reports, such as hashicorp/terraform-provider-aws#13303.
            said = f"The operation failed because of an invalid KMS key: {error.message}"
            return RefusedError("InvalidParameterException", said)
        return self._refused(error, "EncryptionFailure", "Secrets Manager can't encrypt the secret value: ")

    def _refused(self, error: AwsError, code: str, text: str) -> RefusedError:
        """How Secrets Manager says that KMS refuses.

        Source: external-secrets/external-secrets#390 and others for a caller without permission; AWS GovCloud (US) User
        Guide, "Troubleshooting", for DecryptionFailure. Simplified: EncryptionFailure in the same form.
        """
        if error.code == "AccessDeniedException":
            return RefusedError(error.code, "Access to KMS is not allowed")
        said = quoted(error, self._ids.uuid("quoted request"))
        return RefusedError(code, text + said) if error.code in ABOUT_THE_KEY else RefusedError(error.code, said)


def _context(secret_arn: str, version_id: str) -> dict[str, str]:
    return {"SecretARN": secret_arn, "SecretVersionId": version_id}
