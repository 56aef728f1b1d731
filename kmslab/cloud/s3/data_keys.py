"""Data keys: S3 asks KMS for one, or to unwrap one, in the name of whoever asks S3.

    without a Bucket Key    GenerateDataKey for each object that is written, Decrypt for each that is read; the
                            encryption context has the object's ARN
    with a Bucket Key       one of them for each bucket, KMS key, requester and stretch of time; the context has the
                            bucket's ARN, and objects have keys that S3 derives

Source: S3 User Guide, "Reducing the cost of SSE-KMS with Amazon S3 Bucket Keys"; AWS re:Post, an answer of AWS on who
shares an unwrapped Bucket Key: a principal together with the policies its session was narrowed with.
Simplified: for how long S3 keeps a Bucket Key unwrapped is not published.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from kmslab import arn
from kmslab.cloud.s3.encryption import Wanted
from kmslab.cloud.s3.protection import DSSE, OwnKeys, Protection, Wrapped
from kmslab.cloud.terms import Asker, Kms
from kmslab.errors import AccessDeniedException, AwsError
from kmslab.principals import Principal
from kmslab.service.visit import OnBehalf
from kmslab.wire.refusals import RefusedError

#: For how long a Bucket Key stays unwrapped, of the Lab's time.
BUCKET_KEY_LASTS = timedelta(minutes=5)

_CONTEXT_KEY = "aws:s3:arn"


class Place(NamedTuple):
    """Where an object is, or will be.

    Attributes:
        bucket: The bucket's name.
        key: The object's key.
        region: The bucket's Region: only keys of that Region are used.
    """

    bucket: str
    key: str
    region: str

    @property
    def bucket_arn(self) -> str:
        """The bucket's ARN."""
        return f"arn:{arn.partition_of(self.region)}:s3:::{self.bucket}"

    @property
    def object_arn(self) -> str:
        """The object's ARN."""
        return f"{self.bucket_arn}/{self.key}"


class _Unwrapped(NamedTuple):
    """A data key and how it came, until it is forgotten."""

    data_key: bytes
    wrapped: Wrapped
    until: datetime

    def __repr__(self) -> str:
        """How long it is kept; never the key."""
        return f"<data key until {self.until}>"


class DataKeys:
    """Gets data keys from KMS, and keeps Bucket Keys unwrapped for a while."""

    def __init__(self, kms: Kms) -> None:
        """Call `kms`, which raises what KMS answers instead."""
        self._kms = kms
        # By who asks, and what for: a new key, or this one.
        self._kept: dict[tuple[Any, ...], _Unwrapped] = {}
        self._lock = threading.Lock()

    def protect(self, asker: Asker, place: Place, want: Wanted, own: OwnKeys) -> tuple[Protection, tuple[bytes, ...]]:
        """How a new object is protected, and the keys for it.

        Raises:
            RefusedError: KMS refuses.
        """
        salt = os.urandom(16)
        if not want.asks_kms:
            protection = Protection(want.algorithm, own=own, salt=salt)
            return protection, protection.keys(None)
        if want.bucket_key:
            data_key, wrapped = self._bucket_key(asker, place, want)
            wrapped = Wrapped(wrapped.region, wrapped.key_arn, wrapped.blob, wrapped.context, salt)
        else:
            data_key, wrapped = self._generate(asker, place.region, want.key_ref, _context(want, place.object_arn))
        protection = Protection(want.algorithm, wrapped, own if want.algorithm == DSSE else None, salt)
        return protection, protection.keys(data_key)

    def unprotect(self, asker: Asker, protection: Protection) -> tuple[bytes, ...]:
        """The keys of an object that is there.

        Raises:
            RefusedError: KMS refuses.
        """
        wrapped = protection.wrapped
        return protection.keys(None if wrapped is None else self._unwrap(asker, wrapped))

    def _bucket_key(self, asker: Asker, place: Place, want: Wanted) -> tuple[bytes, Wrapped]:
        context = _context(want, place.bucket_arn)
        name = (*_requester(asker.principal), place.bucket, want.key_ref, tuple(sorted(context.items())))
        kept = self._find(name, asker.now)
        if kept is not None:
            return kept.data_key, kept.wrapped
        data_key, wrapped = self._generate(asker, place.region, want.key_ref, context)
        with self._lock:
            self._kept[name] = _Unwrapped(data_key, wrapped, asker.now + BUCKET_KEY_LASTS)
            self._kept[*_requester(asker.principal), wrapped.blob] = self._kept[name]
        return data_key, wrapped

    def _unwrap(self, asker: Asker, wrapped: Wrapped) -> bytes:
        name = (*_requester(asker.principal), wrapped.blob)
        kept = self._find(name, asker.now) if wrapped.salt else None
        if kept is not None:
            return kept.data_key
        params = {"CiphertextBlob": wrapped.blob, "EncryptionContext": dict(wrapped.context)}
        data_key = bytes(self._ask(asker, wrapped.region, "Decrypt", params)["Plaintext"])
        if wrapped.salt:
            with self._lock:
                self._kept[name] = _Unwrapped(data_key, wrapped, asker.now + BUCKET_KEY_LASTS)
        return data_key

    def _find(self, name: tuple[Any, ...], now: datetime) -> _Unwrapped | None:
        with self._lock:
            for each in [each for each, kept in self._kept.items() if kept.until <= now]:
                del self._kept[each]
            return self._kept.get(name)

    def _generate(self, asker: Asker, region: str, key_ref: str, context: Mapping[str, str]) -> tuple[bytes, Wrapped]:
        params = {"KeyId": key_ref, "KeySpec": "AES_256", "EncryptionContext": dict(context)}
        reply = self._ask(asker, region, "GenerateDataKey", params)
        wrapped = Wrapped(region, str(reply["KeyId"]), bytes(reply["CiphertextBlob"]), context)
        return bytes(reply["Plaintext"]), wrapped

    def _ask(self, asker: Asker, region: str, operation: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return self._kms(OnBehalf("s3", asker.principal, region, operation, params))
        except AccessDeniedException as error:
            raise RefusedError("AccessDenied", error.message, 403) from None
        except AwsError as error:
            raise RefusedError(f"KMS.{error.code}", error.message) from None


def _context(want: Wanted, resource_arn: str) -> dict[str, str]:
    return {_CONTEXT_KEY: resource_arn} | dict(want.context)


def _requester(principal: Principal) -> tuple[Any, ...]:
    """Who shares an unwrapped Bucket Key: all sessions of a role, unless they are narrowed in different ways."""
    return principal.issuer_arn or principal.identity.arn, principal.session_policies
