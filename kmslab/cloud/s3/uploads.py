"""Objects that are uploaded in parts.

An upload has one data key, which comes when it is created. S3 unwraps it for each part and when the parts are joined;
the parts' contents are then joined as they lie.

Source: S3 User Guide, "Multipart upload API and permissions".
Simplified: AWS says that kms:Decrypt is needed to read the parts, and not how often S3 calls it.
"""

from __future__ import annotations

import re
from typing import Any

from botocore.awsrequest import AWSPreparedRequest

from kmslab.cloud.s3 import at_rest, encryption
from kmslab.cloud.s3.asked import Asked
from kmslab.cloud.s3.at_rest import SealedKey
from kmslab.cloud.s3.conditions import check_source
from kmslab.cloud.s3.desk import Answer, ChangedError, Desk, as_bytes, opened, with_etag
from kmslab.cloud.terms import Asker
from kmslab.wire.refusals import RefusedError

_NO_UPLOAD = (
    "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or "
    "completed."
)

_MOST_PARTS = 10_000
_NO_PART_NUMBER = f"Part number must be an integer between 1 and {_MOST_PARTS}, inclusive"

_UPLOAD_ID = re.compile(rb"<UploadId>([^<]+)</UploadId>")
_PART_NUMBER = re.compile(rb"<PartNumber>\s*(\d+)\s*</PartNumber>")


class Uploads:
    """Operations on uploads in parts."""

    def __init__(self, desk: Desk) -> None:
        """Work with `desk`."""
        self._desk = desk

    def create_upload(self, what: Asked, request: AWSPreparedRequest, asker: Asker) -> Answer:
        """CreateMultipartUpload."""
        made = self._desk.protect(what, asker)
        if made is None:
            return self._desk.pass_on(request)
        protection, _ = made
        with self._desk.looking():
            status, headers, body = self._desk.pass_on(request)
            named = _UPLOAD_ID.search(as_bytes(body))
            if status != 200 or named is None:
                return status, headers, body
            at_rest.protect_upload(self._upload(what.bucket, named[1].decode()), protection)
        return status, encryption.with_headers(headers, protection.headers), body

    def upload_part(self, what: Asked, request: AWSPreparedRequest, asker: Asker) -> Answer:
        """UploadPart."""
        return self._add_part(what, request, asker, None)

    def upload_part_copy(self, what: Asked, request: AWSPreparedRequest, asker: Asker) -> Answer:
        """UploadPartCopy."""
        with self._desk.looking() as accounts:
            found = at_rest.find_object(accounts, *what.source)
            if found is not None:
                check_source(what.headers, found)
        return self._add_part(what, request, asker, found)

    def _add_part(self, what: Asked, request: AWSPreparedRequest, asker: Asker, source: Any) -> Answer:
        protection = at_rest.protection_of_upload(self._upload(what.bucket, what.query["uploadId"]))
        if protection is None:
            return self._desk.pass_on(request)
        number = _part_number(what)
        keys_of_source = self._desk.keys_of(asker, source)
        keys = self._desk.data_keys.unprotect(asker, protection)
        with self._desk.looking() as accounts:
            if source is not None and at_rest.find_object(accounts, *what.source) is not source:
                raise ChangedError
            with opened(source, keys_of_source, in_ranges="x-amz-copy-source-range" in what.headers):
                status, headers, body = self._desk.pass_on(request)
            if status != 200:
                return status, headers, body
            part = self._upload(what.bucket, what.query["uploadId"]).parts[number]
            at_rest.seal_key(part, protection, keys, etag=self._desk.etag(what, asker, protection), part=number)
            etag = str(part.etag)
        headers = encryption.with_headers(headers, protection.headers) | {"ETag": etag}
        if source is None:
            return status, headers, body
        body = with_etag(body, etag)
        return status, headers | {"content-length": str(len(body))}, body

    def complete_upload(self, what: Asked, request: AWSPreparedRequest, asker: Asker) -> Answer:
        """CompleteMultipartUpload."""
        upload_id = what.query["uploadId"]
        with self._desk.looking() as accounts:
            done = at_rest.find_object(accounts, what.bucket, what.key)
            if done is not None and done.multipart is not None and done.multipart.id == upload_id:
                # Asked again; the answer is the same.
                return _completed(self._desk.pass_on(request), done)
        protection = at_rest.protection_of_upload(self._upload(what.bucket, upload_id))
        if protection is None:
            return self._desk.pass_on(request)
        keys = self._desk.data_keys.unprotect(asker, protection)
        numbers = [int(each) for each in _PART_NUMBER.findall(as_bytes(request.body))]
        with self._desk.looking():
            upload = self._upload(what.bucket, upload_id)
            with opened(upload.parts.values(), keys):
                answer = self._desk.pass_on(request)
            if answer[0] != 200:
                return answer
            with self._desk.looking() as accounts:
                new = at_rest.find_object(accounts, what.bucket, what.key)
                at_rest.join_parts(new, upload, numbers, protection)
        return _completed(answer, new)

    def _upload(self, bucket: str, upload_id: str) -> Any:
        with self._desk.looking() as accounts:
            upload = at_rest.find_upload(accounts, bucket, upload_id)
        if upload is None:
            raise RefusedError("NoSuchUpload", _NO_UPLOAD, 404)
        return upload


def _part_number(what: Asked) -> int:
    number = what.query.get("partNumber", "")
    if not number.isdigit() or not 1 <= int(number) <= _MOST_PARTS:
        raise RefusedError("InvalidArgument", _NO_PART_NUMBER)
    return int(number)


def _completed(answer: Answer, new: Any) -> Answer:
    """The answer to CompleteMultipartUpload, of an object without versions without a version id."""
    status, headers, body = answer
    if isinstance(new, SealedKey):
        headers = encryption.with_headers(headers, new.protection.headers)
    return status, {k: v for k, v in headers.items() if (k.lower(), v) != ("x-amz-version-id", "null")}, body
