"""What another service does with a KMS key in somebody's name, and an envelope that holds a value and its data keys."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from kmslab.cloud.terms import Kms
from kmslab.crypto import aes
from kmslab.errors import AwsError
from kmslab.principals import Principal
from kmslab.service.visit import OnBehalf

EncryptionContext = Mapping[str, str]

_MARK = b"kmslab envelope 1\n"

#: The errors of KMS that say that this key cannot be used, and not that KMS cannot answer.
ABOUT_THE_KEY = frozenset(
    {
        "DisabledException",
        "IncorrectKeyException",
        "InvalidCiphertextException",
        "InvalidKeyUsageException",
        "KMSInvalidStateException",
        "KeyUnavailableException",
        "NotFoundException",
        "InvalidArnException",
        "UnsupportedOperationException",
        "ValidationException",
    }
)


class DataKey(NamedTuple):
    """A data key in the clear, and as KMS has encrypted it."""

    plaintext: bytes
    wrapped: bytes

    def __repr__(self) -> str:
        """Nothing of it."""
        return "<data key>"


@dataclass(frozen=True, slots=True)
class KeyUser:
    """A service that uses KMS keys for somebody.

    Attributes:
        kms: How it calls KMS.
        service: Its name, such as `ssm`.
        principal: In whose name.
        region: The Region of the key.
    """

    kms: Kms
    service: str
    principal: Principal
    region: str

    def encrypt(self, key: str, plaintext: bytes, context: EncryptionContext) -> bytes:
        """Have a few bytes encrypted under a key."""
        params = {"KeyId": key, "Plaintext": plaintext, "EncryptionContext": dict(context)}
        return bytes(self._call("Encrypt", params)["CiphertextBlob"])

    def decrypt(self, blob: bytes, context: EncryptionContext) -> bytes:
        """Have a ciphertext decrypted."""
        params = {"CiphertextBlob": blob, "EncryptionContext": dict(context)}
        return bytes(self._call("Decrypt", params)["Plaintext"])

    def data_key(self, key: str, context: EncryptionContext) -> DataKey:
        """Have a data key of 256 bits made under a key."""
        params = {"KeyId": key, "KeySpec": "AES_256", "EncryptionContext": dict(context)}
        reply = self._call("GenerateDataKey", params)
        return DataKey(bytes(reply["Plaintext"]), bytes(reply["CiphertextBlob"]))

    def seal(self, key: str, plaintext: bytes, context: EncryptionContext) -> Envelope:
        """Seal a value under a new data key."""
        data_key, nonce = self.data_key(key, context), secrets.token_bytes(aes.NONCE_SIZE)
        sealed = aes.seal(data_key.plaintext, nonce, plaintext, _bound(context))
        return Envelope(dict(context), (data_key.wrapped,), nonce, sealed)

    def open(self, envelope: Envelope) -> bytes:
        """The value in an envelope.

        Raises:
            AwsError: KMS decrypts none of its data keys; this is about the newest.
        """
        first: AwsError | None = None
        for wrapped in envelope.wrapped:
            try:
                key = self.decrypt(wrapped, envelope.context)
            except AwsError as error:
                first = first or error
                continue
            return aes.unseal(key, envelope.nonce, envelope.sealed, _bound(envelope.context))
        raise first or ValueError("an envelope without a data key")

    def _call(self, operation: str, params: Mapping[str, object]) -> Mapping[str, bytes]:
        return self.kms(OnBehalf(self.service, self.principal, self.region, operation, params))


@dataclass(frozen=True, slots=True)
class Envelope:
    """A value, encrypted under a data key, and the data key, encrypted under one KMS key or several.

    Simplified: the format is ours. Secrets Manager never shows its own; Parameter Store uses that of the AWS Encryption
    SDK.

    Attributes:
        context: The encryption context of the data keys, which is also bound to the value.
        wrapped: The encrypted data key, under the newest KMS key first.
        nonce: 12 bytes.
        sealed: The encrypted value and its tag.
    """

    context: EncryptionContext
    wrapped: tuple[bytes, ...] = field(repr=False)
    nonce: bytes = field(repr=False)
    sealed: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """The envelope as base64."""
        parts = {
            "context": dict(self.context),
            "wrapped": [base64.b64encode(each).decode() for each in self.wrapped],
            "nonce": base64.b64encode(self.nonce).decode(),
            "sealed": base64.b64encode(self.sealed).decode(),
        }
        return base64.b64encode(_MARK + json.dumps(parts).encode()).decode()

    @classmethod
    def read(cls, text: str) -> Envelope | None:
        """An envelope from its `text`; None when that is none."""
        try:
            content = base64.b64decode(text, validate=True)
        except ValueError:
            return None
        if not content.startswith(_MARK):
            return None
        parts = json.loads(content[len(_MARK) :])
        wrapped = tuple(base64.b64decode(each) for each in parts["wrapped"])
        return cls(parts["context"], wrapped, base64.b64decode(parts["nonce"]), base64.b64decode(parts["sealed"]))

    def also_under(self, wrapped: bytes) -> Envelope:
        """The envelope with its data key encrypted under one more KMS key."""
        return replace(self, wrapped=(wrapped, *self.wrapped))


def quoted(error: AwsError, request_id: str) -> str:
    """An error of KMS as services quote it.

    Source: public reports of 2018 to 2025 (segmentio/chamber#355, binxio/aws-ssm-copy#10,
    hashicorp/terraform-provider-aws#42849), and AWS GovCloud (US) User Guide, troubleshooting.
    """
    said = f"{error.message} " if error.message else ""
    return f"{said}(Service: AWSKMS; Status Code: 400; Error Code: {error.code}; Request ID: {request_id}; Proxy: null)"


def _bound(context: EncryptionContext) -> bytes:
    return json.dumps(dict(context), sort_keys=True).encode()
