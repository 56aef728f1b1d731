"""CloudTrail as a caller: it writes into S3, and S3 asks KMS for it when the file is to be encrypted.

It calls as the service principal, for the trail's account, which pays. Source: CloudTrail User Guide, "Configure AWS
KMS key policies for CloudTrail".
Simplified: that the bucket's policy lets CloudTrail in is not checked; AWS refuses a trail without.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple, Protocol
from urllib.parse import quote

from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HTTPHeaders

from kmslab import arn
from kmslab.cloud.cloudtrail.trail import Trail
from kmslab.cloud.terms import Asker
from kmslab.errors import AwsError
from kmslab.principals import Credentials, Identity, Principal, PrincipalType
from kmslab.wire.refusals import RefusedError

SERVICE = "cloudtrail.amazonaws.com"


class File(NamedTuple):
    """A file to be delivered.

    Attributes:
        key: Its name in the bucket.
        content: Its content, gzip.
        metadata: The metadata of its object.
        kms_key: The key it is encrypted under; None for a key of S3's own.
    """

    key: str
    content: bytes
    metadata: dict[str, str]
    kms_key: str | None


class UndeliveredError(Exception):
    """S3 does not take a file; `code` is its error code."""

    def __init__(self, code: str) -> None:
        """Keep the code."""
        super().__init__(code)
        self.code = code


class S3(Protocol):
    """S3, as far as it is written to."""

    def answer(self, request: AWSPreparedRequest, asker: Asker) -> AWSResponse:
        """Answer a request."""
        ...


def principal_for(trail_arn: str) -> Principal:
    """CloudTrail as a principal, for a trail: what it does is that account's to pay and to see."""
    account_id = trail_arn.split(":")[4]
    identity = Identity(PrincipalType.SERVICE, account_id, SERVICE, SERVICE, trail_arn, "")
    return Principal(identity, Credentials("", ""))


class Writer:
    """Writes files into buckets."""

    def __init__(self, s3: S3, now: Callable[[], datetime], root_of: Callable[[str], Principal]) -> None:
        """Write through S3's front.

        Args:
            s3: It.
            now: The simulated time.
            root_of: From an account id to its root user, by which S3 knows the account.
        """
        self._s3 = s3
        self._now = now
        self._root_of = root_of

    def write(self, trail: Trail, file: File) -> None:
        """Write a file into a trail's bucket.

        Raises:
            UndeliveredError: S3 refuses.
        """
        region = trail.region if file.kms_key is None else file.kms_key.split(":")[3]
        now = self._now()
        suffix = "amazonaws.com.cn" if arn.partition_of(region) == "aws-cn" else "amazonaws.com"
        host = f"s3.{region}.{suffix}"
        url = f"https://{host}/{trail.bucket}/{quote(file.key)}"
        key_id = self._root_of(trail.account_id).credentials.access_key_id
        headers = HTTPHeaders()
        given = {
            "Host": host,
            "Content-Length": str(len(file.content)),
            "Content-Type": "application/json",
            "Content-Encoding": "gzip",
            "User-Agent": SERVICE,
            # Within one process a signature is only read.
            "Authorization": f"AWS4-HMAC-SHA256 Credential={key_id}/{now:%Y%m%d}/{region}/s3/aws4_request, "
            "SignedHeaders=host, Signature=0",
            **{f"x-amz-meta-{name}": value for name, value in file.metadata.items()},
            **_encryption(trail, file.kms_key),
        }
        for name, value in given.items():
            headers[name] = value
        request = AWSPreparedRequest("PUT", url, headers, file.content, False)
        try:
            response = self._s3.answer(request, Asker(principal_for(trail.arn), now, region, SERVICE))
        except (AwsError, RefusedError) as error:
            raise UndeliveredError(error.code) from error
        if response.status_code >= 400:
            raise UndeliveredError(_code(response.text))


def _encryption(trail: Trail, kms_key: str | None) -> dict[str, str]:
    if kms_key is None:
        return {"x-amz-server-side-encryption": "AES256"}
    context = base64.b64encode(json.dumps({"aws:cloudtrail:arn": trail.arn}).encode()).decode()
    return {
        "x-amz-server-side-encryption": "aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id": kms_key,
        "x-amz-server-side-encryption-context": context,
    }


def _code(body: str) -> str:
    return body.partition("<Code>")[2].partition("</Code>")[0] or "InternalError"
