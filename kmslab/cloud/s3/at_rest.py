"""What lies in a bucket: moto's objects, with their content sealed.

moto checks and stores an object, and before it lets go of the request the object becomes a `SealedKey`, which has no
plaintext any more. Everything here is done while moto stands still.

Simplified: what other services put into buckets within moto stays as they put it.
"""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Mapping
from typing import Any

from moto.s3.exceptions import S3ClientError as _S3ClientError
from moto.s3.models import FakeKey as _FakeKey
from moto.s3.models import FakeMultipart as _FakeMultipart
from moto.s3.models import get_canned_acl, s3_backends
from moto.s3.utils import compute_checksum

from kmslab.cloud.moto_bridge import MotoBridge
from kmslab.cloud.s3.content import Keys, OpenedView, Sealed, View, join, seal
from kmslab.cloud.s3.protection import OwnKeys, Protection
from kmslab.errors import KmslabError

FakeKey: Any = _FakeKey
FakeMultipart: Any = _FakeMultipart
S3ClientError: Any = _S3ClientError

#: What S3 says when nobody can be named to KMS. Source: S3 API Reference, "Authenticating requests"; public reports.
_UNSIGNED = "Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4."

#: The names under which S3's secret and an upload's protection are kept in moto's objects.
_SECRET, _PROTECTION = "kmslab_own_keys", "kmslab_protection"

#: What is there for the time of a request only.
_MOMENTARY = frozenset({"in_ranges", "lock", "opened_with", "is_viewed", "_value_buffer"})


class SealedKey(FakeKey):  # type: ignore[misc]
    """An object, or a part of an upload, whose content is sealed.

    Attributes:
        sealed: The content; None for a part that has become part of an object.
        protection: How it is protected.
        opened_with: The keys, while moto may read the content.
        in_ranges: Whether moto will then take a range of it.
        is_viewed: Whether moto is handed a `View` that stands for the content.
    """

    sealed: Sealed | None
    protection: Protection
    opened_with: Keys | None = None
    in_ranges: bool = False
    is_viewed: bool = False

    @property
    def value(self) -> Any:
        """The content, as moto asks for it."""
        if self.sealed is None:
            return b""
        if self.is_viewed:
            return View(self.sealed, 0, self.contentsize)
        if self.opened_with is not None and self.in_ranges:
            return OpenedView(self.sealed, self.contentsize, self.opened_with)
        if self.opened_with is not None:
            return self.sealed.read(self.opened_with)
        if self.protection.wrapped is not None:
            raise S3ClientError("InvalidArgument", _UNSIGNED)
        return self.sealed.read(self.protection.keys(None))

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in _MOMENTARY}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.lock = threading.Lock()
        self._value_buffer = io.BytesIO()
        _forget(self, SealedKey)

    def __del__(self) -> None:
        # Nothing to let go of: moto's own objects have files.
        pass


def seal_key(key: Any, protection: Protection, keys: Keys, *, etag: str | None = None, part: int = 0) -> None:
    """Let an object that moto has just stored, or a part, have its content sealed.

    Args:
        key: moto's object.
        protection: How it is protected.
        keys: What it is sealed under.
        etag: Its ETag; the MD5 of its content if that is None and it has none.
        part: The number of a part.
    """
    if isinstance(key, SealedKey):
        return
    if etag is None:
        _ = key.etag
    _become_sealed(key, seal(key.value, keys, part), protection, etag)


def make_whole(copy: Any) -> None:
    """Let a copy that moto has just made be one object, whatever parts its source had.

    moto lets it have the source's parts, and a checksum of their checksums that does not say so.
    """
    if copy.multipart is not None and copy.checksum_algorithm:
        copy.checksum_value = compute_checksum(copy.value, copy.checksum_algorithm).decode()
        copy.checksum_type = "FULL_OBJECT"
    copy.multipart = None


def join_parts(key: Any, upload: Any, numbers: list[int], protection: Protection) -> None:
    """Let an object that was made of parts have their sealed contents."""
    if isinstance(key, SealedKey):
        return
    parts = [upload.parts[number] for number in numbers]
    _become_sealed(key, join([part.sealed for part in parts]), protection, None)
    for part in upload.parts.values():
        part.sealed = None
    upload.parts = dict(zip(numbers, parts, strict=True))
    upload.partlist = list(numbers)
    if key.acl is None:
        # moto has forgotten the default, and fails when it is asked for.
        key.set_acl(get_canned_acl("private"))


