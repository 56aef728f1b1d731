"""The data key: asked of KMS, turned into the two keys of one file, overwritten.

Owns every key that is here in clear, and the two requests to KMS. The rules:

    - the data key is in a bytearray, derived from at once, and overwritten with zeros before anything else happens;
    - the header key and the payload key are in bytearrays, overwritten at the end of a `with` block, errors or not;
    - no key is in a repr.

What Python allows of that, and what not. A bytearray can be overwritten in place, and is. But the client's reply holds
the data key as `bytes`, which nobody can overwrite; its JSON, its base64 and the buffers of TLS held it before. We
drop the reply, and Python hands that memory out again when it likes, without clearing it. The payload key also lives,
expanded, inside the cryptography library, until the cipher goes with the end of the work. So this shortens the time in
which a memory dump shows the key, and promises no more.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kmslab.envelope.errors import TamperedError, UnusableDataKeyError
from kmslab.envelope.format import MAX_ENCRYPTED_DATA_KEY, Context

KEY_SIZE = 32
_HEADER_INFO = b"kmslab envelope v1 header"
_PAYLOAD_INFO = b"kmslab envelope v1 payload"


class KmsClient(Protocol):
    """What is needed of a KMS client: two of boto3's methods, with boto3's members in request and reply."""

    def generate_data_key(self, *args: Any, **kwargs: Any) -> Any:
        """Called with KeyId, KeySpec and perhaps EncryptionContext; gives Plaintext, CiphertextBlob and KeyId."""
        ...

    def decrypt(self, *args: Any, **kwargs: Any) -> Any:
        """Called with CiphertextBlob and perhaps EncryptionContext; gives Plaintext and KeyId."""
        ...


@dataclass(frozen=True, slots=True)
class FileKeys:
    """The keys of one file. Use it in a `with` block, at whose end they are zeros.

    Attributes:
        key_arn: The KMS key that KMS named.
        encrypted_data_key: The data key under that KMS key.
        payload: Encrypts the segments, 32 bytes.
    """

    key_arn: str
    encrypted_data_key: bytes
    payload: bytearray = field(repr=False)
    _header: bytearray = field(repr=False)

    def mac(self, header: bytes) -> bytes:
        """The header MAC: 32 bytes. Source: RFC 2104."""
        return hmac.digest(self._header, header, "sha256")

    def verify(self, header: bytes, claimed: bytes) -> None:
        """Compare the header MAC with the one in the file, in constant time.

        Raises:
            TamperedError: they differ.
        """
        if not hmac.compare_digest(self.mac(header), claimed):
            raise TamperedError("The header of this envelope was changed or damaged; get an intact copy of the file.")

    def __enter__(self) -> Self:
        """The keys themselves."""
        return self

    def __exit__(self, *_: object) -> None:
        """Overwrite them."""
        wipe(self._header)
        wipe(self.payload)


def generate(kms: KmsClient, key_id: str, context: Context, salt: bytes) -> FileKeys:
    """Keys for a new file, from a new data key. One request: GenerateDataKey.

    Args:
        kms: A KMS client.
        key_id: The KMS key, in any form that KMS takes.
        context: The encryption context, perhaps empty.
        salt: The salt of the file, 32 bytes.

    Raises:
        UnusableDataKeyError: KMS gave something that does not fit the format.
        botocore.exceptions.ClientError: KMS refuses.
    """
    return _derive(kms.generate_data_key(KeyId=key_id, KeySpec="AES_256", **_under(context)), None, salt)


def recover(kms: KmsClient, encrypted_data_key: bytes, context: Context, salt: bytes) -> FileKeys:
    """The keys of a file that exists. One request: Decrypt.

    Args:
        kms: A KMS client.
        encrypted_data_key: The data key as it is in the file; KMS finds the KMS key by it.
        context: The encryption context of the file, perhaps empty.
        salt: The salt of the file, 32 bytes.

    Raises:
        UnusableDataKeyError: what KMS decrypted is no data key of an envelope.
        botocore.exceptions.ClientError: KMS refuses.
    """
    return _derive(kms.decrypt(CiphertextBlob=encrypted_data_key, **_under(context)), encrypted_data_key, salt)


def wipe(secret: bytearray) -> None:
    """Overwrite with zeros, in place."""
    secret[:] = bytes(len(secret))


def _under(context: Context) -> dict[str, dict[str, str]]:
    return {"EncryptionContext": dict(context)} if context else {}


def _derive(reply: dict[str, Any], encrypted_data_key: bytes | None, salt: bytes) -> FileKeys:
    # pop, so that this bytearray is all that is left of the key, wherever the reply is still held.
    data_key = bytearray(reply.pop("Plaintext"))
    try:
        encrypted = reply["CiphertextBlob"] if encrypted_data_key is None else encrypted_data_key
        if len(data_key) != KEY_SIZE or not 1 <= len(encrypted) <= MAX_ENCRYPTED_DATA_KEY:
            raise UnusableDataKeyError(
                f"KMS gave a data key of {len(data_key)} bytes, encrypted in {len(encrypted)}, where an envelope has "
                f"{KEY_SIZE} and at most {MAX_ENCRYPTED_DATA_KEY}; check that the file is an envelope of this kind."
            )
        return FileKeys(
            reply["KeyId"], encrypted, _expand(data_key, salt, _PAYLOAD_INFO), _expand(data_key, salt, _HEADER_INFO)
        )
    finally:
        wipe(data_key)


def _expand(data_key: bytearray, salt: bytes, info: bytes) -> bytearray:
    """HKDF-SHA-256 into 32 bytes that can be overwritten. Source: RFC 5869 sections 2.2 and 2.3."""
    derived = bytearray(KEY_SIZE)
    HKDF(hashes.SHA256(), KEY_SIZE, salt, info).derive_into(data_key, derived)
    return derived
