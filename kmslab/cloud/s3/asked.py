"""What a request asks of S3: the operation, the bucket and the key.

Source: S3 API Reference, the request syntax of each operation; S3 User Guide, "Virtual hosting of buckets".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from botocore.awsrequest import AWSPreparedRequest

from kmslab.wire import sigv4

_BUCKET_IN_HOST = re.compile(r"(?P<bucket>.+)\.s3[.-](?:[a-z0-9-]+\.)*amazonaws\.com(?:\.cn)?(?::\d+)?", re.IGNORECASE)

#: What an address may name of an object or a bucket besides itself.
_SUBRESOURCES = (
    "acl analytics attributes cors delete encryption inventory legal-hold lifecycle location logging metadataTable "
    "metrics notification object-lock ownershipControls policy policyStatus publicAccessBlock renameObject replication "
    "requestPayment restore retention select tagging torrent uploads uploadId versioning versions website"
).split()

#: What needs more than moto, by method, whether a key is named, the subresource, and whether it is a copy.
_OPERATIONS = {
    ("GET", True, "", False): "GetObject",
    ("HEAD", True, "", False): "HeadObject",
    ("PUT", True, "", False): "PutObject",
    ("PUT", True, "", True): "CopyObject",
    ("POST", True, "uploads", False): "CreateMultipartUpload",
    ("PUT", True, "uploadId", False): "UploadPart",
    ("PUT", True, "uploadId", True): "UploadPartCopy",
    ("POST", True, "uploadId", False): "CompleteMultipartUpload",
    ("POST", True, "select", False): "SelectObjectContent",
    ("GET", False, "encryption", False): "GetBucketEncryption",
    ("PUT", False, "encryption", False): "PutBucketEncryption",
}


class Source(NamedTuple):
    """The object that is copied."""

    bucket: str
    key: str
    version_id: str | None


class Asked(NamedTuple):
    """A request to S3, read.

    Attributes:
        operation: The operation, if it needs more than moto; otherwise empty.
        bucket: The bucket's name; empty when none is named.
        key: The object's key; empty when none is named.
        query: The parameters in the address.
        headers: The headers, by lower-case name.
        subresource: What the address names of an object or a bucket besides itself; empty when nothing.
    """

    operation: str
    bucket: str
    key: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    subresource: str = ""

    @property
    def source(self) -> Source:
        """The object that is to be copied."""
        path, _, query = self.headers["x-amz-copy-source"].partition("?")
        bucket, _, key = unquote(path).lstrip("/").partition("/")
        return Source(bucket, key, dict(parse_qsl(query)).get("versionId"))


def read(request: AWSPreparedRequest) -> Asked:
    """Read a request."""
    url = urlsplit(request.url)
    in_host = _BUCKET_IN_HOST.fullmatch(url.netloc)
    path = unquote(url.path).removeprefix("/")
    bucket, key = (in_host["bucket"], path) if in_host else path.partition("/")[::2]
    query = dict(parse_qsl(url.query, keep_blank_values=True))
    headers = sigv4.by_lower_name(request.headers)
    subresource = next((name for name in _SUBRESOURCES if name in query), "")
    asked = request.method, bool(key), subresource, "x-amz-copy-source" in headers
    return Asked(_OPERATIONS.get(asked, ""), bucket, key, query, headers, subresource)
