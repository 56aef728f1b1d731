"""Which service a request is for, and what its address at AWS would be: moto knows services by their addresses.

Source: AWS General Reference, "Service endpoints"; S3 User Guide, "Virtual hosting of general purpose buckets".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from uuid import uuid4

from msgspec.structs import replace

from kmslab import arn
from kmslab.transport.incoming import Incoming
from kmslab.wire import model
from kmslab.wire.sigv4 import Scope

# Each part has a limit: nobody has been believed yet, and a long text must not be read from many places to its end.
_SERVICE = re.compile(r"Credential=[^/,\s]{1,128}/[^/,\s]{0,128}/[^/,\s]{0,128}/([a-z0-9-]{1,128})/aws4_request")
_SERVICE_IN_QUERY = re.compile(
    r"X-Amz-Credential=[^&]{0,400}?(?:/|%2F)([a-z0-9-]{1,128})(?:/|%2F)aws4_request", re.IGNORECASE
)
_BUCKET = re.compile(r"(?:(?P<of_s3>.+)\.s3[.-][a-z0-9.-]+|(?P<local>.+)\.localhost)(?::\d+)?", re.IGNORECASE)

#: A name of the DNS, and a port. Source: RFC 1035 section 2.3.4.
_LONGEST_HOST = 253 + 6

#: Services that take their parameters from the query as well as from a form. Source: IAM User Guide, "Calling the IAM
#: API using HTTP query requests".
_QUERY = frozenset({"iam", "sts"})


#: Services with one address for all Regions.
_GLOBAL = frozenset({"iam", "route53", "cloudfront", "organizations"})


def service_of(request: Incoming) -> str:
    """The service that a request says it is for, believed or not: what it is signed for, or what it looks like."""
    found = _SERVICE.search(request.headers.get("authorization", "")) or _SERVICE_IN_QUERY.search(request.query)
    if found is not None:
        return found[1]
    if request.headers.get("x-amz-target", "").startswith(model.TARGET_PREFIX):
        return "kms"
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return "sts"
    return "ssm" if "x-amz-target" in request.headers else "s3"


def bucket_of(host: str) -> str | None:
    """The bucket that a host name names, as `reports.s3.localhost:4566` or `reports.localhost` do; or None."""
    found = _BUCKET.fullmatch(host) if len(host) <= _LONGEST_HOST else None
    if found is None:
        return None
    name = found["of_s3"] or found["local"]
    return None if name == "s3" or name.startswith("s3.") else name


def address(request: Incoming, scope: Scope) -> str:
    """The URL that a request would have been sent to at AWS."""
    suffix = "amazonaws.com.cn" if arn.partition_of(scope.region) == "aws-cn" else "amazonaws.com"
    host = f"{scope.service}.{suffix}" if scope.service in _GLOBAL else f"{scope.service}.{scope.region}.{suffix}"
    path = request.path
    if scope.service == "s3":
        bucket = bucket_of(request.headers.get("host", ""))
        path = path if bucket is None else f"/{bucket}{path}"
    return f"https://{host}{path}" + (f"?{request.query}" if request.query else "")


def as_moto_reads_it(request: Incoming, scope: Scope) -> Incoming:
    """A request with its parameters where whoever answers looks for them: those of IAM and STS in its body."""
    if scope.service not in _QUERY or not request.query:
        return request
    headers = dict(request.headers) | {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    body = request.query.encode("latin-1") + (b"&" + request.body if request.body else b"")
    return replace(request, method="POST", query="", headers=headers, body=body)


def with_request_ids(headers: Mapping[str, str], service: str) -> dict[str, str]:
    """The headers of a reply with the request id that every client looks for, where moto left it out."""
    names = ("x-amz-request-id", "x-amz-id-2") if service == "s3" else ("x-amzn-requestid",)
    present = {name.lower() for name in headers}
    return dict(headers) | {name: str(uuid4()) for name in names if name not in present}
