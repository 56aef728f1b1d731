"""S3 in front of moto: objects are encrypted, and KMS is asked in the name of whoever asks S3.

Nothing is stored when KMS refuses, and nothing is kept that is not sealed.

Simplified: nobody is asked whether a caller may use S3 itself; every known caller may.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from uuid import uuid4

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from kmslab.clock import SimClock
from kmslab.cloud.moto_bridge import MotoBridge
from kmslab.cloud.s3 import asked, at_rest, documents, encryption
from kmslab.cloud.s3.asked import Asked
from kmslab.cloud.s3.desk import Answer, ChangedError, Desk, as_bytes
from kmslab.cloud.s3.objects import Objects
from kmslab.cloud.s3.uploads import Uploads
from kmslab.cloud.terms import Asker, Kms
from kmslab.wire.http import BodyStream

#: moto sends it back.
_NOT_IN_REPLIES = frozenset({"x-amz-content-sha256"})


class S3Front:
    """Answers for S3."""

    def __init__(self, bridge: MotoBridge, kms: Kms, clock: SimClock) -> None:
        """Stand in front of `bridge`; `kms` is called in the caller's name."""
        self._desk = desk = Desk(bridge, kms)
        objects, uploads = Objects(desk), Uploads(desk)
        self._operations: Mapping[str, Callable[[Asked, AWSPreparedRequest, Asker], Answer]] = {
            "GetObject": objects.get_object,
            "HeadObject": objects.head_object,
            "PutObject": objects.put_object,
            "CopyObject": objects.copy_object,
            "SelectObjectContent": objects.select_object_content,
            "CreateMultipartUpload": uploads.create_upload,
            "UploadPart": uploads.upload_part,
            "UploadPartCopy": uploads.upload_part_copy,
            "CompleteMultipartUpload": uploads.complete_upload,
            "GetBucketEncryption": self._get_bucket_encryption,
            "PutBucketEncryption": self._put_bucket_encryption,
        }

    def answer(self, request: AWSPreparedRequest, asker: Asker) -> AWSResponse:
        """Answer a request.

        Raises:
            RefusedError: KMS refuses, or S3 does.
        """
        status, headers, body = self._answer(request, asker)
        said = {name: value for name, value in headers.items() if name.lower() not in _NOT_IN_REPLIES}
        return AWSResponse(request.url, status, said, BodyStream(body.encode() if isinstance(body, str) else body))

    def _answer(self, request: AWSPreparedRequest, asker: Asker) -> Answer:
        what = asked.read(request)
        documents.check(what, request)
        operation = self._operations.get(what.operation)
        if operation is None:
            return self._desk.pass_on(request)
        while True:
            with suppress(ChangedError):
                return operation(what, request, asker)

    def _get_bucket_encryption(self, what: Asked, request: AWSPreparedRequest, asker: Asker) -> Answer:
        with self._desk.looking() as accounts:
            bucket = at_rest.find_bucket(accounts, what.bucket)
            if bucket is None or bucket.encryption:
                return self._desk.pass_on(request)
        said = {"Content-Type": "application/xml", "x-amz-request-id": uuid4().hex[:16].upper()}
        return 200, said, encryption.default_configuration()

    def _put_bucket_encryption(self, what: Asked, request: AWSPreparedRequest, asker: Asker) -> Answer:
        with self._desk.looking() as accounts:
            exists = at_rest.find_bucket(accounts, what.bucket) is not None
        if exists:
            encryption.check_configuration(as_bytes(request.body))
        return self._desk.pass_on(request)