def _become_sealed(key: Any, sealed: Sealed, protection: Protection, etag: str | None) -> None:
    _forget(key, FakeKey)
    key._value_buffer.close()
    key._value_buffer = io.BytesIO()
    key.__class__ = SealedKey
    key.sealed = sealed
    key.protection = protection
    if etag is not None:
        key._etag = etag
    key.encryption = protection.algorithm
    key.kms_key_id = protection.key_arn
    key.bucket_key_enabled = True if protection.has_bucket_key else None


def _forget(made: Any, kind: Any) -> None:
    """Take an object from moto's list of all that were ever made, which would keep it in memory for ever."""
    tracked = kind.instances_tracked
    for place in range(len(tracked) - 1, -1, -1):
        if tracked[place] is made:
            del tracked[place]
            return


# --- finding ---


def find_bucket(accounts: Mapping[str, Any], name: str) -> Any:
    """Moto's bucket of that name, or None."""
    for regions in accounts.values():
        for backend in list(dict.values(regions)):
            if name in backend.buckets:
                return backend.buckets[name]
    return None


def find_object(accounts: Mapping[str, Any], bucket_name: str, key_name: str, version_id: str | None = None) -> Any:
    """Moto's object, or None; a delete marker is none."""
    found = versions(accounts, bucket_name, key_name)
    found = found[-1:] if version_id is None else [each for each in found if str(each.version_id) == version_id]
    return found[0] if found and isinstance(found[0], FakeKey) else None


def versions(accounts: Mapping[str, Any], bucket_name: str, key_name: str) -> list[Any]:
    """What moto has under that name, the newest last."""
    bucket = find_bucket(accounts, bucket_name)
    return [] if bucket is None else list(bucket.keys.getlist(key_name, []))


def put_back(accounts: Mapping[str, Any], bucket_name: str, key_name: str, before: list[Any]) -> None:
    """Let moto have under that name what it had before."""
    now = versions(accounts, bucket_name, key_name)
    if now == before:
        return
    for each in now:
        if each not in before:
            each.dispose()
    keys = find_bucket(accounts, bucket_name).keys
    if before:
        dict.__setitem__(keys, key_name, before)
    else:
        dict.pop(keys, key_name)


def find_upload(accounts: Mapping[str, Any], bucket_name: str, upload_id: str) -> Any:
    """Moto's upload in parts, or None."""
    bucket = find_bucket(accounts, bucket_name)
    return None if bucket is None else bucket.multiparts.get(upload_id)


def own_keys_of(bucket: Any) -> OwnKeys:
    """S3's own secret for a bucket; made when first asked for."""
    if _SECRET not in vars(bucket):
        setattr(bucket, _SECRET, OwnKeys())
    kept: OwnKeys = getattr(bucket, _SECRET)
    return kept


def protect_upload(upload: Any, protection: Protection) -> None:
    """Remember how the parts of an upload are protected."""
    _forget(upload, FakeMultipart)
    setattr(upload, _PROTECTION, protection)
    upload.sse_encryption, upload.kms_key_id = protection.algorithm, protection.key_arn


def protection_of_upload(upload: Any) -> Protection | None:
    """How the parts of an upload are protected; None for one from before this was remembered."""
    return getattr(upload, _PROTECTION, None)


def at_rest(bridge: MotoBridge, bucket: str, key: str, version_id: str | None = None) -> bytes:
    """What S3 really holds of an object.

    Raises:
        KmslabError: there is no such object.
    """
    with bridge.looking_at(s3_backends) as accounts:
        found = find_object(accounts, bucket, key, version_id)
        if found is None:
            which = f"version {version_id} of {key!r}" if version_id else repr(key)
            raise KmslabError(f"There is no object {which} in a bucket {bucket!r} of this Lab.")
        content: bytes = found.sealed.at_rest if isinstance(found, SealedKey) and found.sealed else found.value
        return content


def new_etag(*what: object) -> str:
    """An ETag that says nothing of the content: 32 hexadecimal digits, from what tells one write from all others."""
    return hashlib.blake2b(repr(what).encode(), digest_size=16).hexdigest()
