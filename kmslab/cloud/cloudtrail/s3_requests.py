"""S3's management events: requests about buckets, read from their method and address.

Source: S3 User Guide, "Amazon S3 CloudTrail events", bucket-level actions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.awsrequest import AWSPreparedRequest

from kmslab.cloud.s3 import asked

_VERBS = {"GET": "Get", "PUT": "Put", "DELETE": "Delete"}

#: What an address may name of a bucket, and how operations call it.
_PARTS: Mapping[str, str] = {
    "accelerate": "AccelerateConfiguration",
    "acl": "Acl",
    "cors": "Cors",
    "encryption": "Encryption",
    "lifecycle": "Lifecycle",
    "location": "Location",
    "logging": "Logging",
    "notification": "Notification",
    "object-lock": "ObjectLockConfiguration",
    "ownershipControls": "OwnershipControls",
    "policy": "Policy",
    "policyStatus": "PolicyStatus",
    "publicAccessBlock": "PublicAccessBlock",
    "replication": "Replication",
    "requestPayment": "RequestPayment",
    "tagging": "Tagging",
    "versioning": "Versioning",
    "website": "Website",
}

_WHOLE = {"PUT": "CreateBucket", "DELETE": "DeleteBucket", "HEAD": "HeadBucket"}


def read_bucket_request(request: AWSPreparedRequest) -> tuple[str, dict[str, Any]] | None:
    """The operation and its members; None for a request about objects, which is no management event."""
    what = asked.read(request)
    if what.key:
        return None
    host = {"Host": request.url.split("/", 3)[2]}
    if not what.bucket:
        return ("ListBuckets", host) if request.method == "GET" else None
    members = {"bucketName": what.bucket} | host
    part = next((name for name in _PARTS if name in what.query), None)
    if part is None:
        operation = _WHOLE.get(request.method)
        return None if operation is None else (operation, members)
    if request.method not in _VERBS:
        return None
    members[part] = ""
    if part == "policy" and request.method == "PUT":
        members["bucketPolicy"] = _document(request.body)
    return f"{_VERBS[request.method]}Bucket{_PARTS[part]}", members


def _document(body: Any) -> Any:
    content = body.encode() if isinstance(body, str) else bytes(body or b"")
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return content.decode("utf-8", "replace")
