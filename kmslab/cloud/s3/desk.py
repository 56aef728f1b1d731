"""What S3's operations share: moto behind them, data keys, and the way in which new objects are sealed.

KMS is asked before moto is, and never while moto stands still: KMS looks up principals, and for that waits for moto.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from botocore.awsrequest import AWSPreparedRequest
from moto.s3.models import s3_backends

from kmslab.cloud.moto_bridge import MotoBridge
from kmslab.cloud.s3 import at_rest, encryption
from kmslab.cloud.s3.asked import Asked
from kmslab.cloud.s3.at_rest import SealedKey
from kmslab.cloud.s3.content import Keys
from kmslab.cloud.s3.data_keys import DataKeys, Place
from kmslab.cloud.s3.protection import AES256, Protection
from kmslab.cloud.terms import Asker, Kms

_ETAG = re.compile(rb"<ETag>[^<]*</ETag>")

#: Status, headers and body.
Answer = tuple[int, dict[str, Any], Any]


class ChangedError(Exception):
    """What a request is about was replaced while KMS was asked for its key; everything is asked again."""


class Desk:
    """moto's S3 and KMS, as the operations use them."""

    def __init__(self, bridge: MotoBridge, kms: Kms) -> None:
        """Work with `bridge`; `kms` is called in the caller's name."""
        self._bridge = bridge
        self.data_keys = DataKeys(kms)
        self._writes = itertools.count()

    def pass_on(self, request: AWSPreparedRequest) -> Answer:
        """What moto answers."""
        return self._bridge.ask(request, "s3")

    def store(self, what: Asked, request: AWSPreparedRequest) -> Answer:
        """What moto answers to a request to write an object; what was there is there again if that was an error.

        moto stores some objects before it finds fault with them.
        """
        with self.looking() as accounts:
            before = at_rest.versions(accounts, what.bucket, what.key)
            answer = self.pass_on(request)
            if answer[0] != 200:
                at_rest.put_back(accounts, what.bucket, what.key, before)
            return answer

    def looking(self) -> AbstractContextManager[Mapping[str, Any]]:
        """What moto has, by account, for a while in which nobody else gets at it."""
        return self._bridge.looking_at(s3_backends)

    def keys_of(self, asker: Asker, found: Any) -> Keys:
        """The keys of an object that is there; none of one that was never sealed, or is not there.

        Raises:
            RefusedError: KMS refuses.
        """
        return self.data_keys.unprotect(asker, found.protection) if isinstance(found, SealedKey) else ()

    def protect(self, what: Asked, asker: Asker) -> tuple[Protection, Keys] | None:
        """How a new object is protected, by the request and the bucket's default; None where there is no bucket."""
        with self.looking() as accounts:
            bucket = at_rest.find_bucket(accounts, what.bucket)
            if bucket is None:
                return None
            want = encryption.wanted(what.headers, bucket.encryption)
            place, own = Place(what.bucket, what.key, bucket.region_name), at_rest.own_keys_of(bucket)
        return self.data_keys.protect(asker, place, want, own)

    def seal_new(self, what: Asked, asker: Asker, protection: Protection, keys: Keys) -> str:
        """Seal the object that moto has just stored, and give its ETag."""
        with self.looking() as accounts:
            new = at_rest.find_object(accounts, what.bucket, what.key)
            at_rest.seal_key(new, protection, keys, etag=self.etag(what, asker, protection))
            return str(new.etag)

    def etag(self, what: Asked, asker: Asker, protection: Protection) -> str | None:
        """The ETag of a new object; None where it is the MD5 of its content: under SSE-S3 alone."""
        if protection.algorithm == AES256:
            return None
        return at_rest.new_etag(what.bucket, what.key, what.query.get("partNumber"), asker.now, next(self._writes))


@contextmanager
def opened(found: Any, keys: Keys, *, in_ranges: bool = False) -> Iterator[None]:
    """Within the block moto may read these objects; nobody else gets at moto meanwhile."""
    several = [found] if found is None or isinstance(found, at_rest.FakeKey) else list(found)
    sealed = [each for each in several if isinstance(each, SealedKey)]
    for each in sealed:
        each.opened_with, each.in_ranges = keys, in_ranges
    try:
        yield
    finally:
        for each in sealed:
            each.opened_with, each.in_ranges = None, False


def with_etag(body: Any, etag: str) -> bytes:
    """A body of XML with another ETag in it."""
    quoted = etag.replace('"', "&quot;").encode()
    return _ETAG.sub(b"<ETag>" + quoted + b"</ETag>", as_bytes(body))


def as_bytes(body: Any) -> bytes:
    """A body, whatever a client or moto has it as."""
    if hasattr(body, "read"):
        at = body.tell()
        content: bytes = body.read()
        body.seek(at)
        return content
    return body.encode() if isinstance(body, str) else bytes(body or b"")
