"""The documents that S3 is configured with, looked at before anybody builds a tree of one.

Source: S3 API Reference, "Error responses": MalformedXML, MalformedPolicy; S3 User Guide, "Bucket policies": 20 KB.
"""

from __future__ import annotations

import json
from xml.parsers import expat

from botocore.awsrequest import AWSPreparedRequest

from kmslab.cloud.s3.asked import Asked
from kmslab.cloud.s3.desk import as_bytes
from kmslab.wire.refusals import RefusedError

#: The largest document, in bytes, and the largest policy. Simplified: AWS has a limit for each; the longest are ten
#: thousand parts of an upload and a thousand objects to be deleted.
_LARGEST, _LARGEST_POLICY = 4 * 2**20, 20 * 2**10

#: How deep elements may stand within each other; no document's schema comes near it.
_DEEPEST = 32

#: The subresources with which a PUT or POST sends an object's content, or nothing.
_NO_DOCUMENT = frozenset({"restore", "torrent", "uploads"})


class _TooDeepError(Exception):
    """Elements stand too deep within each other."""


def check(what: Asked, request: AWSPreparedRequest) -> None:
    """Refuse a request whose body should be a document and is none.

    Raises:
        RefusedError: it is malformed, too long or too deeply nested.
    """
    if request.method not in ("PUT", "POST") or not _is_document(what, request.method):
        return
    body = as_bytes(request.body)
    if not body:
        return
    if what.subresource == "policy":
        _check_policy(body)
    elif len(body) > _LARGEST or not _is_xml(body):
        text = "The XML you provided was not well-formed or did not validate against our published schema"
        raise RefusedError("MalformedXML", text)


def _is_document(what: Asked, method: str) -> bool:
    if what.subresource == "uploadId":
        return method == "POST"
    if what.subresource:
        return what.subresource not in _NO_DOCUMENT
    # A new bucket's configuration; with a key it is an object, and a form in a POST.
    return method == "PUT" and bool(what.bucket) and not what.key


def _check_policy(body: bytes) -> None:
    try:
        if len(body) <= _LARGEST_POLICY and isinstance(json.loads(body), dict):
            return
    except (ValueError, RecursionError):
        pass
    raise RefusedError("MalformedPolicy", "Policies must be valid JSON and the first byte must be '{'")


def _is_xml(body: bytes) -> bool:
    depth = 0

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise _TooDeepError

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1

    def declare(*_: object) -> None:
        # Nobody needs entities of one's own, and they can stand for gigabytes.
        raise _TooDeepError

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.EntityDeclHandler = begin, end, declare
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, _TooDeepError, LookupError, ValueError):
        return False
    return True
