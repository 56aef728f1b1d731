"""Objects that are read, written and copied at once.

What moto answers without the content (no such object, not modified, precondition failed, a range that is none) costs no
call of KMS on GetObject.

Source: S3 User Guide, "Using server-side encryption with AWS KMS keys"; S3 API Reference, GetObject, CopyObject.
Simplified: PutObject asks KMS before its preconditions are looked at.
"""

from __future__ import annotations

import re
from typing import Any

from botocore.awsrequest import AWSPreparedRequest

from kmslab.cloud.s3 import at_rest, encryption
from kmslab.cloud.s3.asked import Asked
from kmslab.cloud.s3.at_rest import SealedKey
from kmslab.cloud.s3.conditions import check_source
from kmslab.cloud.s3.content import View
from kmslab.cloud.s3.desk import Answer, ChangedError, Desk, opened, with_etag
from kmslab.cloud.terms import Asker
from kmslab.wire.refusals import RefusedError

_CHECKSUM = re.compile(rb"(<Checksum(?:CRC|SHA)\w+>)[^<]*<")


class Objects:
    """Operations on whole objects."""

    def __init__(self, desk: Desk) -> None:
        """Work with `desk`."""
        self._desk = desk

    def get_object(self, what: Asked, request: AWSPreparedRequest, asker: Asker) -> Answer:
        """GetObject."""
        with self._desk.looking() as accounts:
            found = at_rest.find_object(accounts, what.bucket, what.key, what.query.get("versionId"))
            if not isinstance(found, SealedKey):
                return self._desk.pass_on(request)
            found.is_viewed = True
            try:
                status, headers, body = self._desk.pass_on(_part_as_range(what, request, found))
            finally:
                found.is_viewed = False
            protection = found.protection
        if isinstance(body, View):
            # moto has checked everything and handed on what stands for the content.
            body = body.read(self._desk.data_keys.unprotect(asker, protection))
            if status == 206 and "partNumber" in what.query and found.multipart is not None:
                headers["x-amz-mp-parts-count"] = str(len(found.multipart.partlist))
            headers = encryption.with_headers(headers, protection.headers)
        return status, headers, body

    def head_object(self, what: Asked, request: AWSPreparedRequest, asker: Asker) -> Answer:
        """HeadObject: what it says needs no key."""
        with self._desk.looking() as accounts:
            found = at_rest.find_object(accounts, what.bucket, what.key, what.query.get("versionId"))
            status, headers, body = self._desk.pass_on(request)
            if status in (200, 206) and isinstance(found, SealedKey):
                headers = encryption.with_headers(headers, found.protection.headers)
        return status, headers, body

    def select_object_content(self, what: Asked, request: AWSPreparedRequest, asker: Asker) -> Answer:
        """SelectObjectContent."""
        with self._desk.looking() as accounts:
            found = at_rest.find_object(accounts, what.bucket, what.key)
        keys = self._desk.keys_of(asker, found)
        with self._desk.looking(), opened(found, keys):
            return self._desk.pass_on(request)

    def put_object(self, what: Asked, request: AWSPreparedRequest, asker: Asker) -> Answer:
        """PutObject."""
        made = self._desk.protect(what, asker)
        if made is None:
            return self._desk.pass_on(request)
        protection, keys = made
        with self._desk.looking():
            status, headers, body = self._desk.store(what, request)
            if status != 200:
                return status, headers, body
            etag = self._desk.seal_new(what, asker, protection, keys)
        return status, encryption.with_headers(headers, protection.headers) | {"ETag": etag}, body

    def copy_object(self, what: Asked, request: AWSPreparedRequest, asker: Asker) -> Answer:
        """CopyObject."""
        with self._desk.looking() as accounts:
            found = at_rest.find_object(accounts, *what.source)
            if found is None or at_rest.find_bucket(accounts, what.bucket) is None:
                return self._desk.pass_on(request)
            check_source(what.headers, found)
        keys_of_source = self._desk.keys_of(asker, found)
        made = self._desk.protect(what, asker)
        with self._desk.looking() as accounts:
            if made is None or at_rest.find_object(accounts, *what.source) is not found:
                raise ChangedError
            protection, keys = made
            with opened(found, keys_of_source):
                status, headers, body = self._desk.store(what, request)
            if status != 200:
                return status, headers, body
            with self._desk.looking() as accounts:
                new = at_rest.find_object(accounts, what.bucket, what.key)
                at_rest.make_whole(new)
            etag = self._desk.seal_new(what, asker, protection, keys)
        headers = encryption.with_headers(headers, protection.headers) | {"ETag": etag}
        body = _CHECKSUM.sub(rb"\g<1>" + str(new.checksum_value).encode() + b"<", with_etag(body, etag))
        return status, headers | {"content-length": str(len(body))}, body


def _part_as_range(what: Asked, request: AWSPreparedRequest, found: Any) -> AWSPreparedRequest:
    """A request for one part as one for its range: moto would send the whole object."""
    number = what.query.get("partNumber", "")
    if not number.isdigit() or found.multipart is None or "range" in what.headers:
        return request
    sizes = [found.multipart.parts[part].contentsize for part in found.multipart.partlist]
    if not 0 < int(number) <= len(sizes):
        raise RefusedError("InvalidPartNumber", "The requested partnumber is not satisfiable", 416)
    begin = sum(sizes[: int(number) - 1])
    headers = dict(request.headers) | {"Range": f"bytes={begin}-{begin + sizes[int(number) - 1] - 1}"}
    return AWSPreparedRequest(request.method, request.url, headers, request.body, request.stream_output)
