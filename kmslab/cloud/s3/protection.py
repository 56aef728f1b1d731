"""How one object is protected: under which keys it is sealed, and where those come from.

    AES256         a key that S3 derives from a secret of its own
    aws:kms        a data key of KMS, kept wrapped beside the object; with a Bucket Key, a key derived from that
    aws:kms:dsse   both, one over the other

Source: S3 User Guide, "Protecting data with server-side encryption", "Reducing the cost of SSE-KMS with Amazon S3
Bucket Keys", "Using dual-layer server-side encryption with AWS KMS keys".
Simplified: how S3 derives keys is not published. What comes with a customer's key (SSE-C) is sealed under S3's own.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from kmslab.crypto.kdf import derive_key

AES256 = "AES256"
KMS = "aws:kms"
DSSE = "aws:kms:dsse"

_HEADER = "x-amz-server-side-encryption"


@dataclass(frozen=True, slots=True)
class OwnKeys:
    """S3's own secret for one bucket."""

    secret: bytes = field(default_factory=lambda: os.urandom(32), repr=False)

    def key(self, salt: bytes) -> bytes:
        """The key of one object."""
        return derive_key(self.secret, b"S3 object", salt)


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A data key of KMS as S3 keeps it.

    Attributes:
        region: Where KMS can unwrap it.
        key_arn: The KMS key.
        blob: The data key, encrypted under it.
        context: The encryption context.
        salt: With a Bucket Key, what the object's key is derived with; empty without.
    """

    region: str
    key_arn: str
    blob: bytes = field(repr=False)
    context: Mapping[str, str]
    salt: bytes = b""

    def key(self, data_key: bytes) -> bytes:
        """The key of the object, from the data key."""
        return derive_key(data_key, b"S3 Bucket Key", self.salt) if self.salt else data_key


@dataclass(frozen=True, slots=True)
class Protection:
    """How one object, or one upload in parts, is protected.

    Attributes:
        algorithm: What S3 calls it; None with a customer's key.
        wrapped: KMS's part of it.
        own: S3's part of it.
        salt: What S3's own key is derived with.
    """

    algorithm: str | None
    wrapped: Wrapped | None = None
    own: OwnKeys | None = None
    salt: bytes = b""

    def keys(self, data_key: bytes | None) -> tuple[bytes, ...]:
        """The keys that the object is sealed under, the innermost first.

        Args:
            data_key: What KMS unwrapped; None where it has no part.
        """
        keys = []
        if self.wrapped is not None and data_key is not None:
            keys.append(self.wrapped.key(data_key))
        if self.own is not None:
            keys.append(self.own.key(self.salt))
        return tuple(keys)

    @property
    def key_arn(self) -> str | None:
        """The KMS key, if there is one."""
        return None if self.wrapped is None else self.wrapped.key_arn

    @property
    def has_bucket_key(self) -> bool:
        """Whether it is under a Bucket Key."""
        return self.wrapped is not None and bool(self.wrapped.salt)

    @property
    def headers(self) -> dict[str, str]:
        """What every reply about the object says of it."""
        said = {
            _HEADER: self.algorithm,
            f"{_HEADER}-aws-kms-key-id": self.key_arn,
            # Source: recorded answers; without a Bucket Key the header is left out.
            f"{_HEADER}-bucket-key-enabled": "true" if self.has_bucket_key else None,
        }
        return {name: value for name, value in said.items() if value is not None}
