"""Which encryption is wanted: by a request's headers, or else by the bucket's default.

Source: S3 API Reference, PutObject, PutBucketEncryption; recorded answers; public reports of the other texts.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from xml.etree import ElementTree

from kmslab.cloud.s3.protection import AES256, DSSE, KMS
from kmslab.wire.refusals import RefusedError

#: The key that S3 takes when none is named.
AWS_S3 = "alias/aws/s3"

_PREFIX = "x-amz-server-side-encryption"
_KEY_ID, _CONTEXT = f"{_PREFIX}-aws-kms-key-id", f"{_PREFIX}-context"
_BUCKET_KEY = f"{_PREFIX}-bucket-key-enabled"
_CUSTOMER = f"{_PREFIX}-customer-algorithm"

_NO_ALGORITHM = "The encryption request that you specified is not valid. The valid value is AES256."
_NOT_KMS = (
    "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : "
    "aws:kms or aws:kms:dsse"
)
_NOT_APPLICABLE = "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse"
_NO_CONTEXT = "The header 'x-amz-server-side-encryption-context' shall be Base64-encoded UTF-8 string holding JSON."
_MALFORMED = "The XML you provided was not well-formed or did not validate against our published schema"

_NAMESPACE = re.compile(r"^\{[^}]*\}")


class Wanted(NamedTuple):
    """The encryption of a new object.

    Attributes:
        algorithm: AES256, aws:kms or aws:kms:dsse; None when the customer brings the key.
        key_ref: How the KMS key is named.
        bucket_key: Whether a Bucket Key is to be used.
        context: What the caller adds to the encryption context.
    """

    algorithm: str | None
    key_ref: str = ""
    bucket_key: bool = False
    context: Mapping[str, str] = {}

    @property
    def asks_kms(self) -> bool:
        """Whether KMS has a part in it."""
        return self.algorithm in (KMS, DSSE)


def wanted(headers: Mapping[str, str], default: Mapping[str, Any] | None) -> Wanted:
    """What a request wants.

    Args:
        headers: The request's.
        default: The bucket's configuration, as moto keeps it; None for SSE-S3, as every bucket has it that says
            nothing else.

    Raises:
        RefusedError: the headers contradict each other, or are none.
    """
    if _CUSTOMER in headers:
        return Wanted(None)
    rule = (default or {}).get("Rule", {})
    by_default = rule.get("ApplyServerSideEncryptionByDefault", {})
    algorithm = headers.get(_PREFIX)
    key_ref = headers.get(_KEY_ID, "")
    if algorithm not in (None, AES256, KMS, DSSE):
        raise RefusedError("InvalidArgument", _NO_ALGORITHM)
    if key_ref and algorithm not in (KMS, DSSE):
        raise RefusedError("InvalidArgument", _NOT_KMS)
    if algorithm is None:
        # A request that names KMS without a key means aws/s3, whatever key the bucket has.
        algorithm, key_ref = by_default.get("SSEAlgorithm", AES256), by_default.get("KMSMasterKeyID") or ""
    if algorithm == AES256:
        return Wanted(AES256)
    bucket_key = headers.get(_BUCKET_KEY, str(rule.get("BucketKeyEnabled") or "")).lower() == "true"
    # Source: S3 User Guide, "Using DSSE-KMS": Bucket Keys are not supported for it.
    return Wanted(algorithm, key_ref or AWS_S3, bucket_key and algorithm == KMS, _context(headers.get(_CONTEXT)))


def _context(text: str | None) -> dict[str, str]:
    if not text:
        return {}
    try:
        context = json.loads(base64.b64decode(text, validate=True))
    except ValueError:
        raise RefusedError("InvalidArgument", _NO_CONTEXT) from None
    if not isinstance(context, dict) or not all(isinstance(value, str) for value in context.values()):
        raise RefusedError("InvalidArgument", _NO_CONTEXT)
    return context


def with_headers(headers: Mapping[str, Any], said: Mapping[str, str]) -> dict[str, Any]:
    """The headers of a reply, with what is `said` of the encryption in place of what moto says."""
    kept = {
        name: value
        for name, value in headers.items()
        if not name.lower().startswith(_PREFIX) or "-customer-" in name.lower()
    }
    return kept | dict(said)


# --- a bucket's default ---


def check_configuration(body: bytes) -> None:
    """Refuse a bucket's default encryption that is none.

    Raises:
        RefusedError: it is none.
    """
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 - expat limits the expansion of entities
    except ElementTree.ParseError:
        raise RefusedError("MalformedXML", _MALFORMED) from None
    rules = [child for child in root if _NAMESPACE.sub("", child.tag) == "Rule"]
    members = {_NAMESPACE.sub("", each.tag): each.text or "" for rule in rules for each in rule.iter()}
    algorithm = members.get("SSEAlgorithm")
    if len(rules) != 1 or algorithm not in (AES256, KMS, DSSE):
        raise RefusedError("MalformedXML", _MALFORMED)
    if algorithm == AES256 and members.get("KMSMasterKeyID"):
        raise RefusedError("InvalidArgument", _NOT_APPLICABLE)


def default_configuration() -> bytes:
    """What GetBucketEncryption says of a bucket that was told nothing: SSE-S3, since 5 January 2023."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ServerSideEncryptionConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Rule>'
        f"<ApplyServerSideEncryptionByDefault><SSEAlgorithm>{AES256}</SSEAlgorithm>"
        "</ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule>"
        "</ServerSideEncryptionConfiguration>"
    ).encode()
